//! What `apply` did, on the terminal: every layer and destination, with ARNs.

use super::TargetResult;
use super::style::{ADD, BAD, CHANGE, styled};
use super::text::{count, hint_lines};
use super::visible::visible_lines;
use crate::apply::{DestinationSummary, Found, LayerSummary, Outcome, Summary};
use crate::error::Error;

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
    for layer in &summary.layers {
        for destination in &layer.destinations {
            text.push_str(&render_destination(
                layer,
                destination,
                layer.destinations.len(),
            ));
        }
    }
    text.push_str(&format!("\n{}\n", render_count(summary)));
    text
}

fn render_destination(
    layer: &LayerSummary,
    summary: &DestinationSummary,
    destinations: usize,
) -> String {
    let (sign, style) = match summary.outcome {
        Outcome::Created => ("+", ADD),
        Outcome::Published => ("^", ADD),
        Outcome::Granted | Outcome::ParametersSet => ("~", CHANGE),
        Outcome::Unchanged | Outcome::NotStarted => (" ", ADD),
        Outcome::Blocked | Outcome::Failed => ("!", BAD),
    };
    let place = if destinations == 1 {
        String::new()
    } else {
        format!(" in {}", summary.destination)
    };
    let mut text = format!(
        "  {} {} {}   {}{place}\n",
        styled(style, sign),
        layer.layer,
        layer.description,
        said(summary)
    );
    if let Some(current) = &summary.current {
        text.push_str(&format!("        {}\n", current.arn));
    }
    if let Some(Found::AnotherRun { ours: Some(ours) }) = summary.found {
        text.push_str(&format!(
            "        :{ours} of this run is the same, and is not granted\n"
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
    text.push_str(&render_error(summary.error.as_ref()));
    text
}

/// What went wrong, below what it went wrong with.
pub(super) fn render_error(error: Option<&Error>) -> String {
    let mut text = String::new();
    for line in error.iter().flat_map(|error| error.chain()) {
        text.push_str(&format!("        {}\n", styled(BAD, visible_lines(&line))));
    }
    if let Some(hint) = error.and_then(Error::hint) {
        text.push_str(&hint_lines("        hint: ", &hint, &std::io::stdout()));
    }
    text
}

/// What happened to a layer in a destination, in a few words.
pub(super) fn said(summary: &DestinationSummary) -> String {
    let number = summary.current.as_ref().map(|current| current.number);
    match (summary.outcome, number) {
        (Outcome::Failed | Outcome::Blocked, _) | (_, None) => {}
        (_, Some(number)) => match summary.found {
            None => {}
            Some(Found::LostReply) => {
                return format!("published as :{number} (reply lost, found again)");
            }
            Some(Found::AnotherRun { .. }) => {
                return format!("published as :{number} by another run");
            }
        },
    }
    match (summary.outcome, number) {
        (Outcome::Created | Outcome::Published, Some(number)) => format!("published as :{number}"),
        (Outcome::Granted, Some(number)) => format!("permission of :{number} changed"),
        (Outcome::ParametersSet, Some(number)) => format!("parameters of :{number} set"),
        (Outcome::Unchanged, Some(number)) => format!("unchanged, :{number}"),
        (Outcome::Failed, Some(number)) if summary.published => {
            format!("published as :{number}, but then failed")
        }
        (Outcome::Failed, None) if summary.published => "published, but then failed".to_owned(),
        (Outcome::Failed, Some(number)) => {
            let failed = match summary.is_settled {
                true => "parameters",
                false => "permission",
            };
            format!(":{number} is current, but its {failed} failed")
        }
        (Outcome::Blocked, _) => "blocked".to_owned(),
        (Outcome::NotStarted, _) => "not started".to_owned(),
        (_, None) => "failed".to_owned(),
    }
}

/// What applying came to, in numbers.
pub(super) fn render_count(summary: &Summary) -> String {
    let outcomes: Vec<_> = summary
        .layers
        .iter()
        .flat_map(|layer| &layer.destinations)
        .collect();
    let number = |outcome| {
        outcomes
            .iter()
            .filter(|summary| summary.outcome == outcome)
            .count()
    };
    let is_set = |summary: &&&DestinationSummary| !summary.parameters.is_empty();
    let mut parts = vec![
        format!(
            "{} published",
            count(
                outcomes.iter().filter(|summary| summary.published).count(),
                "version"
            )
        ),
        format!("{} changed", count(number(Outcome::Granted), "permission")),
        format!("{} unchanged", number(Outcome::Unchanged)),
    ];
    let set: usize = outcomes
        .iter()
        .filter(is_set)
        .map(|summary| summary.parameters.len())
        .sum();
    if set > 0 {
        parts.insert(2, format!("{} set", count(set, "parameter")));
    }
    for (outcome, word) in [
        (Outcome::Blocked, "blocked"),
        (Outcome::Failed, "failed"),
        (Outcome::NotStarted, "not started"),
    ] {
        if number(outcome) > 0 {
            parts.push(format!("{} {word}", number(outcome)));
        }
    }
    if summary.unplanned > 0 {
        parts.push(format!("{} not planned", summary.unplanned));
    }
    format!("Applied: {}.", parts.join(", "))
}
