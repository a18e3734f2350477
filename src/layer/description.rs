//! A layer's description: the semantic version under which its content is published.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A semantic version, published verbatim as the description of a layer version; a leading `v` is welcome.
///
/// AWS takes at most 256 characters (`Description` of the Lambda API model).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Description {
    text: String,
    version: semver::Version,
}

/// Why a text is no description.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// It is longer than AWS takes.
    #[error("a description has at most 256 characters, this one has {0}")]
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
