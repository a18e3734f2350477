//! Reports of `plan` and `apply`: checked before anything is done, written when it is over.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use super::Context;
use super::contents::read_contents;
use super::targets::{TargetPlans, texts};
use crate::apply::Summary;
use crate::build::Builder;
use crate::cache::write_file;
use crate::cli::{DiffOption, ReportFile, ReportKind};
use crate::error::{Error, Failure, Failures, PathContext as _};
use crate::input::{FileKind, Repository};
use crate::manifest::{Target, folder_of};
use crate::plan::{Plan, SavedPlan};
use crate::render::{
    Plans, Report, TargetReport, TargetResult, render_apply_json, render_gitlab, render_html,
    render_markdown, render_plan_json,
};

/// Checks that the reports can be written, beside a plan that is to be saved, so that nothing is done which could not
/// be reported.
pub fn check(
    reports: &[ReportFile],
    plan: Option<&Path>,
    repository: &Repository,
) -> Result<(), Failures> {
    let mut failures = Failures::default();
    for (index, report) in reports.iter().enumerate() {
        failures.keep(check_one(report, repository));
        let file = file_of(&report.path);
        let is_same = |path: &Path| file_of(path) == file;
        let path = || report.path.clone();
        let twice = |what| Twice { what, path: path() };
        if plan.is_some_and(is_same) {
            failures.extend([twice("the plan and a report").into()]);
        }
        if reports[..index].iter().any(|other| is_same(&other.path)) {
            failures.extend([twice("two reports").into()]);
        }
    }
    match failures.0.is_empty() {
        true => Ok(()),
        false => Err(failures),
    }
}

/// The file that a path leads to, by whichever way, be it there or not; a device stays as it is named.
fn file_of(path: &Path) -> PathBuf {
    let in_folder = || Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    let file = match path.metadata() {
        Ok(metadata) if metadata.is_file() => path.canonicalize().ok(),
        Ok(_) => None,
        Err(_) => in_folder(),
    };
    file.unwrap_or_else(|| path.to_owned())
}

fn check_one(report: &ReportFile, repository: &Repository) -> Result<(), Error> {
    let path = &report.path;
    repository.check_output(path)?;
    let unwritable = |source| Unwritable {
        path: path.clone(),
        source,
    };
    let end = path.canonicalize().unwrap_or_else(|_| path.clone());
    match std::fs::metadata(&end) {
        Ok(metadata) if metadata.is_dir() => return Err(Folder(path.clone()).into()),
        Ok(metadata) if metadata.is_file() => {
            let present = repository.read_named(path, FileKind::Document)?;
            if !is_report(report.kind, &present) {
                return Err(OtherFile(path.clone(), report.kind).into());
            }
        }
        // A device, or a pipe: opening one would wait for its reader.
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unwritable(error).into()),
    }
    let folder = folder_of(&end);
    if !folder.exists() {
        return Err(NoFolder(path.clone(), folder.to_owned()).into());
    }
    tempfile::tempfile_in(folder).map_err(unwritable)?;
    Ok(())
}

