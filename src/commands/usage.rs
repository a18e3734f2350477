//! `lls usage`: which functions use which layer versions, and how far behind they are.

use super::published::{Published, read_published};
use super::{Context, ExitStatus};
use crate::cli::{Format, UsageOptions};
use crate::error::Failures;
use crate::plan::PublishedLayer;
use crate::render::{DestinationUsage, Document, render_usage};

pub(super) async fn usage(
    options: &UsageOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest_if_there()?;
    let session = context.connect_to(manifest.as_ref()).await?;
    let declared = manifest.iter().flat_map(|manifest| manifest.layers.keys());
    let published = read_published(&session, manifest.as_ref(), |used| {
        let used = used.layers.keys().cloned();
        used.chain(declared.clone().cloned()).collect()
    })
    .await?;
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
