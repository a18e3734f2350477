//! `lls list`: lists the published layers.

use super::{Context, ExitStatus};
use crate::cli::ListOptions;
use crate::error::Failures;
use crate::render::{PublishedLayers, render_layers};

pub(super) async fn list(options: &ListOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let session = context.connect_for_reading().await?;
    let mut listed = Vec::new();
    for registry in &session.registries {
        let layers = registry.layers(options.runtime.as_ref()).await?;
        listed.push(PublishedLayers {
            destination: registry.destination().to_owned(),
            layers,
        });
    }
    context.result(
        options.format,
        &render_layers(&listed, options.runtime.as_ref()),
        serde_json::json!({ "destinations": listed }),
    )?;
    Ok(ExitStatus::Success)
}
