//! A report as Markdown for a comment on a pull request, short enough to be accepted, and safe whatever the names in it.

use super::{Report, TargetReport};
use crate::apply::Summary;
use crate::error::Error;
use crate::layer::Description;
use crate::plan::{Action, FileChange, LayerPlan, Plan, Standing};
use crate::render::neutral::{code, fenced};
use crate::render::plan::{Group, described, details, groups, headline, hint, sign};
use crate::render::summary::{render_count, said};
use crate::render::text::{count, joined, size};

/// The most that a report may have, in UTF-16 code units: GitHub takes 65,536 characters, and whatever it counts as
/// one is at least one of these units.
const LIMIT: usize = 65_000;

/// Kept free for the note of what was left out.
const NOTE: usize = 300;

/// The most characters of one failure.
const LONGEST_FAILURE: usize = 2_000;

/// A piece of the document.
enum Part {
    /// Always there.
    Fixed(String),
    /// A line of a table or list.
    Row(String),
    /// What is folded below a layer.
    Details { opening: String, diffs: Vec<String> },
}

/// The end of what is folded.
const CLOSING: &str = "</details>\n\n";

/// Renders a report. Its first line is a comment by which the one of the run before can be found and replaced.
pub fn render_markdown(report: &Report<'_>) -> String {
    let command = report.command();
    let names = report.targets.iter().map(|target| target.plan.target);
    let names: Vec<_> = names.map(marker_name).collect();
    let headline = match report
        .targets
        .iter()
        .all(|target| target.plan.result.is_none())
    {
        true => "nothing could be planned".to_owned(),
        false => report.counts().sentence(),
    };
    let mut parts = vec![Part::Fixed(format!(
        "<!-- lls {command} {} -->\n## `lls {command}`: {headline}\n\n",
        names.join(",")
    ))];
    for target in &report.targets {
        target_parts(target, report.manifest, &mut parts);
    }
    fitted(&parts, command)
}

/// A target's name in the comment, which must not end there: other characters are percent-encoded.
fn marker_name(name: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.');
    // A single hyphen is harmless.
    let names = name
        .split('-')
        .map(|part| utf8_percent_encode(part, KEPT).to_string());
    names.collect::<Vec<_>>().join("-").replace("--", "%2D%2D")
}

fn target_parts(target: &TargetReport<'_>, manifest: &str, parts: &mut Vec<Part>) {
    let name = code(target.plan.target);
    let Some(plan) = target.plan.result else {
        parts.push(Part::Fixed(format!("### {name}\n\n")));
        failure_parts(target.plan.failures, parts);
        return;
    };
    let account = plan
        .account
        .iter()
        .map(|account| format!("account `{account}`"));
    let places = plan
        .destinations
        .iter()
        .map(|destination| code(destination));
    let places = joined(&places.collect::<Vec<_>>());
    let place = account.chain([places]).collect::<Vec<_>>().join(", ");
    parts.push(Part::Fixed(format!("### {name}: {place}\n\n")));
    failure_parts(target.plan.failures, parts);
    if let Some(summary) = target.summary {
        summary_parts(summary, parts);
    }
    plan_parts(plan, manifest, parts);
}

fn failure_parts(failures: &[String], parts: &mut Vec<Part>) {
    if failures.is_empty() {
        return;
    }
    parts.push(Part::Fixed("**Could not be planned:**\n\n".to_owned()));
    for failure in failures {
        let text: String = failure.chars().take(LONGEST_FAILURE).collect();
        let rest = if text.len() < failure.len() {
            " ..."
        } else {
            ""
        };
        parts.push(Part::Row(format!("- {}{rest}\n", code(&text))));
    }
    parts.push(Part::Fixed("\n".to_owned()));
}

