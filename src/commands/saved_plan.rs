//! Saved plans: writing one, reading one for `apply`, and stopping where something moved in between.

use std::path::{Path, PathBuf};

use super::Context;
use super::output_file::OutputFile;
use crate::cli::LayerOptions;
use crate::error::{Error, Failure};
use crate::input::FileKind;
use crate::manifest::Manifest;
use crate::plan::{Movement, Plan, PlanMoved, SavedPlan, movements};

/// The file of a saved plan.
pub fn file(path: &Path) -> OutputFile<'_> {
    OutputFile {
        path,
        what: "saved plan".to_owned(),
        recognizes: SavedPlan::looks_like_one,
    }
}

/// Writes a plan to `path`.
pub fn save(path: &Path, saved: &SavedPlan, context: &Context) -> Result<(), Error> {
    file(path).write(&saved.to_text(), &context.repository())?;
    let message = format!(
        "Saved the plan. To apply it, run `lls apply {}`\n",
        path.display()
    );
    context.output.message(&message);
    Ok(())
}

/// A saved plan is given together with layers, or with another one.
#[derive(Debug, thiserror::Error)]
#[error("`lls apply {plan}` takes no other layers or plans, but `{other}` is given")]
struct NotAlone {
    plan: String,
    other: String,
}

impl Failure for NotAlone {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "leave it out, because the plan lists the layers to apply; if `{}` is a layer, write `-l {0}`",
            self.plan
        ))
    }
}

/// The saved plan among the arguments of `lls apply`: an existing file, or what cannot be a glob over layer names.
///
/// # Errors
/// If it is not the only argument.
pub fn named(layers: &LayerOptions) -> Result<Option<&Path>, Error> {
    let is_plan = |argument: &&String| {
        let is_there = std::fs::metadata(argument).is_ok_and(|metadata| !metadata.is_dir());
        argument.ends_with(".json") || argument.contains('/') || is_there
    };
    let Some(plan) = layers.named.iter().find(is_plan) else {
        return Ok(None);
    };
    let mut others = layers.globs().into_iter().filter(|other| other != plan);
    match others.next() {
        Some(other) => Err(NotAlone {
            plan: plan.clone(),
            other,
        }
        .into()),
        None => Ok(Some(Path::new(plan))),
    }
}

/// Reads a saved plan, and makes `context` work on its target.
pub fn read(path: &Path, context: &mut Context) -> Result<SavedPlan, Error> {
    let bytes = match context.repository().read_named(path, FileKind::Document) {
        Err(error) if error.is_missing() => return Err(MissingPlan(path.to_owned()).into()),
        outcome => outcome?,
    };
    let saved = SavedPlan::parse(path, &String::from_utf8_lossy(&bytes))?;
    let target = context.target()?.map(str::to_owned);
    let planned_target = Some(saved.plan.target.clone());
    for (option, given, planned) in [
        ("target", &target, &planned_target),
        ("region", &context.options.region, &saved.region),
    ] {
        if let Some(given) = given.as_ref().filter(|_| given != planned) {
            return Err(OtherThanPlanned {
                option,
                given: given.clone(),
                planned: planned.clone(),
            }
            .into());
        }
    }
    context.options.targets = planned_target.into_iter().collect();
    context.options.region.clone_from(&saved.region);
    Ok(saved)
}

/// Stops if the manifest has changed since the plan was saved.
pub fn check_manifest(path: &Path, saved: &SavedPlan, manifest: &Manifest) -> Result<(), Error> {
    if manifest.sha256 == saved.manifest {
        return Ok(());
    }
    let movement = Movement {
        place: vec![manifest.path.display().to_string()],
        field: "the manifest's text",
        before: format!("sha256 {}", saved.manifest),
        now: format!("sha256 {}", manifest.sha256),
    };
    Err(PlanMoved {
        path: path.to_owned(),
        movements: vec![movement],
    }
    .into())
}

/// Stops where `plan` is not the one that was saved.
pub fn check_plan(path: &Path, saved: &SavedPlan, plan: &Plan) -> Result<(), Error> {
    let movements = movements(&saved.plan, &plan.without_folders());
    if movements.is_empty() {
        return Ok(());
    }
    Err(PlanMoved {
        path: path.to_owned(),
        movements,
    }
    .into())
}

/// The saved plan does not exist.
#[derive(Debug, thiserror::Error)]
#[error("there is no saved plan at `{}`", .0.display())]
struct MissingPlan(PathBuf);

impl Failure for MissingPlan {
    fn hint(&self) -> Option<String> {
        Some("save one with `lls plan --out FILE`".into())
    }
}

/// An option names another place than the plan.
#[derive(Debug, thiserror::Error)]
#[error("`--{option} {given}` is given, but the plan was made {}", match planned {
    Some(planned) => format!("with `--{option} {planned}`"),
    None => format!("without `--{option}`"),
})]
struct OtherThanPlanned {
    option: &'static str,
    given: String,
    planned: Option<String>,
}

impl Failure for OtherThanPlanned {
    fn hint(&self) -> Option<String> {
        let variable = self.option.to_ascii_uppercase();
        Some(format!(
            "remove the option or unset LLS_{variable}: the plan determines where it is applied"
        ))
    }
}
