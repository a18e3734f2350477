//! `lls apply`: plans, shows the plan, asks unless the plan was saved, and executes it.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use futures::future::join_all;

use super::report;
use super::{Context, ExitStatus, saved_plan};
use crate::apply::{Summary, apply as execute};
use crate::build::Builder;
use crate::cli::{ApplyOptions, PlanFormat, PlanningOptions};
use crate::error::Failures;
use crate::manifest::{Manifest, Target};
use crate::plan::SavedPlan;
use crate::reconcile::{Planner, Rebuild, TargetPlan, TargetPlans, chosen_targets};
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
    let saved = match saved_plan::named(&planning.layers)? {
        Some(path) => Some((path, saved_plan::read(path, context)?)),
        None => None,
    };
    let manifest = context.manifest()?;
    let (globs, rebuild) = selection(planning, saved.as_ref(), &manifest)?;
    let layers = manifest.select(&globs)?;
    let builder = context.builder(manifest.folder(), &manifest.repository, planning.inputs)?;
    let planner = Planner {
        builder: &builder,
        rebuild,
        detail: planning.report.detail(planning.diff),
    };
    let targets = chosen_targets(&manifest, &context.options.targets)?;
    warn_of_folders(&targets, context);
    let name = manifest.path.display().to_string();
    let tracked = context.tracked_caches(&manifest, &builder);
    let opened = context.open(&manifest, &layers, &targets).await;
    let planned = planner.plan(&layers, opened).await;
    tracked.warn(context.progress.as_ref()).await;
    let planned = planned.and_then(|planned| checked(planned, saved.as_ref()));
    let planned = match planned {
        Ok(planned) => planned,
        Err(failures) => return Err(report::nothing(failures, &targets, reports, &name, context)),
    };
    let has_changes = planned.planned().any(|planned| planned.plan.has_changes());
    let is_agreed = options.yes || saved.is_some() || !has_changes;
    if !consent(&planned, is_agreed, planning, &name, context).await? {
        return Ok(ExitStatus::Failure);
    }
    context.interruption.changes_begin()?;
    let executed = planned.targets.iter().map(|target| run(target, &builder));
    let summaries = join_all(executed).await;
    let reported = report::report(&planned, &summaries, reports, &name, &builder, context).await;
    // Written first: where stdout fails, they still tell what was done.
    let written = report::write(reports, &reported, &manifest.repository);
    context.annotate_report(&reported);
    let result = match planning.report.format {
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

/// Shows the plan, and asks where nobody has agreed and somebody can be asked. Whether to go on.
async fn consent(
    planned: &TargetPlans<'_>,
    is_agreed: bool,
    planning: &PlanningOptions,
    manifest: &str,
    context: &Context,
) -> Result<bool, Failures> {
    let asks = !is_agreed && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let shown = report::shown_plans(planned, planning.diff);
    let shown = report::of_plans(planned, &shown, manifest, context);
    let text = render_plans(&shown.plans(), manifest);
    let reader = if asks { Reader::Asked } else { Reader::Told };
    show(&text, planning.report.format, reader, context)?;
    context.report(&planned.failures);
    let goes_on = !asks || confirm(context).await;
    if !goes_on {
        context.output.message("Nothing was changed.\n");
    }
    Ok(goes_on)
}

/// Which layers to plan, and whether to build them anew: as the saved plan says, where there is one.
fn selection(
    planning: &PlanningOptions,
    saved: Option<&(&Path, SavedPlan)>,
    manifest: &Manifest,
) -> Result<(Vec<String>, Rebuild), Failures> {
    let Some((path, saved)) = saved else {
        return Ok((planning.layers.globs(), planning.rebuild.layers()));
    };
    saved_plan::check_manifest(path, saved, manifest)?;
    let rebuild = if saved.rebuild {
        Rebuild::All
    } else {
        planning.rebuild.layers()
    };
    Ok((saved.selection.clone(), rebuild))
}

/// Who sees a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Asks on stderr, wherever stdout goes, and even with `--quiet`.
    Asked,
    /// Is told.
    Told,
}

/// Shows the plan: as the result on stdout, or beside a result in another format.
fn show(text: &str, format: PlanFormat, reader: Reader, context: &Context) -> Result<(), Failures> {
    let is_result = format == PlanFormat::Terminal;
    if is_result {
        context.output.result(text)?;
    }
    let is_seen = is_result && std::io::stdout().is_terminal();
    match reader {
        Reader::Asked if !is_seen => context.output.insist(text),
        Reader::Told if !is_result => context.output.message(text),
        _ => {}
    }
    Ok(())
}

/// The plans, if they are complete and match any saved plan.
fn checked<'a>(
    planned: TargetPlans<'a>,
    saved: Option<&(&Path, SavedPlan)>,
) -> Result<TargetPlans<'a>, Failures> {
    let Some((path, saved)) = saved else {
        return Ok(planned);
    };
    if !planned.failures.0.is_empty() {
        return Err(planned.failures);
    }
    for planned in planned.planned() {
        saved_plan::check_plan(path, saved, &planned.plan)?;
    }
    Ok(planned)
}

/// Warns if a CI job publishes to a folder, which is lost with the job.
fn warn_of_folders(targets: &[&Target], context: &Context) {
    let is_folder = |target: &&&Target| target.place.is_folder();
    for target in targets
        .iter()
        .filter(is_folder)
        .filter(|_| context.environment.is_ci)
    {
        context.warn(&format!(
            "target `{}` is a folder, which is lost when the CI job ends: name a target in AWS with `--target` or LLS_TARGET",
            target.name
        ));
    }
}

/// Executes the plan of one target. `None` if there is none.
async fn run(target: &TargetPlan<'_>, builder: &Builder<'_>) -> Option<Summary> {
    let mut summary = execute(target.planned.as_ref()?, builder).await;
    summary.unplanned = target.failures.len();
    Some(summary)
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
    // A detached thread, because an interruption does not end the read.
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        sender.send(read.map(|_| line))
    });
    let is_yes = |line: &str| matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    matches!(answer.await, Ok(Ok(line)) if is_yes(&line))
}
