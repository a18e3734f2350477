//! `lls bump`: raises a layer's description, as much as is asked for or as the difference from what is published asks.

use super::{Context, ExitStatus};
use crate::cli::BumpOptions;
use crate::error::Failures;
use crate::plan::BumpReason;
use crate::reconcile::{CannotCompare, edit_manifest, raised, suggest};
use crate::registry::OrganizationLookup;
use crate::render::{BumpedLayer, render_bump};

pub(super) async fn bump(options: &BumpOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let (name, settings) = manifest.layer(&options.layer)?;
    let before = settings.description.clone();
    let (target, reason, after) = match options.level.level() {
        Some(level) => {
            let after = raised(&before, level)?;
            (None, BumpReason::Asked { level }, Some(after))
        }
        None => {
            let (layer, target) = ((name, settings), manifest.target(context.target()?)?);
            // Who is granted tells which of equal versions is current.
            let lookup = OrganizationLookup::of(&[layer]);
            let session = context.connect(&manifest, target, lookup).await;
            let session = session.map_err(|cause| CannotCompare {
                layer: name.clone(),
                cause,
            })?;
            let (repository, inputs) = (&manifest.repository, options.inputs);
            let builder = context.builder(manifest.folder(), repository, inputs)?;
            let (reason, after) = suggest(layer, session, &builder).await?;
            (Some(target.name.clone()), reason, after)
        }
    };
    if let Some(after) = after.as_ref().filter(|_| !options.dry_run) {
        edit_manifest(&manifest.path, &manifest.repository, |text| {
            text.with_description(name, after)
        })?;
    }
    let position = settings.description_position;
    let bumped = BumpedLayer {
        layer: name.clone(),
        manifest: manifest.path.clone(),
        line: position.map_or(0, |position| position.line),
        before,
        after,
        dry_run: options.dry_run,
        target,
        reason,
    };
    context.result(options.format, &render_bump(&bumped), &bumped)?;
    Ok(ExitStatus::Success)
}
