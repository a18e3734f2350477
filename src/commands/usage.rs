//! `lls usage`: which functions use which layer versions, and how far behind they are.

use std::collections::BTreeSet;

use super::planning::{current_version, prepare_layers};
use super::published::{Published, read_published};
use super::{Context, ExitStatus};
use crate::cli::{Format, InputOptions, RebuildOption, UsageOptions};
use crate::error::Failures;
use crate::manifest::Manifest;
use crate::plan::PublishedLayer;
use crate::registry::Session;
use crate::render::{DestinationUsage, Document, render_usage};

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
        recognise_current(&mut published, manifest, &session, context).await?;
    }
    let usage: Vec<_> = published.iter().map(destination_usage).collect();
    context.output.result(&match options.format.format {
        Format::Terminal => render_usage(&usage),
        Format::Json => {
            let target = &session.target;
            let usage = serde_json::json!({ "target": target, "destinations": usage });
            Document::new(usage).render()
        }
    })?;
    Ok(ExitStatus::Success)
}

/// Finds, where several versions have the declared description, which one `plan` takes for current; says where it
/// cannot.
async fn recognise_current(
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
    // Looking changes nothing: a lock that is missing is not made.
    let inputs = InputOptions {
        locked: true,
        no_cache: false,
    };
    let builder = context.builder(manifest.folder(), &manifest.repository, inputs)?;
    let (prepared, failures) = prepare_layers(&layers, &builder, RebuildOption::default()).await;
    for failure in &failures.0 {
        context.warn(&format!("what the manifest says is not known: {failure}"));
    }
    for (published, registry) in published.iter_mut().zip(&session.registries) {
        for layer in published
            .layers
            .iter_mut()
            .filter(|layer| layer.is_ambiguous())
        {
            if let Some(prepared) = prepared.iter().find(|known| *known.layer() == layer.layer) {
                let current =
                    current_version(prepared, registry.as_ref(), &session.identity, &builder);
                layer.recognised = current.await?;
            }
            if layer.recognised.is_none() {
                let (name, place) = (&layer.layer, &layer.destination);
                context.warn(&format!(
                    "several versions of `{name}` in {place} have the description of the manifest, and none is \
                     recognised as what it says: the newest of them is called current"
                ));
            }
        }
    }
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
