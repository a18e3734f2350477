//! The one door for files that a repository names: the manifest, requirements and what they include, locks, wheels
//! built from source, own files, registries in a folder, saved plans.
//!
//! Whoever writes a pull request chooses these files. So only regular files below the repository's root are opened,
//! nothing of a `.git`, none larger than its kind can be, and opening one never blocks.

mod error;
mod named;
mod open;
mod repository;
mod resolve;
mod text;
mod tree;

pub use error::InputError;
pub use named::find_above;
pub use repository::{FileKind, Repository, open_in_index, read_of_runner};
pub use text::{decode, without_mark};
pub use tree::CheckedFolders;
