//! A project's file with the places of what it says, and the lines that are made of it.
//!
//! Whatever text of the file goes into a line is checked here, so that no line can hold a second one, or an option.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::LazyLock;

use pep440_rs::Version;
use regex::{Captures, Regex};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ProjectFileError;
use crate::digest::Sha256;
use crate::ecosystem::python::requirement_lines::RequirementPlace;
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

/// A file.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub path: &'a Path,
    pub text: &'a str,
    /// Where its lines start.
    pub starts: &'a [usize],
}

/// Where the lines of a text start.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.match_indices('\n').map(|(end, _)| end + 1);
    std::iter::once(0).chain(ends).collect()
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
        self.starts.partition_point(|start| *start <= offset)
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
            message: on_one_line(&message.into()),
        }
    }

    pub fn toml(&self) -> Result<DeTable<'a>, ProjectFileError> {
        let parsed = DeTable::parse(self.text);
        parsed.map(Spanned::into_inner).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', ", ");
            self.wrong(self.line(start), message)
        })
    }

    /// A text, which must be one.
    pub fn text<'v>(&self, value: &'v Value<'_>) -> Result<&'v str, ProjectFileError> {
        let line = self.line(value.span().start);
        let text = value.get_ref().as_str();
        text.ok_or_else(|| self.wrong(line, "a string is expected"))
    }

    /// The texts of a list.
    pub fn texts(&self, list: Option<&Value<'_>>) -> Result<Vec<String>, ProjectFileError> {
        let items = items(list).iter();
        items
            .map(|item| self.text(item).map(str::to_owned))
            .collect()
    }

    /// The tables of a list of packages, each with the line of its name.
    pub fn packages<'v>(
        &self,
        list: Option<&'v Value<'a>>,
    ) -> Result<Vec<(usize, &'v DeTable<'a>)>, ProjectFileError> {
        let packages = items(list).iter().map(|package| {
            let line = self.line(package.span().start);
            let table = package.get_ref().as_table();
            let table = table.ok_or_else(|| self.wrong(line, "a table is expected"))?;
            let name = table.get("name");
            let line = name.map_or(line, |name| self.line(name.span().start));
            Ok((line, table))
        });
        packages.collect()
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
            known: known.iter().map(|name| on_one_line(name)).collect(),
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

/// The values of a table by the normal forms of their keys.
pub(super) fn by_name<'v, 'a>(of: Option<&'v DeTable<'a>>) -> BTreeMap<PackageName, &'v Value<'a>> {
    let mut values = BTreeMap::new();
    for (key, value) in of.into_iter().flat_map(|table| table.iter()) {
        if let Ok(name) = key.get_ref().parse() {
            values.entry(name).or_insert(value);
        }
    }
    values
}

/// A text of a file in which no character ends the line, or is obeyed in another way.
pub(super) fn on_one_line(text: &str) -> String {
    let shown = |character: char| {
        if character.is_control() {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(shown).collect()
}

/// The keys of a table.
pub(super) fn keys(of: Option<&DeTable<'_>>) -> Vec<String> {
    let keys = of.into_iter().flat_map(|table| table.keys());
    keys.map(|key| key.get_ref().to_string()).collect()
}

/// What holds always, and never, in a marker.
const ALWAYS: &str = "python_version >= '0'";
const NEVER: &str = "python_version < '0'";

/// Conditions on extras and groups in markers.
static CONDITIONS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"\bextra\s*==\s*['"]([A-Za-z0-9._-]+)['"]|['"]([A-Za-z0-9._-]+)['"]\s+in\s+(extras|dependency_groups)\b"#,
    )
    .ok()
});

/// The extras and groups that are asked for.
pub(super) struct Wanted {
    pub extras: BTreeSet<PackageName>,
    pub groups: BTreeSet<PackageName>,
}

impl Wanted {
    pub fn of(project: &ProjectFile) -> Self {
        Self {
            extras: project.extras.iter().cloned().collect(),
            groups: project.groups.iter().cloned().collect(),
        }
    }

    /// A marker in which conditions on extras and groups are decided, which installers do that know them.
    pub fn decided(&self, marker: &str) -> String {
        let Some(conditions) = CONDITIONS.as_ref() else {
            return marker.to_owned();
        };
        let decide = |found: &Captures<'_>| {
            let name = found
                .get(1)
                .or(found.get(2))
                .map_or("", |name| name.as_str());
            let wanted = match found.get(3).map(|of| of.as_str()) {
                Some("dependency_groups") => &self.groups,
                _ => &self.extras,
            };
            let is_wanted = name.parse().is_ok_and(|name| wanted.contains(&name));
            if is_wanted { ALWAYS } else { NEVER }
        };
        conditions.replace_all(marker, decide).into_owned()
    }
}
