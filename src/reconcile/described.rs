//! Finds the published version that an argument names, and reads what it holds.

use std::collections::BTreeSet;

use tokio::sync::OnceCell;

use super::evidence::{FileSource, Files, PublishedFiles};
use crate::archive::{ArchiveComment, Listing, Tail};
use crate::error::{Error, Failure};
use crate::layer::{LayerName, NamedVersion};
use crate::manifest::{Manifest, nearest};
use crate::observe::read_archive_tail;
use crate::registry::{DescribedVersion, ReadRegistry, Registry, RegistryError, Session};

/// A published version, its files listed where its archive can be read.
pub struct PublishedContent {
    /// The layer.
    pub layer: LayerName,
    /// What the registry tells of it.
    pub described: DescribedVersion,
    /// The comment of its archive, where `lls` made it.
    pub comment: Option<ArchiveComment>,
    /// Its files.
    pub listing: Option<Listing>,
}

impl PublishedContent {
    /// Reads the version that is named; `None` where a registry has no such version.
    pub async fn read(
        registry: &dyn ReadRegistry,
        named: &NamedVersion,
    ) -> Result<Option<Self>, Error> {
        let Some(described) = describe(registry, named).await? else {
            return Ok(None);
        };
        let tail = read_archive_tail(registry, &described, |_| false).await?;
        let (comment, listing) = match tail {
            Tail::Whole { comment, listing } => (comment, Some(listing)),
            Tail::Partial { comment, .. } => (comment, None),
            Tail::Foreign => (None, None),
        };
        Ok(Some(Self {
            layer: named.layer().clone(),
            described,
            comment,
            listing,
        }))
    }

    /// Its files, where they are listed.
    pub fn files<'a>(&'a self, registry: &'a dyn ReadRegistry) -> Option<Files<'a>> {
        let published = PublishedFiles {
            registry,
            layer: &self.layer,
            number: self.described.version.number,
            sha256: self.described.sha256,
            described: OnceCell::new_with(Some(Some(self.described.clone()))),
        };
        Some(Files {
            listing: self.listing.as_ref()?,
            source: FileSource::Published(Box::new(published)),
        })
    }
}

async fn describe(
    registry: &dyn ReadRegistry,
    named: &NamedVersion,
) -> Result<Option<DescribedVersion>, Error> {
    Ok(match named {
        NamedVersion::Newest(layer) => {
            let versions = registry.versions(layer, None).await?;
            match versions.first() {
                Some(newest) => registry.describe(layer, newest.number).await?,
                None => None,
            }
        }
        NamedVersion::Numbered(version) => {
            registry.describe(&version.layer, version.number).await?
        }
        NamedVersion::Arn(arn) => registry.describe_arn(arn).await?,
    })
}

/// Says why there is no such version in `registries`; `manifest` may name a layer that was meant.
pub async fn missing(
    registries: &[&dyn Registry],
    named: &NamedVersion,
    manifest: Option<&Manifest>,
) -> Error {
    let layer = named.layer();
    if let NamedVersion::Arn(arn) = named {
        return UnknownArn(arn.to_string()).into();
    }
    // Only for the message: where it cannot be had, it says less.
    if is_published(registries, layer).await.unwrap_or_default() {
        return UnknownVersion {
            destination: destinations(registries),
            named: named.clone(),
        }
        .into();
    }
    unknown_layer(registries, layer, manifest).await
}

/// Whether one of `registries` has a version of the layer.
pub async fn is_published(
    registries: &[&dyn Registry],
    layer: &LayerName,
) -> Result<bool, RegistryError> {
    for registry in registries {
        if !registry.versions(layer, None).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says that no version of a layer is published in `registries`.
pub async fn unknown_layer(
    registries: &[&dyn Registry],
    layer: &LayerName,
    manifest: Option<&Manifest>,
) -> Error {
    UnknownLayer {
        destination: destinations(registries),
        layer: layer.clone(),
        near: probably_meant(registries, layer, manifest).await,
    }
    .into()
}

fn destinations(registries: &[&dyn Registry]) -> String {
    let names = registries.iter().map(|registry| registry.destination());
    names.collect::<Vec<_>>().join(" or ")
}

/// The published or declared layer that was probably meant by one that is not published; `None` where that one is
/// declared.
pub async fn probably_meant(
    registries: &[&dyn Registry],
    layer: &LayerName,
    manifest: Option<&Manifest>,
) -> Option<LayerName> {
    let declared = manifest.iter().flat_map(|manifest| manifest.layers.keys());
    let mut known: BTreeSet<_> = declared.cloned().collect();
    if known.contains(layer) {
        return None;
    }
    for registry in registries {
        // Only for the message, as above.
        let layers = registry.layers(None).await.unwrap_or_default();
        known.extend(layers.into_iter().map(|layer| layer.name));
    }
    let near = nearest(layer.as_str(), known.iter().map(LayerName::as_str))?;
    known.iter().find(|name| name.as_str() == near).cloned()
}

/// The registry of a target with a single one.
pub fn only_registry(session: &Session) -> Result<&dyn Registry, SeveralRegions> {
    match session.registries.as_slice() {
        [registry] => Ok(registry.as_ref()),
        _ => Err(SeveralRegions(session.target.clone())),
    }
}

/// A version number means something else in each region.
#[derive(Debug, thiserror::Error)]
#[error("target `{0}` has several regions, and a version has another number in each")]
pub struct SeveralRegions(String);

impl Failure for SeveralRegions {
    fn hint(&self) -> Option<String> {
        Some("name the region with `--region`".into())
    }
}

/// There is no such layer.
#[derive(Debug, thiserror::Error)]
#[error("no version of layer `{layer}` is published in {destination}")]
struct UnknownLayer {
    destination: String,
    layer: LayerName,
    near: Option<LayerName>,
}

impl Failure for UnknownLayer {
    fn hint(&self) -> Option<String> {
        Some(match &self.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`lls list` lists the published layers".to_owned(),
        })
    }
}

/// There is no such version of the layer.
#[derive(Debug, thiserror::Error)]
#[error("{named} is not published in {destination}")]
struct UnknownVersion {
    destination: String,
    named: NamedVersion,
}

impl Failure for UnknownVersion {
    fn hint(&self) -> Option<String> {
        let layer = self.named.layer();
        Some(format!("`lls versions {layer}` lists the versions"))
    }
}

/// No version has this ARN.
#[derive(Debug, thiserror::Error)]
#[error("there is no layer version {0}")]
struct UnknownArn(String);

impl Failure for UnknownArn {
    fn hint(&self) -> Option<String> {
        Some("look at its account and its number; it may have been deleted".into())
    }
}
