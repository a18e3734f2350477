//! A layer version as a registry lists it, and the metadata that is immutable once published.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, LayerName, Runtime};

/// The number that a registry gives to a layer version: 1 or more, never reused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct VersionNumber(pub u64);

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A version of a layer, as people write it: `hello:3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerVersion {
    /// The layer.
    pub layer: LayerName,
    /// The version.
    pub number: VersionNumber,
}

/// A text that names no version of a layer.
#[derive(Debug, thiserror::Error)]
#[error("a version is `LAYER:NUMBER`, such as `hello:3`, not `{0}`")]
pub struct LayerVersionError(String);

impl FromStr for LayerVersion {
    type Err = LayerVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (layer, number) = text.split_once(':')?;
            let number = number.parse().ok().filter(|number| *number > 0)?;
            Some(Self {
                layer: layer.parse().ok()?,
                number: VersionNumber(number),
            })
        };
        parse().ok_or_else(|| LayerVersionError(text.to_owned()))
    }
}

impl fmt::Display for LayerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.layer, self.number)
    }
}

/// A licence text: an SPDX identifier, an address or the licence itself, at most 512 characters
/// (`LicenseInfo` of the Lambda API model).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct License(String);

/// Why a text is no licence.
#[derive(Debug, thiserror::Error)]
pub enum LicenseError {
    /// It is longer than AWS takes.
    #[error("a license can have at most 512 characters, but this one has {0}")]
    TooLong(usize),
    /// There is nothing in it.
    #[error("a license cannot be empty")]
    Empty,
}

impl License {
    /// The licence as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for License {
    type Err = LicenseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.chars().count() {
            0 => Err(LicenseError::Empty),
            1..=512 => Ok(Self(text.to_owned())),
            length => Err(LicenseError::TooLong(length)),
        }
    }
}

/// What describes a layer version beside its content. Immutable: the Lambda API has no call that changes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionMetadata {
    /// The description; `""` where none was given. Versions that `lls` did not publish may hold any text.
    pub description: String,
    /// The runtimes it is meant for; compared as a set.
    pub runtimes: BTreeSet<Runtime>,
    /// The architectures it is meant for; compared as a set. Empty where none was given.
    pub architectures: BTreeSet<Architecture>,
    /// The licence, if one was given.
    pub license: Option<String>,
}

/// A published layer version as a registry lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedVersion {
    /// Its number.
    pub number: VersionNumber,
    /// Its Amazon resource name, or the like of it in a directory registry.
    pub arn: String,
    /// When it was published, as the registry spells it (ISO 8601).
    pub created: String,
    /// What describes it.
    #[serde(flatten)]
    pub metadata: VersionMetadata,
}
