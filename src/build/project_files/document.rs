//! A project's file with the places of what it says, and the lines that are made of it.
//!
//! Whatever text of the file goes into a line is checked here, so that no line can hold a second one, or an option.

use std::path::Path;
use std::str::FromStr as _;

use pep440_rs::Version;
use regex::{Captures, Regex};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ProjectFileError;
use crate::build::RequirementPlace;
use crate::digest::Sha256;
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

/// A file.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

/// A line of requirements, and the line of the file that it was made of.
pub(super) struct Requirement {
    pub number: usize,
    pub text: String,
}

/// A value with its place.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

impl<'a> Place<'a> {
    /// The line, from 1, of a byte of the text.
    pub fn line(&self, offset: usize) -> usize {
        let end = self.text.floor_char_boundary(offset);
        1 + self.text[..end].matches('\n').count()
    }

    pub fn at(&self, line: usize) -> RequirementPlace {
        RequirementPlace {
            path: self.path.to_owned(),
            line,
        }
    }

    pub fn wrong(&self, line: usize, message: impl Into<String>) -> ProjectFileError {
        ProjectFileError::Content {
            place: self.at(line),
            message: message.into(),
        }
    }

    pub fn toml(&self) -> Result<DeTable<'a>, ProjectFileError> {
        let parsed = DeTable::parse(self.text);
        parsed.map(Spanned::into_inner).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            self.wrong(self.line(start), error.message())
        })
    }

    /// A text, which must be one.
    pub fn text<'v>(&self, value: &'v Value<'_>) -> Result<&'v str, ProjectFileError> {
        let line = self.line(value.span().start);
        let text = value.get_ref().as_str();
        text.ok_or_else(|| self.wrong(line, "a text is expected"))
    }

    /// The texts of a list.
    pub fn texts(&self, list: Option<&Value<'_>>) -> Result<Vec<String>, ProjectFileError> {
        let items = items(list).iter();
        items
            .map(|item| self.text(item).map(str::to_owned))
            .collect()
    }

    pub fn name(&self, line: usize, text: &str) -> Result<PackageName, ProjectFileError> {
        let name = text.parse::<PackageName>();
        name.map_err(|error| self.wrong(line, error.to_string()))
    }

    pub fn version(&self, line: usize, text: &str) -> Result<Version, ProjectFileError> {
        Version::from_str(text).map_err(|_| self.wrong(line, format!("{text:?} is not a version")))
    }

    /// A hash, written `sha256:...`; `None` for one of another kind.
    pub fn sha256(text: &str) -> Option<Sha256> {
        Sha256::from_hex(text.strip_prefix("sha256:")?)
    }

    /// A line that the file asks for in these words.
    pub fn requirement(&self, number: usize, text: &str) -> Result<Requirement, ProjectFileError> {
        let text = text.trim();
        let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.contains(char::is_control)
            && !text.ends_with('\\')
            && ![" #", " -"].iter().any(|sign| text.contains(sign));
        if !is_plain {
            return Err(self.wrong(number, format!("{text:?} is not a requirement")));
        }
        Ok(Requirement {
            number,
            text: text.to_owned(),
        })
    }

    /// A line for a package: what is behind its name, a marker, and hashes.
    pub fn pinned(
        &self,
        number: usize,
        what: &str,
        marker: &str,
        hashes: impl IntoIterator<Item = Sha256>,
    ) -> Result<Requirement, ProjectFileError> {
        if marker.contains([';', '#']) {
            return Err(self.wrong(number, format!("{marker:?} is not a marker")));
        }
        let mut line = match marker {
            "" => self.requirement(number, what)?,
            _ => self.requirement(number, &format!("{what} ; {marker}"))?,
        };
        for hash in hashes {
            line.text.push_str(&format!(" --hash=sha256:{hash}"));
        }
        Ok(line)
    }

    pub fn no_group(
        &self,
        what: &'static str,
        name: &PackageName,
        known: impl IntoIterator<Item = String>,
    ) -> ProjectFileError {
        let mut known: Vec<_> = known.into_iter().collect();
        known.sort();
        known.dedup();
        ProjectFileError::Missing {
            path: self.path.to_owned(),
            what,
            name: name.clone(),
            known,
        }
    }
}

/// The items of a list; none where there is no list.
pub(super) fn items<'v, 'a>(list: Option<&'v Value<'a>>) -> &'v [Value<'a>] {
    let array = list.and_then(|list| list.get_ref().as_array());
    array.map_or(&[], |array| array)
}

/// The table under a key.
pub(super) fn table<'v, 'a>(of: &'v DeTable<'a>, key: &str) -> Option<&'v DeTable<'a>> {
    of.get(key)?.get_ref().as_table()
}

/// The text under a key.
pub(super) fn text<'v>(of: &'v DeTable<'_>, key: &str) -> Option<&'v str> {
    of.get(key)?.get_ref().as_str()
}

/// The key of a table that has this name in its normal form.
pub(super) fn named<'v, 'a>(
    of: Option<&'v DeTable<'a>>,
    name: &PackageName,
) -> Option<&'v Value<'a>> {
    let is_it = |key: &str| key.parse::<PackageName>().is_ok_and(|key| key == *name);
    let mut entries = of.into_iter().flat_map(|table| table.iter());
    entries
        .find(|(key, _)| is_it(key.get_ref()))
        .map(|(_, value)| value)
}

/// The keys of a table.
pub(super) fn keys(of: Option<&DeTable<'_>>) -> Vec<String> {
    let keys = of.into_iter().flat_map(|table| table.keys());
    keys.map(|key| key.get_ref().to_string()).collect()
}

/// What holds always, and never, in a marker.
const ALWAYS: &str = "python_version >= '0'";
const NEVER: &str = "python_version < '0'";

/// A marker in which conditions on extras and groups are decided, which installers do that know them.
pub(super) fn decided(marker: &str, project: &ProjectFile) -> String {
    let Ok(pattern) = Regex::new(
        r#"\bextra\s*==\s*['"]([A-Za-z0-9._-]+)['"]|['"]([A-Za-z0-9._-]+)['"]\s+in\s+(extras|dependency_groups)\b"#,
    ) else {
        return marker.to_owned();
    };
    let decide = |found: &Captures<'_>| {
        let name = found
            .get(1)
            .or(found.get(2))
            .map_or("", |name| name.as_str());
        let wanted = match found.get(3).map(|of| of.as_str()) {
            Some("dependency_groups") => &project.groups,
            _ => &project.extras,
        };
        let is_wanted = name.parse().is_ok_and(|name| wanted.contains(&name));
        if is_wanted { ALWAYS } else { NEVER }
    };
    pattern.replace_all(marker, decide).into_owned()
}
