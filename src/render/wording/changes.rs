//! What differs between two archives: a detail for each package, file, and part of the metadata.

use std::collections::BTreeSet;

use super::text::size;
use super::visible::visible;
use crate::plan::{
    BytecodeChange, Changes, Equality, FileChange, FileState, PackageChange, PackageChangeKind,
    SizeChange, Uncompared,
};

/// What a sign or a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// Something is added.
    Good,
    /// Something changes.
    Change,
    /// Something is removed, is blocked, or failed.
    Bad,
}

/// A sign, what it means, the text after it, and the diff of a file.
pub struct Detail {
    pub sign: &'static str,
    pub tone: Tone,
    pub text: String,
    pub diff: Option<String>,
    pub about: About,
}

/// What a detail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The sizes of the archive, which some formats show elsewhere.
    Sizes,
    Others,
}

impl Detail {
    /// A text behind a sign.
    pub fn new(sign: &'static str, tone: Tone, text: impl Into<String>) -> Self {
        Self {
            sign,
            tone,
            text: text.into(),
            diff: None,
            about: About::Others,
        }
    }

    /// A text without a sign.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new("", Tone::Plain, text)
    }
}

/// The lines that tell of `changes`.
pub fn change_details(changes: &Changes) -> Vec<Detail> {
    let mut details: Vec<Detail> = changes.packages.iter().map(package_detail).collect();
    details.extend(changes.files.iter().map(file_detail));
    details.extend(changes.bytecode.map(bytecode_detail));
    details.extend(changes.metadata.iter().map(|change| {
        let (before, after) = (visible(&change.before), visible(&change.after));
        Detail::new(
            "~",
            Tone::Change,
            format!("{}: {before} -> {after}", change.field),
        )
    }));
    details.extend(sizes(changes).map(|text| Detail {
        about: About::Sizes,
        ..Detail::plain(text)
    }));
    details.extend(equality(changes).map(Detail::plain));
    if changes.has_false_comment {
        let text = "its comment claims the same inputs, but its content differs";
        details.push(Detail::new("!", Tone::Bad, text));
    }
    if !changes.compared && !changes.same_content && changes.size.is_some() {
        let text = "the published archive could not be read for comparison";
        details.push(Detail::plain(text));
    }
    details
}

/// How much bytecode changes, other than that of changed sources.
pub fn bytecode_detail(change: BytecodeChange) -> Detail {
    let BytecodeChange {
        added,
        removed,
        changed,
    } = change;
    let told = [(added, "added"), (removed, "removed"), (changed, "changed")];
    let told = told.iter().filter(|(number, _)| *number > 0);
    let told: Vec<_> = told
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let text = format!("bytecode of unchanged sources: {}", told.join(", "));
    Detail::new("~", Tone::Change, text)
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
pub fn equality(changes: &Changes) -> Option<String> {
    let why = match changes.equality? {
        // The headline says so.
        Equality::SameBytes | Equality::WithoutBytecode => return None,
        Equality::SameInputs => "the archive differs in bytes, but not in its inputs",
        Equality::SameFiles => "the archive differs in bytes, but not in its files",
    };
    Some(why.to_owned())
}

/// A package that changes.
pub fn package_detail(change: &PackageChange) -> Detail {
    let versions = |versions: &BTreeSet<String>| {
        let versions: Vec<_> = versions.iter().map(|version| visible(version)).collect();
        versions.join(", ")
    };
    let (name, kind) = (&change.name, change.kind());
    let (before, after) = (versions(&change.before), versions(&change.after));
    match kind {
        PackageChangeKind::Added => Detail::new("+", Tone::Good, format!("{name} {after}")),
        PackageChangeKind::Removed => Detail::new("-", Tone::Bad, format!("{name} {before}")),
        PackageChangeKind::Rebuilt => {
            Detail::new("~", Tone::Change, format!("{name} {after}, another build"))
        }
        PackageChangeKind::Upgraded | PackageChangeKind::Changed => {
            Detail::new("~", Tone::Change, format!("{name} {before} -> {after}"))
        }
        PackageChangeKind::Downgraded => Detail::new(
            "~",
            Tone::Change,
            format!("{name} {before} -> {after}, downgrade"),
        ),
    }
}

/// A file that changes.
pub fn file_detail(change: &FileChange) -> Detail {
    let (sign, tone) = match (&change.before, &change.after) {
        (None, _) => ("+", Tone::Good),
        (_, None) => ("-", Tone::Bad),
        _ => ("~", Tone::Change),
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
    let mut detail = Detail::new(sign, tone, text);
    detail.diff.clone_from(&change.diff);
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
pub fn uncompared(reason: Uncompared) -> &'static str {
    match reason {
        Uncompared::Binary => "binary",
        Uncompared::TooLarge => "too large to compare",
        Uncompared::Skipped => "not compared, too many changes",
        Uncompared::Unreadable => "could not be read",
    }
}
