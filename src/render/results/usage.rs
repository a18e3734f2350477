//! Who uses which layer versions, on the terminal.

use serde::Serialize;

use crate::plan::{LayerUsage, VersionUsage};
use crate::render::terminal::{BOLD, CHANGE, styled, wrapped};
use crate::render::wording::{count, joined};

/// Which layer versions the functions of one destination use.
#[derive(Debug, Serialize)]
pub struct DestinationUsage {
    /// The destination.
    pub destination: String,
    /// Whether it can have functions at all; a folder cannot.
    pub has_functions: bool,
    /// The layers that the manifest declares or functions use, sorted by name.
    pub layers: Vec<LayerUsage>,
    /// How many layer versions of other accounts are used, of which nothing is known.
    pub foreign: usize,
}

/// Renders the usage of each destination.
pub fn render_usage(usage: &[DestinationUsage]) -> String {
    let texts: Vec<_> = usage.iter().map(render_destination).collect();
    texts.join("\n")
}

fn render_destination(usage: &DestinationUsage) -> String {
    let place = &usage.destination;
    if !usage.has_functions {
        return format!("{place}: a folder has no functions that could use its layers\n");
    }
    let mut text = format!("{}\n", styled(BOLD, place));
    for layer in &usage.layers {
        text.push_str(&render_layer(layer));
    }
    if usage.layers.is_empty() {
        text.push_str("  No function uses a layer of this account.\n");
    }
    if usage.foreign > 0 {
        let versions = count(usage.foreign, "layer version");
        let note = format!("{versions} of other accounts in use; nothing else is known of them");
        text.push_str(&wrapped("  ", &note).join("\n"));
        text.push('\n');
    }
    text
}

fn render_layer(layer: &LayerUsage) -> String {
    if layer.versions.is_empty() {
        return format!("  {}  no function uses it\n", layer.layer);
    }
    let versions = layer.versions.iter();
    let rendered = versions.map(|version| render_version(layer, version));
    rendered.collect()
}

fn render_version(layer: &LayerUsage, version: &VersionUsage) -> String {
    let description = version.description.as_deref().unwrap_or("deleted");
    let current = match &layer.current {
        Some(current) => format!(":{} {}", current.number, current.description),
        None => "none is left".to_owned(),
    };
    let standing = match (&layer.current, version.behind) {
        (Some(newest), 0) if newest.number < version.number => format!("newer than {current}"),
        (Some(_), 0) if version.description.is_some() => "current".to_owned(),
        (Some(_), behind) => styled(
            CHANGE,
            format!("{} behind {current}", count(behind, "version")),
        ),
        (None, _) => styled(CHANGE, &current),
    };
    let users: Vec<_> = version.users.iter().map(ToString::to_string).collect();
    let name = format!("{}:{}", layer.layer, version.number);
    let used = wrapped("        ", &format!("used by {}", joined(&users)));
    format!(
        "  {name}  {description}   {standing}\n{}\n",
        used.join("\n")
    )
}
