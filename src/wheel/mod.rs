//! Wheels: what their names promise, where their entries go, and what their `RECORD` must say afterwards.
//!
//! Knows the wheel format (PEP 427) and compatibility tags (PEP 425, PEP 600); touches no file.

mod error;
mod layout;
mod metadata;
mod name;
mod normal;
mod record;

pub use error::WheelError;
pub use layout::{Placement, WheelLayout};
pub use metadata::is_version;
pub use name::{WheelName, WheelNameError};
pub use normal::normalised;
pub use record::{Record, Recorded, parse_record};

/// The most bytes that `WHEEL`, `METADATA` or `RECORD` may have.
const MAX_METADATA: u64 = 16 << 20;

/// The most files that `RECORD` may name.
const MAX_RECORD_ROWS: usize = 65_535;
