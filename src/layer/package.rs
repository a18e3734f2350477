//! Python packages: names compared as the packaging specifications say, and what a package takes in a layer.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A package's name in its normal form: lowercase, `-` for runs of `-`, `_` and `.` (PEP 503).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct PackageName(String);

/// A text that names no package.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the name of a package")]
pub struct PackageNameError(String);

impl PackageName {
    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PackageName {
    type Err = PackageNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_separator = |c: char| matches!(c, '-' | '_' | '.');
        let valid = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || is_separator(c))
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !valid {
            return Err(PackageNameError(text.to_owned()));
        }
        let parts: Vec<_> = text
            .split(is_separator)
            .filter(|part| !part.is_empty())
            .collect();
        Ok(Self(parts.join("-").to_ascii_lowercase()))
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One package of an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PackageSummary {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: String,
    /// Bytes that it unpacks to, for all runtimes together.
    pub unpacked_size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        let name = |text: &str| text.parse::<PackageName>().map(|name| name.0).ok();
        assert_eq!(name("Foo._-Bar").as_deref(), Some("foo-bar"));
        assert_eq!(name("python_dateutil").as_deref(), Some("python-dateutil"));
        for text in ["", "-a", "a-", "a b", "a/b"] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
