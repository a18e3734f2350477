//! What native files ask for, held against the architecture and the C library of a runtime.

use std::collections::BTreeSet;

use crate::archive::{ArchiveError, EntryPath, read_entries};
use crate::elf::{ElfNeeds, elf_libraries};
use crate::error::Failure;
use crate::layer::{Architecture, Glibc, Runtime};

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
    #[error("`{path}` from {origin} needs glibc {needed}, but {runtime} on Lambda has {available}")]
    Glibc {
        /// Where it stands in the archive.
        path: EntryPath,
        /// The package or the file that it comes from.
        origin: String,
        /// The version that it needs.
        needed: Glibc,
        /// The runtime.
        runtime: Runtime,
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
            Self::Glibc { runtime, .. } => {
                format!(
                    "require an older version, or build it on an older system, or leave {runtime} out of `runtimes`"
                )
            }
        })
    }
}

/// What a runtime offers to native files.
pub struct Offer {
    /// The architecture that it runs on.
    pub architecture: Architecture,
    /// The runtime, which tells its C library.
    pub runtime: Option<Runtime>,
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
        let runtime = self.runtime.as_ref();
        match (glibc, runtime.and_then(|own| Some((own, own.glibc()?)))) {
            (Some(needed), Some((runtime, available))) if needed > available => {
                Err(NativeError::Glibc {
                    path: path.clone(),
                    origin: origin(),
                    needed,
                    runtime: runtime.clone(),
                    available,
                })
            }
            _ => Ok(()),
        }
    }
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
