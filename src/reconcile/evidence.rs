//! Reads the files that tell what changes between two versions: which packages they belong to, and their texts.

use std::collections::BTreeSet;

use tokio::sync::OnceCell;

use crate::archive::{EntryPath, Listing, Text, Texts, read_text, readable};
use crate::cache::StoredArchive;
use crate::digest::Sha256;
use crate::layer::{LayerName, VersionNumber};
use crate::observe::read_texts;
use crate::plan::{
    Desired, Evidence, Observed, TextDetail, compared_version, wanted_records, wanted_texts,
};
use crate::registry::{DescribedVersion, ReadRegistry, Session};

/// An archive with its files, some of which are to be read.
pub struct Files<'a> {
    /// The files in it.
    pub listing: &'a Listing,
    /// Where they are read.
    pub source: FileSource<'a>,
}

/// Where files of an archive are read.
pub enum FileSource<'a> {
    /// In an archive that is stored here.
    Stored(&'a StoredArchive),
    /// In a published one.
    Published(Box<PublishedFiles<'a>>),
}

/// A published archive.
pub struct PublishedFiles<'a> {
    /// The registry.
    pub registry: &'a dyn ReadRegistry,
    /// The layer.
    pub layer: &'a LayerName,
    /// Its version.
    pub number: VersionNumber,
    /// Hash over the archive that was listed.
    pub sha256: Sha256,
    /// Once it was asked for: `None` where it is gone, or is no longer what was listed.
    pub described: OnceCell<Option<DescribedVersion>>,
}

/// The same observations with what was read of the files of the version that the layer is compared with.
pub(super) async fn with_evidence(
    observed: Vec<Observed>,
    desired: &Desired,
    stored: &StoredArchive,
    session: &Session,
    detail: TextDetail,
) -> Vec<Observed> {
    let observed = observed.into_iter().map(async |observed| {
        let files = compared_files(&observed, desired, stored, session);
        let evidence = match files {
            Some((before, after)) => {
                let own_files = desired.archive.as_ref().map(|archive| &archive.own_files);
                gather(&before, &after, own_files, detail).await
            }
            None => Evidence::default(),
        };
        Observed {
            evidence,
            ..observed
        }
    });
    futures::future::join_all(observed).await
}

/// The archives whose files are compared; `None` where none are.
fn compared_files<'a>(
    observed: &'a Observed,
    desired: &'a Desired,
    stored: &'a StoredArchive,
    session: &'a Session,
) -> Option<(Files<'a>, Files<'a>)> {
    let archive = desired.archive.as_ref()?;
    let number = compared_version(desired, observed)?;
    let content = observed.contents.get(&number)?;
    let published = PublishedFiles {
        registry: session.registry(&observed.destination)?,
        layer: &desired.layer,
        number,
        sha256: content.sha256,
        described: OnceCell::new(),
    };
    let before = Files {
        listing: content.listing.as_ref()?,
        source: FileSource::Published(Box::new(published)),
    };
    let after = Files {
        listing: &archive.listing,
        source: FileSource::Stored(stored),
    };
    Some((before, after))
}

/// Reads what [`wanted_records`] and [`wanted_texts`] name; `own_files` are those of the later archive that are the
/// layer's own, where that is known.
pub(super) async fn gather(
    before: &Files<'_>,
    after: &Files<'_>,
    own_files: Option<&BTreeSet<EntryPath>>,
    detail: TextDetail,
) -> Evidence {
    let (old, new) = wanted_records(before.listing, after.listing);
    let (old, new) = futures::join!(before.texts(&old), after.texts(&new));
    let mut evidence = Evidence {
        before: old,
        after: new,
        detail,
    };
    let (old, new) = wanted_texts(before.listing, after.listing, own_files, &evidence);
    let (old, new) = futures::join!(before.texts(&old), after.texts(&new));
    evidence.before.extend(old);
    evidence.after.extend(new);
    evidence
}

impl Files<'_> {
    /// The files at `paths`.
    pub async fn texts(&self, paths: &BTreeSet<EntryPath>) -> Texts {
        match &self.source {
            FileSource::Stored(stored) => stored_texts(stored, self.listing, paths),
            FileSource::Published(_) if paths.is_empty() => Texts::new(),
            FileSource::Published(files) => match files.described().await {
                Some(described) => {
                    read_texts(files.registry, &described.archive, self.listing, paths).await
                }
                None => {
                    let unreadable = |path: &EntryPath| (path.clone(), Text::Unreadable);
                    paths.iter().map(unreadable).collect()
                }
            },
        }
    }
}

impl PublishedFiles<'_> {
    /// Asks for it again: an address is good for ten minutes, and building may have taken longer.
    async fn described(&self) -> Option<&DescribedVersion> {
        let describe = async || {
            let described = self.registry.describe(self.layer, self.number).await;
            let described = described.ok().flatten();
            described.filter(|described| described.sha256 == self.sha256)
        };
        self.described.get_or_init(describe).await.as_ref()
    }
}

fn stored_texts(stored: &StoredArchive, listing: &Listing, paths: &BTreeSet<EntryPath>) -> Texts {
    let (read, mut texts) = readable(listing, paths);
    texts.extend(read.into_iter().map(|entry| {
        let start = usize::try_from(entry.place.start).ok();
        let bytes = start.and_then(|start| stored.bytes.get(start..));
        let text = bytes.map_or(Text::Unreadable, |bytes| read_text(bytes, entry));
        (entry.path.clone(), text)
    }));
    texts
}
