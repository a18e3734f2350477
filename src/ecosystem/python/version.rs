//! Versions of packages as PEP 440 orders them.

use std::cmp::Ordering;

use crate::layer::Level;

/// A version of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pep440_rs::Version);

impl Version {
    /// Parses a version; `None` where PEP 440 knows no such version.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// How large the step to another version is. A step back takes away what this one had, as a new major version may.
    pub fn level_to(&self, after: &Self) -> Level {
        let part = |version: &Self, index| version.0.release().get(index).copied().unwrap_or(0);
        let major = |version: &Self| (version.0.epoch(), part(version, 0));
        if major(self) != major(after) {
            return Level::Major;
        }
        match part(after, 1).cmp(&part(self, 1)) {
            Ordering::Less => Level::Major,
            Ordering::Greater => Level::Minor,
            Ordering::Equal => Level::Patch,
        }
    }
}

/// Whether two versions are equal; those that PEP 440 does not know must be equal as texts.
pub(super) fn is_version(found: &str, expected: &str) -> bool {
    match (Version::parse(found), Version::parse(expected)) {
        (Some(found), Some(expected)) => found == expected,
        _ => found.eq_ignore_ascii_case(expected),
    }
}
