//! What the file system knows of a file's content: whoever writes to the file changes it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use serde::{Deserialize, Serialize};

/// Size, inode and times of a file. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Number of bytes.
    pub size: u64,
    /// Number of the inode.
    pub inode: u64,
    /// When the content was changed, as the file says.
    pub modified: i128,
    /// When anything of the file was changed. Set by the system alone.
    pub changed: i128,
}

impl Stamp {
    /// The stamp of a file with this `metadata`.
    pub fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            size: metadata.size(),
            inode: metadata.ino(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}
