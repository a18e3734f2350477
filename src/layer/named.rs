//! A published version of a layer as people name it on the command line.

use std::fmt;
use std::str::FromStr;

use super::{LayerName, LayerVersion, LayerVersionArn};

/// A published version: `hello`, `hello:3` or an ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedVersion {
    /// The newest version of a layer.
    Newest(LayerName),
    /// The version with this number.
    Numbered(LayerVersion),
    /// The version with this ARN, perhaps of another account.
    Arn(LayerVersionArn),
}

/// A text that names no version.
#[derive(Debug, thiserror::Error)]
#[error("a version is `LAYER`, `LAYER:NUMBER` or the ARN of a layer version, not `{0}`")]
pub struct NamedVersionError(String);

impl NamedVersion {
    /// The layer.
    pub fn layer(&self) -> &LayerName {
        match self {
            Self::Newest(layer) => layer,
            Self::Numbered(version) => &version.layer,
            Self::Arn(arn) => &arn.layer,
        }
    }
}

impl FromStr for NamedVersion {
    type Err = NamedVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = if text.starts_with("arn:") {
            text.parse().ok().map(Self::Arn)
        } else if text.contains(':') {
            text.parse().ok().map(Self::Numbered)
        } else {
            text.parse().ok().map(Self::Newest)
        };
        parsed.ok_or_else(|| NamedVersionError(text.to_owned()))
    }
}

impl fmt::Display for NamedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest(layer) => layer.fmt(f),
            Self::Numbered(version) => version.fmt(f),
            Self::Arn(arn) => arn.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_in_three_ways() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:layer:hello:3";
        for text in ["hello", "hello:3", arn] {
            let named: NamedVersion = text.parse().unwrap();
            assert_eq!(
                (named.layer().as_str(), named.to_string().as_str()),
                ("hello", text)
            );
        }
        for text in [
            "",
            "hello:",
            "hello:0",
            ":3",
            "a b",
            "arn:aws:s3:::bucket",
            "hello:3:4",
        ] {
            assert!(text.parse::<NamedVersion>().is_err(), "{text}");
        }
    }
}
