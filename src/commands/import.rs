//! `lls import`: prints a manifest for the layers that are published, or writes it to a new file. Changes nothing that
//! is there.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use futures::{StreamExt as _, TryStreamExt as _};
use globset::GlobMatcher;

use super::{Context, ExitStatus};
use crate::cli::ImportOptions;
use crate::error::{Error, Failure, Failures, PathContext as _};
use crate::layer::{Description, LayerName};
use crate::manifest::{Manifest, Place, Target, layer_glob};
use crate::reconcile::PARALLEL;
use crate::registry::{ListedLayer, ReadRegistry, RegistryError, Session};
use crate::render::{ImportedLayer, ImportedTarget, render_import};

pub(super) async fn import(
    options: &ImportOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    if let Some(path) = options.output.as_ref().filter(|path| path.exists()) {
        return Err(Exists(path.clone()).into());
    }
    let globs = options.layers.globs();
    let chosen = globs.iter().map(|glob| layer_glob(glob));
    let chosen = chosen.collect::<Result<Vec<_>, _>>()?;
    let manifest = manifest(context)?;
    let session = context.connect_to(manifest.as_ref()).await?;
    let mut layers = Vec::new();
    for registry in &session.registries {
        layers.extend(read(registry.as_ref(), &chosen).await?);
    }
    for glob in &chosen {
        if !layers
            .iter()
            .any(|layer| glob.is_match(layer.layer.as_str()))
        {
            return Err(NothingMatches(glob.glob().to_string()).into());
        }
    }
    if layers.is_empty() {
        let places: Vec<_> = session
            .registries
            .iter()
            .map(|r| r.destination().to_owned())
            .collect();
        return Err(NothingPublished(places.join(" or ")).into());
    }
    let target = target(&session, manifest.as_ref(), context);
    let text = render_import(&target, &layers);
    match &options.output {
        None => context.output.result(&text)?,
        Some(path) => {
            context.repository().check_output(path)?;
            let file = File::create_new(path).at("write", path);
            let written =
                file.and_then(|mut file| file.write_all(text.as_bytes()).at("write", path));
            written?;
            context
                .output
                .message(&format!("Wrote {}: look at its TODOs.\n", path.display()));
        }
    }
    Ok(ExitStatus::Success)
}

/// The manifest, if there is one. For `lls import > layers.toml`, the shell creates an empty file first.
fn manifest(context: &Context) -> Result<Option<Manifest>, Error> {
    let path = context.options.manifest_path();
    let is_empty = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0);
    if is_empty {
        Ok(None)
    } else {
        context.manifest_if_there()
    }
}

/// The chosen layers of one destination.
async fn read(
    registry: &dyn ReadRegistry,
    chosen: &[GlobMatcher],
) -> Result<Vec<ImportedLayer>, RegistryError> {
    let is_chosen = |layer: &ListedLayer| {
        chosen.is_empty() || chosen.iter().any(|glob| glob.is_match(layer.name.as_str()))
    };
    let listed = registry.layers(None).await?;
    futures::stream::iter(listed.into_iter().filter(is_chosen))
        .map(|listed| read_layer(registry, listed))
        .buffered(PARALLEL)
        .try_collect()
        .await
}

async fn read_layer(
    registry: &dyn ReadRegistry,
    listed: ListedLayer,
) -> Result<ImportedLayer, RegistryError> {
    let ListedLayer { name, latest } = listed;
    let is_version = latest.metadata.description.parse::<Description>().is_ok();
    let older = if is_version {
        Vec::new()
    } else {
        descriptions(registry, &name).await?
    };
    Ok(ImportedLayer {
        destination: registry.destination().to_owned(),
        policy: registry.policy(&name, latest.number).await?,
        layer: name,
        newest: latest,
        older,
    })
}

async fn descriptions(
    registry: &dyn ReadRegistry,
    layer: &LayerName,
) -> Result<Vec<String>, RegistryError> {
    let versions = registry.versions(layer, None).await?.into_iter();
    Ok(versions
        .map(|version| version.metadata.description)
        .collect())
}

/// The target to write to the manifest: how to connect to the same destination, and its settings other than publishing.
fn target(session: &Session, manifest: Option<&Manifest>, context: &Context) -> ImportedTarget {
    let known = manifest.and_then(|manifest| manifest.targets.get(&session.target));
    let mut target = known.cloned().unwrap_or_else(|| Target::in_aws("aws"));
    let account = &session.identity.account;
    if let Place::Aws(aws) = &mut target.place {
        let regions = session.registries.iter();
        let regions = regions.filter_map(|registry| registry.destination().parse().ok());
        aws.regions = regions.collect();
        let profile = context.options.profile.clone();
        aws.profile = profile.or_else(|| aws.profile.take());
        aws.account = Some(account.clone());
    }
    let settings = target.keys().into_iter();
    ImportedTarget {
        name: target.name.clone(),
        account: account.clone(),
        settings: settings
            .map(|(key, value)| (key, value.to_string()))
            .collect(),
    }
}

/// The file to write already exists.
#[derive(Debug, thiserror::Error)]
#[error("`{}` already exists", .0.display())]
struct Exists(PathBuf);

impl Failure for Exists {
    fn hint(&self) -> Option<String> {
        Some("name a new file: `lls import` does not overwrite files".into())
    }
}

/// No published layer matches a glob.
#[derive(Debug, thiserror::Error)]
#[error("no published layer matches `{0}`")]
struct NothingMatches(String);

impl Failure for NothingMatches {
    fn hint(&self) -> Option<String> {
        Some("`lls list` shows what is published".into())
    }
}

/// There is nothing to import.
#[derive(Debug, thiserror::Error)]
#[error("no layers are published in {0}")]
struct NothingPublished(String);

impl Failure for NothingPublished {
    fn hint(&self) -> Option<String> {
        Some("name another region with `--region`, or another profile with `--profile`".into())
    }
}
