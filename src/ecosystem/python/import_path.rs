//! The folders of a layer that Python imports from: `python`, and `python/lib/python3.X/site-packages`.
//!
//! A layer is unpacked to `/opt`, of which both are on `sys.path` (AWS Lambda developer guide, "Packaging layer content").

use super::requirements::pythons;
use crate::archive::EntryPath;
use crate::error::Failure;
use crate::layer::{LayerName, PythonVersion, Runtime};
use crate::manifest::LayerSettings;

/// The folder that all versions of Python share.
pub const SHARED: &str = "python";

/// The folder of one version.
pub fn folder_of(python: PythonVersion) -> String {
    format!("{SHARED}/lib/python{python}/site-packages")
}

/// The folder that a path is in, with `/` at its end, and where it is below that.
pub fn below_root(path: &EntryPath) -> Option<(&str, &str)> {
    let path = path.as_str();
    let below_shared = path.strip_prefix("python/")?;
    let below = below_own(below_shared).map_or(below_shared, |(_, below)| below);
    Some((&path[..path.len() - below.len()], below))
}

/// What is called `python3.X` in the path of a version's own folder, and what is below that folder.
fn below_own(below_shared: &str) -> Option<(&str, &str)> {
    let (python, rest) = below_shared.strip_prefix("lib/")?.split_once('/')?;
    let below = rest.strip_prefix("site-packages/")?;
    python.starts_with("python").then_some((python, below))
}

/// The runtime whose own folder a path is in; `None` in the folder that all share.
pub fn runtime_at(path: &EntryPath) -> Option<Runtime> {
    let (python, _) = below_own(path.as_str().strip_prefix("python/")?)?;
    let runtime = python.parse::<Runtime>().ok()?;
    runtime.python().is_some().then_some(runtime)
}

/// Why a file would not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportPathError {
    /// No Python looks for it where it is.
    #[error(
        "`{path}` of layer `{layer}` would be unpacked to /opt/{path}, where Python does not look for modules"
    )]
    Off {
        layer: LayerName,
        /// The module in the archive.
        path: EntryPath,
    },
    /// Only a Python that is not among the layer's runtimes looks for it there.
    #[error("`{path}` of layer `{layer}` is only for {python}, which is not among its runtimes")]
    OtherPython {
        layer: LayerName,
        /// The file in the archive.
        path: EntryPath,
        python: Runtime,
    },
}

impl Failure for ImportPathError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Off { .. } => {
                "set `prefix = \"python\"`, or move it into a folder `python`".into()
            }
            Self::OtherPython { python, .. } => format!(
                "add {python} to `runtimes`, or move it into the folder of another version, or into `python`"
            ),
        })
    }
}

/// Refuses own modules of a layer for Python that land where no runtime of it looks for them.
pub fn check<'a>(
    layer: &LayerName,
    settings: &LayerSettings,
    own_files: impl Iterator<Item = &'a EntryPath>,
) -> Result<(), ImportPathError> {
    let pythons = pythons(settings);
    if pythons.is_empty() {
        return Ok(());
    }
    for path in own_files {
        let (layer, path) = (layer.clone(), path.clone());
        if is_off(&path) {
            return Err(ImportPathError::Off { layer, path });
        }
        let own = runtime_at(&path);
        if let Some(python) = own.filter(|own| own.python().is_some_and(|v| !pythons.contains(&v)))
        {
            return Err(ImportPathError::OtherPython {
                layer,
                path,
                python,
            });
        }
    }
    Ok(())
}

fn is_off(path: &EntryPath) -> bool {
    match path.as_str().split_once('/') {
        None => path.as_str().ends_with(".py"),
        // These folders are unpacked to where they belong.
        Some(("python" | "bin" | "lib", _)) => false,
        Some((_, rest)) => rest == "__init__.py",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_behind_the_folder_that_is_imported_from() {
        let own = "python/lib/python3.12/site-packages/";
        for (path, expected) in [
            ("python/six.py", Some(("python/", "six.py"))),
            (&format!("{own}p/a.py"), Some((own, "p/a.py"))),
            (
                "python/lib/x/site-packages/a",
                Some(("python/", "lib/x/site-packages/a")),
            ),
            ("lib/python3.12/site-packages/a", None),
            ("pythonic/a.py", None),
        ] {
            assert_eq!(below_root(&path.parse().unwrap()), expected, "{path}");
        }
        let runtime = |path: &str| runtime_at(&path.parse().unwrap()).map(|own| own.to_string());
        assert_eq!(
            runtime(&format!("{own}p/a.py")),
            Some("python3.12".to_owned())
        );
        assert_eq!(runtime("python/lib/python/site-packages/a"), None);
        assert_eq!(runtime("python/six.py"), None);
    }
}
