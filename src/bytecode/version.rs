//! What is known of the bytecode of each version of Python: its magic number, and how code is marshalled.

use crate::error::Failure;
use crate::layer::PythonVersion;

/// The magic numbers of released versions (`Include/internal/pycore_magic_number.h` of CPython, before 3.14
/// `Lib/importlib/_bootstrap_external.py`). One never changes once a version has been released.
const MAGIC_NUMBERS: [(u8, u16); 8] = [
    (8, 3413),
    (9, 3425),
    (10, 3439),
    (11, 3495),
    (12, 3531),
    (13, 3571),
    (14, 3627),
    (15, 3666),
];

/// The bytecode of a version of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BytecodeVersion {
    /// The version.
    pub python: PythonVersion,
    /// Its magic number.
    pub magic: u16,
}

/// A version of Python whose bytecode this release does not know.
#[derive(Debug, thiserror::Error)]
#[error("lls {} does not know the bytecode of Python {python}", env!("CARGO_PKG_VERSION"))]
pub struct UnknownBytecode {
    /// The version.
    pub python: PythonVersion,
}

impl Failure for UnknownBytecode {
    fn hint(&self) -> Option<String> {
        Some("set `bytecode = \"none\"` for the layer; or, for a new Python, update lls".into())
    }
}

impl BytecodeVersion {
    /// The bytecode of `python`.
    ///
    /// # Errors
    /// If this release does not know it.
    pub fn of(python: PythonVersion) -> Result<Self, UnknownBytecode> {
        let known = |(minor, _): &&(u8, u16)| (3, *minor) == (python.major, python.minor);
        let known = MAGIC_NUMBERS.iter().find(known);
        let (_, magic) = known.ok_or(UnknownBytecode { python })?;
        Ok(Self {
            python,
            magic: *magic,
        })
    }

    /// The first four bytes of its files (PEP 552).
    pub(super) fn magic_bytes(self) -> [u8; 4] {
        let [low, high] = self.magic.to_le_bytes();
        [low, high, b'\r', b'\n']
    }

    /// How many 32-bit numbers a marshalled code object begins with (`w_complex_object` in `Python/marshal.c`): since
    /// 3.11 it does not have `nlocals`.
    pub(super) fn numbers(self) -> usize {
        if self.python.minor < 11 { 6 } else { 5 }
    }

    /// How many objects follow the number of the first line: since 3.11 a table of exceptions as well.
    pub(super) fn tables(self) -> usize {
        if self.python.minor < 11 { 1 } else { 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own_number() {
        assert!(MAGIC_NUMBERS.is_sorted());
        let of = |minor| BytecodeVersion::of(PythonVersion { major: 3, minor });
        assert_eq!(of(12).unwrap().magic_bytes(), [0xcb, 0x0d, b'\r', b'\n']);
        let unknown = of(98).unwrap_err();
        assert!(unknown.to_string().ends_with("of Python 3.98"));
        assert!(unknown.hint().unwrap().contains("bytecode = \"none\""));
    }
}
