//! Lists: the results of the commands that are neither plans nor summaries, and their form on the terminal.

use std::path::PathBuf;

use serde::Serialize;

use crate::build::Explanation;
use crate::cache::{ArchiveSummary, CachePart};
use crate::digest::Sha256;
use crate::ecosystem::LockOutcome;
use crate::layer::{LayerName, PublishedVersion, Runtime};
use crate::plan::PackageChange;
use crate::registry::ListedLayer;
use crate::render::terminal::{detail_lines, table};
use crate::render::wording::{count, package_detail, size};

/// A layer that was built.
#[derive(Debug, Serialize)]
pub struct BuiltLayer {
    /// The layer.
    pub layer: LayerName,
    /// Where its archive is.
    pub path: PathBuf,
    /// Hash over everything that the archive was made of.
    pub fingerprint: Sha256,
    /// What is in it.
    #[serde(flatten)]
    pub archive: ArchiveSummary,
    /// What fills it, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// A layer whose lock was looked at.
#[derive(Debug, Serialize)]
pub struct LockedLayer {
    /// The layer.
    pub layer: LayerName,
    /// What was done.
    pub outcome: LockOutcome,
    /// The packages whose versions are others than before; empty for a lock that was not there.
    pub changes: Vec<PackageChange>,
}

/// The layers of one destination.
#[derive(Debug, Serialize)]
pub struct PublishedLayers {
    /// The destination.
    pub destination: String,
    /// Its layers, sorted by name.
    pub layers: Vec<ListedLayer>,
}

/// The versions of a layer in one destination.
#[derive(Debug, Serialize)]
pub struct ListedVersions {
    /// The destination.
    pub destination: String,
    /// The versions, newest first.
    pub versions: Vec<PublishedVersion>,
}

/// What a manifest without a problem declares.
#[derive(Debug, Serialize)]
pub struct Validation {
    /// The manifest.
    pub manifest: PathBuf,
    /// Its layers.
    pub layers: Vec<LayerName>,
    /// Its targets.
    pub targets: Vec<String>,
}

/// Renders the published layers of each destination.
pub fn render_layers(listed: &[PublishedLayers], runtime: Option<&Runtime>) -> String {
    let mut rows = Vec::new();
    for destination in listed {
        for layer in &destination.layers {
            let latest = &layer.latest;
            let name = layer.name.to_string();
            rows.push([
                name,
                format!(":{}", latest.number),
                latest.metadata.description.clone(),
                latest.arn.clone(),
            ]);
        }
    }
    if rows.is_empty() {
        return format!("No layers are published{}.\n", for_runtime(runtime));
    }
    table(&rows)
}

/// Renders the versions of a layer in each destination.
pub fn render_versions(
    layer: &LayerName,
    listed: &[ListedVersions],
    runtime: Option<&Runtime>,
) -> String {
    let mut rows = Vec::new();
    for destination in listed {
        for version in &destination.versions {
            let metadata = &version.metadata;
            let runtimes: Vec<_> = metadata.runtimes.iter().map(ToString::to_string).collect();
            rows.push([
                format!(":{}", version.number),
                metadata.description.clone(),
                version.created.clone(),
                runtimes.join(","),
                version.arn.clone(),
            ]);
        }
    }
    if rows.is_empty() {
        let places: Vec<_> = listed
            .iter()
            .map(|listed| listed.destination.as_str())
            .collect();
        let (runtime, places) = (for_runtime(runtime), places.join(" or "));
        return format!("No version of layer `{layer}` is published{runtime} in {places}.\n");
    }
    table(&rows)
}

/// Renders what `build` made.
pub fn render_builds(built: &[BuiltLayer]) -> String {
    let rows: Vec<_> = built
        .iter()
        .map(|layer| {
            let sizes = format!(
                "{} zipped, {} unpacked",
                size(layer.archive.size),
                size(layer.archive.unpacked_size)
            );
            [
                layer.layer.to_string(),
                sizes,
                layer.path.display().to_string(),
            ]
        })
        .collect();
    table(&rows)
}

/// Renders what `lock` did.
pub fn render_locks(locked: &[LockedLayer]) -> String {
    let said = |layer: &LockedLayer| match layer.outcome {
        LockOutcome::Written => "locked",
        LockOutcome::Unchanged => "unchanged",
        LockOutcome::NoRequirements => "has no requirements.txt",
    };
    let rows: Vec<_> = locked
        .iter()
        .map(|layer| [layer.layer.to_string(), said(layer).to_owned()])
        .collect();
    let rows = table(&rows);
    let rows = rows.lines().zip(locked);
    let texts = rows.map(|(row, layer)| {
        let changes = layer.changes.iter().map(package_detail);
        let lines = changes.flat_map(|change| detail_lines(&change, 4));
        let lines: Vec<_> = std::iter::once(row.to_owned()).chain(lines).collect();
        lines.join("\n") + "\n"
    });
    texts.collect()
}

/// Renders that a manifest has no problem.
pub fn render_validation(validation: &Validation) -> String {
    let (layers, targets) = (
        count(validation.layers.len(), "layer"),
        count(validation.targets.len(), "target"),
    );
    format!(
        "{} is valid: {layers}, {targets}.\n",
        validation.manifest.display()
    )
}

/// Renders what the caches take.
pub fn render_cache(parts: &[CachePart]) -> String {
    let row = |part: &CachePart| {
        let files = count(part.files as usize, "file");
        [
            part.name.to_owned(),
            size(part.size),
            files,
            part.path.display().to_string(),
        ]
    };
    table(&parts.iter().map(row).collect::<Vec<_>>())
}

/// Renders what the caches took before they were cleared.
pub fn render_cleared_cache(parts: &[CachePart]) -> String {
    render_cache(parts) + "All of it was removed.\n"
}

fn for_runtime(runtime: Option<&Runtime>) -> String {
    runtime
        .map(|runtime| format!(" for {runtime}"))
        .unwrap_or_default()
}
