//! What differs between a published version and the layer, in words that a reviewer can judge.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::recorded_package;
use super::{
    Changes, Desired, MetadataChange, ObservedContent, PackageChange, Uncompared, changed_files,
};
use crate::archive::{EntryPath, Listing, ListingEntry, Mode};
use crate::layer::PackageName;
use crate::layer::VersionMetadata;

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

/// Compares the layer with a published version, as far as the version's content was read.
pub(super) fn compare(
    desired: &Desired,
    published: &VersionMetadata,
    content: Option<&ObservedContent>,
) -> Changes {
    let metadata = compare_metadata(published, &desired.metadata);
    let (Some(archive), Some(content)) = (&desired.archive, content) else {
        return Changes {
            metadata,
            ..Changes::default()
        };
    };
    let equality = super::decide::content_equality(desired, content);
    let same_content = equality.is_some();
    let has_false_comment = !same_content && desired.is_claimed_by(content.comment);
    let size = Some(SizeChange {
        before: content.size,
        after: archive.size,
    });
    let after = archive.listing.unpacked_size();
    // What is the same unpacks to the same, whether or not it took a listing to see that.
    let before = match &content.listing {
        _ if same_content => Some(after),
        listing => listing.as_ref().map(Listing::unpacked_size),
    };
    let unpacked_size = before.map(|before| SizeChange { before, after });
    match &content.listing {
        Some(listing) if !same_content => {
            let packages = compare_packages(listing, &archive.listing);
            let files = changed_files(listing, &archive.listing, &archive.ownership());
            Changes {
                same_content,
                equality,
                has_false_comment,
                compared: true,
                packages,
                files,
                size,
                unpacked_size,
                metadata,
            }
        }
        listing => Changes {
            same_content,
            equality,
            has_false_comment,
            compared: same_content || listing.is_some(),
            size,
            unpacked_size,
            metadata,
            ..Changes::default()
        },
    }
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

/// The packages of an archive with their versions and the checksums of their `RECORD`s, which tell builds apart.
fn packages_of(listing: &Listing) -> BTreeMap<PackageName, (BTreeSet<String>, BTreeSet<u32>)> {
    let mut packages: BTreeMap<_, (BTreeSet<String>, BTreeSet<u32>)> = BTreeMap::new();
    for entry in &listing.0 {
        let Some((_, name, version)) = recorded_package(&entry.path) else {
            continue;
        };
        let (versions, records) = packages.entry(name).or_default();
        versions.insert(version.to_owned());
        records.insert(entry.crc32);
    }
    packages
}

pub(super) fn compare_packages(before: &Listing, after: &Listing) -> Vec<PackageChange> {
    let (before, after) = (packages_of(before), packages_of(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = names
        .into_iter()
        .filter(|name| before.get(name) != after.get(name));
    let versions = |packages: &BTreeMap<PackageName, (BTreeSet<String>, _)>, name| {
        packages
            .get(name)
            .map(|(versions, _)| versions.clone())
            .unwrap_or_default()
    };
    changed
        .map(|name| PackageChange {
            name: name.clone(),
            before: versions(&before, name),
            after: versions(&after, name),
        })
        .collect()
}

/// What a package puts below its root by custom: a folder of its name, one of libraries, or a single file.
pub(super) fn module_names(package: &PackageName) -> [String; 3] {
    let module = package.as_str().replace('-', "_");
    let (libraries, file) = (format!("{module}.libs"), format!("{module}.py"));
    [module, libraries, file]
}
