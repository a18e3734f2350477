//! What differs between two archives, a line for each package, file and part of the metadata, diffs below their files.

use std::collections::BTreeSet;

use anstyle::Style;

use super::style::{ADD, BAD, CHANGE, DIM, HUNK, styled};
use super::text::{count, size, wrapped};
use super::visible::visible;
use crate::plan::{
    Changes, Equality, FileChange, FileState, PackageChange, PackageChangeKind, SizeChange,
    Uncompared,
};

/// The most lines of a diff that are shown of one file.
const MOST_LINES: usize = 200;
/// The most characters of a line that are shown.
const MOST_CHARACTERS: usize = 400;

/// A sign, its style, the text after it, and what stands below them.
pub(super) struct Detail {
    pub sign: &'static str,
    style: Style,
    pub text: String,
    below: Vec<String>,
}

impl Detail {
    /// A text behind a sign.
    pub fn new(sign: &'static str, style: Style, text: impl Into<String>) -> Self {
        let (text, below) = (text.into(), Vec::new());
        Self {
            sign,
            style,
            text,
            below,
        }
    }

    /// A text without a sign.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new("", Style::new(), text)
    }

    /// The lines, `indent` blanks before each.
    pub fn lines(&self, indent: usize) -> Vec<String> {
        let indent = " ".repeat(indent);
        let first = match self.sign {
            "" => indent.clone(),
            sign => format!("{indent}{sign} "),
        };
        let lines = wrapped(&first, &self.text).into_iter();
        let lines = lines.map(|line| match self.style == Style::new() {
            true => line,
            false => styled(self.style, line),
        });
        let below = self.below.iter().map(|line| format!("{indent}    {line}"));
        lines
            .chain(below.map(|line| line.trim_end().to_owned()))
            .collect()
    }
}

/// The lines that tell of `changes`.
pub(super) fn change_details(changes: &Changes) -> Vec<Detail> {
    let mut details: Vec<Detail> = changes.packages.iter().map(package_detail).collect();
    details.extend(changes.files.iter().map(file_detail));
    details.extend(changes.metadata.iter().map(|change| {
        let (before, after) = (visible(&change.before), visible(&change.after));
        Detail::new(
            "~",
            CHANGE,
            format!("{}: {before} -> {after}", change.field),
        )
    }));
    details.extend(sizes(changes).map(Detail::plain));
    details.extend(equality(changes).map(Detail::plain));
    if changes.has_false_comment {
        let text = "its comment says that it was made from the same inputs, which is not so";
        details.push(Detail::new("!", BAD, text));
    }
    if !changes.compared && !changes.same_content && changes.size.is_some() {
        let text = "the published archive could not be read to compare it";
        details.push(Detail::plain(text));
    }
    details
}

