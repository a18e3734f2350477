//! Where `lls` runs: in a folder of the project, or in the one that `-C` names.

use std::os::unix::fs::symlink;

use expect_test::expect;

use crate::support::project::{Project, Run};

/// A repository with the layer `hello` and a folder `docs/images`.
fn repository() -> Project {
    Project::hello()
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file("docs/images/x.txt", "")
}

fn run_in(project: &Project, folder: &str, arguments: &[&str]) -> Run {
    let mut command = project.command(arguments);
    command.current_dir(project.path(folder));
    project.finish(command)
}

#[test]
fn the_manifest_is_found_above() {
    let project = repository();
    let top = project.succeed(&["plan", "--format", "json"]);
    let below = run_in(&project, "docs/images", &["plan", "--format", "json"]);
    assert_eq!(
        below.stdout.replace("../../registry", "registry"),
        top.stdout
    );
    let run = run_in(&project, "layers/hello", &["apply", "--yes"]);
    assert_eq!(run.status, 0, "{run}");
    assert!(project.path("registry/hello").exists());
    project.assert_converged();
    // Paths count from where lls runs.
    let out = ["build", "--output-dir", "out"];
    run_in(&project, "docs", &out);
    assert!(project.path("docs/out/hello.zip").exists());
    assert!(!project.path("docs/.lls").exists());
}

#[test]
fn messages_name_paths_as_they_are_from_there() {
    let project = repository();
    project.edit_manifest("prefix", "prefx");
    let run = run_in(&project, "docs/images", &["validate"]);
    expect![[r#"
        --- stderr
        error: unknown key `prefx` in layer `hello`
         --> ../../layers.toml:7:1
          |
        7 | prefx = "python"
          | ^^^^^
          |
          = hint: did you mean `prefix`?

        error: 1 problem in `../../layers.toml`
        --- exit status 1
    "#]]
    .assert_eq(&run.to_string());
}

#[test]
fn a_named_manifest_wins() {
    let project = repository().file("docs/other.toml", "");
    for arguments in [
        &["validate", "-m", "other.toml"][..],
        &["validate", "--manifest", "layers.toml"],
    ] {
        let run = run_in(&project, "docs", arguments);
        assert!(!run.to_string().contains("../layers.toml"), "{run}");
    }
    let mut command = project.command(&["validate"]);
    command.current_dir(project.path("docs"));
    command.env("LLS_MANIFEST", "layers.toml");
    let run = project.finish(command);
    run.assert_stderr(&["error: there is no manifest at `layers.toml`\n"]);
}

#[test]
fn nothing_is_found_above_the_root_or_without_a_repository() {
    let project = repository().file("module/.git", "gitdir: ../.git/modules/module\n");
    let run = run_in(&project, "module", &["validate"]);
    run.assert_stderr(&["error: there is no manifest at `layers.toml`\n"]);
    let project = Project::hello().file("docs/x", "");
    let run = run_in(&project, "docs", &["validate"]);
    run.assert_stderr(&["error: there is no manifest at `layers.toml`\n"]);
}

#[test]
fn init_makes_the_manifest_of_its_own_folder() {
    let project = repository();
    let run = run_in(&project, "docs", &["init", "--ci", "none"]);
    assert_eq!(run.status, 0, "{run}");
    assert!(project.path("docs/layers.toml").exists());
}

#[test]
fn a_folder_can_be_named() {
    let project = repository();
    let top = project.succeed(&["plan"]);
    for folder in ["docs/images", "docs", "."] {
        let run = project.succeed(&["-C", folder, "plan", "--out", "plan.json"]);
        assert!(project.path(folder).join("plan.json").exists());
        assert_eq!(run.stdout.lines().last(), top.stdout.lines().last());
    }
    let run = project.succeed(&["validate", "-Clayers", "-m", "../layers.toml"]);
    assert_eq!(run.stdout, "../layers.toml is valid: 1 layer, 1 target.\n");
    expect![[r#"
        --- stderr
        error: cannot change to `nowhere`
          caused by: No such file or directory
        --- exit status 1
    "#]]
    .assert_eq(&project.run(&["-C", "nowhere", "plan"]).to_string());
}

#[test]
fn no_link_of_the_repository_leads_to_another_folder() {
    let project = repository().outside_file("layers.toml", "");
    symlink(project.outside(""), project.path("link")).unwrap();
    let run = project.fail(&["-C", "link", "validate"]);
    expect![[r#"
        --- stderr
        error: `link` resolves to `[outside]`, outside the repository
        hint: move it into the repository, or allow its folder with `--allow-outside DIR` or LLS_ALLOW_OUTSIDE
        --- exit status 1
    "#]].assert_eq(&run.to_string());
    let outside = project.outside("").display().to_string();
    project.succeed(&["--allow-outside", &outside, "-C", "link", "validate"]);
}
