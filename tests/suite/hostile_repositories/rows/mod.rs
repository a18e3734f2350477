//! The rows of the table, by what of the repository is hostile.

pub mod archives;
pub mod blocking;
pub mod directories;
pub mod git;
pub mod includes;
pub mod locks;
pub mod manifests;
pub mod names;
pub mod programs;
pub mod saved_plans;
pub mod settings;
pub mod variables;
