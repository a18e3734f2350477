//! `lls plan`: shows what `apply` would do.

use super::connection::OneTargetOnly;
use super::report;
use super::saved_plan::save;
use super::{Context, ExitStatus};
use crate::cli::{PlanFormat, PlanOptions, PlanningOptions};
use crate::error::Failures;
use crate::manifest::Manifest;
use crate::plan::{Plan, SavedPlan};
use crate::reconcile::{Planner, chosen_targets, warn_of_left_layers};
use crate::render::{render_markdown, render_plan_json, render_plans};

pub(super) async fn plan(options: &PlanOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let planning = &options.planning;
    let reports = &planning.report.reports;
    report::check(reports, options.out.as_deref(), &context.repository())?;
    let manifest = context.manifest()?;
    let layers = manifest.select(&planning.layers.globs())?;
    let targets = chosen_targets(&manifest, &context.options.targets)?;
    if options.out.is_some() && targets.len() > 1 {
        return Err(OneTargetOnly(context.options.targets.join(", ")).into());
    }
    let builder = context.builder(manifest.folder(), &manifest.repository, planning.inputs)?;
    let planner = Planner {
        builder: &builder,
        rebuild: planning.rebuild.layers(),
        detail: planning.report.detail(planning.diff),
    };
    let name = manifest.path.display().to_string();
    let tracked = context.tracked_caches(&manifest, &builder);
    let opened = context.open(&manifest, &layers, &targets).await;
    let planned = planner.plan(&layers, opened).await;
    tracked.warn(context.progress.as_ref()).await;
    let planned = match planned {
        Ok(planned) => planned,
        Err(failures) => return Err(report::nothing(failures, &targets, reports, &name, context)),
    };
    // Of some layers it is not asked what else there is.
    if planning.layers.globs().is_empty() {
        for planned in planned.planned() {
            warn_of_left_layers(&manifest, &planned.session, context.progress.as_ref()).await;
        }
    }
    let reported = report::report(&planned, &[], reports, &name, &builder, context).await;
    let shown = report::shown_plans(&planned, planning.diff);
    let shown = report::of_plans(&planned, &shown, &name, context);
    context.output.result(&match planning.report.format {
        PlanFormat::Terminal => render_plans(&shown.plans(), &name),
        PlanFormat::Json => render_plan_json(&shown),
        PlanFormat::Markdown => render_markdown(&reported),
    })?;
    context.report(&planned.failures);
    context.annotate_report(&reported);
    report::write(reports, &reported, &manifest.repository)?;
    if !planned.failures.0.is_empty() {
        if options.out.is_some() {
            context
                .output
                .message("The plan is not saved: it is not whole.\n");
        }
        return Ok(ExitStatus::Failure);
    }
    let plans: Vec<_> = planned.planned().map(|planned| &planned.plan).collect();
    if let (Some(path), [plan]) = (&options.out, plans.as_slice()) {
        save(path, &saved(plan, planning, &manifest, context), context)?;
    }
    Ok(status(&plans, options))
}

/// What `apply` needs to know of a plan.
fn saved(
    plan: &Plan,
    planning: &PlanningOptions,
    manifest: &Manifest,
    context: &Context,
) -> SavedPlan {
    SavedPlan {
        manifest: manifest.sha256,
        selection: planning.layers.globs(),
        region: context.options.region.clone(),
        rebuild: planning.rebuild.rebuild,
        plan: plan.without_folders().without_diffs(),
    }
}

fn status(plans: &[&Plan], options: &PlanOptions) -> ExitStatus {
    let is_blocked = plans.iter().any(|plan| plan.is_blocked());
    let has_changes = plans.iter().any(|plan| plan.has_changes());
    match (is_blocked, has_changes) {
        (true, _) => ExitStatus::Failure,
        (false, true) if options.detailed_exitcode => ExitStatus::Changes,
        (false, _) => ExitStatus::Success,
    }
}
