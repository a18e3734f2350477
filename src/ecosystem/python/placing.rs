//! Where the wheels of a lock go: which of the folders that Python imports from.

use super::import_path;
use super::lock::Lock;
use crate::ecosystem::Artifact;
use crate::layer::Runtime;
use crate::manifest::LayerSettings;

/// The wheels of a lock that a layer takes. Where all runtimes share one, `python/` serves; else each runtime has its own
/// folder.
pub fn artifacts(lock: &Lock, settings: &LayerSettings) -> Vec<Artifact> {
    let pythons: Vec<_> = settings
        .runtimes
        .iter()
        .filter_map(|runtime| Some((runtime, runtime.python()?)))
        .collect();
    let mut artifacts = Vec::new();
    for wheel in &lock.wheels {
        if settings.exclude_packages.contains(&wheel.name) {
            continue;
        }
        let artifact = |runtime: &Runtime, root| Artifact {
            package: wheel.name.clone(),
            version: wheel.version.clone(),
            digest: wheel.sha256.into(),
            root,
            runtime: runtime.clone(),
            built: wheel.built.as_ref().map(|built| built.file.to_string()),
        };
        let users = pythons.iter().filter(|(_, python)| wheel.is_for(*python));
        let users: Vec<_> = users.collect();
        match users.first() {
            Some((runtime, _)) if users.len() == pythons.len() => {
                artifacts.push(artifact(runtime, import_path::SHARED.to_owned()));
            }
            _ => artifacts.extend(
                users
                    .into_iter()
                    .map(|(runtime, python)| artifact(runtime, import_path::folder_of(*python))),
            ),
        }
    }
    artifacts
}
