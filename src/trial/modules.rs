//! Which modules a layer offers: what the paths in its archive say, without running anything.
//!
//! Top-level modules and packages, and in namespace packages (PEP 420) the first ones that are none. The extension modules
//! in packages are loaded as well, since a package often loads them only when they are used. Tests, examples, scripts and
//! private modules in Python are left out.

use std::collections::BTreeSet;

use crate::archive::EntryPath;
use crate::ecosystem::python::import_path;
use crate::layer::{ModuleName, PythonVersion};

/// Folders whose content is not for import, and modules that are not.
const NOT_OFFERED: [&str; 22] = [
    "__main__",
    "__pycache__",
    "benchmarks",
    "bin",
    "conftest",
    "doc",
    "docs",
    "etc",
    "example",
    "examples",
    "include",
    "lib",
    "lib64",
    "man",
    "noxfile",
    "sbin",
    "scripts",
    "setup",
    "share",
    "test",
    "tests",
    "_tests",
];

/// Folders and modules that are for tests wherever they are.
const TESTS: [&str; 3] = ["test", "tests", "_tests"];

/// Something that a layer offers. What is imported comes before what is only loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// The file of an extension module in a package, which is loaded and not imported: its package decides in which order
    /// its modules are.
    pub library: Option<EntryPath>,
    /// The module.
    pub module: ModuleName,
}

/// A file that can be imported.
struct File<'a> {
    path: &'a EntryPath,
    /// The folders that it is in.
    folders: Vec<&'a str>,
    /// The name of the module; `__init__` for that of the folder.
    stem: &'a str,
    /// Whether it is an extension module.
    is_native: bool,
}

/// The modules that files at these paths offer to a runtime, sorted.
pub fn offered_modules<'a>(
    paths: impl Iterator<Item = &'a EntryPath>,
    version: PythonVersion,
) -> BTreeSet<Offer> {
    let own = format!("{}/", import_path::folder_of(version));
    let (mut of_version, mut shared) = (Vec::new(), Vec::new());
    for path in paths {
        if let Some(rest) = path.as_str().strip_prefix(&own) {
            of_version.extend(file(path, rest, version));
        } else if let Some(rest) = path.as_str().strip_prefix("python/")
            && !rest.starts_with("lib/python")
        {
            shared.extend(file(path, rest, version));
        }
    }
    let mut offered = in_root(&of_version);
    offered.append(&mut in_root(&shared));
    offered
}

/// The module in a file that is at `rest` below a folder of the import path.
fn file<'a>(path: &'a EntryPath, rest: &'a str, version: PythonVersion) -> Option<File<'a>> {
    let (folders, name) = rest.rsplit_once('/').unwrap_or(("", rest));
    let folders: Vec<_> = folders.split('/').filter(|part| !part.is_empty()).collect();
    let (stem, is_native) = match name.strip_suffix(".py") {
        Some(stem) => (stem, false),
        None => (extension_stem(name, version)?, true),
    };
    let is_importable = folders.iter().all(|part| ModuleName::is_part(part));
    (is_importable && ModuleName::is_part(stem)).then_some(File {
        path,
        folders,
        stem,
        is_native,
    })
}

/// The name of an extension module (PEP 3149). A mere `.so` is more often a library that `ctypes` loads.
fn extension_stem(name: &str, version: PythonVersion) -> Option<&str> {
    let (stem, tag) = name.strip_suffix(".so")?.split_once('.')?;
    let PythonVersion { major, minor } = version;
    let is_own = tag.starts_with(&format!("cpython-{major}{minor}-"));
    (is_own || tag == "abi3").then_some(stem)
}

fn in_root(files: &[File<'_>]) -> BTreeSet<Offer> {
    let packages: BTreeSet<&[&str]> = files
        .iter()
        .filter(|file| file.stem == "__init__")
        .map(|file| file.folders.as_slice())
        .collect();
    let is_below_package =
        |folders: &[&str]| (1..=folders.len()).any(|count| packages.contains(&folders[..count]));
    let mut offered = BTreeSet::new();
    for file in files {
        let mut parts = file.folders.clone();
        if file.stem != "__init__" {
            parts.push(file.stem);
        }
        let Some((_, above)) = parts.split_last() else {
            continue;
        };
        let is_private = |part: &&str| part.starts_with('_');
        let is_test = |part: &&str| TESTS.contains(part);
        let is_inner = is_below_package(above);
        let is_offered = !is_hidden(&parts)
            && !parts.iter().any(is_test)
            && (file.is_native || !is_inner && !parts.iter().any(is_private));
        if is_offered && let Ok(module) = parts.join(".").parse() {
            let is_loaded = file.is_native && !above.is_empty();
            let library = is_loaded.then(|| file.path.clone());
            offered.insert(Offer { library, module });
        }
    }
    offered
}

/// Whether the outermost folder, or a module in no package, is not for import.
fn is_hidden(parts: &[&str]) -> bool {
    let ends = [parts.first(), parts.last()];
    ends.into_iter()
        .flatten()
        .any(|part| NOT_OFFERED.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(paths: &[&str]) -> Vec<String> {
        let paths: Vec<EntryPath> = paths.iter().map(|path| path.parse().unwrap()).collect();
        let version = PythonVersion {
            major: 3,
            minor: 12,
        };
        let offered = offered_modules(paths.iter(), version);
        let shown = |offer: Offer| match offer.library {
            Some(_) => format!("load {}", offer.module),
            None => offer.module.to_string(),
        };
        offered.into_iter().map(shown).collect()
    }

    #[test]
    fn packages_and_modules_at_the_top_are_offered() {
        let paths = [
            "python/six.py",
            "python/_private.py",
            "python/setup.py",
            "python/requests/__init__.py",
            "python/requests/api.py",
            "python/tests/__init__.py",
            "python/six-1.dist-info/METADATA",
            "python/not-a-name/__init__.py",
            "python/bin/run.py",
            "own.py",
            "python/lib/python3.12/site-packages/numpy/__init__.py",
            "python/lib/python3.13/site-packages/pandas/__init__.py",
        ];
        assert_eq!(offered(&paths), ["numpy", "requests", "six"]);
    }

    #[test]
    fn namespaces_are_followed_to_their_packages() {
        let paths = [
            "python/google/api/http_pb2.py",
            "python/google/cloud/storage/__init__.py",
            "python/google/cloud/storage/blob.py",
            "python/google/cloud/tests/test_x.py",
        ];
        assert_eq!(
            offered(&paths),
            ["google.api.http_pb2", "google.cloud.storage"]
        );
    }

    #[test]
    fn extension_modules_are_offered_wherever_they_are() {
        let paths = [
            "python/lxml/__init__.py",
            "python/lxml/etree.cpython-312-x86_64-linux-gnu.so",
            "python/lxml/etree.cpython-313-x86_64-linux-gnu.so",
            "python/lxml/libxml.so",
            "python/lxml/tests/x.cpython-312-x86_64-linux-gnu.so",
            "python/_cffi_backend.cpython-312-x86_64-linux-gnu.so",
            "python/crypto/_bindings/_rust.abi3.so",
            "python/crypto/__init__.py",
        ];
        let expected = [
            "_cffi_backend",
            "crypto",
            "lxml",
            "load crypto._bindings._rust",
            "load lxml.etree",
        ];
        assert_eq!(offered(&paths), expected);
    }
}