fn plan_parts(plan: &Plan, manifest: &str, parts: &mut Vec<Part>) {
    let changing = plan.layers.iter().filter(|layer| !groups(layer).is_empty());
    let changing: Vec<_> = changing.collect();
    if !changing.is_empty() {
        let head =
            "| | layer | description | plan | zipped | unpacked |\n|---|---|---|---|--:|--:|\n";
        parts.push(Part::Fixed(head.to_owned()));
    }
    for layer in &changing {
        for group in groups(layer) {
            parts.push(Part::Row(row(layer, &group, plan.destinations.len())));
        }
    }
    if !changing.is_empty() {
        parts.push(Part::Fixed("\n".to_owned()));
    }
    for layer in &changing {
        parts.push(details_part(layer, manifest));
    }
    for layer in &plan.layers {
        for destination in &layer.destinations {
            for statement in &destination.permission.unmanaged {
                let (place, statement) =
                    (code(&destination.destination), code(&described(statement)));
                let note = "is not managed by lls and stays";
                parts.push(Part::Row(format!(
                    "- `{}` in {place}: {statement} {note}\n",
                    layer.layer
                )));
            }
        }
    }
    let unchanged = plan.count(Standing::Unchanged);
    if unchanged > 0 {
        let verb = if unchanged == 1 { "matches" } else { "match" };
        let layers = count(unchanged, "layer");
        parts.push(Part::Fixed(format!(
            "\n{layers} {verb} {}.\n\n",
            code(manifest)
        )));
    }
}

/// What a group of destinations is in the table.
fn row(layer: &LayerPlan, group: &Group<'_>, destinations: usize) -> String {
    let (sign, _) = sign(&group.first().action);
    let (zipped, unpacked) = sizes(layer, &group.first().action);
    let text = code(&headline(layer, group, destinations));
    format!(
        "| {} | `{}` | {} | {text} | {zipped} | {unpacked} |\n",
        code(sign),
        layer.layer,
        described_as(&layer.description)
    )
}

fn described_as(description: &Description) -> String {
    code(description.as_str())
}

/// The archive's sizes, zipped and unpacked, before and after where both are known.
fn sizes(layer: &LayerPlan, action: &Action) -> (String, String) {
    let (Action::Publish { changes, .. } | Action::Blocked { changes, .. }) = action else {
        let archive = layer.archive.as_ref();
        let archive = archive.filter(|_| matches!(action, Action::Create));
        let sizes = archive.map(|archive| (size(archive.size), size(archive.unpacked_size)));
        return sizes.unwrap_or_default();
    };
    let shown = |change: Option<crate::plan::SizeChange>, now: Option<u64>| match change {
        Some(change) if size(change.before) != size(change.after) => {
            format!("{} → {}", size(change.before), size(change.after))
        }
        Some(change) => size(change.after),
        None => now.map(size).unwrap_or_default(),
    };
    let archive = layer.archive.as_ref();
    (
        shown(changes.size, archive.map(|archive| archive.size)),
        shown(
            changes.unpacked_size,
            archive.map(|archive| archive.unpacked_size),
        ),
    )
}

/// What changes in a layer, folded, with the diffs of its files.
fn details_part(layer: &LayerPlan, manifest: &str) -> Part {
    let mut opening = format!(
        "<details><summary><b>{}</b> {}</summary>\n\n",
        layer.layer, layer.description
    );
    let mut diffs = Vec::new();
    let groups = groups(layer);
    for group in &groups {
        if groups.len() > 1 {
            let names = group.names().into_iter().map(code).collect::<Vec<_>>();
            opening.push_str(&format!("In {}:\n\n", joined(&names)));
        }
        let plan = group.first();
        for detail in details(layer, &plan.action, &plan.permission, &plan.parameters) {
            let sign = match detail.sign {
                "" => String::new(),
                sign => format!("{} ", code(sign)),
            };
            opening.push_str(&format!("- {sign}{}\n", code(&detail.text)));
        }
        if plan.is_blocked() {
            opening.push_str(&format!("- hint: {}\n", code(&hint(layer, manifest))));
        }
        opening.push('\n');
        if let Action::Publish { changes, .. } | Action::Blocked { changes, .. } = &plan.action {
            diffs.extend(changes.files.iter().filter_map(diff));
        }
    }
    Part::Details { opening, diffs }
}

