//! What differs between a published version and the layer, in words that a reviewer can judge.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::equality::Equality;
use crate::archive::{EntryPath, Listing, ListingEntry, Mode};
use crate::bytecode::source_path;
use crate::ecosystem::PackageChange;
use crate::layer::VersionMetadata;

/// What differs between a published version and the layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Whether the content is the same, so that only the metadata differs.
    pub same_content: bool,
    /// How the content was found to be the same, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equality: Option<Equality>,
    /// Whether the content differs though the archive's comment says that it was made from the same inputs.
    #[serde(default)]
    pub has_false_comment: bool,
    /// Whether it is known what differs in the files: they were compared, or are the same. If not, only hashes were.
    pub compared: bool,
    /// Packages that come, go or change.
    pub packages: Vec<PackageChange>,
    /// Own files that come, go or change.
    pub files: Vec<FileChange>,
    /// How much bytecode comes, goes, or changes with a source that stays the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytecode: Option<BytecodeChange>,
    /// The archive's sizes before and after.
    pub size: Option<SizeChange>,
    /// Bytes that it unpacks to before and after, where that is known of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpacked_size: Option<SizeChange>,
    /// Metadata that differs.
    pub metadata: Vec<MetadataChange>,
}

/// How many files of bytecode come, go, or change, though their sources are there before and after, and the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BytecodeChange {
    /// Files that come.
    pub added: usize,
    /// Files that go.
    pub removed: usize,
    /// Files that change.
    pub changed: usize,
}

impl BytecodeChange {
    /// Compares the bytecode in two archives; `None` where there is nothing to tell.
    pub(super) fn between(before: &Listing, after: &Listing) -> Option<Self> {
        let paths = before.0.iter().chain(&after.0).map(|entry| &entry.path);
        let paths: BTreeSet<_> = paths.collect();
        let mut change = Self::default();
        for path in paths {
            let Some(source) = source_path(path) else {
                continue;
            };
            let is_same =
                before.get(&source).is_some() && before.get(&source) == after.get(&source);
            let sides = (before.get(path), after.get(path));
            match sides {
                _ if !is_same || sides.0 == sides.1 => {}
                (None, _) => change.added += 1,
                (_, None) => change.removed += 1,
                _ => change.changed += 1,
            }
        }
        (change != Self::default()).then_some(change)
    }
}

/// A part of the metadata that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetadataChange {
    /// Which: `runtimes`, `architectures` or `license`; between published versions also `description`.
    pub field: Cow<'static, str>,
    /// The published value.
    pub before: String,
    /// The manifest's.
    pub after: String,
}

/// A file that comes, goes or changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// Where it stands in the archive.
    pub path: EntryPath,
    /// What is published; `None` where it is new.
    pub before: Option<FileState>,
    /// What is in the layer; `None` where it goes.
    pub after: Option<FileState>,
    /// How many lines come and go, where both sides are text and were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<LineChange>,
    /// The hunks of a unified diff, without the lines that name the file; only where diffs were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// Why its lines are not told, where they were to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncompared: Option<Uncompared>,
}

impl FileChange {
    /// A change of which only the listings are known.
    pub(super) fn new(
        path: &EntryPath,
        before: Option<&ListingEntry>,
        after: Option<&ListingEntry>,
    ) -> Self {
        Self {
            path: path.clone(),
            before: before.map(FileState::from),
            after: after.map(FileState::from),
            lines: None,
            diff: None,
            uncompared: None,
        }
    }
}

/// How many lines of a text come and go. A changed line is one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineChange {
    /// Lines that come.
    pub added: usize,
    /// Lines that go.
    pub removed: usize,
}

/// Why the lines of a changed file are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Uncompared {
    /// It is no text, before or after.
    Binary,
    /// It has more than 1 MiB or 100,000 lines, before or after.
    TooLarge,
    /// So much changes that not all of it is read.
    Skipped,
    /// What is published of it could not be read, or is not what the archive promises.
    Unreadable,
}

/// What a plan tells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileState {
    /// Its size in bytes.
    pub size: u64,
    /// What kind it is.
    pub mode: Mode,
}

impl From<&ListingEntry> for FileState {
    fn from(entry: &ListingEntry) -> Self {
        Self {
            size: entry.size,
            mode: entry.mode,
        }
    }
}

/// The sizes of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeChange {
    /// The published one, in bytes.
    pub before: u64,
    /// The layer's, in bytes.
    pub after: u64,
}

pub(super) fn compare_metadata(
    before: &VersionMetadata,
    after: &VersionMetadata,
) -> Vec<MetadataChange> {
    // Destructured, so that a new field is not forgotten. The description is what the comparison is about.
    let VersionMetadata {
        description: _,
        runtimes,
        architectures,
        license,
    } = before;
    let list = |items: Vec<String>| {
        if items.is_empty() {
            "none".to_owned()
        } else {
            items.join(", ")
        }
    };
    let texts = [
        (
            "runtimes",
            list(runtimes.iter().map(ToString::to_string).collect()),
            list(after.runtimes.iter().map(ToString::to_string).collect()),
        ),
        (
            "architectures",
            list(architectures.iter().map(ToString::to_string).collect()),
            list(
                after
                    .architectures
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            ),
        ),
        (
            "license",
            license.clone().unwrap_or_else(|| "none".to_owned()),
            after.license.clone().unwrap_or_else(|| "none".to_owned()),
        ),
    ];
    let changed = texts
        .into_iter()
        .filter(|(_, before, after)| before != after);
    changed
        .map(|(field, before, after)| MetadataChange {
            field: field.into(),
            before,
            after,
        })
        .collect()
}
