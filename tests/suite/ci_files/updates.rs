//! `docs/ci/update-locks.yml`: what its jobs may do, and its scripts, run on branches as bots make them.

use std::process::Command;

use serde_norway::Value;

use super::runs::run_script;
use super::{GITHUB, parsed, steps, text};
use crate::support::project::{APP, Project, Run};

const FILE: &str = include_str!("../../../docs/ci/update-locks.yml");

/// The script of a step.
fn script(job: &str, name: &str) -> String {
    let file = parsed(FILE);
    let all = steps(&file["jobs"][job]);
    let found = all.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{job} has no {name}")).1
}

fn git(project: &Project, folder: &str, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=bot", "-c", "user.email=bot@example.com"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgSign=false",
        ])
        .args(arguments)
        .current_dir(project.path(folder))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = git.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with a stale lock on the branch of a bot, and where it came from.
fn branch_of_bot() -> Project {
    let project = Project::new()
        .manifest(APP)
        .file("layers/app/requirements.txt", "six==1.16.0\n")
        .file(".gitignore", "origin\ntemp\noutput\n.lls\n");
    project.succeed(&["lock"]);
    std::fs::create_dir(project.path("temp")).unwrap();
    git(&project, ".", &["init", "--quiet"]);
    git(&project, ".", &["add", "--all"]);
    git(&project, ".", &["commit", "--quiet", "--message", "layers"]);
    git(
        &project,
        ".",
        &["clone", "--quiet", "--bare", ".", "origin"],
    );
    git(&project, ".", &["remote", "add", "origin", "./origin"]);
    project.write("layers/app/requirements.txt", "six==1.17.0\n");
    git(
        &project,
        ".",
        &["commit", "--quiet", "--all", "--message", "six 1.17.0"],
    );
    project
}

/// Runs a step as a runner does.
fn step(project: &Project, job: &str, name: &str, patch: &str) -> Run {
    let at = |path: &str| project.path(path).display().to_string();
    let (temp, output) = (at("temp"), at("output"));
    let variables = [
        ("RUNNER_TEMP", temp.as_str()),
        ("GITHUB_OUTPUT", &output),
        ("GITHUB_REF", "refs/heads/renovate/six"),
        ("PATCH", patch),
        ("LLS_LOCKED", ""),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ];
    run_script(project, &script(job, name), &variables)
}

/// The patch that the first job hands on.
fn patch(project: &Project) -> String {
    let run = step(project, "lock", "Hand on what changed", "");
    assert_eq!(run.status, 0, "{run}");
    let output = project.read("output");
    output.strip_prefix("patch=").unwrap().trim().to_owned()
}

#[test]
fn a_stale_lock_is_made_and_pushed() {
    let project = branch_of_bot();
    let run = step(&project, "lock", "Make the locks", "");
    assert_eq!(run.status, 0, "{run}");
    project.write("left-behind.txt", "by a build\n");
    let patch = patch(&project);
    git(&project, ".", &["reset", "--quiet", "--hard"]);
    for name in ["Apply the patch", "Commit and push"] {
        let run = step(&project, "commit", name, &patch);
        assert_eq!(run.status, 0, "{name}: {run}");
    }
    let branch = "refs/heads/renovate/six";
    let changed = git(
        &project,
        "origin",
        &["show", "--format=%an: %s", "--name-only", branch],
    );
    assert_eq!(
        changed,
        "github-actions[bot]: Lock layers [dependabot skip]\n\nlayers/app/requirements.lock"
    );
    project.succeed(&["plan", "--locked"]);
}

#[test]
fn wheels_that_were_built_go_along_and_stale_ones_go_away() {
    let project = branch_of_bot();
    project.write("layers/app/.wheels/a-1-py3-none-any.whl", "old");
    git(&project, ".", &["add", "--all"]);
    git(
        &project,
        ".",
        &["commit", "--quiet", "--message", "a wheel"],
    );
    std::fs::remove_file(project.path("layers/app/.wheels/a-1-py3-none-any.whl")).unwrap();
    project.write("layers/app/.wheels/a-2-py3-none-any.whl", b"\0new");
    project.write(".gitignore", "*.whl\norigin\ntemp\noutput\n");
    let patch = patch(&project);
    git(&project, ".", &["reset", "--quiet", "--hard"]);
    std::fs::remove_dir_all(project.path("layers/app/.wheels")).unwrap();
    git(&project, ".", &["reset", "--quiet", "--hard"]);
    let run = step(&project, "commit", "Apply the patch", &patch);
    assert_eq!(run.status, 0, "{run}");
    assert_eq!(
        git(
            &project,
            ".",
            &["diff", "--cached", "--name-status", "--no-renames"]
        ),
        "D\tlayers/app/.wheels/a-1-py3-none-any.whl\nA\tlayers/app/.wheels/a-2-py3-none-any.whl"
    );
}