fn diff(file: &FileChange) -> Option<String> {
    let diff = file.diff.as_ref()?;
    Some(format!(
        "{}\n\n{}\n",
        code(file.path.as_str()),
        fenced("diff", diff)
    ))
}

fn summary_parts(summary: &Summary, parts: &mut Vec<Part>) {
    let head = "| layer | description | where | outcome | ARN |\n|---|---|---|---|---|\n";
    parts.push(Part::Fixed(format!("{}\n\n{head}", render_count(summary))));
    let mut errors = Vec::new();
    for layer in &summary.layers {
        for destination in &layer.destinations {
            let arn = destination
                .current
                .as_ref()
                .map(|current| code(&current.arn));
            let place = code(&destination.destination);
            parts.push(Part::Row(format!(
                "| `{}` | {} | {place} | {} | {} |\n",
                layer.layer,
                described_as(&layer.description),
                code(&said(destination)),
                arn.unwrap_or_default()
            )));
            if let Some(error) = &destination.error {
                errors.push(Part::Row(format!(
                    "- `{}` in {place}: {}\n",
                    layer.layer,
                    failure(error)
                )));
            }
        }
    }
    parts.push(Part::Fixed("\n".to_owned()));
    if !errors.is_empty() {
        parts.push(Part::Fixed("**Failed:**\n\n".to_owned()));
        parts.extend(errors);
        parts.push(Part::Fixed("\n".to_owned()));
    }
}

fn failure(error: &Error) -> String {
    let hint = error.hint().map(|hint| format!("; hint: {}", code(&hint)));
    format!("{}{}", code(&error.to_string()), hint.unwrap_or_default())
}

/// The length that GitHub counts, at most.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The document, cut where it would be too long: diffs go first, then details, then rows.
fn fitted(parts: &[Part], command: &str) -> String {
    let mut room = LIMIT - NOTE;
    let mut takes = |text: &str, more: usize| {
        let length = length(text) + more;
        let fits = length <= room;
        if fits {
            room -= length;
        }
        fits
    };
    for part in parts {
        if let Part::Fixed(text) = part {
            takes(text, 0);
        }
    }
    let rows: Vec<bool> = (parts.iter())
        .map(|part| matches!(part, Part::Row(text) if takes(text, 0)))
        .collect();
    let folded: Vec<bool> = (parts.iter())
        .map(|part| matches!(part, Part::Details { opening, .. } if takes(opening, CLOSING.len())))
        .collect();
    let mut left = Left::default();
    let mut document = String::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Fixed(text) => document.push_str(text),
            Part::Row(text) if rows[index] => document.push_str(text),
            Part::Row(_) => left.rows += 1,
            Part::Details { opening, diffs } if folded[index] => {
                document.push_str(opening);
                for diff in diffs {
                    match takes(diff, 0) {
                        true => document.push_str(diff),
                        false => left.diffs += 1,
                    }
                }
                document.push_str(CLOSING);
            }
            Part::Details { diffs, .. } => {
                left.details += 1;
                left.diffs += diffs.len();
            }
        }
    }
    document.push_str(&left.note(command));
    document.trim_end().to_owned() + "\n"
}

/// What was left out.
#[derive(Default)]
struct Left {
    diffs: usize,
    details: usize,
    rows: usize,
}

impl Left {
    fn note(&self, command: &str) -> String {
        let parts = [
            (self.diffs, count(self.diffs, "diff")),
            (
                self.details,
                format!("the details of {}", count(self.details, "layer")),
            ),
            (self.rows, count(self.rows, "line")),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<_> = parts.map(|(_, text)| text).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(
                "\n> Left out, because comments are short: {}. `lls {command}` and its other reports tell everything.\n",
                joined(&parts)
            ),
        }
    }
}
