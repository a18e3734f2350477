//! What `apply` did, on the terminal: every layer and destination, with ARNs.

use super::hints::{SharedHints, render_error};
use super::style::toned;
use crate::apply::{DestinationSummary, Found, LayerSummary, Outcome, Summary};
use crate::render::targets::TargetResult;
use crate::render::wording::{Tone, count, outcome, outcome_count};

/// Renders summaries, each under its target where there are several.
pub fn render_summaries(targets: &[TargetResult<'_, Summary>]) -> String {
    if let [
        TargetResult {
            result: Some(summary),
            ..
        },
    ] = targets
    {
        return render_summary(summary);
    }
    let texts = targets.iter().map(|target| match target.result {
        Some(summary) => format!("{}:\n\n{}", target.target, render_summary(summary)),
        None => format!("{}: nothing was done\n", target.target),
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Renders a summary.
pub fn render_summary(summary: &Summary) -> String {
    let mut text = String::new();
    let destinations = summary.layers.iter().flat_map(|layer| &layer.destinations);
    let shared = SharedHints::of(destinations.filter_map(|summary| summary.error.as_ref()));
    for layer in &summary.layers {
        for destination in &layer.destinations {
            text.push_str(&render_destination(layer, destination, &shared));
        }
    }
    text.push_str(&shared.render());
    text.push_str(&format!("\n{}\n", outcome_count(summary)));
    text
}

fn render_destination(
    layer: &LayerSummary,
    summary: &DestinationSummary,
    shared: &SharedHints,
) -> String {
    let (sign, tone) = match summary.outcome {
        Outcome::Created => ("+", Tone::Good),
        Outcome::Published => ("^", Tone::Good),
        Outcome::Granted | Outcome::ParametersSet => ("~", Tone::Change),
        Outcome::Unchanged | Outcome::NotStarted => (" ", Tone::Plain),
        Outcome::Blocked | Outcome::Failed => ("!", Tone::Bad),
    };
    let place = if layer.destinations.len() == 1 {
        String::new()
    } else {
        format!(" in {}", summary.destination)
    };
    let mut text = format!(
        "  {} {} {}   {}{place}\n",
        toned(tone, sign),
        layer.layer,
        layer.description,
        outcome(summary)
    );
    if let Some(current) = &summary.current {
        text.push_str(&format!("        {}\n", current.arn));
    }
    if let Some(Found::AnotherRun { ours: Some(ours) }) = summary.found {
        text.push_str(&format!(
            "        :{ours} of this run is identical, but not granted\n"
        ));
    }
    if let Some(grantee) = &summary.granted {
        text.push_str(&format!("        granted {grantee}\n"));
    }
    if summary.revoked > 0 {
        text.push_str(&format!(
            "        revoked {}\n",
            count(summary.revoked, "statement")
        ));
    }
    for name in &summary.parameters {
        text.push_str(&format!("        set parameter {name}\n"));
    }
    text.push_str(&render_error(summary.error.as_ref(), shared));
    text
}
