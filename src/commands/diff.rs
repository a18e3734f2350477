//! `lls diff`: what differs between a published version and the manifest's layer, or another version.

use std::collections::BTreeSet;

use super::build::listing;
use super::describe::{PublishedContent, choose_region, missing, only_registry};
use super::planning::metadata;
use super::texts::LocalArchive;
use super::{Context, ExitStatus};
use crate::archive::{ArchiveComment, EntryPath, Listing};
use crate::cache::StoredArchive;
use crate::cli::{DiffOptions, Format, InputOptions};
use crate::digest::Sha256;
use crate::error::{Error, Failures};
use crate::layer::{LayerName, NamedVersion, PackageName, VersionMetadata};
use crate::manifest::Manifest;
use crate::plan::{
    Changes, ComparedVersion, Ownership, TextDetail, Texts, changed_packages, compare_texts,
    compare_versions, records, wanted_texts,
};
use crate::registry::{ReadRegistry, Registry};
use crate::render::{DiffSide, Difference, Document, render_difference};

pub(super) async fn diff(
    options: &DiffOptions,
    context: &mut Context,
) -> Result<ExitStatus, Failures> {
    let manifest = match &options.after {
        None => Some(context.manifest()?),
        Some(_) => context.manifest_if_there()?,
    };
    let named = [Some(&options.before), options.after.as_ref()];
    choose_region(context, manifest.as_ref(), named.into_iter().flatten())?;
    // Where the manifest does not declare the layer, nothing is asked for.
    if let (Some(manifest), None) = (&manifest, &options.after) {
        manifest.select(&[options.before.layer().to_string()])?;
    }
    let session = context.connect_to(manifest.as_ref()).await?;
    let registry = only_registry(&session)?;
    let before = published(registry, &options.before, manifest.as_ref()).await?;
    let after = match (&options.after, &manifest) {
        (None, Some(manifest)) => {
            let layer = options.before.layer();
            local(manifest, layer, options.inputs, context).await?
        }
        (after, manifest) => {
            let named = after.as_ref().unwrap_or(&options.before);
            published(registry, named, manifest.as_ref()).await?
        }
    };
    let changes = compare(&before, &after, registry, options.detail()).await;
    let difference = Difference {
        destination: registry.destination(),
        before: before.side(),
        after: after.side(),
        is_equal: changes.same_content && changes.metadata.is_empty(),
        changes,
    };
    let manifest = context.options.manifest_path().display().to_string();
    context.output.result(&match options.format.format {
        Format::Terminal => render_difference(&difference, &manifest),
        Format::Json => Document::new(&difference).render(),
    })?;
    Ok(match difference.is_equal || !options.detailed_exitcode {
        true => ExitStatus::Success,
        false => ExitStatus::Changes,
    })
}

/// One of the two that are compared.
enum Version {
    Published(Box<PublishedContent>),
    Local(Box<LocalLayer>),
}

/// The layer as the manifest says, built.
struct LocalLayer {
    layer: LayerName,
    metadata: VersionMetadata,
    fingerprint: Sha256,
    stored: StoredArchive,
    listing: Listing,
    own_files: BTreeSet<EntryPath>,
}

async fn published(
    registry: &dyn Registry,
    named: &NamedVersion,
    manifest: Option<&Manifest>,
) -> Result<Version, Error> {
    match PublishedContent::read(registry, named).await? {
        Some(content) => Ok(Version::Published(Box::new(content))),
        None => Err(missing(&[registry], named, manifest).await),
    }
}

