//! ZIP archives as `lls` writes them (deterministic) and reads them (trusting nothing).
//!
//! Knows ZIP only: which files belong into a layer is decided in `build`.

mod entry;
mod listing;
mod path;
mod reader;
mod stream;
mod text;
mod writer;

pub use entry::{ArchiveComment, ArchiveFormat, Mode};
pub use listing::{EntryPlace, Listing, ListingEntry, Tail, read_tail};
pub use path::{EntryPath, EntryPathError, PathClash, find_clash};
pub use reader::{ArchiveError, ReadEntry, read_entries, read_listed};
pub use stream::{Compressed, Compression, Stream, Truncate, compress};
pub use text::{Text, Texts, read_text, readable};
pub use writer::{ArchiveLayout, LayoutError, NewEntry};

/// The most that a function and its layers may unpack to, in bytes (AWS Lambda quotas).
pub const MAX_UNPACKED: u64 = 262_144_000;

/// The most entries that an archive may have: as many as one without ZIP64 can count.
pub const MAX_ENTRIES: u64 = 65_535;

/// The largest ZIP that `PublishLayerVersion` takes directly, in bytes (AWS Lambda quotas).
pub const MAX_DIRECT_UPLOAD: u64 = 52_428_800;
