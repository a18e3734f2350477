//! Child processes: what they see of the environment, where they run, and what a repository can have them do.

mod credentials;
mod environment;
mod places;
mod settings;
mod sources;
mod variables;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::project::Project;

/// What no child may see, each with this value.
const CANARIES: [&str; 18] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "CI_JOB_TOKEN",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "HF_TOKEN",
    "LD_PRELOAD",
    "LLS_COLOR",
    "MY_PASSWORD",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "UV_INDEX_OTHER_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "VIRTUAL_ENV",
];

const CANARY: &str = "canary";

fn with_canaries(project: Project) -> Project {
    let value = |name: &str| match name {
        // These must be fine for `lls` itself.
        "LLS_COLOR" => "never",
        "LD_PRELOAD" => "",
        _ => CANARY,
    };
    project.environment(CANARIES.map(|name| (name.to_owned(), value(name).to_owned())))
}

/// Writes a program that does what `script` says.
fn program(project: &Project, path: &str, script: &str) -> PathBuf {
    project.write(path, format!("#!/bin/sh\n{script}\n"));
    let path = project.path(path);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Lines of a script that note what the program sees: the names of variables, its arguments and its folder.
fn notes(project: &Project, name: &str) -> String {
    let path = project.path(name).display().to_string();
    format!(
        "env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p' >> '{path}.names'\n\
         echo \"$@\" >> '{path}.arguments'\n\
         pwd >> '{path}.folder'\n\
         ls -A >> '{path}.files'"
    )
}

/// The names of the variables that were noted, without those that the shell itself sets.
fn names(project: &Project, name: &str) -> Vec<String> {
    let text = project.read(&format!("{name}.names"));
    let of_shell = ["PWD", "OLDPWD", "SHLVL", "_"];
    let names = text.lines().filter(|name| !of_shell.contains(name));
    let mut names: Vec<_> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn assert_no_canary(names: &[String]) {
    for canary in CANARIES {
        assert!(
            !names.iter().any(|name| name == canary),
            "{canary} in {names:?}"
        );
    }
}

/// A search path that begins with `first`.
fn path_with(first: &Path) -> String {
    format!("{}:{}", first.display(), std::env::var("PATH").unwrap())
}

/// A search path without the folders that have this program.
fn path_without(program: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let folders = path
        .split(':')
        .filter(|folder| !Path::new(folder).join(program).exists());
    folders.collect::<Vec<_>>().join(":")
}
