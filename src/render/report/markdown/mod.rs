//! A report as Markdown for a comment on a pull request, short enough to be accepted, and safe whatever the names in it.

mod fit;

use std::collections::BTreeSet;

use fit::{Part, fitted};

use super::content::{Report, TargetReport, layers_that_change};
use super::format::{Depth, ReportFormat};
use crate::apply::Summary;
use crate::error::Error;
use crate::layer::Description;
use crate::plan::{Action, FileChange, LayerPlan, Plan, Standing};
use crate::render::wording::{
    About, Detail, Group, changes, code, count, described, details, fenced, groups, headline, hint,
    html_code, joined, one_line, outcome, outcome_count, package_detail, prose_markdown, sign,
    size,
};

pub const MARKDOWN: ReportFormat = ReportFormat {
    name: "markdown",
    depth: Depth::Diffs,
    render: render_markdown,
    recognizes: |text| text.starts_with(b"<!-- lls "),
};

/// The most characters of one message.
const LONGEST_MESSAGE: usize = 2_000;

/// The most lines that tell of one layer, and how many of them are its last: after packages and files come metadata,
/// sizes and permissions.
const MOST_LINES: usize = 100;
const LAST_LINES: usize = 20;

/// The most packages that are named in a layer's title.
const TITLE_PACKAGES: usize = 3;

/// Renders a report. Its first line is a comment by which the one of the run before can be found and replaced.
pub fn render_markdown(report: &Report<'_>) -> String {
    let command = report.command();
    let names = report.targets.iter().map(|target| target.plan.target);
    let names: Vec<_> = names.map(marker_name).collect();
    let headline = if report.has_plans() {
        told(report)
    } else {
        "nothing could be planned".to_owned()
    };
    let mut parts = vec![Part::Fixed(format!(
        "<!-- lls {command} {} -->\n## `lls {command}`: {headline}\n\n",
        names.join(",")
    ))];
    list_parts("Warnings", &report.warnings, &mut parts);
    for target in &report.targets {
        target_parts(target, report.manifest, &mut parts);
    }
    fitted(&parts, command)
}

/// What the report comes to: what applying came to, else what the plan says, and how much could not be planned.
fn told(report: &Report<'_>) -> String {
    let summaries: Vec<_> = report
        .targets
        .iter()
        .filter_map(|target| target.summary)
        .collect();
    if let [summary] = summaries.as_slice() {
        return outcome_count(summary)
            .trim_end_matches('.')
            .replace("Applied: ", "");
    }
    let failures = report
        .targets
        .iter()
        .map(|target| target.plan.failures.len());
    let unplanned = match failures.sum() {
        0 => String::new(),
        number => format!(", {number} not planned"),
    };
    format!("{}{unplanned}", report.counts().sentence())
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
    list_parts("Could not be planned", failures, parts);
}

/// Messages under a title; nothing where there are none.
fn list_parts(title: &str, messages: &[String], parts: &mut Vec<Part>) {
    if messages.is_empty() {
        return;
    }
    parts.push(Part::Fixed(format!("**{title}:**\n\n")));
    for message in messages {
        let message = one_line(message);
        let text: String = message.chars().take(LONGEST_MESSAGE).collect();
        let rest = if text.len() < message.len() {
            " ..."
        } else {
            ""
        };
        parts.push(Part::Row(format!("- {}{rest}\n", code(&text))));
    }
    parts.push(Part::Fixed("\n".to_owned()));
}

