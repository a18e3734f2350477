//! `lls plan`: shows what `apply` would do.

use super::context::OneTargetOnly;
use super::saved_plan::save;
use super::targets::{Selection, TargetPlan, TargetPlans, chosen_targets, plan_targets};
use super::{Context, ExitStatus};
use crate::cli::{Format, PlanOptions};
use crate::error::Failures;
use crate::plan::{Plan, SavedPlan};
use crate::render::{TargetResult, render_documents, render_plans};

pub(super) async fn plan(options: &PlanOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.layers)?;
    let targets = chosen_targets(&manifest, context)?;
    if options.out.is_some() && targets.len() > 1 {
        return Err(OneTargetOnly(context.options.targets.join(", ")).into());
    }
    let builder = context.builder(manifest.folder(), options.inputs)?;
    let selection = Selection {
        manifest: &manifest,
        layers: &layers,
        rebuild: options.rebuild,
        detail: options.diff.detail(),
    };
    let planned = plan_targets(&selection, &targets, &builder, context).await?;
    let texts: Vec<_> = planned.targets.iter().map(plan_text).collect();
    context.output.result(&match options.format.format {
        Format::Terminal => render_plans(&texts, &manifest.path.display().to_string()),
        Format::Json => render_documents(&texts),
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
    if let (Some(path), [plan]) = (&options.out, plans(&planned).as_slice()) {
        let saved = SavedPlan {
            manifest: manifest.sha256,
            selection: options.layers.layers.clone(),
            region: context.options.region.clone(),
            rebuild: options.rebuild.rebuild,
            plan: plan.without_folders().without_diffs(),
        };
        save(path, &saved, context)?;
    }
    Ok(status(&plans(&planned), options.detailed_exitcode))
}

/// What is shown of a target's plan.
pub(super) fn plan_text<'p>(target: &'p TargetPlan<'_>) -> TargetResult<'p, Plan> {
    TargetResult {
        target: &target.name,
        result: target.work.as_ref().map(|(_, planned)| &planned.plan),
        failures: &target.failures,
    }
}

fn plans<'p>(planned: &'p TargetPlans<'_>) -> Vec<&'p Plan> {
    let works = planned.targets.iter().flat_map(|target| &target.work);
    works.map(|(_, planned)| &planned.plan).collect()
}

fn status(plans: &[&Plan], detailed: bool) -> ExitStatus {
    let is_blocked = plans.iter().any(|plan| plan.is_blocked());
    let has_changes = plans.iter().any(|plan| plan.has_changes());
    match (is_blocked, has_changes) {
        (true, _) => ExitStatus::Failure,
        (false, true) if detailed => ExitStatus::Changes,
        (false, _) => ExitStatus::Success,
    }
}
