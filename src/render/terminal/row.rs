//! A layer in a plan: its line, and the details below it.

use super::detail::detail_lines;
use super::lines::{result_width, wrapped};
use super::shared::SharedLines;
use super::style::{DIM, styled, toned};
use crate::plan::{Action, DestinationPlan, LayerPlan};
use crate::render::wording::{Group, details, headline, hint, new_sizes, sign};

/// A blank at which no line ends.
const NO_BREAK: &str = "\u{a0}";

/// How many columns are to be left for what happens to a layer; else it stands in lines of its own.
const ENOUGH_FOR_TEXT: usize = 24;

/// How wide names and descriptions are.
pub struct Columns {
    /// Characters of the longest name.
    pub name: usize,
    /// Characters of the longest description.
    pub description: usize,
}

/// Renders a group of destinations of a layer.
pub fn render_group(
    layer: &LayerPlan,
    group: &Group<'_>,
    (columns, shared): (&Columns, &SharedLines),
    destinations: usize,
    manifest: &str,
) -> String {
    let (sign, tone) = sign(&group.first().action);
    let headline = headline(group, destinations) + &new_sizes(layer, &group.first().action);
    let mut lines = headed(sign, layer, columns, &headline);
    lines[0] = lines[0].replacen(sign, &toned(tone, sign), 1);
    let DestinationPlan {
        action,
        permission,
        parameters,
        ..
    } = group.first();
    let is_new = *action == Action::Create;
    for detail in details(layer, action, permission, parameters) {
        if !(is_new && shared.has(&detail.text)) {
            lines.extend(detail_lines(&detail, 8));
        }
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
