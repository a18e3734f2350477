//! What `apply` did, in a few words and in numbers.

use super::text::count;
use crate::apply::{DestinationSummary, Found, Outcome, Summary};

/// What happened to a layer in a destination, in a few words.
pub fn outcome(summary: &DestinationSummary) -> String {
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
            let failed = if summary.is_settled {
                "parameters"
            } else {
                "permission"
            };
            format!(":{number} is current, but its {failed} failed")
        }
        (Outcome::Blocked, _) => "blocked".to_owned(),
        (Outcome::NotStarted, _) => "not started".to_owned(),
        (_, None) => "failed".to_owned(),
    }
}

/// What applying came to, in numbers.
pub fn outcome_count(summary: &Summary) -> String {
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
