//! Bytecode: what Python makes of a source before it runs it, made in advance (PEP 552).
//!
//! Sources are compiled and never run. Equal sources give equal bytes, whichever machine compiles them and in which order.
//! It does not know what the sources belong to.

mod canonical;
mod compiler;
mod marshal;
mod version;

use crate::archive::{EntryPath, Listing};
use crate::layer::{BytecodeMode, PythonVersion};

pub use canonical::canonical;
pub use compiler::{Batch, CompileError, Compiler, write_batches};
pub use marshal::MarshalError;
pub use version::{BytecodeVersion, UnknownBytecode};

/// The code of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytecode {
    /// The hash of the source by which Python recognises it (`importlib.util.source_hash`).
    pub hash: [u8; 8],
    /// The code, marshalled in its one form.
    pub code: Vec<u8>,
}

impl Bytecode {
    /// The content of its file; `None` where no files are to be made.
    ///
    /// The header has the magic number, flags, and the hash of the source (PEP 552).
    pub fn file(&self, version: BytecodeVersion, mode: BytecodeMode) -> Option<Vec<u8>> {
        let flags: u32 = match mode {
            BytecodeMode::None => return None,
            BytecodeMode::UncheckedHash => 0b01,
            BytecodeMode::CheckedHash => 0b11,
        };
        let (magic, flags) = (version.magic_bytes(), flags.to_le_bytes());
        Some([&magic[..], &flags, &self.hash, &self.code].concat())
    }
}

/// Where Python looks for the bytecode of the source at `path` (PEP 3147); `None` where `path` is not that of a source, or
/// is so long that there is no place.
pub fn bytecode_path(path: &EntryPath, python: PythonVersion) -> Option<EntryPath> {
    let stem = path.as_str().strip_suffix(".py")?;
    let (folder, name) = stem
        .rsplit_once('/')
        .map_or(("", stem), |(folder, name)| (folder, name));
    let separator = if folder.is_empty() { "" } else { "/" };
    let PythonVersion { major, minor } = python;
    let path = format!("{folder}{separator}__pycache__/{name}.cpython-{major}{minor}.pyc");
    (!name.is_empty()).then(|| path.parse().ok())?
}

/// Where the source is whose bytecode would be at `path`; `None` where `path` is not that of bytecode that `lls` makes.
pub fn source_path(path: &EntryPath) -> Option<EntryPath> {
    let (folder, name) = match path.as_str().split_once("__pycache__/") {
        Some((folder, name)) if folder.is_empty() || folder.ends_with('/') => (folder, name),
        _ => return None,
    };
    let (stem, tag) = name.strip_suffix(".pyc")?.rsplit_once(".cpython-3")?;
    let is_minor = !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_digit());
    if is_minor && !stem.is_empty() && !stem.contains('/') {
        format!("{folder}{stem}.py").parse().ok()
    } else {
        None
    }
}

/// Whether an entry of an archive is the bytecode of a source in it.
pub fn is_bytecode(listing: &Listing, path: &EntryPath) -> bool {
    source_path(path).is_some_and(|source| listing.get(&source).is_some())
}

/// How many bytes of an archive are bytecode.
pub fn bytecode_size(listing: &Listing) -> u64 {
    let entries = listing.0.iter();
    let bytecode = entries.filter(|entry| is_bytecode(listing, &entry.path));
    bytecode
        .map(|entry| entry.size)
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytecode_is_beside_its_source() {
        let python = PythonVersion {
            major: 3,
            minor: 12,
        };
        for (source, expected) in [
            ("a.py", "__pycache__/a.cpython-312.pyc"),
            (
                "python/b/a-b.c.py",
                "python/b/__pycache__/a-b.c.cpython-312.pyc",
            ),
        ] {
            let source: EntryPath = source.parse().unwrap();
            let path = bytecode_path(&source, python).unwrap();
            assert_eq!(path.as_str(), expected);
            assert_eq!(source_path(&path), Some(source));
        }
        for other in ["a.pyc", "python/a.pyi", "python/.py"] {
            assert_eq!(
                bytecode_path(&other.parse().unwrap(), python),
                None,
                "{other}"
            );
        }
        for other in [
            "python/a.cpython-312.pyc",
            "python/__pycache__/a.pyc",
            "python/__pycache__/a.cpython-312.opt-1.pyc",
            "python/__pycache__/b/a.cpython-312.pyc",
            "python/x__pycache__/a.cpython-312.pyc",
            "python/__pycache__/.cpython-312.pyc",
        ] {
            assert_eq!(source_path(&other.parse().unwrap()), None, "{other}");
        }
    }
}
