//! The lines of requirements files, as far as it matters where a package comes from: an index, an address, a path.
//!
//! uv decides what they mean; here it is only decided whether uv may be asked. It gets a copy of the lines that were read
//! here, so that nothing reaches it unseen.

mod check;
mod copy;
mod direct;
mod error;
mod files;
mod git;
mod hashes;
mod of_package;
mod place;
mod reach;
mod read;
mod source_file;

pub use check::check;
pub use copy::{RequirementsCopy, index_options};
pub use direct::{DirectWheel, Sources, direct_file, direct_wheels, lines_of, source_addresses};
pub use error::RequirementLineError;
pub use files::{IncludeError, check_lines, check_size, read_sources};
pub use git::{git_addresses, git_pins, git_request};
pub use hashes::{HashError, WrittenHashes};
pub use of_package::{bare_requirements, first_marked, place_of, trusted_hosts};
pub use place::RequirementPlace;
pub use reach::{ReachError, check_reach};
pub use source_file::SourceFile;
