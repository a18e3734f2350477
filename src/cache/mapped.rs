//! Files whose bytes are read in place, so that memory does not grow with them.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Deref;
use std::path::Path;

use super::regular::open_regular;
use super::stamp::Stamp;
use crate::error::{PathContext as _, PathError};

/// The bytes of a file of the cache.
pub struct MappedFile {
    /// `None` where there are no bytes: an empty file cannot be mapped.
    map: Option<memmap2::Mmap>,
    stamp: Stamp,
}

impl MappedFile {
    /// Maps the regular file at `path`; `None` where there is none.
    pub fn open(path: &Path) -> Result<Option<Self>, PathError> {
        let opened = open_regular(path).at("read", path)?;
        let mapped = opened.map(|(file, metadata)| Self::map(&file, &metadata));
        mapped.transpose().at("read", path)
    }

    /// Maps an open file, which nobody writes to any more.
    pub fn of(file: &File) -> io::Result<Self> {
        Self::map(file, &file.metadata()?)
    }

    fn map(file: &File, metadata: &Metadata) -> io::Result<Self> {
        let stamp = Stamp::of(metadata);
        if stamp.size == 0 {
            return Ok(Self { map: None, stamp });
        }
        // SAFETY: files of the cache are never written after they have got their names; they are only replaced by
        // renaming or removed, which leaves this mapping as it is.
        #[expect(unsafe_code, reason = "mapping a file has no safe form")]
        let map = unsafe { memmap2::Mmap::map(file) }?;
        let map = Some(map);
        Ok(Self { map, stamp })
    }

    /// What the file system knew of the file just before it was mapped.
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}
