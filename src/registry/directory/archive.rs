//! Archives of the embedded registry: files that anyone may have changed since, so that what matters is their hash.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use super::DirectoryRegistry;
use crate::digest::Sha256;
use crate::error::PathContext as _;
use crate::input::FileKind;
use crate::registry::error::Outcome;
use crate::registry::{ArchiveAddress, DescribedVersion, RegistryErrorKind};

impl DirectoryRegistry {
    /// The bytes of a part of an archive, as many of them as there are.
    pub(super) fn read_range(
        &self,
        archive: &ArchiveAddress,
        range: Range<u64>,
    ) -> Outcome<Vec<u8>> {
        let path = Path::new(&archive.0);
        let mut file = self.repository.open(path, FileKind::Content)?;
        file.seek(SeekFrom::Start(range.start)).at("read", path)?;
        let mut bytes = Vec::new();
        let count = range.end.saturating_sub(range.start);
        file.take(count).read_to_end(&mut bytes).at("read", path)?;
        Ok(bytes)
    }

    /// Fails where an archive has another hash than its version's record says.
    pub(super) fn check_hash(&self, described: &DescribedVersion) -> Outcome<()> {
        let path = Path::new(&described.archive.0);
        let file = self.repository.open(path, FileKind::Content)?;
        let found = Sha256::of_reader(file).at("read", path)?;
        if found == described.sha256 {
            Ok(())
        } else {
            Err(RegistryErrorKind::OtherArchive {
                path: path.display().to_string(),
                found,
            })
        }
    }
}
