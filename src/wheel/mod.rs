//! Wheels: what their names promise, where their entries go, and what their `RECORD` must say afterwards.
//!
//! Knows the wheel format (PEP 427) and compatibility tags (PEP 425, PEP 600); touches no file.

mod layout;
mod name;
mod record;

pub use layout::{Placement, WheelError, WheelLayout};
pub use name::{WheelName, WheelNameError};
pub use record::{Record, RecordRow};
