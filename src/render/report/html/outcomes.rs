//! What applying a plan came to, in a table.

use maud::{Markup, html};

use crate::apply::{DestinationSummary, Outcome, Summary};
use crate::render::wording::{one_line, outcome, outcome_count, prose_html, visible};

/// What applying the plan came to.
pub fn outcomes(summary: &Summary) -> Markup {
    html! {
        h3 { "Applied" }
        p { (outcome_count(summary)) }
        div.scroll { table {
            thead { tr { th { "Layer" } th { "Where" } th { "Outcome" } th { "ARN" } } }
            tbody {
                @for layer in &summary.layers {
                    @for destination in &layer.destinations {
                        tr class=(outcome_class(destination.outcome)) {
                            td { b { (layer.layer) } " " (layer.description) }
                            td { (visible(&destination.destination)) }
                            td { (visible(&outcome(destination))) (error(destination)) }
                            td { @if let Some(current) = &destination.current { code { (visible(&current.arn)) } } }
                        }
                    }
                }
            }
        } }
    }
}

fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created | Outcome::Published => "good",
        Outcome::Granted | Outcome::ParametersSet => "change",
        Outcome::Unchanged => "quiet",
        Outcome::Blocked | Outcome::Failed | Outcome::NotStarted => "bad",
    }
}

fn error(destination: &DestinationSummary) -> Markup {
    html! {
        @if let Some(error) = &destination.error {
            span.hint { (prose_html(&one_line(&error.chain().join(": ")))) }
            @if let Some(hint) = error.hint() { span.hint { "Hint: " (prose_html(&hint)) } }
        }
    }
}
