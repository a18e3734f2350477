//! A report as one HTML page that needs nothing else: no network, no script, no other file. Its policy forbids all three.

mod changes;
mod contents;
mod layers;
mod map;
mod outcomes;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::content::{Report, TargetReport};
use super::format::{Depth, ReportFormat};
use crate::apply::Outcome;
use crate::digest::Sha256;
use crate::render::wording::{count, one_line, place, prose_html, visible};

const STYLE: &str = include_str!("style.css");

pub const HTML: ReportFormat = ReportFormat {
    name: "html",
    depth: Depth::Contents,
    render: render_html,
    recognizes: |text| {
        let head = String::from_utf8_lossy(&text[..text.len().min(1000)]);
        head.contains(r#"<meta name="generator" content="lls">"#)
    },
};

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
                    @for (index, target) in report.targets.iter().enumerate() {
                        (target_section(index, target, report.manifest))
                    }
                }
                footer { "Written by lls " (env!("CARGO_PKG_VERSION")) " from " code { (visible(report.manifest)) } "." }
            }
        }
    };
    page.into_string() + "\n"
}

fn title(report: &Report<'_>) -> String {
    if !report.has_plans() {
        return "Nothing could be planned".to_owned();
    }
    let counts = report.counts();
    let changed = counts.create + counts.publish + counts.permission + counts.parameters;
    match (changed, counts.blocked) {
        (0, 0) => "No changes".to_owned(),
        (0, blocked) => format!("{} blocked", count(blocked, "layer")),
        (1, 0) => "1 layer changes".to_owned(),
        (changed, 0) => format!("{changed} layers change"),
        (1, blocked) => format!("1 layer changes, {blocked} blocked"),
        (changed, blocked) => format!("{changed} layers change, {blocked} blocked"),
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
                ul { @for message in messages { li { (prose_html(&one_line(message))) } } }
            }
        }
    }
}

fn target_section(index: usize, target: &TargetReport<'_>, manifest: &str) -> Markup {
    let name = visible(target.plan.target);
    html! {
        section.target {
            @match target.plan.result {
                Some(plan) => h2 { (visible(&place(plan))) },
                None => h2 { (name) ": nothing could be planned" },
            }
            (messages("failures", "Could not be planned", target.plan.failures))
            @if let Some(summary) = target.summary { (outcomes::outcomes(summary)) }
            @if let Some(plan) = target.plan.result { (layers::layers(plan, index, target, manifest)) }
        }
    }
}
