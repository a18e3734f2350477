//! `plan`, `apply` and `build` warn where Git tracks the caches of a project.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::project::Project;

fn git(project: &Project, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(project.path(""))
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
    let output = git.args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

/// A project that is a repository of Git, and was built.
fn repository() -> Project {
    let project = Project::hello();
    git(&project, &["init", "--quiet"]);
    project.succeed(&["build"]);
    project
}

/// What `plan` warns of.
fn warnings(project: &Project, arguments: &[&str]) -> String {
    let run = project.succeed(arguments);
    let warnings = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning"));
    warnings.map(|line| format!("{line}\n")).collect()
}

const OF_BOTH: &str = "warning: Git tracks `.lls/archives` and `.lls/files`, which are caches: nothing in them is trusted, and everything is rebuilt; run `git rm -r --cached .lls/archives .lls/files`\n";

#[test]
fn tracked_caches_are_warned_of_with_the_remedy() {
    let project = repository();
    assert_eq!(warnings(&project, &["plan"]), "");
    git(&project, &["add", "--all"]);
    assert_eq!(
        warnings(&project, &["plan"]),
        "",
        "`.lls/.gitignore` leaves them out"
    );
    git(&project, &["add", "--force", ".lls"]);
    for command in [&["plan"][..], &["build"], &["apply", "--yes"], &["plan"]] {
        assert_eq!(warnings(&project, command), OF_BOTH);
    }
    let report = project.succeed(&["plan", "--format", "markdown"]);
    report.assert_stdout(&["**Warnings:**", "Git tracks"]);
    git(
        &project,
        &["rm", "-r", "--cached", ".lls/archives", ".lls/files"],
    );
    assert_eq!(warnings(&project, &["plan"]), "");
}

#[test]
fn a_committed_registry_is_fine() {
    let project = repository();
    project.edit_manifest("\"registry\"", "\".lls/registry\"");
    project.succeed(&["apply", "--yes"]);
    git(&project, &["add", "--force", ".lls/registry"]);
    assert_eq!(warnings(&project, &["plan"]), "");
}

#[test]
fn a_project_below_the_repositorys_root_and_a_worktree_are_looked_at() {
    let project = repository();
    fs::create_dir(project.path("sub")).unwrap();
    for name in ["layers.toml", "layers", ".lls"] {
        fs::rename(project.path(name), project.path("sub").join(name)).unwrap();
    }
    git(&project, &["add", "--force", "sub"]);
    git(&project, &["commit", "--quiet", "--message", "all"]);
    let plan = ["-m", "sub/layers.toml", "plan"];
    let expected = OF_BOTH.replace(".lls", "sub/.lls");
    assert_eq!(warnings(&project, &plan), expected);
    git(&project, &["worktree", "add", "--quiet", "tree"]);
    assert_eq!(
        warnings(&project, &["-m", "tree/sub/layers.toml", "plan"]),
        expected
    );
}

/// Git is asked once for each state of its index, not by every run.
#[test]
fn git_is_asked_only_where_something_was_added_or_removed() {
    let project = repository();
    let script = "#!/bin/sh\necho asked >> \"${0%/*}/asked\"\nunset GIT_DIR\nexec /usr/bin/env -i PATH=\"$REAL_PATH\" git \"$@\"\n";
    let path = std::env::var("PATH").unwrap();
    let tools = tempfile::tempdir().unwrap();
    let wrapper = tools.path().join("git");
    fs::write(&wrapper, script.replace("$REAL_PATH", &path)).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let bin = format!("{}:{path}", tools.path().display());
    let project = project.variable("PATH", bin);
    let asked = || {
        fs::read_to_string(tools.path().join("asked"))
            .unwrap_or_default()
            .lines()
            .count()
    };
    git(&project, &["add", "layers.toml"]);
    for _ in 0..3 {
        assert_eq!(warnings(&project, &["plan"]), "");
        assert_eq!(asked(), 1);
    }
    git(&project, &["add", "--force", ".lls/files"]);
    for times in 2..4 {
        assert_ne!(warnings(&project, &["plan"]), "");
        assert_eq!(asked(), times, "until it is put right");
    }
}

/// Nothing that a repository can set up is run: no hook, no monitor of the file system, no repository in it.
#[test]
fn nothing_of_the_repository_is_run_or_taken_for_it() {
    let project = repository();
    let script = "#!/bin/sh\n: > was-run\n: > \"${0%/*}/was-run\"\n";
    project.write("run", script);
    fs::set_permissions(project.path("run"), fs::Permissions::from_mode(0o755)).unwrap();
    let program = project.path("run");
    let program = program.to_str().unwrap();
    git(&project, &["add", "--force", ".lls"]);
    git(&project, &["config", "core.fsmonitor", program]);
    git(
        &project,
        &[
            "config",
            "core.hooksPath",
            project.path("").to_str().unwrap(),
        ],
    );
    git(
        &project,
        &["config", "alias.ls-files", &format!("!{program}")],
    );
    assert_eq!(warnings(&project, &["plan"]), OF_BOTH);
    assert!(!project.path("was-run").exists());
    // A folder that looks like a bare repository, as one may be committed.
    fs::rename(project.path(".git"), project.path("inner")).unwrap();
    for name in ["HEAD", "config", "objects", "refs", "index"] {
        fs::rename(project.path("inner").join(name), project.path(name)).unwrap();
    }
    assert_eq!(warnings(&project, &["plan"]), "");
}

#[test]
fn without_git_nothing_is_said() {
    let project = repository();
    git(&project, &["add", "--force", ".lls"]);
    let project = project.variable("PATH", "/nonexistent");
    assert_eq!(warnings(&project, &["plan"]), "");
    fs::remove_dir_all(project.path(".git")).unwrap();
    project.write(".git", "gitdir: /nonexistent\n");
    let project = project.variable("PATH", std::env::var("PATH").unwrap());
    assert_eq!(warnings(&project, &["plan"]), "");
}

/// Git reads no repository of somebody else, whose settings it would follow, unless the user says so.
#[test]
fn a_repository_of_another_user_is_not_asked() {
    let project = repository();
    git(&project, &["add", "--force", ".lls"]);
    let tools = tempfile::tempdir().unwrap();
    let path = std::env::var("PATH").unwrap();
    let script =
        format!("#!/bin/sh\nPATH='{path}' GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git \"$@\"\n");
    let wrapper = tools.path().join("git");
    fs::write(&wrapper, script).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let home = tools.path().join("home");
    fs::create_dir(&home).unwrap();
    let project = project
        .variable("PATH", format!("{}:{path}", tools.path().display()))
        .variable("HOME", &home);
    assert_eq!(warnings(&project, &["plan"]), "");
    fs::write(home.join(".gitconfig"), "[safe]\ndirectory = *\n").unwrap();
    assert_eq!(warnings(&project, &["plan"]), OF_BOTH);
}
