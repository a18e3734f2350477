//! `lls validate`: checks the manifest, offline.

use super::{Context, ExitStatus};
use crate::cli::ValidateOptions;
use crate::error::Failures;
use crate::render::{Validation, render_validation};

pub(super) fn validate(
    options: &ValidateOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let target = context.target()?;
    if manifest.targets.is_empty() {
        let manifest = manifest.path.display();
        context.warn(&format!(
            "`{manifest}` declares no target, so nothing can be planned: add one, such as `[targets.local]` with `directory = \".lls/registry\"`"
        ));
    }
    if target.is_some() || manifest.default_target.is_some() || manifest.targets.len() == 1 {
        let target = manifest.target(target)?;
        manifest.check_public(target, &manifest.select(&[])?)?;
    }
    let validation = Validation {
        manifest: manifest.path,
        layers: manifest.layers.into_keys().collect(),
        targets: manifest.targets.into_keys().collect(),
    };
    context.result(options.format, &render_validation(&validation), &validation)?;
    Ok(ExitStatus::Success)
}
