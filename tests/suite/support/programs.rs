//! Programs of a test's own, in folders outside of every repository.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

/// A folder outside of every repository with a program that does what the shell script says.
pub fn folder_with(program: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write_program(&folder.path().join(program), script);
    folder
}

/// Writes a program that does what the shell script says.
pub fn write_program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("it can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be run");
}