async fn local(
    manifest: &Manifest,
    layer: &LayerName,
    inputs: InputOptions,
    context: &Context,
) -> Result<Version, Failures> {
    let layers = manifest.select(&[layer.to_string()])?;
    let builder = context.builder(manifest.folder(), &manifest.repository, inputs)?;
    let prepared = Failures::collect(builder.prepare(&layers).await)?;
    let mut layers = layers.iter().zip(prepared);
    let Some(((name, settings), inputs)) = layers.next() else {
        unreachable!("a selection that chooses nothing is an error");
    };
    let stored = builder.open(&inputs, settings).await?;
    let own_files = inputs.own_files.iter().map(|file| file.path.clone());
    Ok(Version::Local(Box::new(LocalLayer {
        layer: (*name).clone(),
        metadata: metadata(settings),
        fingerprint: inputs.fingerprint,
        listing: listing(&stored),
        own_files: own_files.collect(),
        stored,
    })))
}

/// Compares two versions, and reads for that what it takes of their files.
async fn compare(
    before: &Version,
    after: &Version,
    registry: &dyn ReadRegistry,
    detail: TextDetail,
) -> Changes {
    let listings = before.listing().zip(after.listing());
    let listings = listings.filter(|(old, new)| old != new);
    let mut ownership = Ownership {
        own_files: after.own_files(),
        ..Ownership::default()
    };
    if let Some((old, new)) = listings {
        let packages = changed_packages(old, new);
        (ownership.before, ownership.after) = futures::join!(
            before.records(registry, &packages),
            after.records(registry, &packages)
        );
    }
    let mut changes = compare_versions(&before.compared(), &after.compared(), &ownership);
    if let Some((old, new)) = listings {
        let (old, new) = wanted_texts(&changes, old, new);
        let (old, new) = futures::join!(before.texts(registry, &old), after.texts(registry, &new));
        compare_texts(&mut changes, &old, &new, detail);
    }
    changes
}

impl Version {
    fn listing(&self) -> Option<&Listing> {
        match self {
            Self::Published(content) => content.listing.as_ref(),
            Self::Local(local) => Some(&local.listing),
        }
    }

    /// Which files are the layer's own, where that is known.
    fn own_files(&self) -> Option<&BTreeSet<EntryPath>> {
        match self {
            Self::Published(_) => None,
            Self::Local(local) => Some(&local.own_files),
        }
    }

    /// The `RECORD`s of these packages.
    async fn records(
        &self,
        registry: &dyn ReadRegistry,
        packages: &BTreeSet<PackageName>,
    ) -> Texts {
        match self.listing() {
            Some(listing) => self.texts(registry, &records(listing, packages)).await,
            None => Texts::new(),
        }
    }

    async fn texts(&self, registry: &dyn ReadRegistry, paths: &BTreeSet<EntryPath>) -> Texts {
        match self {
            Self::Published(content) => content.texts(registry, paths).await,
            Self::Local(local) => {
                let archive = LocalArchive {
                    stored: &local.stored,
                    listing: &local.listing,
                };
                archive.texts(paths)
            }
        }
    }

    fn compared(&self) -> ComparedVersion<'_> {
        match self {
            Self::Published(content) => ComparedVersion {
                metadata: &content.described.version.metadata,
                sha256: content.described.sha256,
                size: content.described.size,
                comment: content.comment,
                listing: content.listing.as_ref(),
            },
            Self::Local(local) => ComparedVersion {
                metadata: &local.metadata,
                sha256: local.stored.summary.sha256,
                size: local.stored.summary.size,
                comment: Some(ArchiveComment(local.fingerprint)),
                listing: Some(&local.listing),
            },
        }
    }

    fn side(&self) -> DiffSide<'_> {
        match self {
            Self::Published(content) => {
                let version = &content.described.version;
                DiffSide {
                    layer: &content.layer,
                    number: Some(version.number),
                    arn: Some(&version.arn),
                    created: Some(&version.created),
                    metadata: &version.metadata,
                    sha256: content.described.sha256,
                    size: content.described.size,
                }
            }
            Self::Local(local) => DiffSide {
                layer: &local.layer,
                number: None,
                arn: None,
                created: None,
                metadata: &local.metadata,
                sha256: local.stored.summary.sha256,
                size: local.stored.summary.size,
            },
        }
    }
}
