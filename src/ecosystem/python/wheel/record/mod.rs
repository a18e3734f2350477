//! `RECORD`: the list of installed files by which `importlib.metadata` knows a package (PEP 376, PEP 427).

mod read;
mod write;

pub use read::{Recorded, parse_record};
pub(super) use write::{RecordRow, to_bytes};

/// The most files that `RECORD` may name.
pub(super) const MAX_RECORD_ROWS: usize = 65_535;
