//! What a run needs of the project: locks that fit the requirements, and indexes that answer.

use super::{Check, Outcome};
use crate::ecosystem::Workbench;
use crate::ecosystem::python::LockState;
use crate::layer::LayerName;
use crate::manifest::LayerSettings;

/// Whether the layers' locks are there and current; those that are share one check.
pub fn check_locks(bench: &Workbench<'_>, layers: &[(&LayerName, &LayerSettings)]) -> Vec<Check> {
    let checks = layers.iter();
    let checks = checks.filter_map(|(layer, settings)| check_lock(bench, layer, settings));
    let (current, mut checks): (Vec<_>, Vec<_>) =
        checks.partition(|check| check.outcome == Outcome::Passed);
    if let Some(first) = current.first() {
        checks.push(match current.len() {
            1 => first.clone(),
            number => Check::passed("locks", format!("{number} up to date")),
        });
    }
    checks
}

/// Whether the layer's lock is there and current; `None` where it requires no packages.
fn check_lock(bench: &Workbench<'_>, layer: &LayerName, settings: &LayerSettings) -> Option<Check> {
    let subject = format!("lock of {layer}");
    match bench.lock_state(layer, settings) {
        Ok(None) => None,
        Ok(Some(LockState::Current)) => Some(Check::passed(subject, "up to date")),
        Ok(Some(LockState::Outdated(state))) => Some(Check::warned(
            subject,
            state,
            format!("run `lls lock {layer}`, and commit the file"),
        )),
        Err(error) => Some(Check::failed(subject, &error)),
    }
}

/// Whether the indexes of the layer know one of its packages; `None` where it requires none.
pub async fn check_index(
    bench: &Workbench<'_>,
    layer: &LayerName,
    settings: &LayerSettings,
) -> Option<Check> {
    let subject = format!("index of {layer}");
    match bench.ask_index(layer, settings).await {
        Ok(None) => None,
        Ok(Some((package, version))) => Some(Check::passed(
            subject,
            format!("answers; {package} {version} is the newest"),
        )),
        Err(error) => Some(Check::failed(subject, &error)),
    }
}