/// Whether a file may be overwritten by a report: it is empty, or a report of this kind.
fn is_report(kind: ReportKind, present: &[u8]) -> bool {
    // Only the keys are kept: the values may be large.
    let keys = || {
        let object = serde_json::from_slice::<BTreeMap<String, Option<IgnoredAny>>>(present);
        object.unwrap_or_default().into_keys().collect::<Vec<_>>()
    };
    let starts_with = |text: &str| present.starts_with(text.as_bytes());
    present.is_empty()
        || match kind {
            ReportKind::Json => {
                keys().iter().any(|key| key == "format_version")
                    && !SavedPlan::looks_like_one(present)
            }
            ReportKind::Markdown => starts_with("<!-- lls "),
            ReportKind::Gitlab => keys() == ["create", "delete", "update"],
            ReportKind::Html => {
                let head = &present[..present.len().min(1000)];
                String::from_utf8_lossy(head).contains("<meta name=\"generator\" content=\"lls\">")
            }
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
    for file in reports {
        // Again: since the first check something may have come there, such as a lock that was missing.
        let checked = check_one(file, repository);
        failures.keep(checked.and_then(|()| write_one(&file.path, &text(file.kind, report))));
    }
    match failures.0.is_empty() {
        true => Ok(()),
        false => Err(failures),
    }
}

fn text(kind: ReportKind, report: &Report<'_>) -> String {
    let is_applied = report.targets.iter().any(|target| target.summary.is_some());
    match kind {
        ReportKind::Json if is_applied => render_apply_json(report, Plans::Included),
        ReportKind::Json => render_plan_json(report),
        ReportKind::Markdown => render_markdown(report),
        ReportKind::Gitlab => render_gitlab(report),
        ReportKind::Html => render_html(report),
    }
}

fn write_one(path: &Path, text: &str) -> Result<(), Error> {
    let end = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match std::fs::metadata(&end) {
        Ok(metadata) if !metadata.is_file() => File::options()
            .write(true)
            .open(&end)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .at("write", path)?,
        _ => write_file(&end, text.as_bytes())?,
    }
    Ok(())
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
    let with_contents = reports.iter().any(|report| report.kind == ReportKind::Html);
    let mut targets = Vec::new();
    for (index, target) in planned.targets.iter().enumerate() {
        let contents = match &target.work {
            Some((session, planned)) if with_contents => {
                read_contents(session, planned, builder).await
            }
            _ => BTreeMap::new(),
        };
        targets.push(TargetReport {
            plan: TargetResult {
                target: &target.name,
                result: target.work.as_ref().map(|(_, planned)| &planned.plan),
                failures: &target.failures,
            },
            summary: summaries.get(index).and_then(Option::as_ref),
            contents,
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
        let (_, planned) = target.work.as_ref()?;
        Some(match diff.diff {
            true => planned.plan.clone(),
            false => planned.plan.clone().without_diffs(),
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
    let targets = targets.map(|(target, plan)| TargetReport {
        plan: TargetResult {
            target: &target.name,
            result: plan.as_ref(),
            failures: &target.failures,
        },
        summary: None,
        contents: BTreeMap::new(),
    });
    Report {
        manifest,
        targets: targets.collect(),
        warnings: context.warned(),
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
    let targets = targets.iter().map(|target| TargetReport {
        plan: TargetResult {
            target: &target.name,
            result: None,
            failures: &texts,
        },
        summary: None,
        contents: BTreeMap::new(),
    });
    let report = Report {
        manifest,
        targets: targets.collect(),
        warnings: context.warned(),
    };
    if let Err(unwritten) = write(reports, &report, &context.repository()) {
        failures.extend(unwritten.0);
    }
    failures
}

/// A report has a place where nothing can be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report `{}`", path.display())]
struct Unwritable {
    path: PathBuf,
    source: std::io::Error,
}

impl Failure for Unwritable {
    fn hint(&self) -> Option<String> {
        Some("name a file in a folder that may be written".into())
    }
}

/// Two things in one file.
#[derive(Debug, thiserror::Error)]
#[error("{what} are to be written to `{}`", path.display())]
struct Twice {
    what: &'static str,
    path: PathBuf,
}

impl Failure for Twice {
    fn hint(&self) -> Option<String> {
        Some("give each a file of its own".into())
    }
}

/// A folder where a file was expected.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is a folder, and a report is a file", .0.display())]
struct Folder(PathBuf);

impl Failure for Folder {
    fn hint(&self) -> Option<String> {
        Some("name a file in it".into())
    }
}

/// The folder of a report is missing.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report `{}`: there is no folder `{}`", .0.display(), .1.display())]
struct NoFolder(PathBuf, PathBuf);

impl Failure for NoFolder {
    fn hint(&self) -> Option<String> {
        Some("make the folder first".into())
    }
}

/// What is to be overwritten is no report.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is there already, and is not a {} report", .0.display(), .1)]
struct OtherFile(PathBuf, ReportKind);

impl Failure for OtherFile {
    fn hint(&self) -> Option<String> {
        Some("give the report another name, or remove that file".into())
    }
}
