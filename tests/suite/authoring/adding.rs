//! `lls add`: what it makes, what it adopts, and that a failure leaves nothing behind.

use std::collections::BTreeSet;
use std::path::PathBuf;

use expect_test::expect;

use super::{check, index_with_tool};
use crate::support::project::{HELLO, Project};

/// Everything in the project but caches.
fn tree(project: &Project) -> BTreeSet<PathBuf> {
    let root = project.path(".");
    let walk = walkdir::WalkDir::new(&root).into_iter();
    let walk =
        walk.filter_entry(|entry| entry.file_name() != "cold-cache" && entry.file_name() != ".lls");
    walk.map(|entry| entry.unwrap().into_path()).collect()
}

#[test]
fn a_layer_has_what_was_asked_for() {
    let index = index_with_tool();
    let project = Project::hello()
        .environment(index.environment())
        .cold_cache();
    let options = [
        "add",
        "data",
        "tool<2",
        "-r",
        "python3.13",
        "-r",
        "python3.12",
        "--architecture",
        "arm64",
        "--permission",
        "o-a1b2c3d4e5",
        "--description",
        "0.1.0",
        "--license",
        "MIT",
        "--directory",
        "./src/data",
        "--format",
        "json",
    ];
    check(&project, &options, expect![[]]);
    check(
        &project,
        &["add", "own-code", "-r", "python3.12"],
        expect![[]],
    );
    expect![[]].assert_eq(project.read("layers.toml").strip_prefix(HELLO).unwrap());
    assert_eq!(project.read("src/data/requirements.txt"), "tool<2\n");
    assert!(
        project
            .read("src/data/requirements.lock")
            .contains("tool==1.1.0")
    );
    project.succeed(&["apply", "--yes", "--locked"]);
    project.assert_converged();
}

#[test]
fn a_folder_that_is_there_is_taken_as_it_is() {
    let project = Project::hello()
        .file("layers/old/package/__init__.py", "")
        .file("layers/data/data.json", "{}");
    check(&project, &["add", "old", "-r", "python3.12"], expect![[]]);
    check(&project, &["add", "data", "-r", "nodejs22.x"], expect![[]]);
    expect![[]].assert_eq(project.read("layers.toml").strip_prefix(HELLO).unwrap());
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn what_fails_leaves_nothing_behind() {
    let index = index_with_tool();
    let project = Project::hello()
        .environment(index.environment())
        .cold_cache()
        .file("layers/full/requirements.txt", "tool\n")
        .file("layers/blocked", "a file");
    let before = tree(&project);
    let manifest = project.read("layers.toml");
    let r = ["-r", "python3.12"];
    let mut told = String::new();
    for arguments in [
        &["add", "new", "tool==9"][..],
        &["add", "new", "missing-tool"],
        &["add", "new", "./tool"],
        &["add", "new", "tool", "git+https://git.example.com/x"],
        &["add", "new", "--", "--no-binary=tool"],
        &["add", "new", "a\nb"],
        &["add", "new", ""],
        &["add", "hello"],
        &["add", "a b"],
        &["add", "full", "tool"],
        &["add", "twin", "--directory", "layers/hello"],
        &["add", "blocked"],
        &["add", "node", "-r", "nodejs22.x"],
        &["add", "node", "tool", "-r", "nodejs22.x"],
        &["add", "new", "--permission", "everyone"],
    ] {
        let arguments = match arguments.contains(&"nodejs22.x") {
            true => arguments.to_vec(),
            false => [&arguments[..1], &r, &arguments[1..]].concat(),
        };
        let run = project.fail(&arguments);
        told.push_str(&format!(
            "$ lls {}\n{}",
            arguments.join(" ").replace('\n', "\\n"),
            run.stderr
        ));
        assert_eq!(run.stdout, "");
        assert_eq!(tree(&project), before, "{arguments:?}");
        assert_eq!(project.read("layers.toml"), manifest);
    }
    expect![[]].assert_eq(&told);
    check(&project, &["add", "new"], expect![[]]);
    assert_eq!(tree(&project), before);
    check(&Project::new(), &["add", "new"], expect![[]]);
}

#[test]
fn an_interrupted_add_leaves_nothing_behind() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::hello().file("uv", "#!/bin/sh\nexec sleep 600\n");
    let uv = project.path("uv");
    std::fs::set_permissions(&uv, std::fs::Permissions::from_mode(0o755)).unwrap();
    let project = project.variable("LLS_UV", uv);
    let before = tree(&project);
    let mut command = project.command(&["add", "new", "tool", "-r", "python3.12"]);
    let mut child = command.spawn().unwrap();
    while !project.path("layers/new/requirements.txt").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(killed.unwrap().success());
    assert!(!child.wait().unwrap().success());
    assert_eq!(tree(&project), before);
}
