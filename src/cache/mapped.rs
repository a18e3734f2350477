//! Files whose bytes are read in place, so that memory does not grow with them.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use crate::error::{PathContext as _, PathError};

/// The bytes of a file of the cache.
pub struct MappedFile(memmap2::Mmap);

impl MappedFile {
    /// Maps the file at `path`.
    pub fn open(path: &Path) -> Result<Self, PathError> {
        let file = File::open(path).at("read", path)?;
        // SAFETY: files of the cache are never written after they have got their names; they are only replaced by
        // renaming or removed, which leaves this mapping as it is.
        #[expect(unsafe_code, reason = "mapping a file has no safe form")]
        let map = unsafe { memmap2::Mmap::map(&file) }.at("read", path)?;
        Ok(Self(map))
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
