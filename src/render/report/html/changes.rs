//! What changes in a layer: packages, files with their diffs, metadata, sizes and permissions.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::plan::{
    Action, Changes, FileChange, FileState, LayerPlan, PackageChange, PackageChangeKind,
    ParameterChange, PermissionPlan, SizeChange,
};
use crate::render::wording::{
    bytecode_detail, count, described, equality, groups, joined, lowered, metadata_lists,
    parameter_detail, size, uncompared, ungranted, visible,
};

/// The most lines of diffs that are shown of a layer in a group of destinations, and of one file.
const MOST_LINES: usize = 20_000;
const MOST_LINES_OF_A_FILE: usize = 2_000;

/// What changes in a layer, for each group of destinations in which the same happens, of so many in all.
pub(super) fn changes(layer: &LayerPlan, destinations: usize) -> Markup {
    let groups = groups(layer);
    html! {
        @for group in &groups {
            @if groups.len() > 1 || group.destinations.len() < destinations {
                h4 { "In " (visible(&joined(&group.names()))) }
            }
            @match &group.first().action {
                Action::Create => (created(layer)),
                Action::Publish { changes, .. } | Action::Blocked { changes, .. } => (compared(changes)),
                Action::Unchanged { .. } => {}
            }
            @if let Some(text) = lowered(layer, &group.first().action) { p.change { (first_upper(&text)) "." } }
            @if let Some(number) = ungranted(&group.first().action) {
                p { "Version " (number) " is identical, but not granted." }
            }
            (permission(&group.first().permission))
            (parameters(&group.first().parameters))
        }
    }
}

fn created(layer: &LayerPlan) -> Markup {
    let [runtimes, architectures] = metadata_lists(layer);
    html! {
        dl.facts {
            @if let Some(archive) = &layer.archive {
                dt { "Zipped" } dd { (size(archive.size)) }
                dt { "Unpacked" } dd { (size(archive.unpacked_size)) }
                dt { "SHA-256" } dd { code { (archive.sha256) } }
            }
            dt { "Runtimes" } dd { (runtimes) }
            dt { "Architectures" } dd { (architectures) }
            @if let Some(license) = &layer.license { dt { "License" } dd { (visible(license)) } }
        }
    }
}

fn compared(changes: &Changes) -> Markup {
    html! {
        @if changes.same_content { p { "The content is the same." } }
        @if let Some(change) = changes.bytecode { p { (first_upper(&bytecode_detail(change).text)) "." } }
        @if let Some(why) = equality(changes) { p { (first_upper(&why)) "." } }
        @if changes.has_false_comment {
            p.bad { "The archive's comment claims the same inputs, but its content differs." }
        }
        @if !changes.compared && !changes.same_content && changes.size.is_some() {
            p.change { "The published archive could not be read for comparison." }
        }
        dl.facts {
            (size_change("Zipped", changes.size))
            (size_change("Unpacked", changes.unpacked_size))
            @for change in &changes.metadata {
                dt { (change.field) } dd { (visible(&change.before)) " → " (visible(&change.after)) }
            }
        }
        @if !changes.packages.is_empty() {
            div.scroll { table {
                caption { "Packages" }
                thead { tr { th { "" } th { "Package" } th { "Before" } th { "After" } th { "" } } }
                tbody { @for package in &changes.packages { (package_row(package)) } }
            } }
        }
        @if !changes.files.is_empty() {
            div.scroll { table {
                caption { "Files" }
                thead { tr { th { "" } th { "File" } th.number.size { "Before" } th.number.size { "After" } th.number { "Lines" } } }
                tbody { @for file in &changes.files { (file_row(file)) } }
            } }
            (diffs(&changes.files))
        }
    }
}

fn size_change(what: &str, change: Option<SizeChange>) -> Markup {
    html! {
        @if let Some(SizeChange { before, after }) = change {
            dt { (what) }
            dd {
                @if size(before) == size(after) { (size(after)) } @else { (size(before)) " → " (size(after)) }
                @if before != after {
                    @let sign = if after > before { "+" } else { "−" };
                    span.quiet { " (" (sign) (size(after.abs_diff(before))) ")" }
                }
            }
        }
    }
}

