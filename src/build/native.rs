//! Shared objects and programs of a layer, held against the architecture and the C library of its runtimes.

use std::collections::BTreeSet;

use super::{Inputs, OwnFile};
use crate::archive::{ArchiveError, EntryPath, read_entries};
use crate::cache::NativeFile;
use crate::elf::{ElfNeeds, elf_libraries, elf_needs};
use crate::error::{Error, Failure, PathContext as _};
use crate::input::{FileKind, Repository};
use crate::layer::{Architecture, Glibc, PythonVersion, Runtime};
use crate::manifest::LayerSettings;

/// A native file that would not run in the layer's runtimes.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// It is for another machine.
    #[error("`{path}` from {origin} is built for {}, but the layer is for {expected}", found.map_or("another machine", Architecture::as_str))]
    Architecture {
        /// Where it stands in the archive.
        path: EntryPath,
        /// The package or the file that it comes from.
        origin: String,
        /// What it is for.
        found: Option<Architecture>,
        /// What the layer is for.
        expected: Architecture,
    },
    /// It needs a newer C library.
    #[error(
        "`{path}` from {origin} needs glibc {needed}, but python{python} on Lambda has {available}"
    )]
    Glibc {
        /// Where it stands in the archive.
        path: EntryPath,
        /// The package or the file that it comes from.
        origin: String,
        /// The version that it needs.
        needed: Glibc,
        /// The runtime's version.
        python: PythonVersion,
        /// The version that the runtime has.
        available: Glibc,
    },
}

impl Failure for NativeError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Architecture { path, .. } => {
                format!(
                    "set `architecture`, build it for that, or leave it out with `exclude = [\"{path}\"]`"
                )
            }
            Self::Glibc { python, .. } => {
                format!(
                    "require an older version, or build it on an older system, or leave python{python} out of `runtimes`"
                )
            }
        })
    }
}

/// What a runtime offers to native files.
pub(super) struct Offer {
    /// The architecture that it runs on.
    pub architecture: Architecture,
    /// Its version of Python, which tells its C library.
    pub python: Option<PythonVersion>,
}

impl Offer {
    /// Fails where a native file asks for more than is there.
    pub fn check(
        &self,
        path: &EntryPath,
        needs: ElfNeeds,
        origin: impl Fn() -> String,
    ) -> Result<(), NativeError> {
        let ElfNeeds {
            architecture: found,
            glibc,
        } = needs;
        let expected = self.architecture;
        if found != Some(expected) {
            return Err(NativeError::Architecture {
                path: path.clone(),
                origin: origin(),
                found,
                expected,
            });
        }
        match (glibc, self.python) {
            (Some(needed), Some(python)) if needed > python.glibc() => {
                let available = python.glibc();
                Err(NativeError::Glibc {
                    path: path.clone(),
                    origin: origin(),
                    needed,
                    python,
                    available,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Fails at the first native file that asks for more than the layer's runtimes offer.
///
/// Asked of every archive, also of one that was built before: architecture and runtimes shape no bytes.
pub(super) fn check(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &[NativeFile],
) -> Result<(), NativeError> {
    for file in files {
        let offer = Offer {
            architecture: settings.architecture,
            python: oldest_python(settings, &file.path),
        };
        offer.check(&file.path, file.needs, || origin(inputs, file))?;
    }
    Ok(())
}

/// Where a file comes from: its package, or its place in the layer's folder.
fn origin(inputs: &Inputs, file: &NativeFile) -> String {
    let own = inputs.own_files.iter().find(|own| own.path == file.path);
    match (&file.package, own) {
        (Some(package), _) => format!("`{package}`"),
        (None, Some(own)) => format!("`{}`", own.source.display()),
        (None, None) => format!("layer `{}`", inputs.layer),
    }
}

/// The runtime with the oldest C library among those that see the file.
fn oldest_python(settings: &LayerSettings, path: &EntryPath) -> Option<PythonVersion> {
    let all = settings.runtimes.iter().filter_map(Runtime::python);
    site_packages(path).or_else(|| all.min_by_key(|python| python.glibc()))
}

/// The version of Python whose own package root a path is in; `None` in `python/`, which all versions share.
pub(super) fn site_packages(path: &EntryPath) -> Option<PythonVersion> {
    let (python, below) = path.as_str().strip_prefix("python/lib/")?.split_once('/')?;
    below
        .starts_with("site-packages/")
        .then(|| python.parse::<Runtime>().ok()?.python())
        .flatten()
}

/// Shared libraries that a wheel may take for granted: those of the GNU C library and of the compiler, and zlib. They are
/// those of manylinux (PEP 513, PEP 600) that Amazon Linux has without a desktop.
const RUNTIME_LIBRARIES: [&str; 13] = [
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
    "libz.so.1",
];

/// The shared libraries that the files of a wheel ask for, and that neither the wheel nor a runtime has.
pub(super) fn foreign_libraries(wheel: &[u8]) -> Result<BTreeSet<String>, ArchiveError> {
    let (mut needed, mut brought) = (BTreeSet::new(), BTreeSet::new());
    for entry in read_entries(wheel)? {
        let name = entry.path.as_str().rsplit('/').next();
        brought.extend(name.map(str::to_owned));
        needed.append(&mut elf_libraries(&entry.unpack()?));
    }
    let is_there = |library: &String| {
        brought.contains(library)
            || RUNTIME_LIBRARIES.contains(&library.as_str())
            || library.starts_with("libpython3")
    };
    needed.retain(|library| !is_there(library));
    Ok(needed)
}

/// What an own file asks for, if it is native.
pub(super) fn own_file_needs(
    file: &OwnFile,
    repository: &Repository,
) -> Result<Option<ElfNeeds>, Error> {
    let input = repository.open(&file.source, FileKind::Content)?;
    Ok(elf_needs(input).at("read", &file.source)?)
}
