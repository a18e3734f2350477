//! `lls usage`: which functions use which layer versions, and how far behind they are.

use std::collections::BTreeSet;

use super::{Context, ExitStatus};
use crate::cli::{InputOptions, UsageOptions};
use crate::error::Failures;
use crate::manifest::Manifest;
use crate::plan::PublishedLayer;
use crate::reconcile::{Planner, Published, read_published, recognise_current};
use crate::registry::Session;
use crate::render::{DestinationUsage, render_usage};

pub(super) async fn usage(
    options: &UsageOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest_if_there()?;
    let session = context.connect_to(manifest.as_ref()).await?;
    let declared = manifest.iter().flat_map(|manifest| manifest.layers.keys());
    let mut published = read_published(&session, manifest.as_ref(), |used| {
        let used = used.layers.keys().cloned();
        used.chain(declared.clone().cloned()).collect()
    })
    .await?;
    if let Some(manifest) = &manifest {
        tell_current(&mut published, manifest, &session, context).await?;
    }
    let usage: Vec<_> = published.iter().map(destination_usage).collect();
    let target = &session.target;
    let document = serde_json::json!({ "target": target, "destinations": usage });
    context.result(options.format, &render_usage(&usage), document)?;
    Ok(ExitStatus::Success)
}

/// Finds, where several versions have the declared description, which one `plan` takes for current; says where it
/// cannot.
async fn tell_current(
    published: &mut [Published],
    manifest: &Manifest,
    session: &Session,
    context: &Context,
) -> Result<(), Failures> {
    let layers = published.iter().flat_map(|published| &published.layers);
    let ambiguous = layers.filter(|layer| layer.is_ambiguous());
    let ambiguous: BTreeSet<_> = ambiguous.map(|layer| layer.layer.clone()).collect();
    let declared = manifest.layers.iter();
    let layers: Vec<_> = declared
        .filter(|(name, _)| ambiguous.contains(*name))
        .collect();
    if layers.is_empty() {
        return Ok(());
    }
    let inputs = InputOptions::LOOKING;
    let builder = context.builder(manifest.folder(), &manifest.repository, inputs)?;
    recognise_current(published, &layers, session, &Planner::new(&builder)).await?;
    Ok(())
}

fn destination_usage(published: &Published) -> DestinationUsage {
    let layers = published.layers.iter();
    DestinationUsage {
        destination: published.destination.clone(),
        has_functions: published.uses.is_some(),
        layers: layers
            .filter(|layer| layer.is_known())
            .map(PublishedLayer::usage)
            .collect(),
        foreign: published.uses.as_ref().map_or(0, |uses| uses.foreign),
    }
}
