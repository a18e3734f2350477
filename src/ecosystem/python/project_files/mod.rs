//! Files of projects that say which packages are needed: turned into lines of requirements, each with its place.
//!
//! They are only read; no build backend, and no tool that made them, is run. What a lock pins is held: versions and
//! hashes of whatever is resolved from the lines must be those of the lock.

mod document;
mod error;
mod pins;
mod pipfile;
mod poetry;
mod pylock;
mod pyproject;
mod uv_lock;

pub use error::ProjectFileError;
pub(super) use pins::Pins;

use document::{Place, Requirement, line_starts};

use super::requirement_lines::{SourceFile, check_lines, check_size};
use crate::input::{FileKind, Repository, decode, without_mark};
use crate::manifest::{ProjectFile, ProjectFileKind};

/// What a project's file asks for.
pub(super) struct ProjectRequirements {
    /// The lines to be resolved.
    pub sources: Vec<SourceFile>,
    /// What a lock pins; `None` where the file is none.
    pub pins: Option<Pins>,
}

/// Reads a project's file.
pub(super) fn read(
    project: &ProjectFile,
    repository: &Repository,
) -> Result<ProjectRequirements, ProjectFileError> {
    // A lock of many packages is long; what people write themselves is not.
    let kind = match project.kind {
        ProjectFileKind::Pyproject => FileKind::Settings,
        _ => FileKind::Text,
    };
    let text = decode(&project.path, repository.read(&project.path, kind)?)?;
    check_size(&project.path, &text)?;
    let text = without_mark(&text);
    let starts = line_starts(text);
    let place = Place {
        path: &project.path,
        text,
        starts: &starts,
    };
    let asked = match project.kind {
        ProjectFileKind::Pyproject => pyproject::read(place, project)?,
        ProjectFileKind::Uv => uv_lock::read(place, project)?,
        ProjectFileKind::Poetry => poetry::read(place, project)?,
        ProjectFileKind::Pipfile => pipfile::read(place, project)?,
        ProjectFileKind::Pylock => pylock::read(place, project)?,
    };
    let name = project.path.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    let source = |requirements: Vec<Requirement>, include: Option<String>| SourceFile {
        name: name.clone(),
        path: project.path.clone(),
        numbers: requirements.iter().map(|line| line.number).collect(),
        lines: requirements
            .into_iter()
            .map(|line| line.text)
            .chain(include)
            .collect(),
    };
    let mut sources = Vec::new();
    if asked.constraints.is_empty() {
        sources.push(source(asked.requirements, None));
    } else {
        // Both have the name of the file; the copy that uv is given names the one with the constraints.
        let include = Some(format!("-c {name}"));
        sources.push(source(asked.requirements, include));
        sources.push(source(asked.constraints, None));
    }
    sources.iter().try_for_each(check_lines)?;
    Ok(ProjectRequirements {
        sources,
        pins: asked.pins,
    })
}
