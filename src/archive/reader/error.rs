//! The rules that an archive can break: one variant, and one message, for each.

use crate::archive::{EntryPath, EntryPathError, MAX_UNPACKED};

use crate::archive::MAX_ENTRIES;

/// The largest central directory, in bytes.
pub(super) const MAX_DIRECTORY: u64 = 16 << 20;

/// The rule that an archive breaks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// There is no end record, or it is cut off.
    #[error("it is not a ZIP archive, or is truncated: it has no end record")]
    NoEnd,
    /// Two end records, of which readers would believe different ones.
    #[error("it has two end records")]
    TwoEnds,
    /// Bytes before the first entry or after the end record.
    #[error("it has {0} bytes of foreign data {1} the archive")]
    ForeignData(u64, &'static str),
    /// A disk number that is not the first.
    #[error("it is a part of an archive on several disks")]
    SeveralDisks,
    /// The ZIP64 end record is not directly before its locator, or has another form than the specification's.
    #[error("its ZIP64 end record is damaged or misplaced")]
    Zip64End,
    /// The ZIP64 end record contradicts the end record.
    #[error("its ZIP64 end record has another {0} than its end record")]
    Zip64EndDisagreement(&'static str),
    /// Bytes between the central directory and the end records, or an overlap of both.
    #[error("its central directory is not where the end record says")]
    DirectoryPlace,
    /// The central directory is larger than any honest one.
    #[error("its central directory has {0} bytes, more than {MAX_DIRECTORY}")]
    DirectoryTooLarge(u64),
    /// The central directory cannot be read at the entry with this number.
    #[error("its central directory is damaged at entry {0}")]
    DirectoryDamaged(u64),
    /// The central directory has more or fewer entries than the end record counts.
    #[error("its end record counts {counted} entries, but its central directory holds {found}")]
    Count {
        /// What the end record says.
        counted: u64,
        /// What is there.
        found: u64,
    },
    /// More entries than any honest wheel.
    #[error("it has {0} entries, more than {MAX_ENTRIES}")]
    TooManyEntries(u64),
    /// An entry's path could be dangerous to unpack.
    #[error("the entry {name:?} is refused: {reason}")]
    Path {
        /// The name as it stands in the archive, shortened.
        name: String,
        /// Why.
        reason: EntryPathError,
    },
    /// A name that some readers take for code page 437 and others for UTF-8.
    #[error("the entry `{0}` has a non-ASCII name that is not marked as UTF-8")]
    NameEncoding(EntryPath),
    /// Another name in the extra field 0x7075, which some readers prefer.
    #[error("the entry `{0}` has another name in its Unicode path field")]
    UnicodePath(EntryPath),
    /// An extra field that reaches beyond the extra fields, or stands there twice.
    #[error("the entry `{0}` has damaged extra fields")]
    Extra(EntryPath),
    /// A ZIP64 field that does not hold exactly the values that the header leaves to it.
    #[error("the entry `{0}` has a ZIP64 field that is missing or of the wrong length")]
    Zip64Field(EntryPath),
    /// A ZIP64 field beside values that the header has itself, and other ones.
    #[error("the entry `{0}` has a ZIP64 field with other values than its header")]
    Zip64Disagreement(EntryPath),
    /// An extra field that can make a file a link or a device for some readers.
    #[error("the entry `{0}` has the extra field {1:#06x}, which can hide a symlink")]
    HiddenType(EntryPath, u16),
    /// Two entries would be unpacked to one path.
    #[error("the entry `{0}` occurs twice")]
    Duplicate(EntryPath),
    /// Two entries would be unpacked to one path on some file systems.
    #[error("the entries `{0}` and `{1}` differ only in case or Unicode form")]
    Twins(EntryPath, EntryPath),
    /// An entry would have to be a folder too.
    #[error("the entry `{file}` is a file, but `{below}` needs it to be a folder")]
    FileAndFolder {
        /// The file.
        file: EntryPath,
        /// What is below it, or the entry that makes it a folder.
        below: EntryPath,
    },
    /// An entry is neither a file nor a folder, or is both.
    #[error("the entry `{0}` is a symlink or a special file")]
    Special(EntryPath),
    /// A folder has content.
    #[error("the entry `{0}/` is a folder with content")]
    FolderContent(EntryPath),
    /// An entry is encrypted.
    #[error("the entry `{0}` is encrypted")]
    Encrypted(EntryPath),
    /// A flag that no writer of wheels sets.
    #[error("the entry `{0}` has the unsupported flags {1:#06x}")]
    Flags(EntryPath, u16),
    /// An entry is compressed by a method that Lambda cannot be relied on to unpack.
    #[error("the entry `{0}` is compressed by the unsupported method {1}")]
    Method(EntryPath, u16),
    /// There is no local header where the central directory says.
    #[error("the entry `{0}` has no local header where the central directory says")]
    NoLocalHeader(EntryPath),
    /// The local header of an entry contradicts the central directory.
    #[error("the entry `{0}` has a local header with another {1} than the central directory")]
    Disagreement(EntryPath, &'static str),
    /// The data of an entry do not end before the central directory.
    #[error("the entry `{0}` reaches into the central directory")]
    BeyondEntries(EntryPath),
    /// Two entries share bytes.
    #[error("the entry `{0}` overlaps another one")]
    Overlap(EntryPath),
    /// Bytes that belong to no entry.
    #[error("the entry `{0}` is followed by {1} hidden bytes")]
    Gap(EntryPath, u64),
    /// The data descriptor that the flags promise is not there.
    #[error("the entry `{0}` lacks its data descriptor")]
    NoDescriptor(EntryPath),
    /// The data descriptor contradicts the central directory.
    #[error("the entry `{0}` has a data descriptor with another {1} than the central directory")]
    Descriptor(EntryPath, &'static str),
    /// Stored bytes are as many as unpacked ones.
    #[error("the entry `{0}` is stored, but its two sizes differ")]
    StoredSize(EntryPath),
    /// More bytes than deflate can make of the compressed ones.
    #[error(
        "the entry `{path}` claims {size} bytes, more than {compressed} deflated bytes can hold"
    )]
    Ratio {
        /// The entry.
        path: EntryPath,
        /// The uncompressed size that its headers claim.
        size: u64,
        /// Its compressed size.
        compressed: u64,
    },
    /// The entries together are larger than any layer may be.
    #[error("it unpacks to more than {MAX_UNPACKED} bytes, the limit for Lambda layers")]
    TooLarge,
    /// An entry does not hold what its headers claim.
    #[error("the entry `{0}` does not unpack to the size and checksum that its header claims")]
    Content(EntryPath),
}
