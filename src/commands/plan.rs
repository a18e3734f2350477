//! `lls plan`: shows what `apply` would do.

use super::planning::{open_session, plan_layers};
use super::saved_plan::save;
use super::{Context, ExitStatus};
use crate::cli::{Format, PlanOptions};
use crate::error::Failures;
use crate::plan::{Plan, SavedPlan};
use crate::render::{Document, render_plan};

pub(super) async fn plan(options: &PlanOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.layers)?;
    let builder = context.builder(manifest.folder(), options.inputs)?;
    let session = open_session(&manifest, &layers, context).await?;
    let planned = plan_layers(&layers, &session, &builder).await?;
    context.output.result(&match options.format.format {
        Format::Terminal => render_plan(&planned.plan, &manifest.path.display().to_string()),
        Format::Json => Document::new(&planned.plan).render(),
    })?;
    context.report(&planned.failures);
    if !planned.failures.0.is_empty() {
        if options.out.is_some() {
            context
                .output
                .message("The plan is not saved: it is not whole.\n");
        }
        return Ok(ExitStatus::Failure);
    }
    if let Some(path) = &options.out {
        let saved = SavedPlan {
            manifest: manifest.sha256,
            selection: options.layers.layers.clone(),
            region: context.options.region.clone(),
            plan: planned.plan.without_folders(),
        };
        save(path, &saved, context)?;
    }
    Ok(status(&planned.plan, options.detailed_exitcode))
}

fn status(plan: &Plan, detailed: bool) -> ExitStatus {
    match (plan.is_blocked(), plan.has_changes()) {
        (true, _) => ExitStatus::Failure,
        (false, true) if detailed => ExitStatus::Changes,
        (false, _) => ExitStatus::Success,
    }
}
