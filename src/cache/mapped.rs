//! Files whose bytes are read in place, so that memory does not grow with them.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use crate::error::{PathContext as _, PathError};

/// The bytes of a file of the cache.
///
/// `None` where there are none: an empty file cannot be mapped.
pub struct MappedFile(Option<memmap2::Mmap>);

impl MappedFile {
    /// Maps the file at `path`.
    pub fn open(path: &Path) -> Result<Self, PathError> {
        Self::of(&File::open(path).at("read", path)?).at("read", path)
    }

    /// Maps an open file, which nobody writes to any more.
    pub fn of(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self(None));
        }
        // SAFETY: files of the cache are never written after they have got their names; they are only replaced by
        // renaming or removed, which leaves this mapping as it is.
        #[expect(unsafe_code, reason = "mapping a file has no safe form")]
        let map = unsafe { memmap2::MmapOptions::new().populate().map(file) }?;
        Ok(Self(Some(map)))
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}