/// `0.6 MB -> 0.7 MB zipped, 1.7 MB -> 2.0 MB unpacked`, as far as people see a difference.
fn sizes(changes: &Changes) -> Option<String> {
    let told = |sizes: Option<SizeChange>, what: &str| {
        let (before, after) = sizes.map(|sizes| (size(sizes.before), size(sizes.after)))?;
        (before != after).then(|| format!("{before} -> {after} {what}"))
    };
    let told = [
        told(changes.size, "zipped"),
        told(changes.unpacked_size, "unpacked"),
    ];
    let told: Vec<_> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Why other bytes are the same content.
pub(super) fn equality(changes: &Changes) -> Option<String> {
    let why = match changes.equality? {
        Equality::SameBytes => return None,
        Equality::SameInputs => "the archive has other bytes, but was made from the same inputs",
        Equality::SameFiles => "the archive has other bytes, but the same files",
    };
    Some(why.to_owned())
}

/// A package that changes.
pub(super) fn package_detail(change: &PackageChange) -> Detail {
    let versions = |versions: &BTreeSet<String>| {
        let versions: Vec<_> = versions.iter().map(|version| visible(version)).collect();
        versions.join(", ")
    };
    let (name, kind) = (&change.name, change.kind());
    let (before, after) = (versions(&change.before), versions(&change.after));
    match kind {
        PackageChangeKind::Added => Detail::new("+", ADD, format!("{name} {after}")),
        PackageChangeKind::Removed => Detail::new("-", BAD, format!("{name} {before}")),
        PackageChangeKind::Rebuilt => {
            Detail::new("~", CHANGE, format!("{name} {after}, another build"))
        }
        PackageChangeKind::Upgraded | PackageChangeKind::Changed => {
            Detail::new("~", CHANGE, format!("{name} {before} -> {after}"))
        }
        PackageChangeKind::Downgraded => Detail::new(
            "~",
            CHANGE,
            format!("{name} {before} -> {after}, downgrade"),
        ),
    }
}

/// A file that changes.
pub(super) fn file_detail(change: &FileChange) -> Detail {
    let (sign, style) = match (&change.before, &change.after) {
        (None, _) => ("+", ADD),
        (_, None) => ("-", BAD),
        _ => ("~", CHANGE),
    };
    let mut text = change.path.to_string();
    if let Some(told) = content(change) {
        text.push_str(&format!("  {told}"));
    }
    if let (Some(before), Some(after)) = (change.before, change.after)
        && before.mode != after.mode
    {
        let (before, after) = (before.mode.unix(), after.mode.unix());
        text.push_str(&format!("  mode {before:o} -> {after:o}"));
    }
    let mut detail = Detail::new(sign, style, text);
    detail.below = change.diff.as_deref().map(diff_lines).unwrap_or_default();
    detail
}

/// What differs in the content of a file: lines where they were compared, else bytes.
fn content(change: &FileChange) -> Option<String> {
    if let Some(lines) = change.lines {
        let counts = [(lines.added, '+'), (lines.removed, '-')];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, sign)| format!("{sign}{count}"))
            .collect();
        return (!counts.is_empty()).then(|| counts.join(" "));
    }
    let reason = change.uncompared.map(uncompared);
    let bytes = |state: Option<FileState>| state.map(|state| size(state.size));
    let sizes = match (bytes(change.before), bytes(change.after)) {
        (Some(before), Some(after)) if before != after => Some(format!("{before} -> {after}")),
        (Some(size), _) | (None, Some(size)) => reason.map(|_| size),
        (None, None) => None,
    };
    let told: Vec<_> = reason.map(str::to_owned).into_iter().chain(sizes).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Why the lines of a file are not told.
pub(super) fn uncompared(reason: Uncompared) -> &'static str {
    match reason {
        Uncompared::Binary => "binary",
        Uncompared::TooLarge => "too large to compare",
        Uncompared::Skipped => "not compared, too much changes",
        Uncompared::Unreadable => "could not be read",
    }
}

/// The lines of a diff in their colours, as many as people read.
fn diff_lines(diff: &str) -> Vec<String> {
    let all = diff.split_terminator('\n').count();
    let shown = diff.split_terminator('\n').take(MOST_LINES);
    let mut lines: Vec<String> = shown.map(diff_line).collect();
    if all > MOST_LINES {
        let rest = count(all - MOST_LINES, "more line");
        let text = format!("... {rest}: `--format json` has all of them");
        lines.push(styled(DIM, text));
    }
    lines
}

fn diff_line(line: &str) -> String {
    let mut text = visible(&line.chars().take(MOST_CHARACTERS).collect::<String>());
    let rest = line.chars().count().saturating_sub(MOST_CHARACTERS);
    if rest > 0 {
        text.push_str(&format!("... {}", count(rest, "more character")));
    }
    match line.chars().next() {
        Some('+') => styled(ADD, text),
        Some('-') => styled(BAD, text),
        Some('@') => styled(HUNK, text),
        Some('\\') => styled(DIM, text),
        _ => text,
    }
}
