//! `pyproject.toml`: the static `[project]` table (PEP 621) and `[dependency-groups]` (PEP 735).

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::document::{Place, Requirement, Value, items, keys, named, table, text};
use super::{Asked, ProjectFileError};
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

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
        project,
        groups: table(&document, "dependency-groups"),
        sources: tool.and_then(|uv| table(uv, "sources")),
        seen: BTreeSet::new(),
        lines: Vec::new(),
    };
    if let Some(project) = project {
        reader.refuse_dynamic(project, "dependencies")?;
        reader.add(project.get("dependencies"))?;
    }
    for extra in &asked.extras {
        reader.extra(extra)?;
    }
    for group in &asked.groups {
        reader.group(group)?;
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
    project: Option<&'v DeTable<'a>>,
    groups: Option<&'v DeTable<'a>>,
    /// `[tool.uv.sources]`.
    sources: Option<&'v DeTable<'a>>,
    /// The extras and groups that were added.
    seen: BTreeSet<(&'static str, PackageName)>,
    lines: Vec<Requirement>,
}

impl Reader<'_, '_> {
    fn refuse_dynamic(
        &self,
        project: &DeTable<'_>,
        key: &'static str,
    ) -> Result<(), ProjectFileError> {
        let dynamic = items(project.get("dynamic")).iter();
        let mut dynamic = dynamic.filter(|item| item.get_ref().as_str() == Some(key));
        match dynamic.next() {
            Some(item) => Err(ProjectFileError::Dynamic {
                place: self.place.at(self.place.line(item.span().start)),
                key,
            }),
            None => Ok(()),
        }
    }

    fn extra(&mut self, name: &PackageName) -> Result<(), ProjectFileError> {
        if !self.seen.insert(("extra", name.clone())) {
            return Ok(());
        }
        if let Some(project) = self.project {
            self.refuse_dynamic(project, "optional-dependencies")?;
        }
        let project = self.project;
        let extras = project.and_then(|project| table(project, "optional-dependencies"));
        match named(extras, name) {
            Some(list) => self.add(Some(list)),
            None => Err(self.place.no_group("extra", name, keys(extras))),
        }
    }

    fn group(&mut self, name: &PackageName) -> Result<(), ProjectFileError> {
        if !self.seen.insert(("group", name.clone())) {
            return Ok(());
        }
        let groups = self.groups;
        let Some(list) = named(groups, name) else {
            return Err(self.place.no_group("group", name, keys(groups)));
        };
        for item in items(Some(list)) {
            let line = self.place.line(item.span().start);
            let included = item.get_ref().as_table();
            match included.and_then(|table| text(table, "include-group")) {
                Some(included) => {
                    let included = self.place.name(line, included)?;
                    self.group(&included)?;
                }
                None => self.requirement(item)?,
            }
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
        let own = self.project.and_then(|project| self::text(project, "name"));
        if own.and_then(|own| own.parse().ok()).as_ref() == Some(&name) {
            return self.own_extras(line, &text[end..]);
        }
        if let Some(source) = named(self.sources, &name) {
            let is_local = |key| {
                source
                    .get_ref()
                    .as_table()
                    .is_some_and(|table| table.contains_key(key))
            };
            let place = self.place.at(line);
            return Err(match is_local("path") || is_local("workspace") {
                true => ProjectFileError::Local {
                    place,
                    package: name.to_string(),
                },
                false => ProjectFileError::Redirected {
                    place,
                    package: name,
                },
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
            self.extra(&extra)?;
        }
        Ok(())
    }
}
