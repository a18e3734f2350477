//! Lists on the terminal: layers, versions, builds, locks.

use super::text::{count, size};
use crate::commands::{BuiltLayer, ListedVersions, LockedLayer, PublishedLayers, Validation};

/// Renders the published layers of each destination.
pub fn render_layers(listed: &[PublishedLayers]) -> String {
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
        return "No layers are published.\n".to_owned();
    }
    table(&rows)
}

/// Renders the versions of a layer in each destination.
pub fn render_versions(listed: &[ListedVersions]) -> String {
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
        return "No versions are published.\n".to_owned();
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
    use crate::build::LockOutcome;
    let said = |layer: &LockedLayer| match layer.outcome {
        LockOutcome::Written => "locked",
        LockOutcome::Unchanged => "unchanged",
        LockOutcome::NoRequirements => "has no requirements.txt",
    };
    let rows: Vec<_> = locked
        .iter()
        .map(|layer| [layer.layer.to_string(), said(layer).to_owned()])
        .collect();
    table(&rows)
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

/// Rows with aligned columns, two blanks between them.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
