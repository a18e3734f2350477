//! A plan on the terminal: a line for each layer that changes, what changes below it, and the sum at the end.

use super::lines::wrapped;
use super::row::{Columns, render_group};
use super::shared::SharedLines;
use crate::plan::{Action, Equality, LayerPlan, Plan, Standing};
use crate::render::targets::TargetResult;
use crate::render::wording::{count, described, groups, joined, place};

/// Renders plans, each under its target where there are several; `manifest` is how the manifest is called.
pub fn render_plans(targets: &[TargetResult<'_, Plan>], manifest: &str) -> String {
    if let [
        TargetResult {
            result: Some(plan),
            failures,
            ..
        },
    ] = targets
    {
        return render_plan(plan, manifest, failures.len());
    }
    let texts = targets.iter().map(|target| match target.result {
        Some(plan) => {
            let body = render_body(plan, manifest, target.failures.len());
            format!("{}\n\n{body}", place(plan))
        }
        None => format!("{}: nothing could be planned\n", target.target),
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Renders a plan beside which `unplanned` things could not be planned.
pub fn render_plan(plan: &Plan, manifest: &str, unplanned: usize) -> String {
    let body = render_body(plan, manifest, unplanned);
    if is_unchanged(plan) {
        body
    } else {
        format!("{}\n\n{body}", place(plan))
    }
}

fn is_unchanged(plan: &Plan) -> bool {
    let mut layers = plan.layers.iter();
    layers.all(|layer| layer.standing() == Standing::Unchanged)
}

fn render_body(plan: &Plan, manifest: &str, unplanned: usize) -> String {
    let foreign = render_unmanaged(plan) + &render_without_bytecode(plan);
    if is_unchanged(plan) {
        let layers = count(plan.layers.len(), "layer");
        let verb = if plan.layers.len() == 1 {
            "matches"
        } else {
            "match"
        };
        return match unplanned {
            0 => format!("No changes. {layers} {verb} {manifest}.\n{foreign}"),
            _ => format!(
                "No changes in what could be planned: {layers} {verb} {manifest}.\n{foreign}"
            ),
        };
    }
    let mut text = String::new();
    let name_width = plan
        .layers
        .iter()
        .map(|layer| layer.layer.as_str().len())
        .max()
        .unwrap_or(0);
    let description_width = plan
        .layers
        .iter()
        .map(|layer| layer.description.as_str().len())
        .max()
        .unwrap_or(0);
    let columns = Columns {
        name: name_width,
        description: description_width,
    };
    let shared = SharedLines::of(plan);
    for layer in &plan.layers {
        for group in groups(layer) {
            text.push_str(&render_group(
                layer,
                &group,
                (&columns, &shared),
                plan.destinations.len(),
                manifest,
            ));
        }
    }
    text.push_str(&shared.render());
    if !foreign.is_empty() {
        text.push_str(&format!("\n{}", foreign.trim_end_matches('\n')));
        text.push('\n');
    }
    text.push_str(&format!("\n{}\n", render_count(plan)));
    text
}

/// What others granted, which stays.
fn render_unmanaged(plan: &Plan) -> String {
    let mut text = String::new();
    for layer in &plan.layers {
        for destination in &layer.destinations {
            for statement in &destination.permission.unmanaged {
                let (name, place) = (&layer.layer, &destination.destination);
                let note = format!(
                    "{name} in {place}: {} is not managed by lls and is kept",
                    described(statement)
                );
                text.push_str(&wrapped("note: ", &note).join("\n"));
                text.push('\n');
            }
        }
    }
    text
}

/// What publishing again would gain, for layers that were published without bytecode.
fn render_without_bytecode(plan: &Plan) -> String {
    let lacks_it = |layer: &&LayerPlan| {
        let mut actions = layer.destinations.iter().map(|planned| &planned.action);
        let equality = Equality::WithoutBytecode;
        actions.any(|action| matches!(action, Action::Unchanged { equality: found, .. } if *found == equality))
    };
    let layers = plan.layers.iter().filter(lacks_it);
    let names: Vec<_> = layers.map(|layer| layer.layer.to_string()).collect();
    if names.is_empty() {
        return String::new();
    }
    let verb = if names.len() == 1 { "was" } else { "were" };
    let note = format!(
        "{} {verb} published without bytecode: functions start faster with it. To publish it, raise `description` with `lls bump`",
        joined(&names)
    );
    wrapped("note: ", &note).join("\n") + "\n"
}

fn render_count(plan: &Plan) -> String {
    let number = |standing| plan.count(standing);
    let granting = |layer: &&LayerPlan| {
        layer
            .destinations
            .iter()
            .all(|plan| plan.permission.revoke.is_empty())
    };
    let changing = plan
        .layers
        .iter()
        .filter(|layer| layer.standing() == Standing::Grant);
    let permission = if changing.clone().all(|layer| granting(&layer)) {
        "to grant"
    } else {
        "to change"
    };
    let mut parts: Vec<_> = [
        (Standing::Create, "layer", "to create"),
        (Standing::Publish, "version", "to publish"),
        (Standing::Grant, "permission", permission),
    ]
    .into_iter()
    .filter(|(standing, ..)| number(*standing) > 0)
    .map(|(standing, noun, verb)| format!("{} {verb}", count(number(standing), noun)))
    .collect();
    let destinations = plan.layers.iter().flat_map(|layer| &layer.destinations);
    let parameters = destinations
        .map(|destination| destination.parameters.len())
        .sum();
    if parameters > 0 {
        parts.push(format!("{} to set", count(parameters, "parameter")));
    }
    let parts = if parts.is_empty() {
        "nothing to do".to_owned()
    } else {
        parts.join(", ")
    };
    let rest = format!(
        "{} unchanged, {} blocked",
        number(Standing::Unchanged),
        number(Standing::Blocked)
    );
    wrapped("Plan: ", &format!("{parts}; {rest}.")).join("\n")
}
