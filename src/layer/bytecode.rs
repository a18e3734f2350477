//! Which bytecode a layer brings for its Python sources.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whether a layer brings bytecode, and whether Python compares it with its source (PEP 552).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BytecodeMode {
    /// Python loads it without reading the source.
    UncheckedHash,
    /// Python reads the source, and loads it if the source has the same hash.
    CheckedHash,
    /// There is none.
    #[default]
    None,
}

/// A text that names no mode.
#[derive(Debug, thiserror::Error)]
#[error("`bytecode` is \"unchecked-hash\", \"checked-hash\", or \"none\", not `{0}`")]
pub struct BytecodeModeError(String);

impl BytecodeMode {
    /// The modes.
    pub const ALL: [Self; 3] = [Self::UncheckedHash, Self::CheckedHash, Self::None];

    /// Its name in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UncheckedHash => "unchecked-hash",
            Self::CheckedHash => "checked-hash",
            Self::None => "none",
        }
    }
}

impl fmt::Display for BytecodeMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BytecodeMode {
    type Err = BytecodeModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        named.ok_or_else(|| BytecodeModeError(text.to_owned()))
    }
}
