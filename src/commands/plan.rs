//! `lls plan`: shows what `apply` would do.

use super::context::OneTargetOnly;
use super::report;
use super::saved_plan::save;
use super::targets::{Selection, TargetPlans, chosen_targets, plan_targets};
use super::tracked::TrackedCaches;
use super::{Context, ExitStatus};
use crate::cli::{PlanFormat, PlanOptions};
use crate::error::Failures;
use crate::plan::{Plan, SavedPlan};
use crate::render::{render_markdown, render_plan_json, render_plans};

pub(super) async fn plan(options: &PlanOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let planning = &options.planning;
    let reports = &planning.report.reports;
    report::check(reports, options.out.as_deref(), &context.repository())?;
    let manifest = context.manifest()?;
    let layers = manifest.select(&planning.layers.layers)?;
    let targets = chosen_targets(&manifest, context)?;
    if options.out.is_some() && targets.len() > 1 {
        return Err(OneTargetOnly(context.options.targets.join(", ")).into());
    }
    let builder = context.builder(manifest.folder(), &manifest.repository, planning.inputs)?;
    let selection = Selection {
        manifest: &manifest,
        layers: &layers,
        rebuild: planning.rebuild,
        detail: planning.report.detail(planning.diff),
    };
    let name = manifest.path.display().to_string();
    let tracked = TrackedCaches::look(manifest.folder(), &builder, context);
    let planned = plan_targets(&selection, &targets, &builder, context).await;
    tracked.warn(context).await;
    let planned = match planned {
        Ok(planned) => planned,
        Err(failures) => return Err(report::nothing(failures, &targets, reports, &name, context)),
    };
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
    if let (Some(path), [plan]) = (&options.out, plans(&planned).as_slice()) {
        let saved = SavedPlan {
            manifest: manifest.sha256,
            selection: planning.layers.layers.clone(),
            region: context.options.region.clone(),
            rebuild: planning.rebuild.rebuild,
            plan: plan.without_folders().without_diffs(),
        };
        save(path, &saved, context)?;
    }
    Ok(status(&plans(&planned), options.detailed_exitcode))
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
