//! The location of a manifest, against which its paths are resolved.

use std::path::Path;

use super::problem::Lines;
use crate::input::Repository;

/// What a layer is read against.
pub(super) struct Context<'a> {
    /// The manifest's folder.
    pub folder: &'a Path,
    /// The manifest, as it was named.
    pub path: &'a Path,
    /// The repository that layers' folders are in.
    pub repository: &'a Repository,
    /// The lines of the manifest's text.
    pub lines: Lines<'a>,
}
