//! A report as one HTML page that needs nothing else: no network, no script, no other file. Its policy forbids all three.

mod changes;
mod contents;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Report, TargetReport};
use crate::apply::{DestinationSummary, Outcome, Summary};
use crate::digest::Sha256;
use crate::plan::{Action, DestinationPlan, LayerPlan, Plan, Standing};
use crate::render::neutral::one_line;
use crate::render::plan::{groups, headline, hint, render_target, sign};
use crate::render::summary::{render_count, said};
use crate::render::text::count;
use crate::render::visible::visible;

const STYLE: &str = include_str!("html/style.css");

/// Renders a report as a page.
pub fn render_html(report: &Report<'_>) -> String {
    let command = report.command();
    let names = report
        .targets
        .iter()
        .map(|target| visible(target.plan.target));
    let names = names.collect::<Vec<_>>().join(", ");
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        Sha256::of(STYLE).base64()
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="lls";
                title { "lls " (command) ": " (names) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.page {
                    p.command { "lls " (command) }
                    h1 { (title(report)) }
                    (chips(report))
                }
                main {
                    (messages("warnings", "Warnings", &report.warnings))
                    @for target in &report.targets { (target_section(target, report.manifest)) }
                }
                footer { "Written by lls " (env!("CARGO_PKG_VERSION")) " from " code { (visible(report.manifest)) } "." }
            }
        }
    };
    page.into_string() + "\n"
}

fn title(report: &Report<'_>) -> String {
    if report
        .targets
        .iter()
        .all(|target| target.plan.result.is_none())
    {
        return "Nothing could be planned".to_owned();
    }
    let counts = report.counts();
    match counts.create + counts.publish + counts.permission + counts.parameters {
        0 if counts.blocked > 0 => format!("{} blocked", count(counts.blocked, "layer")),
        0 => "No changes".to_owned(),
        1 => "1 layer changes".to_owned(),
        number => format!("{number} layers change"),
    }
}

/// The numbers of the plan, those that are none left out.
fn chips(report: &Report<'_>) -> Markup {
    let counts = report.counts();
    let failures: usize = report
        .targets
        .iter()
        .map(|target| target.plan.failures.len())
        .sum();
    let summaries = report.targets.iter().filter_map(|target| target.summary);
    let layers: Vec<_> = summaries.flat_map(|summary| &summary.layers).collect();
    let outcomes = |outcome| {
        let destinations = layers.iter().flat_map(|layer| &layer.destinations);
        destinations
            .filter(|summary| summary.outcome == outcome)
            .count()
    };
    let chips = [
        ("good", counts.create, "to create"),
        ("good", counts.publish, "to publish"),
        ("change", counts.permission, "permissions to change"),
        ("change", counts.parameters, "with parameters to set"),
        ("bad", counts.blocked, "blocked"),
        ("bad", failures, "not planned"),
        ("bad", outcomes(Outcome::Failed), "failed"),
        ("bad", outcomes(Outcome::NotStarted), "not started"),
        ("quiet", counts.unchanged, "unchanged"),
    ];
    html! {
        ul.chips {
            @for (class, number, text) in chips.into_iter().filter(|(_, number, _)| *number > 0) {
                li class=(class) { b { (number) } " " (text) }
            }
        }
    }
}

/// Messages under a title; nothing where there are none.
fn messages(class: &str, title: &str, messages: &[String]) -> Markup {
    html! {
        @if !messages.is_empty() {
            div.messages.(class) role="note" {
                h3 { (title) }
                ul { @for message in messages { li { (visible(&one_line(message))) } } }
            }
        }
    }
}

fn target_section(target: &TargetReport<'_>, manifest: &str) -> Markup {
    let name = visible(target.plan.target);
    html! {
        section.target {
            @match target.plan.result {
                Some(plan) => h2 { (visible(&render_target(plan))) },
                None => h2 { (name) ": nothing could be planned" },
            }
            (messages("failures", "Could not be planned", target.plan.failures))
            @if let Some(summary) = target.summary { (outcomes(summary)) }
            @if let Some(plan) = target.plan.result { (layers(plan, target, manifest)) }
        }
    }
}

fn layers(plan: &Plan, target: &TargetReport<'_>, manifest: &str) -> Markup {
    let is_unchanged = |layer: &&LayerPlan| layer.standing() == Standing::Unchanged;
    let (unchanged, changed): (Vec<_>, Vec<_>) = plan.layers.iter().partition(is_unchanged);
    html! {
        @for layer in changed {
            article.layer {
                (heading(layer, plan, manifest))
                (changes::changes(layer, plan.destinations.len()))
                (changes::unmanaged(layer))
                (contents::contents(layer, target.contents.get(&layer.layer)))
            }
        }
        @if !unchanged.is_empty() {
            h3 { (count(unchanged.len(), "unchanged layer")) }
        }
        @for layer in unchanged {
            details.layer {
                summary {
                    span.name { (layer.layer) } " " span.description { (layer.description) } " "
                    span.places { (current_versions(layer)) }
                }
                (changes::unmanaged(layer))
                (contents::contents(layer, target.contents.get(&layer.layer)))
            }
        }
    }
}

/// The layer, what happens to it where, and what stands in the way.
fn heading(layer: &LayerPlan, plan: &Plan, manifest: &str) -> Markup {
    html! {
        h3 { span.name { (layer.layer) } " " span.description { (layer.description) } }
        ul.happens {
            @for group in groups(layer) {
                @let action = &group.first().action;
                li class=(class(action)) {
                    span.sign aria-hidden="true" { (sign(action).0) } " "
                    b { (word(group.first())) } ": "
                    (visible(&headline(layer, &group, plan.destinations.len())))
                    @if group.first().is_blocked() {
                        span.hint { "Hint: " (visible(&hint(layer, manifest))) }
                    }
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

fn class(action: &Action) -> &'static str {
    match action {
        Action::Create | Action::Publish { .. } => "good",
        Action::Unchanged { .. } => "change",
        Action::Blocked { .. } => "bad",
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

/// What applying the plan came to.
fn outcomes(summary: &Summary) -> Markup {
    html! {
        h3 { "Applied" }
        p { (render_count(summary)) }
        div.scroll { table {
            thead { tr { th { "Layer" } th { "Where" } th { "Outcome" } th { "ARN" } } }
            tbody {
                @for layer in &summary.layers {
                    @for destination in &layer.destinations {
                        tr class=(outcome_class(destination.outcome)) {
                            td { b { (layer.layer) } " " (layer.description) }
                            td { (visible(&destination.destination)) }
                            td { (visible(&said(destination))) (error(destination)) }
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
            span.hint { (visible(&one_line(&error.chain().join(": ")))) }
            @if let Some(hint) = error.hint() { span.hint { "Hint: " (visible(&hint)) } }
        }
    }
}
