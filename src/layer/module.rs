//! Names of Python modules, as an import statement takes them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// The name of a module with those of the packages that it is in, such as `os.path`; ASCII alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ModuleName(String);

/// A text that names no module.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the name of a module")]
pub struct ModuleNameError(String);

impl ModuleName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `other` or below it.
    pub fn is_within(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&other.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether a text can be one part of a name.
    pub fn is_part(text: &str) -> bool {
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
        text.starts_with(is_first) && text.chars().all(|c| is_first(c) || c.is_ascii_digit())
    }
}

impl FromStr for ModuleName {
    type Err = ModuleNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.split('.').all(Self::is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ModuleNameError(text.to_owned()))
        }
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_import_statements() {
        let name = |text: &str| text.parse::<ModuleName>();
        for text in ["os", "_x.y1", "a.class"] {
            assert!(name(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "a.",
            ".a",
            "a..b",
            "1a",
            "a-b",
            "a b",
            "caf\u{e9}",
            "a\u{1b}",
        ] {
            assert!(name(text).is_err(), "{text}");
        }
        let within =
            |inner: &str, outer: &str| name(inner).unwrap().is_within(&name(outer).unwrap());
        assert!(within("a", "a") && within("a.b", "a"));
        assert!(!within("ab", "a") && !within("a", "a.b"));
    }
}
