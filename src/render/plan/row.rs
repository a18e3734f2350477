//! A layer in a plan: its line, and the details below it.

use anstyle::Style;

use super::details::details;
use super::group::Group;
use crate::layer::Level;
use crate::plan::{Action, Changes, DestinationPlan, LayerPlan};
use crate::render::style::{ADD, BAD, CHANGE, DIM, styled};
use crate::render::text::{joined, result_width, size, wrapped};
use crate::render::visible::visible;

/// A blank at which no line ends.
const NO_BREAK: &str = "\u{a0}";

/// How many columns are to be left for what happens to a layer; else it stands in lines of its own.
const ENOUGH_FOR_TEXT: usize = 24;

/// How wide names and descriptions are.
pub(super) struct Columns {
    /// Characters of the longest name.
    pub name: usize,
    /// Characters of the longest description.
    pub description: usize,
}

/// Renders a group of destinations of a layer.
pub(super) fn render_group(
    layer: &LayerPlan,
    group: &Group<'_>,
    columns: &Columns,
    destinations: usize,
    manifest: &str,
) -> String {
    let (sign, style) = sign(&group.first().action);
    let headline = headline(layer, group, destinations);
    let mut lines = headed(sign, layer, columns, &headline);
    lines[0] = lines[0].replacen(sign, &styled(style, sign), 1);
    let DestinationPlan {
        action,
        permission,
        parameters,
        ..
    } = group.first();
    for detail in details(layer, action, permission, parameters) {
        lines.extend(detail.lines(8));
    }
    if group.first().is_blocked() {
        let hint = wrapped("        hint: ", &unbroken(&hint(layer, manifest))).join("\n");
        lines.push(styled(DIM, hint.replace(NO_BREAK, " ")));
    }
    lines.join("\n") + "\n"
}

/// What happens to a layer behind its sign, name and description, which are aligned as far as there is room for it.
fn headed(sign: &str, layer: &LayerPlan, columns: &Columns, headline: &str) -> Vec<String> {
    let (name, description) = (layer.layer.as_str(), layer.description.as_str());
    let Columns {
        name: n,
        description: d,
    } = columns;
    let aligned = format!("  {sign} {name:n$}  {description:d$}   ");
    if aligned.len() + ENOUGH_FOR_TEXT <= result_width() {
        return wrapped(&aligned, headline);
    }
    let mut lines = vec![format!("  {sign} {name}  {description}")];
    lines.extend(wrapped("        ", headline));
    lines
}

/// A text in which no line ends within backticks.
fn unbroken(text: &str) -> String {
    let parts = text
        .split('`')
        .enumerate()
        .map(|(index, part)| match index % 2 {
            0 => part.to_owned(),
            _ => part.replace(' ', NO_BREAK),
        });
    parts.collect::<Vec<_>>().join("`")
}

/// What to do about a layer that is blocked.
pub(in crate::render) fn hint(layer: &LayerPlan, manifest: &str) -> String {
    match layer.description_position {
        Some(position) => format!(
            "raise `description` in {manifest}:{}, for example with {}",
            position.line,
            bump(layer)
        ),
        None => "publish it as another version".to_owned(),
    }
}

/// The command that makes the layer publishable.
fn bump(layer: &LayerPlan) -> String {
    let changes = layer
        .destinations
        .iter()
        .filter_map(|plan| match &plan.action {
            Action::Blocked { changes, .. } => Some(changes),
            _ => None,
        });
    let suggestions = changes.filter_map(Changes::suggestion);
    let level = suggestions.map(|suggestion| suggestion.level).max();
    let level = level.unwrap_or(Level::Minor).as_str();
    format!("`lls bump {} --{level}`", layer.layer)
}

/// The sign of what happens to a layer, and its style.
pub(in crate::render) fn sign(action: &Action) -> (&'static str, Style) {
    match action {
        Action::Create => ("+", ADD),
        Action::Publish { .. } => ("^", ADD),
        Action::Unchanged { .. } => ("~", CHANGE),
        Action::Blocked { .. } => ("!", BAD),
    }
}

/// What happens to a layer in a group of destinations, of so many in all.
pub(in crate::render) fn headline(
    layer: &LayerPlan,
    group: &Group<'_>,
    destinations: usize,
) -> String {
    let everywhere = group.destinations.len() == destinations;
    let place = if everywhere {
        String::new()
    } else {
        format!(" in {}", joined(&group.names()))
    };
    match &group.first().action {
        Action::Create => match &layer.archive {
            Some(archive) => {
                let (zipped, unpacked) = (size(archive.size), size(archive.unpacked_size));
                format!("new layer{place}, {zipped} zipped, {unpacked} unpacked")
            }
            None => format!("new layer{place}"),
        },
        Action::Publish { after, changes, .. } => {
            let same = if changes.same_content {
                ", same content"
            } else {
                ""
            };
            // Whoever published it may have written anything.
            let described = match after.description.as_str() {
                "" => "a version without description".to_owned(),
                description => visible(description),
            };
            format!("after {described} ({}){same}", group.versions(destinations))
        }
        Action::Unchanged { .. } => {
            let permission = &group.first().permission;
            let what = match (permission.grant.is_some(), permission.revoke.is_empty()) {
                (true, true) => "not granted",
                (true, false) => "granted to another",
                (false, true) => "parameters to be set",
                (false, false) if permission.desired.is_none() => "granted, but not to be",
                (false, false) => "granted by other statements too",
            };
            format!(
                "published as {}, {what}{place}",
                group.versions(destinations)
            )
        }
        Action::Blocked { changes, .. } => {
            let what = if changes.same_content {
                "other metadata"
            } else {
                "other content"
            };
            format!(
                "already published as {} with {what}",
                group.versions(destinations)
            )
        }
    }
}
