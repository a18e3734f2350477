//! Python: requirements that `uv` resolves, `requirements.lock`, and wheels.

mod checkout;
mod choice;
mod download;
mod examine;
mod from_source;
mod held;
mod held_sources;
pub(crate) mod import_path;
pub(super) mod installed;
mod local_files;
pub mod lock;
mod locking;
mod locking_error;
mod no_wheel;
mod placing;
mod project_files;
mod requirement_lines;
mod requirements;
mod source_error;
mod tools;
mod transfer;
mod uv;
pub(super) mod version;
pub mod wheel;
mod wheel_folder;

pub use examine::LockState;
pub(crate) use requirement_lines::RequirementLineError;
pub use requirement_lines::{RequirementPlace, Sources};
pub use tools::Tools;
pub use uv::{UvSource, installed_uv};
