//! `pyproject.toml`: the static `[project]` table (PEP 621) and `[dependency-groups]` (PEP 735).

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::document::{Place, Requirement, Value, by_name, items, table, text};
use super::error::ProjectFileError;
use super::pins::Asked;
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

/// The table of extras.
const OPTIONAL: &str = "optional-dependencies";

/// How many groups may include one another in a row, or extras: far more than anyone writes.
const MAX_DEPTH: usize = 100;

/// Reads what the project, its extras and its groups require.
pub(super) fn read(place: Place<'_>, asked: &ProjectFile) -> Result<Asked, ProjectFileError> {
    let document = place.toml()?;
    let project = table(&document, "project");
    if project.is_none() && (asked.groups.is_empty() || !asked.extras.is_empty()) {
        return Err(ProjectFileError::NoProject(asked.path.clone()));
    }
    let tool = table(&document, "tool").and_then(|tool| table(tool, "uv"));
    let mut reader = Reader {
        place,
        own: project.and_then(|project| text(project, "name")?.parse().ok()),
        extras: by_name(project.and_then(|project| table(project, OPTIONAL))),
        groups: by_name(table(&document, "dependency-groups")),
        sources: by_name(tool.and_then(|uv| table(uv, "sources"))),
        dynamic_extras: project.and_then(|project| refuse_dynamic(place, project, OPTIONAL).err()),
        depth: 0,
        seen: BTreeSet::new(),
        lines: Vec::new(),
    };
    if let Some(project) = project {
        refuse_dynamic(place, project, "dependencies")?;
        reader.add(project.get("dependencies"))?;
    }
    for extra in &asked.extras {
        reader.extra(1, extra)?;
    }
    for group in &asked.groups {
        reader.group(1, group)?;
    }
    let mut asked = Asked {
        requirements: std::mem::take(&mut reader.lines),
        ..Asked::default()
    };
    if let Some(overrides) = tool.and_then(|uv| uv.get("override-dependencies")) {
        let line = place.line(overrides.span().start);
        return Err(ProjectFileError::Overrides(place.at(line)));
    }
    reader.add(tool.and_then(|uv| uv.get("constraint-dependencies")))?;
    asked.constraints = reader.lines;
    Ok(asked)
}

struct Reader<'v, 'a> {
    place: Place<'v>,
    /// The name of the project itself.
    own: Option<PackageName>,
    extras: BTreeMap<PackageName, &'v Value<'a>>,
    groups: BTreeMap<PackageName, &'v Value<'a>>,
    /// Why extras cannot be taken.
    dynamic_extras: Option<ProjectFileError>,
    /// `[tool.uv.sources]`.
    sources: BTreeMap<PackageName, &'v Value<'a>>,
    /// How many extras and groups are being added, each for the one before.
    depth: usize,
    /// The extras and groups that were added.
    seen: BTreeSet<(&'static str, PackageName)>,
    lines: Vec<Requirement>,
}

impl Reader<'_, '_> {
    /// Adds an extra that is named in a line.
    fn extra(&mut self, line: usize, name: &PackageName) -> Result<(), ProjectFileError> {
        if !self.seen.insert(("extra", name.clone())) {
            return Ok(());
        }
        if let Some(error) = self.dynamic_extras.take() {
            return Err(error);
        }
        let Some(list) = self.extras.get(name).copied() else {
            let known = self.extras.keys().map(ToString::to_string);
            return Err(self.place.no_group("extra", name, known));
        };
        self.deeper(line, "extras")?;
        self.add(Some(list))?;
        self.depth -= 1;
        Ok(())
    }

    /// Adds a group that is named in a line.
    fn group(&mut self, line: usize, name: &PackageName) -> Result<(), ProjectFileError> {
        if !self.seen.insert(("group", name.clone())) {
            return Ok(());
        }
        let Some(list) = self.groups.get(name).copied() else {
            let known = self.groups.keys().map(ToString::to_string);
            return Err(self.place.no_group("group", name, known));
        };
        self.deeper(line, "groups")?;
        for item in items(Some(list)) {
            let line = self.place.line(item.span().start);
            let included = item.get_ref().as_table();
            match included.and_then(|table| text(table, "include-group")) {
                Some(included) => {
                    let included = self.place.name(line, included)?;
                    self.group(line, &included)?;
                }
                None => self.requirement(item)?,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Counts one more level, which must not be too deep.
    fn deeper(&mut self, line: usize, what: &str) -> Result<(), ProjectFileError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("{what} include one another more than {MAX_DEPTH} levels deep");
            return Err(self.place.wrong(line, message));
        }
        Ok(())
    }

    fn add(&mut self, list: Option<&Value<'_>>) -> Result<(), ProjectFileError> {
        items(list)
            .iter()
            .try_for_each(|item| self.requirement(item))
    }

    fn requirement(&mut self, item: &Value<'_>) -> Result<(), ProjectFileError> {
        let line = self.place.line(item.span().start);
        let text = self.place.text(item)?.trim();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        let name = self.place.name(line, &text[..end])?;
        if self.own.as_ref() == Some(&name) {
            return self.own_extras(line, &text[end..]);
        }
        if let Some(source) = self.sources.get(&name) {
            let is_local = |key| {
                source
                    .get_ref()
                    .as_table()
                    .is_some_and(|table| table.contains_key(key))
            };
            let place = self.place.at(line);
            return Err(if is_local("path") || is_local("workspace") {
                ProjectFileError::Local {
                    place,
                    package: name.to_string(),
                }
            } else {
                ProjectFileError::Redirected {
                    place,
                    package: name,
                }
            });
        }
        self.lines.push(self.place.requirement(line, text)?);
        Ok(())
    }

    /// Adds the extras in `[a,b]`, behind the name of the project itself.
    fn own_extras(&mut self, line: usize, rest: &str) -> Result<(), ProjectFileError> {
        let inner = rest.trim().strip_prefix('[');
        let Some(inner) = inner.and_then(|inner| inner.strip_suffix(']')) else {
            return Err(self.place.wrong(line, "the project requires itself"));
        };
        for extra in inner.split(',') {
            let extra = self.place.name(line, extra.trim())?;
            self.extra(line, &extra)?;
        }
        Ok(())
    }
}

/// Fails where only a build could tell what is under a key.
fn refuse_dynamic(
    place: Place<'_>,
    project: &DeTable<'_>,
    key: &'static str,
) -> Result<(), ProjectFileError> {
    let dynamic = items(project.get("dynamic")).iter();
    let mut dynamic = dynamic.filter(|item| item.get_ref().as_str() == Some(key));
    match dynamic.next() {
        Some(item) => Err(ProjectFileError::Dynamic {
            place: place.at(place.line(item.span().start)),
            key,
        }),
        None => Ok(()),
    }
}
