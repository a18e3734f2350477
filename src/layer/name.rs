//! A layer's name, within the limits of the Lambda API.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a layer: 1 to 140 of `A-Z a-z 0-9 - _` (`LayerName` of the Lambda API model).
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
pub struct LayerName(String);

/// Why a text is no layer name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayerNameError {
    /// There is nothing in it.
    #[error("a layer name cannot be empty")]
    Empty,
    /// It is longer than the 140 characters that AWS takes.
    #[error("a layer name can have at most 140 characters, but this one has {0}")]
    TooLong(usize),
    /// It holds a character that AWS refuses.
    #[error("a layer name can contain only letters, digits, `-`, and `_`, not `{0}`")]
    Character(char),
}

impl LayerName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LayerName {
    type Err = LayerNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if let Some(character) = text.chars().find(|c| !allowed(*c)) {
            return Err(LayerNameError::Character(character));
        }
        match text.len() {
            0 => Err(LayerNameError::Empty),
            1..=140 => Ok(Self(text.to_owned())),
            length => Err(LayerNameError::TooLong(length)),
        }
    }
}

impl TryFrom<String> for LayerName {
    type Error = LayerNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_api() {
        assert!("pg8000".parse::<LayerName>().is_ok());
        assert!("a".repeat(140).parse::<LayerName>().is_ok());
        assert_eq!(
            "a".repeat(141).parse::<LayerName>(),
            Err(LayerNameError::TooLong(141))
        );
        assert_eq!("".parse::<LayerName>(), Err(LayerNameError::Empty));
        assert_eq!(
            "a b".parse::<LayerName>(),
            Err(LayerNameError::Character(' '))
        );
        assert_eq!(
            "../a".parse::<LayerName>(),
            Err(LayerNameError::Character('.'))
        );
    }
}
