//! How `lls` reaches its users: one address and one version everywhere, installers, packages, notes of a release.
//! Programs are small scripts here; what builds the real ones is in the release workflow.

mod image;
mod installer;
mod metadata;
mod npm;
mod server;
mod workflows;

use std::path::Path;
use std::process::Command;

use crate::support::project::{Project, Run};

/// The version of this source.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The repository's address, as Cargo.toml has it.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// A program that says what it was called with.
const PROGRAM: &str = "#!/bin/sh\necho \"lls $*\"\n";

/// The folder of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
fn read(path: &str) -> String {
    let read = std::fs::read_to_string(root().join(path));
    read.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs a program in a project's folder, with its variables and a home in it.
fn run(project: &Project, program: &[&str], variables: &[(&str, &str)]) -> Run {
    let environment = project.command(&[]);
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).current_dir(project.path("."));
    command.env_clear();
    let kept = environment.get_envs();
    command.envs(kept.filter_map(|(name, value)| Some((name, value?))));
    command.env("HOME", project.path("home"));
    command.envs(variables.iter().copied());
    project.finish(command)
}

/// The path of a script in `release/`.
fn script(name: &str) -> String {
    root().join("release").join(name).display().to_string()
}

/// A project whose folder `release` has an archive of [`PROGRAM`] for each target.
fn released(targets: &[&str]) -> Project {
    let project = Project::new().file("program", PROGRAM);
    std::fs::create_dir(project.path("release")).unwrap();
    for target in targets {
        let archive = script("archive");
        let made = run(&project, &[&archive, "program", target, "release"], &[]);
        assert_eq!(made.status, 0, "{made}");
    }
    project
}

/// The bytes of an archive with [`PROGRAM`].
pub fn archive_of_program() -> Vec<u8> {
    let target = "x86_64-unknown-linux-musl";
    released(&[target]).bytes(&format!("release/lls-{VERSION}-{target}.tar.gz"))
}
