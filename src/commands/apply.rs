//! `lls apply`: plans, shows the plan, asks unless the plan was saved, and executes it.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use futures::future::join_all;

use super::report;
use super::targets::{Selection, TargetPlan, TargetPlans, chosen_targets, plan_targets};
use super::tracked::TrackedCaches;
use super::{Context, ExitStatus, saved_plan};
use crate::apply::{Summary, apply as execute};
use crate::build::Builder;
use crate::cli::{ApplyOptions, PlanFormat, PlanningOptions, RebuildOption};
use crate::error::Failures;
use crate::manifest::{Manifest, Place, Target};
use crate::plan::SavedPlan;
use crate::render::{
    Plans, TargetResult, render_apply_json, render_markdown, render_plans, render_summaries,
};

pub(super) async fn apply(
    options: &ApplyOptions,
    context: &mut Context,
) -> Result<ExitStatus, Failures> {
    let planning = &options.planning;
    let reports = &planning.report.reports;
    report::check(reports, None, &context.repository())?;
    let saved = match &options.plan {
        Some(path) => Some((path, saved_plan::read(path, context)?)),
        None => None,
    };
    let manifest = context.manifest()?;
    let (globs, rebuild) = selection(planning, saved.as_ref(), &manifest)?;
    let layers = manifest.select(globs)?;
    let builder = context.builder(manifest.folder(), &manifest.repository, planning.inputs)?;
    let selection = Selection {
        manifest: &manifest,
        layers: &layers,
        rebuild,
        detail: planning.report.detail(planning.diff),
    };
    let targets = chosen_targets(&manifest, context)?;
    warn_of_folders(&targets, context);
    let name = manifest.path.display().to_string();
    let tracked = TrackedCaches::look(manifest.folder(), &builder, context);
    let planned = plan_targets(&selection, &targets, &builder, context).await;
    tracked.warn(context).await;
    let planned = planned.and_then(|planned| checked(planned, saved.as_ref()));
    let planned = match planned {
        Ok(planned) => planned,
        Err(failures) => return Err(report::nothing(failures, &targets, reports, &name, context)),
    };
    let has_changes = has_changes(&planned);
    let is_agreed = options.yes || saved.is_some() || !has_changes;
    let asks = !is_agreed && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let format = planning.report.format;
    let shown = report::shown_plans(&planned, planning.diff);
    let shown = report::of_plans(&planned, &shown, &name, context);
    show(&render_plans(&shown.plans(), &name), format, asks, context)?;
    context.report(&planned.failures);
    if asks && !confirm(context).await {
        context.output.message("Nothing was changed.\n");
        return Ok(ExitStatus::Failure);
    }
    context.interruption.changes_begin()?;
    let executed = planned.targets.iter().map(|target| run(target, &builder));
    let summaries = join_all(executed).await;
    let reported = report::report(&planned, &summaries, reports, &name, &builder, context).await;
    // Written first: where stdout fails, they still tell what was done.
    let written = report::write(reports, &reported, &manifest.repository);
    context.annotate_report(&reported);
    let result = match format {
        PlanFormat::Json => Some(render_apply_json(&reported, Plans::LeftOut)),
        PlanFormat::Markdown => Some(render_markdown(&reported)),
        PlanFormat::Terminal => has_changes.then(|| terminal_text(&planned, &summaries)),
    };
    if let Some(text) = result {
        context.output.result(&text)?;
    }
    written?;
    let is_success = |summary: &Option<Summary>| summary.as_ref().is_some_and(Summary::is_success);
    Ok(ExitStatus::of(summaries.iter().all(is_success)))
}

/// Which layers to plan, and whether to build them anew: as the saved plan says, where there is one.
fn selection<'a>(
    planning: &'a PlanningOptions,
    saved: Option<&'a (&PathBuf, SavedPlan)>,
    manifest: &Manifest,
) -> Result<(&'a [String], RebuildOption), Failures> {
    let Some((path, saved)) = saved else {
        return Ok((&planning.layers.layers, planning.rebuild));
    };
    saved_plan::check_manifest(path, saved, manifest)?;
    let rebuild = planning.rebuild.rebuild || saved.rebuild;
    Ok((&saved.selection, RebuildOption { rebuild }))
}

/// Shows the plan: as the result on stdout, or beside a result in another format. Whoever is asked sees it, wherever
/// stdout goes and however quiet it is to be.
fn show(text: &str, format: PlanFormat, asks: bool, context: &Context) -> Result<(), Failures> {
    let is_result = format == PlanFormat::Terminal;
    if is_result {
        context.output.result(text)?;
    }
    let is_seen = is_result && std::io::stdout().is_terminal();
    match asks {
        true if !is_seen => context.output.insist(text),
        false if !is_result => context.output.message(text),
        _ => {}
    }
    Ok(())
}

/// The plans, if they are whole and as they were saved, where one was.
fn checked<'a>(
    planned: TargetPlans<'a>,
    saved: Option<&(&PathBuf, SavedPlan)>,
) -> Result<TargetPlans<'a>, Failures> {
    let Some((path, saved)) = saved else {
        return Ok(planned);
    };
    if !planned.failures.0.is_empty() {
        return Err(planned.failures);
    }
    for (_, planned) in planned.targets.iter().flat_map(|target| &target.work) {
        saved_plan::check_plan(path, saved, &planned.plan)?;
    }
    Ok(planned)
}

/// Says where a CI job publishes into a folder, which is gone with the job.
fn warn_of_folders(targets: &[&Target], context: &Context) {
    let is_folder = |target: &&&Target| matches!(target.place, Place::Directory(_));
    for target in targets
        .iter()
        .filter(is_folder)
        .filter(|_| context.environment.is_ci)
    {
        context.warn(&format!(
            "target `{}` is a folder, which a CI job does not keep: name a target in AWS with `--target` or LLS_TARGET",
            target.name
        ));
    }
}

/// Executes the plan of one target; `None` where there is none.
async fn run(target: &TargetPlan<'_>, builder: &Builder<'_>) -> Option<Summary> {
    let (session, planned) = target.work.as_ref()?;
    let sources = planned.sources();
    let mut summary = execute(&planned.plan, &session.registries, &sources, builder).await;
    summary.unplanned = target.failures.len();
    Some(summary)
}

fn has_changes(planned: &TargetPlans<'_>) -> bool {
    let mut works = planned.targets.iter().flat_map(|target| &target.work);
    works.any(|(_, planned)| planned.plan.has_changes())
}

/// What was done, below the plan.
fn terminal_text(planned: &TargetPlans<'_>, summaries: &[Option<Summary>]) -> String {
    let targets = planned.targets.iter().zip(summaries);
    let results = targets.map(|(target, summary)| TargetResult {
        target: &target.name,
        result: summary.as_ref(),
        failures: &target.failures,
    });
    let text = render_summaries(&results.collect::<Vec<_>>());
    format!("\n{text}")
}

/// Asks on the terminal whether to go on.
async fn confirm(context: &Context) -> bool {
    context.output.insist("\nApply these changes? [y/N] ");
    // A thread of its own, which nobody waits for: reading does not end with an interruption.
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        sender.send(read.map(|_| line))
    });
    let is_yes = |line: &str| matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    matches!(answer.await, Ok(Ok(line)) if is_yes(&line))
}
