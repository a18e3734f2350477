//! What differs between two versions, on the terminal and as JSON.

use serde::Serialize;

use crate::digest::Sha256;
use crate::layer::{LayerName, VersionMetadata, VersionNumber};
use crate::plan::Changes;
use crate::render::terminal::{BOLD, detail_lines, styled};
use crate::render::wording::{change_details, visible};

/// What differs between two versions.
#[derive(Debug, Serialize)]
pub struct Difference<'a> {
    /// The destination.
    pub destination: &'a str,
    /// What is started from.
    pub before: DiffSide<'a>,
    /// What it is compared with.
    pub after: DiffSide<'a>,
    /// Whether both have the same content and the same metadata.
    pub is_equal: bool,
    /// What differs.
    pub changes: Changes,
}

/// One of two versions that are compared.
#[derive(Debug, Serialize)]
pub struct DiffSide<'a> {
    /// The layer.
    pub layer: &'a LayerName,
    /// Its number; `None` for what the manifest says.
    pub number: Option<VersionNumber>,
    /// Its ARN; `None` for what the manifest says.
    pub arn: Option<&'a str>,
    /// When it was published, as the registry spells it; `None` for what the manifest says.
    pub created: Option<&'a str>,
    /// What describes it.
    #[serde(flatten)]
    pub metadata: &'a VersionMetadata,
    /// Hash over its archive.
    pub sha256: Sha256,
    /// Size of its archive in bytes.
    pub size: u64,
}

impl DiffSide<'_> {
    /// `hello:3 (v1.0.0)`, or `layers.toml (v1.1.0)`.
    fn described(&self, manifest: &str) -> String {
        let name = match self.number {
            Some(number) => format!("{}:{number}", self.layer),
            None => manifest.to_owned(),
        };
        match self.metadata.description.as_str() {
            "" => name,
            description => format!("{name} ({})", visible(description)),
        }
    }
}

/// Renders what differs; `manifest` is how the manifest is called.
pub fn render_difference(difference: &Difference<'_>, manifest: &str) -> String {
    let before = difference.before.described(manifest);
    let after = difference.after.described(manifest);
    let head = if difference.is_equal {
        format!("{before} and {after} are the same")
    } else {
        format!("{before} -> {after}")
    };
    let mut lines = vec![format!("{}: {head}", styled(BOLD, difference.destination))];
    let details = change_details(&difference.changes);
    if !details.is_empty() {
        lines.push(String::new());
    }
    lines.extend(details.iter().flat_map(|detail| detail_lines(detail, 2)));
    lines.join("\n") + "\n"
}