fn package_row(package: &PackageChange) -> Markup {
    let versions = |versions: &BTreeSet<String>| {
        let versions = versions.iter().map(|version| visible(version));
        versions.collect::<Vec<_>>().join(", ")
    };
    let (sign, class, word) = match package.kind() {
        PackageChangeKind::Added => ("+", "good", "added"),
        PackageChangeKind::Removed => ("−", "bad", "removed"),
        PackageChangeKind::Upgraded => ("~", "change", "upgraded"),
        PackageChangeKind::Downgraded => ("~", "change", "downgraded"),
        PackageChangeKind::Changed => ("~", "change", "changed"),
        PackageChangeKind::Rebuilt => ("~", "change", "another build"),
    };
    html! {
        tr {
            td.sign.(class) aria-hidden="true" { (sign) }
            td { b { (package.name) } }
            td.version { (versions(&package.before)) }
            td.version { (versions(&package.after)) }
            td.quiet { (word) }
        }
    }
}

fn file_row(file: &FileChange) -> Markup {
    let (sign, class) = match (&file.before, &file.after) {
        (None, _) => ("+", "good"),
        (_, None) => ("−", "bad"),
        _ => ("~", "change"),
    };
    let state = |state: Option<FileState>| state.map(|state| size(state.size)).unwrap_or_default();
    let modes = file
        .before
        .zip(file.after)
        .filter(|(a, b)| a.mode != b.mode);
    html! {
        tr {
            td.sign.(class) aria-hidden="true" { (sign) }
            td {
                code { (visible(file.path.as_str())) }
                @if let Some((before, after)) = modes {
                    span.quiet { (format!(" mode {:o} → {:o}", before.mode.unix(), after.mode.unix())) }
                }
            }
            td.number.size { (state(file.before)) }
            td.number.size { (state(file.after)) }
            td.number {
                @if let Some(lines) = file.lines {
                    span.good { "+" (lines.added) } " " span.bad { "−" (lines.removed) }
                } @else if let Some(reason) = file.uncompared {
                    span.quiet { (uncompared(reason)) }
                }
            }
        }
    }
}

/// The diffs of files, as much of them as a browser shows with ease.
fn diffs(files: &[FileChange]) -> Markup {
    let mut room = MOST_LINES;
    let mut shown = Vec::new();
    let mut left_out = 0;
    for file in files {
        let Some(diff) = &file.diff else { continue };
        let most = room.min(MOST_LINES_OF_A_FILE);
        if most == 0 {
            left_out += 1;
            continue;
        }
        let lines = diff.split_terminator('\n').count();
        room -= lines.min(most);
        shown.push(diff_of(file, diff, lines, most));
    }
    html! {
        @for diff in shown { (diff) }
        @if left_out > 0 {
            p.quiet { (count(left_out, "more diff")) ": the JSON report has all of them." }
        }
    }
}

/// The first of the `lines` of a diff, `most` of them.
fn diff_of(file: &FileChange, diff: &str, lines: usize, most: usize) -> Markup {
    html! {
        details.diff open {
            summary { code { (visible(file.path.as_str())) } }
            pre tabindex="0" {
                // A carriage return ends no line: it is shown.
                @for line in diff.split_terminator('\n').take(most) {
                    @let class = match line.as_bytes().first() {
                        Some(b'+') => "good", Some(b'-') => "bad", Some(b'@') => "quiet", _ => "same",
                    };
                    span class=(class) { (visible(line)) } "\n"
                }
                @if lines > most {
                    span.quiet { "... " (count(lines - most, "more line")) ": the JSON report has all of them" } "\n"
                }
            }
        }
    }
}

fn parameters(changes: &[ParameterChange]) -> Markup {
    html! {
        @if !changes.is_empty() {
            ul.permissions {
                @for change in changes {
                    li { (visible(&parameter_detail(change).text)) }
                }
            }
        }
    }
}

fn first_upper(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn permission(plan: &PermissionPlan) -> Markup {
    html! {
        @if plan.is_change() {
            ul.permissions {
                @if let Some(grantee) = &plan.grant { li { span.good { "grant" } " " (grantee) } }
                @for statement in &plan.revoke {
                    li { span.bad { "revoke" } " " (visible(&described(statement))) }
                }
            }
        }
    }
}

/// What others granted, which stays.
pub(super) fn unmanaged(layer: &LayerPlan) -> Markup {
    let plans = layer.destinations.iter();
    let statements = plans.flat_map(|plan| {
        let statements = plan.permission.unmanaged.iter();
        statements.map(|statement| (plan.destination.as_str(), statement))
    });
    let statements: Vec<_> = statements.collect();
    html! {
        @if !statements.is_empty() {
            ul.permissions {
                @for (destination, statement) in statements {
                    li {
                        (visible(&described(statement))) " in " (visible(destination))
                        " is not managed by lls and is kept"
                    }
                }
            }
        }
    }
}
