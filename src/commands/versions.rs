//! `lls versions`: lists the published versions of a layer.

use super::{Context, ExitStatus};
use crate::cli::VersionsOptions;
use crate::error::{Error, Failures};
use crate::manifest::Manifest;
use crate::reconcile::{is_published, unknown_layer};
use crate::registry::Session;
use crate::render::{ListedVersions, render_versions};

pub(super) async fn versions(
    options: &VersionsOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest_if_there()?;
    let session = context.connect_to(manifest.as_ref()).await?;
    let mut listed = Vec::new();
    for registry in &session.registries {
        let versions = registry
            .versions(options.layer(), options.runtime.as_ref())
            .await?;
        listed.push(ListedVersions {
            destination: registry.destination().to_owned(),
            versions,
        });
    }
    if listed.iter().all(|listed| listed.versions.is_empty()) {
        check_name(options, &session, manifest.as_ref()).await?;
    }
    context.result(
        options.format,
        &render_versions(options.layer(), &listed, options.runtime.as_ref()),
        serde_json::json!({ "layer": options.layer(), "destinations": listed }),
    )?;
    Ok(ExitStatus::Success)
}

/// Refuses the name of a layer that is neither published nor declared. One that is declared may not be published yet.
async fn check_name(
    options: &VersionsOptions,
    session: &Session,
    manifest: Option<&Manifest>,
) -> Result<(), Error> {
    let layer = options.layer();
    let registries: Vec<_> = session.registries.iter().map(AsRef::as_ref).collect();
    let is_declared = manifest.is_some_and(|manifest| manifest.layers.contains_key(layer));
    let has_others = options.runtime.is_some() && is_published(&registries, layer).await?;
    if is_declared || has_others {
        Ok(())
    } else {
        Err(unknown_layer(&registries, layer, manifest).await)
    }
}
