//! The layers of a target: a list of those that change, then each with its changes, the blocked ones first.

use maud::{Markup, html};

use super::{changes, contents};
use crate::plan::{Action, DestinationPlan, LayerPlan, Plan, Standing};
use crate::render::report::content::{TargetReport, layers_that_change};
use crate::render::wording::{
    Group, Tone, count, groups, headline, hint, prose_html, sign, visible,
};

/// Up to how many layers that change are shown unfolded. Of more, only the blocked ones are.
const UNFOLDED: usize = 10;

/// The layers of a target; `index` tells its places in the page from those of other targets.
pub(super) fn layers(
    plan: &Plan,
    index: usize,
    target: &TargetReport<'_>,
    manifest: &str,
) -> Markup {
    let changed = layers_that_change(plan);
    let is_unchanged = |layer: &&LayerPlan| layer.standing() == Standing::Unchanged;
    let unchanged: Vec<_> = plan.layers.iter().filter(is_unchanged).collect();
    let filled = |layer: &LayerPlan| contents::contents(layer, target.contents.get(&layer.layer));
    html! {
        (list(&changed, unchanged.len(), index))
        @for layer in &changed {
            @let is_open = changed.len() <= UNFOLDED || layer.standing() == Standing::Blocked;
            details.layer open[is_open] {
                (heading(layer, plan.destinations.len()))
                // Following a link to it unfolds the layer, which a link to the element itself would not.
                div id=(anchor(index, layer.layer.as_str())) {
                    @if layer.standing() == Standing::Blocked {
                        p.hint { "Hint: " (prose_html(&hint(layer, manifest))) }
                    }
                    (changes::changes(layer, plan.destinations.len()))
                    (changes::unmanaged(layer))
                    (filled(layer))
                }
            }
        }
        @if !unchanged.is_empty() {
            h3 id=(anchor(index, "")) { (count(unchanged.len(), "unchanged layer")) }
        }
        @for layer in unchanged {
            details.layer.unchanged {
                summary {
                    span.name { (layer.layer) } " " span.description { (layer.description) } " "
                    span.places { (current_versions(layer)) }
                }
                (changes::unmanaged(layer))
                (filled(layer))
            }
        }
    }
}

/// A place in the page that links lead to.
fn anchor(index: usize, layer: &str) -> String {
    format!("target-{index}-{layer}")
}

/// Links to the layers that change, if there are several.
fn list(changed: &[&LayerPlan], unchanged: usize, index: usize) -> Markup {
    let link = |layer: &str| format!("#{}", anchor(index, layer));
    html! {
        @if changed.len() > 1 {
            nav aria-label="Layers" {
                ul {
                    @for layer in changed {
                        @for group in groups(layer).iter().take(1) {
                            li {
                                (signed(group)) " "
                                a href=(link(layer.layer.as_str())) { (layer.layer) } " "
                                span.quiet { (layer.description) }
                            }
                        }
                    }
                    @if unchanged > 0 {
                        li { a href=(link("")) { (count(unchanged, "unchanged layer")) } }
                    }
                }
            }
        }
    }
}

/// The sign of what happens, with its word for those who do not see it.
fn signed(group: &Group<'_>) -> Markup {
    let plan = group.first();
    let (sign, tone) = sign(&plan.action);
    html! { span.sign.(class(tone)) role="img" aria-label=(word(plan)) { (sign) } }
}

/// The layer, and what happens to it where.
fn heading(layer: &LayerPlan, destinations: usize) -> Markup {
    html! {
        summary {
            h3 { span.name { (layer.layer) } " " span.description { (layer.description) } }
            @for group in groups(layer) {
                @let (sign, tone) = sign(&group.first().action);
                span.happens.(class(tone)) {
                    span.sign aria-hidden="true" { (sign) } " "
                    b { (word(group.first())) } ": "
                    (visible(&headline(&group, destinations)))
                }
            }
        }
    }
}

fn word(plan: &DestinationPlan) -> &'static str {
    match plan.action {
        Action::Create => "Create",
        Action::Publish { .. } => "Publish",
        Action::Unchanged { .. } if plan.permission.is_change() => "Permission",
        Action::Unchanged { .. } => "Parameters",
        Action::Blocked { .. } => "Blocked",
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "quiet",
        Tone::Good => "good",
        Tone::Change => "change",
        Tone::Bad => "bad",
    }
}

fn current_versions(layer: &LayerPlan) -> String {
    let versions = layer
        .destinations
        .iter()
        .filter_map(|plan| match &plan.action {
            Action::Unchanged { current, .. } => {
                Some(format!("{}:{}", plan.destination, current.number))
            }
            _ => None,
        });
    visible(&versions.collect::<Vec<_>>().join(", "))
}
