//! Two versions of a layer that are compared: published ones, or what the manifest says.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::described::{PublishedContent, missing};
use super::evidence::{FileSource, Files, gather};
use super::planner::Planner;
use super::prepared::{Built, Prepared};
use crate::archive::EntryPath;
use crate::build::Builder;
use crate::digest::Sha256;
use crate::error::{Error, Failures};
use crate::layer::{LayerName, NamedVersion, PublishedVersion};
use crate::manifest::{LayerSettings, Manifest};
use crate::plan::{Changes, ComparedVersion, Evidence, TextDetail, compare_versions};
use crate::registry::{ReadRegistry, Registry};

/// One of the two.
pub enum Compared<'a> {
    /// A published version.
    Published(Box<PublishedContent>),
    /// The layer as the manifest says, built.
    Local(Arc<Prepared<'a>>, Built),
}

impl<'a> Compared<'a> {
    /// Reads a published version; `manifest` may name a layer that was meant.
    pub async fn published(
        registry: &dyn Registry,
        named: &NamedVersion,
        manifest: Option<&Manifest>,
    ) -> Result<Self, Error> {
        match PublishedContent::read(registry, named).await? {
            Some(content) => Ok(Self::Published(Box::new(content))),
            None => Err(missing(&[registry], named, manifest).await),
        }
    }

    /// Builds the layer as the manifest says.
    pub async fn local(
        layer: (&'a LayerName, &'a LayerSettings),
        builder: &Builder<'_>,
    ) -> Result<Self, Failures> {
        let prepared = Planner::new(builder).prepare_one(layer).await?;
        let built = prepared.build(builder).await?;
        Ok(Self::Local(prepared, built))
    }

    /// The layer.
    pub fn layer(&self) -> &LayerName {
        match self {
            Self::Published(content) => &content.layer,
            Self::Local(prepared, _) => prepared.layer(),
        }
    }

    /// The published version, if it is one.
    pub fn as_published(&self) -> Option<&PublishedVersion> {
        match self {
            Self::Published(content) => Some(&content.described.version),
            Self::Local(..) => None,
        }
    }

    /// Hash over its archive.
    pub fn sha256(&self) -> Sha256 {
        match self {
            Self::Published(content) => content.described.sha256,
            Self::Local(_, built) => built.stored.summary.sha256,
        }
    }

    /// What is compared of it.
    pub fn version(&self) -> ComparedVersion<'_> {
        match self {
            Self::Published(content) => ComparedVersion {
                metadata: &content.described.version.metadata,
                sha256: Some(self.sha256()),
                size: content.described.size,
                comment: content.comment,
                listing: content.listing.as_ref(),
            },
            Self::Local(prepared, built) => ComparedVersion {
                metadata: &prepared.metadata,
                sha256: Some(self.sha256()),
                size: built.archive.size,
                comment: Some(prepared.inputs.comment),
                listing: Some(&built.archive.listing),
            },
        }
    }

    /// Which files are the layer's own, where that is known.
    fn own_files(&self) -> Option<&BTreeSet<EntryPath>> {
        match self {
            Self::Published(_) => None,
            Self::Local(_, built) => Some(&built.archive.own_files),
        }
    }

    fn files<'f>(&'f self, registry: &'f dyn ReadRegistry) -> Option<Files<'f>> {
        match self {
            Self::Published(content) => content.files(registry),
            Self::Local(_, built) => Some(Files {
                listing: &built.archive.listing,
                source: FileSource::Stored(&built.stored),
            }),
        }
    }
}

/// Compares two versions, and reads for that what it takes of their files.
pub async fn compare(
    before: &Compared<'_>,
    after: &Compared<'_>,
    registry: &dyn ReadRegistry,
    detail: TextDetail,
) -> Changes {
    let files = before.files(registry).zip(after.files(registry));
    let evidence = match files.filter(|(old, new)| old.listing != new.listing) {
        Some((old, new)) => gather(&old, &new, after.own_files(), detail).await,
        None => Evidence::default(),
    };
    let (old, new) = (before.version(), after.version());
    compare_versions(&old, &new, after.own_files(), &evidence)
}
