//! A layer's description: the semantic version under which its content is published.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A semantic version, published verbatim as the description of a layer version; a leading `v` is welcome.
///
/// AWS takes at most 256 characters (`Description` of the Lambda API model).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Description {
    text: String,
    version: semver::Version,
}

/// The part of a semantic version that is raised. Ordered by weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing that functions rely on came or went.
    Patch,
    /// Something came.
    Minor,
    /// Something went, or works otherwise.
    Major,
}

impl Level {
    /// The level as options and messages name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// Why a text is no description.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// It is longer than AWS takes.
    #[error("a description can have at most 256 characters, but this one has {0}")]
    TooLong(usize),
    /// It is no semantic version.
    #[error("`{0}` is not a semantic version, such as `v1.0.0`")]
    NotSemver(String),
}

impl Description {
    /// The description exactly as the manifest has it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The version in it.
    pub fn version(&self) -> &semver::Version {
        &self.version
    }

    /// The next version of this level, with the leading `v` if there is one, without pre-release and build.
    ///
    /// A pre-release comes before its version (Semantic Versioning 2.0.0, item 9), so that is its next one if `level`
    /// asks for no more. `None` where a number would be too large.
    pub fn raised(&self, level: Level) -> Option<Self> {
        let semver::Version {
            major,
            minor,
            patch,
            pre,
            ..
        } = &self.version;
        let comes_next = !pre.is_empty()
            && match level {
                Level::Major => (*minor, *patch) == (0, 0),
                Level::Minor => *patch == 0,
                Level::Patch => true,
            };
        let next = match level {
            _ if comes_next => semver::Version::new(*major, *minor, *patch),
            Level::Major => semver::Version::new(major.checked_add(1)?, 0, 0),
            Level::Minor => semver::Version::new(*major, minor.checked_add(1)?, 0),
            Level::Patch => semver::Version::new(*major, *minor, patch.checked_add(1)?),
        };
        let v = if self.text.starts_with('v') { "v" } else { "" };
        Some(Self {
            text: format!("{v}{next}"),
            version: next,
        })
    }
}

impl FromStr for Description {
    type Err = DescriptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if length > 256 {
            return Err(DescriptionError::TooLong(length));
        }
        let number = text.strip_prefix('v').unwrap_or(text);
        match semver::Version::parse(number) {
            Ok(version) => Ok(Self {
                text: text.to_owned(),
                version,
            }),
            Err(_) => Err(DescriptionError::NotSemver(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Description {
    type Error = DescriptionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Description {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_raised_as_semver_orders_them() {
        use Level::{Major, Minor, Patch};
        for (text, level, raised) in [
            ("v1.2.3", Patch, "v1.2.4"),
            ("1.2.3", Minor, "1.3.0"),
            ("v1.2.3", Major, "v2.0.0"),
            ("v1.2.3+build.7", Patch, "v1.2.4"),
            ("v1.2.3-rc.1", Patch, "v1.2.3"),
            ("v1.2.3-rc.1", Minor, "v1.3.0"),
            ("v1.3.0-rc.1+7", Minor, "v1.3.0"),
            ("v1.3.0-rc.1", Major, "v2.0.0"),
            ("2.0.0-alpha", Major, "2.0.0"),
        ] {
            let description: Description = text.parse().unwrap();
            let next = description.raised(level).unwrap();
            assert_eq!(next.as_str(), raised, "{text} {level:?}");
            assert_eq!(next, raised.parse().unwrap());
            assert!(next.version() > description.version());
        }
        let last: Description = format!("1.{}.0", u64::MAX).parse().unwrap();
        assert_eq!(last.raised(Minor), None);
    }

    #[test]
    fn a_leading_v_is_kept_but_not_needed() {
        assert_eq!("v1.0.0".parse::<Description>().unwrap().as_str(), "v1.0.0");
        assert_eq!(
            "1.2.3-rc.1".parse::<Description>().unwrap().version().minor,
            2
        );
        assert!("vv1.0.0".parse::<Description>().is_err());
        assert!("1.0".parse::<Description>().is_err());
        assert!(
            format!("1.0.0-{}", "a".repeat(300))
                .parse::<Description>()
                .is_err()
        );
    }
}
