//! The `uv` process: resolves requirements and finds wheels, with the indexes and credentials that it is set up for.
//!
//! `uv` is run, never linked, and may not download interpreters. It may run foreign code only of the packages that it is
//! told to take from source; of all others it takes wheels (`--only-binary :all:`). Nothing in the folder where `lls` runs
//! may change that: uv runs elsewhere, and reads no configuration files but a copy of settings that are harmless.

mod build;
mod error;
mod exposed_login;
mod find;
mod index_names;
mod logins;
mod netrc;
mod places;
mod program;
mod pylock;
mod request;
mod settings;
mod yanked;

pub use build::BuildOptions;
pub use error::{UvError, without_secrets};
pub use exposed_login::ExposedLogin;
pub use find::{UvSource, find_uv, installed_uv, present_uv};
pub use logins::Logins;
pub use places::{index_folder, index_option, places_in_variables};
pub use program::Uv;
pub use pylock::{IndexFile, PackageSource, ResolvedPackage};
pub use request::{GitPin, Platform, Preferences, ResolveRequest};
pub use yanked::because;
