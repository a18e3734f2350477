//! What changes in files: reads what packages say which files are theirs, and the texts that the planner wants compared.

use std::collections::BTreeSet;

use tokio::sync::OnceCell;

use crate::archive::{EntryPath, Listing, MAX_TEXT, MAX_TEXTS, Text, read_text};
use crate::cache::StoredArchive;
use crate::layer::{LayerName, VersionNumber};
use crate::observe::read_texts;
use crate::plan::{
    Changes, DesiredArchive, LayerPlan, Observed, ObservedContent, Ownership, TextDetail, Texts,
    changed_files, changed_packages, compare_texts, records, unreadable_texts, wanted_texts,
};
use crate::registry::{DescribedVersion, ReadRegistry, Session};

/// The layer's archive, with its files.
pub struct LocalArchive<'a> {
    /// Its bytes.
    pub stored: &'a StoredArchive,
    /// Its files.
    pub listing: &'a Listing,
}

/// A published archive that a layer is compared with.
struct PublishedArchive<'a> {
    registry: &'a dyn ReadRegistry,
    layer: &'a LayerName,
    number: VersionNumber,
    content: &'a ObservedContent,
    listing: &'a Listing,
    /// Once it was asked for: `None` where it is gone, or is no longer what was listed.
    described: OnceCell<Option<DescribedVersion>>,
}

/// Tells which own files change in a layer's plan, and what changes in their lines.
pub async fn add_file_changes(
    layer: &mut LayerPlan,
    observed: &[Observed],
    archive: &DesiredArchive,
    stored: &StoredArchive,
    session: &Session,
    detail: TextDetail,
) {
    let name = layer.layer.clone();
    let local = LocalArchive {
        stored,
        listing: &archive.listing,
    };
    let destinations = layer.destinations.iter_mut().zip(observed);
    let compared = destinations.filter_map(|(plan, observed)| {
        let (number, changes) = plan.action.compared()?;
        let content = observed.contents.get(&number)?;
        let listing = content.listing.as_ref()?;
        let registry = session.registry(&observed.destination)?;
        let published = PublishedArchive {
            registry,
            layer: &name,
            number,
            content,
            listing,
            described: OnceCell::new(),
        };
        (!changes.same_content).then_some((published, changes))
    });
    let compared = compared.map(async |(published, changes)| {
        compare_files(changes, &published, &local, archive, detail).await;
    });
    futures::future::join_all(compared).await;
}

async fn compare_files(
    changes: &mut Changes,
    published: &PublishedArchive<'_>,
    local: &LocalArchive<'_>,
    archive: &DesiredArchive,
    detail: TextDetail,
) {
    let (old, new) = (published.listing, local.listing);
    let packages = changed_packages(old, new);
    if !packages.is_empty() {
        let ownership = Ownership {
            before: published.texts(&records(old, &packages)).await,
            after: local.texts(&records(new, &packages)),
            ..archive.ownership()
        };
        changes.files = changed_files(old, new, &ownership);
    }
    let (old, new) = wanted_texts(changes, old, new);
    let before = published.texts(&old).await;
    compare_texts(changes, &before, &local.texts(&new), detail);
}

impl PublishedArchive<'_> {
    /// The files at `paths`.
    async fn texts(&self, paths: &BTreeSet<EntryPath>) -> Texts {
        if paths.is_empty() {
            return Texts::new();
        }
        match self.described.get_or_init(|| self.describe()).await {
            Some(described) => {
                read_texts(self.registry, &described.archive, self.listing, paths).await
            }
            None => unreadable_texts(paths),
        }
    }

    /// Asks for it again: an address is good for ten minutes, and building may have taken longer.
    async fn describe(&self) -> Option<DescribedVersion> {
        let described = self.registry.describe(self.layer, self.number).await;
        let described = described.ok().flatten();
        described.filter(|described| described.sha256 == self.content.sha256)
    }
}

impl LocalArchive<'_> {
    /// The files at `paths`, as many as may be unpacked at a time.
    pub fn texts(&self, paths: &BTreeSet<EntryPath>) -> Texts {
        let mut room = MAX_TEXTS;
        let entries = paths.iter().filter_map(|path| self.listing.get(path));
        let texts = entries.filter_map(|entry| {
            let start = usize::try_from(entry.place.start).ok()?;
            let bytes = self.stored.bytes.get(start..)?;
            let text = match room.checked_sub(entry.size) {
                _ if entry.size > MAX_TEXT => Text::TooLarge,
                Some(rest) => {
                    room = rest;
                    read_text(bytes, entry)
                }
                None => Text::Skipped,
            };
            Some((entry.path.clone(), text))
        });
        texts.collect()
    }
}
