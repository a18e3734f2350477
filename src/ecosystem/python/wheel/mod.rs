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
pub use layout::{WheelLayout, is_bytecode};
pub use name::{WheelName, WheelNameError};
pub use normal::normalised;
pub use record::parse_record;

/// The most bytes that `WHEEL`, `METADATA` or `RECORD` may have.
const MAX_METADATA: u64 = 16 << 20;
