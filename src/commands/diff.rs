//! `lls diff`: what differs between a published version and the manifest's layer, or another version.

use super::region::choose_region;
use super::{Context, ExitStatus};
use crate::cli::DiffOptions;
use crate::error::Failures;
use crate::reconcile::{Compared, compare, only_registry};
use crate::render::{DiffSide, Difference, render_difference};

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
    let declared = match (&manifest, &options.after) {
        (Some(manifest), None) => Some((manifest, manifest.layer(options.before.layer())?)),
        _ => None,
    };
    let session = context.connect_to(manifest.as_ref()).await?;
    let registry = only_registry(&session)?;
    let before = Compared::published(registry, &options.before, manifest.as_ref()).await?;
    let after = match declared {
        Some((manifest, layer)) => {
            let repository = &manifest.repository;
            let builder = context.builder(manifest.folder(), repository, options.inputs)?;
            Compared::local(layer, &builder).await?
        }
        None => {
            let named = options.after.as_ref().unwrap_or(&options.before);
            Compared::published(registry, named, manifest.as_ref()).await?
        }
    };
    let changes = compare(&before, &after, registry, options.detail()).await;
    let difference = Difference {
        destination: registry.destination(),
        before: side(&before),
        after: side(&after),
        is_equal: changes.same_content && changes.metadata.is_empty(),
        changes,
    };
    let manifest = context.options.manifest_path().display().to_string();
    context.result(
        options.format,
        &render_difference(&difference, &manifest),
        &difference,
    )?;
    if difference.is_equal || !options.detailed_exitcode {
        Ok(ExitStatus::Success)
    } else {
        Ok(ExitStatus::Changes)
    }
}

fn side<'a>(compared: &'a Compared<'_>) -> DiffSide<'a> {
    let (published, version) = (compared.as_published(), compared.version());
    DiffSide {
        layer: compared.layer(),
        number: published.map(|published| published.number),
        arn: published.map(|published| published.arn.as_str()),
        created: published.map(|published| published.created.as_str()),
        metadata: version.metadata,
        sha256: compared.sha256(),
        size: version.size,
    }
}
