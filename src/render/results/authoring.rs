//! What `init`, `add` and `bump` did, for the terminal and as data for JSON.

use std::path::PathBuf;

use serde::Serialize;

use crate::layer::{Description, LayerName};
use crate::plan::{BumpReason, Changes};
use crate::render::terminal::wrapped;
use crate::render::wording::{Detail, count, file_detail, package_detail, visible};

/// How many reasons for a level are named.
const REASONS: usize = 5;

/// A layer whose description was raised, or might have been.
#[derive(Debug, Serialize)]
pub struct BumpedLayer {
    /// The layer.
    pub layer: LayerName,
    /// The manifest.
    pub manifest: PathBuf,
    /// The line of the description, from 1.
    pub line: usize,
    /// The description as it was.
    pub before: Description,
    /// The new description; `None` where it stays.
    pub after: Option<Description>,
    /// Whether the new description was not written.
    pub dry_run: bool,
    /// The target that the layer was compared with; `None` where it was not.
    pub target: Option<String>,
    /// Why.
    #[serde(flatten)]
    pub reason: BumpReason,
}

/// Renders what became of a description.
pub fn render_bump(bumped: &BumpedLayer) -> String {
    let BumpedLayer { layer, before, .. } = bumped;
    let Some(after) = &bumped.after else {
        let target = bumped.target.as_deref().map(visible).unwrap_or_default();
        let said = match bumped.reason {
            BumpReason::Unchanged => {
                format!("{layer} matches {before} in `{target}`: nothing to bump.")
            }
            _ => format!(
                "{layer} {before} is not published to `{target}` yet: there is no need to raise it."
            ),
        };
        return said + "\n";
    };
    let place = format!("{}:{}", bumped.manifest.display(), bumped.line);
    let written = if bumped.dry_run { ", not written" } else { "" };
    let mut lines = vec![format!("{layer}  {before} -> {after}   {place}{written}")];
    if let BumpReason::Suggested(suggestion) = &bumped.reason {
        let first = format!("  {}: ", suggestion.level.as_str());
        lines.extend(wrapped(&first, &reasons(&suggestion.reasons)));
    }
    lines.join("\n") + "\n"
}

fn reasons(changes: &Changes) -> String {
    let with_sign = |detail: Detail| match detail.sign {
        "~" => detail.text,
        sign => format!("{sign} {}", detail.text),
    };
    let mut reasons: Vec<String> = changes
        .packages
        .iter()
        .map(package_detail)
        .map(with_sign)
        .collect();
    reasons.extend(changes.files.iter().map(file_detail).map(with_sign));
    let metadata = changes.metadata.iter();
    reasons.extend(
        metadata.map(|change| format!("{} {} -> {}", change.field, change.before, change.after)),
    );
    if reasons.is_empty() {
        return "nothing is added or removed".to_owned();
    }
    let more = reasons.len().saturating_sub(REASONS);
    reasons.truncate(REASONS);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    reasons.join(", ")
}

/// A layer that was added to the manifest.
#[derive(Debug, Serialize)]
pub struct AddedLayer {
    /// The layer.
    pub layer: LayerName,
    /// The manifest.
    pub manifest: PathBuf,
    /// The line where it begins there, from 1.
    pub line: usize,
    /// Its folder.
    pub directory: PathBuf,
    /// The files that were made.
    pub files: Vec<PathBuf>,
}

/// Renders a layer that was added.
pub fn render_added(added: &AddedLayer) -> String {
    let AddedLayer { layer, line, .. } = added;
    let mut lines = vec![format!(
        "{layer}  added to {}:{line}",
        added.manifest.display()
    )];
    lines.extend(
        added
            .files
            .iter()
            .map(|file| format!("  {}", file.display())),
    );
    if added.files.is_empty() {
        lines.push(format!("  {} is used as it is", added.directory.display()));
    }
    lines.join("\n") + "\n"
}

/// A part of a new project.
#[derive(Debug, Serialize)]
pub struct ProjectFile {
    /// The file.
    pub path: PathBuf,
    /// What was done.
    pub outcome: FileOutcome,
}

/// What was done to a file of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// It was made.
    Made,
    /// Lines were added to it.
    Extended,
    /// It was there, and stays as it is.
    Kept,
}

/// Renders what was done to the files of a project.
pub fn render_project(files: &[ProjectFile]) -> String {
    let name = |file: &ProjectFile| file.path.display().to_string();
    let width = files.iter().map(|file| name(file).chars().count()).max();
    let width = width.unwrap_or(0);
    let said = |file: &ProjectFile| match file.outcome {
        FileOutcome::Made => "created",
        FileOutcome::Extended => "extended",
        FileOutcome::Kept => "already exists, unchanged",
    };
    let mut text = String::new();
    for file in files {
        text.push_str(&format!("{:width$}  {}\n", name(file), said(file)));
    }
    let made = files
        .iter()
        .filter(|file| file.outcome != FileOutcome::Kept)
        .count();
    text.push_str(&match made {
        0 => "Nothing to do: everything already exists.\n".to_owned(),
        _ => format!("{} created or extended.\n", count(made, "file")),
    });
    text
}
