//! `lls versions`: lists the published versions of a layer.

use super::{Context, ExitStatus};
use crate::cli::{Format, VersionsOptions};
use crate::error::Failures;
use crate::render::{Document, ListedVersions, render_versions};

pub(super) async fn versions(
    options: &VersionsOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let session = context.connect_for_reading().await?;
    let mut listed = Vec::new();
    for registry in &session.registries {
        let versions = registry
            .versions(&options.layer, options.runtime.as_ref())
            .await?;
        listed.push(ListedVersions {
            destination: registry.destination().to_owned(),
            versions,
        });
    }
    context.output.result(&match options.format.format {
        Format::Terminal => render_versions(&options.layer, &listed, options.runtime.as_ref()),
        Format::Json => {
            Document::new(serde_json::json!({ "layer": options.layer, "destinations": listed }))
                .render()
        }
    })?;
    Ok(ExitStatus::Success)
}
