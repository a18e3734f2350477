//! Saved plans: writing one, reading one for `apply`, and stopping where something moved in between.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::Context;
use crate::cache::write_file;
use crate::error::{Error, Failure, PathContext as _};
use crate::input::FileKind;
use crate::manifest::Manifest;
use crate::plan::{Movement, Plan, PlanMoved, SavedPlan, movements};

/// Writes a plan to `path`: a new file, one that holds a saved plan already, or a device or pipe.
///
/// Anything else stays as it is: with `--out` a name is mistyped easily.
pub fn save(path: &Path, saved: &SavedPlan, context: &Context) -> Result<(), Error> {
    let repository = context.repository();
    repository.check_output(path)?;
    let end = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let text = saved.to_text();
    match std::fs::metadata(&end) {
        Err(error) if error.kind() == ErrorKind::NotFound => write_file(&end, text.as_bytes())?,
        Ok(metadata) if metadata.is_file() => {
            let present = repository.read_named(path, FileKind::Document)?;
            if !SavedPlan::looks_like_one(&present) {
                return Err(OtherFile(path.to_owned()).into());
            }
            write_file(&end, text.as_bytes())?;
        }
        // A folder fails here.
        _ => File::options()
            .write(true)
            .open(&end)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .at("write", path)?,
    }
    let message = format!(
        "Saved the plan: `lls apply {}` applies it\n",
        path.display()
    );
    context.output.message(&message);
    Ok(())
}

/// What is to be overwritten is no saved plan.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is there already, and is not a saved plan", .0.display())]
struct OtherFile(PathBuf);

impl Failure for OtherFile {
    fn hint(&self) -> Option<String> {
        Some("give `--out` another name, or remove that file".into())
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

/// Stops where the manifest is not the one that was planned from.
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

/// There is no file where a saved plan was expected.
#[derive(Debug, thiserror::Error)]
#[error("there is no saved plan at `{}`", .0.display())]
struct MissingPlan(PathBuf);

impl Failure for MissingPlan {
    fn hint(&self) -> Option<String> {
        Some("save one with `lls plan --out FILE`; layers are chosen with `--layer GLOB`".into())
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
            "leave out the option or LLS_{variable}: the plan says where it is applied"
        ))
    }
}
