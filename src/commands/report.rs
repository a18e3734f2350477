//! Reports of `plan` and `apply`: checked before anything is done, written when it is over.

use std::collections::BTreeMap;
use std::path::Path;

use super::output_file::OutputFile;
use super::{Context, saved_plan};
use crate::apply::Summary;
use crate::build::Builder;
use crate::cli::{DiffOption, ReportFile};
use crate::error::Failures;
use crate::input::Repository;
use crate::manifest::Target;
use crate::plan::Plan;
use crate::reconcile::{TargetPlans, read_contents, texts};
use crate::render::{Depth, Report, TargetReport, TargetResult};

/// Checks that the reports, and the saved plan at `plan`, can be written.
pub fn check(
    reports: &[ReportFile],
    plan: Option<&Path>,
    repository: &Repository,
) -> Result<(), Failures> {
    let plan = plan.map(saved_plan::file);
    let files: Vec<_> = plan.into_iter().chain(reports.iter().map(file)).collect();
    OutputFile::check_all(&files, repository)
}

fn file(report: &ReportFile) -> OutputFile<'_> {
    OutputFile {
        path: &report.path,
        what: format!("{} report", report.format.name),
        recognizes: report.format.recognizes,
    }
}

/// Writes the reports; tells of each that cannot be written.
///
/// # Errors
/// If some could not be written. The others are.
pub fn write(
    reports: &[ReportFile],
    report: &Report<'_>,
    repository: &Repository,
) -> Result<(), Failures> {
    let mut failures = Failures::default();
    for to in reports {
        failures.keep(file(to).write(&(to.format.render)(report), repository));
    }
    failures.into_result()
}

/// What is reported of plans, and of what applying them came to. Reads what fills the layers where a report shows it.
pub async fn report<'a>(
    planned: &'a TargetPlans<'_>,
    summaries: &'a [Option<Summary>],
    reports: &[ReportFile],
    manifest: &'a str,
    builder: &Builder<'_>,
    context: &Context,
) -> Report<'a> {
    let warnings = context.warned();
    let depth = reports.iter().map(|report| report.format.depth).max();
    let mut targets = Vec::new();
    for (index, target) in planned.targets.iter().enumerate() {
        let planned = target.planned.as_ref();
        let contents = match planned.filter(|_| depth == Some(Depth::Contents)) {
            Some(planned) => read_contents(planned, builder).await,
            None => BTreeMap::new(),
        };
        let plan = planned.map(|planned| &planned.plan);
        targets.push(TargetReport {
            summary: summaries.get(index).and_then(Option::as_ref),
            contents,
            ..of_target(&target.name, plan, &target.failures)
        });
    }
    Report {
        manifest,
        targets,
        warnings,
    }
}

/// The plans as they are printed: with diffs only where these were asked for.
pub fn shown_plans(planned: &TargetPlans<'_>, diff: DiffOption) -> Vec<Option<Plan>> {
    let plans = planned.targets.iter().map(|target| {
        let plan = target.planned.as_ref()?.plan.clone();
        Some(if diff.diff {
            plan
        } else {
            plan.without_diffs()
        })
    });
    plans.collect()
}

/// What is printed of `plans`, one for each target.
pub fn of_plans<'a>(
    planned: &'a TargetPlans<'_>,
    plans: &'a [Option<Plan>],
    manifest: &'a str,
    context: &Context,
) -> Report<'a> {
    let targets = planned.targets.iter().zip(plans);
    let targets =
        targets.map(|(target, plan)| of_target(&target.name, plan.as_ref(), &target.failures));
    Report {
        manifest,
        targets: targets.collect(),
        warnings: context.warned(),
    }
}

fn of_target<'a>(
    target: &'a str,
    result: Option<&'a Plan>,
    failures: &'a [String],
) -> TargetReport<'a> {
    TargetReport {
        plan: TargetResult {
            target,
            result,
            failures,
        },
        summary: None,
        contents: BTreeMap::new(),
    }
}

/// Reports that nothing could be planned in any of the `targets`, and gives back why, with what kept a report from
/// being written.
pub fn nothing(
    mut failures: Failures,
    targets: &[&Target],
    reports: &[ReportFile],
    manifest: &str,
    context: &Context,
) -> Failures {
    let texts = texts(&failures);
    let targets = targets.iter();
    let report = Report {
        manifest,
        targets: targets
            .map(|target| of_target(&target.name, None, &texts))
            .collect(),
        warnings: context.warned(),
    };
    if let Err(unwritten) = write(reports, &report, &context.repository()) {
        failures.extend(unwritten.0);
    }
    failures
}
