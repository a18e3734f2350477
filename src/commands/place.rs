//! Where a command works: the folder that `-C` names, and the manifest there or in a folder above.

use std::path::Path;

use super::Environment;
use crate::cli::{Command, GlobalOptions};
use crate::error::{Error, PathContext as _};
use crate::input::{Repository, find_above};

/// Changes to the folder that `-C` names, if it is given. Every relative path counts from there.
///
/// # Errors
/// If there is no such folder, or if a link in a repository leads out of it on the way there.
pub(super) fn enter(options: &GlobalOptions) -> Result<(), Error> {
    let Some(folder) = &options.working_directory else {
        return Ok(());
    };
    let current = std::env::current_dir().at("find", Path::new("."))?;
    let target = current.join(folder);
    let allowed = options.allowed_outside.iter();
    let allowed: Vec<_> = allowed.map(|allowed| target.join(allowed)).collect();
    Repository::around_named(folder, &current, &allowed)?;
    std::env::set_current_dir(folder).at("change to", folder)?;
    Ok(())
}

/// Looks for the manifest in parent folders, if none is named and the current folder has none.
///
/// `lls init` does not look for it: it creates the manifest in the current folder.
pub(super) fn find_manifest(
    options: &mut GlobalOptions,
    command: &Command,
    environment: &Environment,
) {
    if options.manifest.is_none() && !matches!(command, Command::Init(_)) {
        options.found_manifest = find_above(options.manifest_path(), &environment.folder);
    }
}