#[test]
fn a_current_lock_hands_on_nothing() {
    let project = branch_of_bot();
    assert_eq!(patch(&project), "");
    let file = parsed(FILE);
    let condition = text(&file["jobs"]["commit"]["if"]);
    assert_eq!(condition, "needs.lock.outputs.patch != ''");
}

/// What the code of a package could make of the patch.
#[test]
fn a_patch_of_anything_else_is_refused() {
    for path in [
        ".github/workflows/evil.yml",
        "layers/app/requirements.txt",
        "layers/app/requirements.lock.py",
        "layers/app/.wheels/x.sh",
        "requirements.lock/x",
        "layers/a b/requirements.lock",
    ] {
        let project = branch_of_bot();
        project.write(path, "evil\n");
        git(&project, ".", &["add", "--all", "--force", "--", path]);
        refuse(&project, path);
    }
    for mode in ["link", "executable"] {
        let project = branch_of_bot();
        let path = project.path("layers/app/requirements.lock");
        match mode {
            "link" => {
                std::fs::remove_file(&path).unwrap();
                std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
            }
            _ => super::runs::make_executable(&project, "layers/app/requirements.lock"),
        }
        git(&project, ".", &["add", "--all"]);
        refuse(&project, mode);
    }
}

/// Asserts that what is staged is not applied.
fn refuse(project: &Project, what: &str) {
    let patch = patch(project);
    assert_ne!(patch, "", "{what}");
    git(project, ".", &["reset", "--quiet", "--hard"]);
    let run = step(project, "commit", "Apply the patch", &patch);
    assert_eq!(run.status, 1, "{what}: {run}");
    assert!(run.stdout.contains("::error::the patch"), "{what}: {run}");
}

#[test]
fn only_the_job_that_runs_nothing_may_write() {
    let file = parsed(FILE);
    let yaml = |value: &Value| serde_norway::to_string(value).unwrap();
    assert_eq!(yaml(&file["permissions"]), "{}\n");
    let jobs = &file["jobs"];
    assert_eq!(yaml(&jobs["lock"]["permissions"]), "contents: read\n");
    assert_eq!(yaml(&jobs["commit"]["permissions"]), "contents: write\n");
    assert_eq!(jobs.as_mapping().unwrap().len(), 2);
    // Forks push to themselves.
    let events = file["on"].as_mapping().unwrap();
    assert_eq!(events.keys().map(text).collect::<Vec<_>>(), ["push"]);
    for branch in file["on"]["push"]["branches"].as_sequence().unwrap() {
        let branch = text(branch);
        assert!(branch.starts_with("dependabot/") || branch.starts_with("renovate/"));
    }
    let commit = steps(&jobs["commit"]);
    assert!(!commit.iter().any(|(_, script)| script.contains("lls ")));
    assert_eq!(FILE.matches("GH_TOKEN:").count(), 1);
    assert!(!FILE.contains("secrets.") && !FILE.contains("id-token"));
}

#[test]
fn its_actions_are_those_of_the_other_file() {
    let uses = |file: &str| -> std::collections::BTreeSet<String> {
        let lines = file.lines().filter_map(|line| line.split_once("uses: "));
        lines.map(|(_, action)| action.to_owned()).collect()
    };
    assert!(uses(FILE).is_subset(&uses(GITHUB)));
    assert_eq!(
        FILE.matches("persist-credentials: false").count(),
        FILE.matches("uses: ").count()
    );
    let install = |file: &str, job: &str| {
        let all = steps(&parsed(file)["jobs"][job]);
        all.into_iter().find(|(name, _)| name == "Install lls")
    };
    assert_eq!(install(FILE, "lock"), install(GITHUB, "check"));
}