fn plan_parts(plan: &Plan, manifest: &str, parts: &mut Vec<Part>) {
    let changing = layers_that_change(plan);
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
    blocked_parts(&changing, manifest, parts);
    parts.extend(changing.iter().map(|layer| details_part(layer)));
    for layer in &plan.layers {
        for destination in &layer.destinations {
            for statement in &destination.permission.unmanaged {
                let (place, statement) =
                    (code(&destination.destination), code(&described(statement)));
                let note = "is not managed by lls and is kept";
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

/// The blocked layers, and what to do about each, where they are seen without being unfolded.
fn blocked_parts(layers: &[&LayerPlan], manifest: &str, parts: &mut Vec<Part>) {
    let blocked = layers
        .iter()
        .filter(|layer| layer.standing() == Standing::Blocked);
    let rows: Vec<_> = blocked
        .map(|layer| {
            let hint = prose_markdown(&hint(layer, manifest));
            Part::Row(format!("- `{}`: {hint}\n", layer.layer))
        })
        .collect();
    if !rows.is_empty() {
        parts.push(Part::Fixed("**Blocked:**\n\n".to_owned()));
        parts.extend(rows);
        parts.push(Part::Fixed("\n".to_owned()));
    }
}

/// What a group of destinations is in the table.
fn row(layer: &LayerPlan, group: &Group<'_>, destinations: usize) -> String {
    let (sign, _) = sign(&group.first().action);
    let (zipped, unpacked) = sizes(layer, &group.first().action);
    let text = code(&headline(group, destinations));
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
fn details_part(layer: &LayerPlan) -> Part {
    let groups = groups(layer);
    let mut opening = format!(
        "<details><summary><b>{}</b> {}{}</summary>\n\n",
        layer.layer,
        layer.description,
        gist(&groups)
    );
    let mut diffs = Vec::new();
    for group in &groups {
        let place = match groups.len() {
            1 => String::new(),
            _ => {
                let names = group.names().into_iter().map(code).collect::<Vec<_>>();
                format!("in {}", joined(&names))
            }
        };
        if !place.is_empty() {
            opening.push_str(&format!("I{}:\n\n", &place[1..]));
        }
        opening.push_str(&detail_lines(layer, group));
        opening.push('\n');
        let changes = changes(&group.first().action);
        let files = changes.iter().flat_map(|changes| &changes.files);
        diffs.extend(files.filter_map(|file| diff(file, &place)));
    }
    Part::Details { opening, diffs }
}

/// The packages that change, as many as a title holds, and how many files do: `: numpy 2.2.5 -> 2.2.6, 1 file`.
fn gist(groups: &[Group<'_>]) -> String {
    let compared = groups
        .iter()
        .filter_map(|group| changes(&group.first().action));
    let compared: Vec<_> = compared.collect();
    let mut packages: Vec<String> = Vec::new();
    for change in compared.iter().flat_map(|changes| &changes.packages) {
        let Detail { sign, text, .. } = &package_detail(change);
        let text = if change.before.is_empty() || change.after.is_empty() {
            format!("{sign} {text}")
        } else {
            text.clone()
        };
        if !packages.contains(&text) {
            packages.push(text);
        }
    }
    let files = compared.iter().flat_map(|changes| &changes.files);
    let files: BTreeSet<_> = files.map(|file| &file.path).collect();
    let more = packages.len().saturating_sub(TITLE_PACKAGES);
    let mut told: Vec<_> = packages
        .iter()
        .take(TITLE_PACKAGES)
        .map(|text| html_code(text))
        .collect();
    if more > 0 {
        told.push(count(more, "more package"));
    }
    if !files.is_empty() {
        told.push(count(files.len(), "file"));
    }
    if told.is_empty() {
        return String::new();
    }
    format!(": {}", told.join(", "))
}

/// What changes in a group of destinations, a line each. Of very many, those in the middle are left out.
fn detail_lines(layer: &LayerPlan, group: &Group<'_>) -> String {
    let plan = group.first();
    let details = details(layer, &plan.action, &plan.permission, &plan.parameters);
    let line = |detail: &Detail| match detail.sign {
        "" => format!("- {}\n", code(&detail.text)),
        sign => format!("- {} {}\n", code(sign), code(&detail.text)),
    };
    // The table has the sizes.
    let details = details.iter().filter(|detail| detail.about != About::Sizes);
    let mut lines: Vec<_> = details.map(line).collect();
    if lines.len() > MOST_LINES {
        let left_out = MOST_LINES - LAST_LINES..lines.len() - LAST_LINES;
        let note = format!("- ... {}\n", count(left_out.len(), "more line"));
        lines.splice(left_out, [note]);
    }
    lines.concat()
}

/// The diff of a file; `place` says where, if it is not the same everywhere.
fn diff(file: &FileChange, place: &str) -> Option<String> {
    let diff = file.diff.as_ref()?;
    let path = code(file.path.as_str());
    let title = match place {
        "" => path,
        place => format!("{path} {place}"),
    };
    Some(format!("{title}\n\n{}\n", fenced("diff", diff)))
}

fn summary_parts(summary: &Summary, parts: &mut Vec<Part>) {
    let head = "| layer | description | where | outcome | ARN |\n|---|---|---|---|---|\n";
    parts.push(Part::Fixed(format!("{}\n\n{head}", outcome_count(summary))));
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
                code(&outcome(destination)),
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
    let hint = error
        .hint()
        .map(|hint| format!("; hint: {}", prose_markdown(&hint)));
    let causes = one_line(&error.chain().join(": "));
    format!("{}{}", code(&causes), hint.unwrap_or_default())
}
