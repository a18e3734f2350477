//! The scripts of the files for CI, run by `bash` in a folder without an account, credentials or a home.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use expect_test::expect;
use lls::digest::Sha256;
use serde_norway::Value;

use super::{GITHUB, GITLAB, lines, parsed, steps};
use crate::support::ministack::install;
use crate::support::project::{HELLO, Project, Run};

/// A project with a package and own files, locked, whose target is a folder.
pub(super) fn locked() -> Project {
    let layer = "\n[layers.six]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n";
    let project = Project::hello()
        .manifest(&(HELLO.to_owned() + layer))
        .file("layers/six/requirements.txt", "six==1.17.0\n");
    project.succeed(&["lock"]);
    project
}

/// The script of a step in GitHub's file.
fn step(github: &Value, job: &str, name: &str) -> String {
    let all = steps(&github["jobs"][job]);
    let found = all.into_iter().find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("{job} has no step {name}"))
        .1
}

/// Makes a file of a project a program.
pub fn make_executable(project: &Project, path: &str) {
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path(path), mode).unwrap();
}

/// Runs a script as a runner does, where there is nothing of a user: no home, no configuration, no credentials.
pub(super) fn run_script(project: &Project, script: &str, variables: &[(&str, &str)]) -> Run {
    let lls = Path::new(env!("CARGO_BIN_EXE_lls"))
        .parent()
        .expect("a folder");
    let search_path = std::env::var("PATH").expect("PATH");
    let search_path = format!(
        "{}:{}:{search_path}",
        project.path("bin").display(),
        lls.display()
    );
    let environment = project.command(&[]);
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(project.path("."))
        .env_clear();
    let kept = environment.get_envs().filter(|(name, _)| *name != "HOME");
    bash.envs(kept.filter_map(|(name, value)| Some((name, value?))));
    bash.env("PATH", search_path).env("LLS_LOCKED", "true");
    bash.envs(variables.iter().copied());
    project.finish(bash)
}

#[test]
fn a_fork_without_credentials_is_checked_and_built() {
    let project = locked();
    let github = parsed(GITHUB);
    let mut scripts = steps(&github["jobs"]["check"]);
    scripts.retain(|(name, _)| name != "Install lls");
    assert_eq!(scripts.len(), 4);
    // A target in AWS, for which there are no credentials.
    let aws = [("LLS_TARGET", "aws"), ("AWS_EC2_METADATA_DISABLED", "true")];
    project.edit_manifest("[targets.local]", "[targets.aws]\n\n[targets.local]");
    for (name, script) in &scripts {
        let run = run_script(&project, script, &aws);
        assert_eq!(run.status, 0, "{name}: {run}");
    }
    project.write("layers/six/requirements.txt", "six==1.16.0\n");
    let run = run_script(&project, &scripts[1].1, &aws);
    assert_eq!(run.status, 1, "a stale lock is found: {run}");
}

#[test]
fn gitlab_hands_the_plan_from_one_job_to_the_next() {
    let project = locked();
    let file = parsed(GITLAB);
    let script = |job: &str| lines(&file[job], "script").join("\n");
    for job in ["check", "plan"] {
        let run = run_script(&project, &script(job), &[]);
        assert_eq!(run.status, 0, "{job}: {run}");
    }
    let report: serde_json::Value =
        serde_json::from_str(&project.read("plan-gitlab.json")).unwrap();
    assert_eq!(report["create"], 2);
    // What another pipeline applied in between is not applied again.
    let other = locked();
    let run = run_script(&project, &script("apply"), &[]);
    assert_eq!(run.status, 0, "{run}");
    other.write("plan.json", project.read("plan.json"));
    other.succeed(&["apply", "-l", "six"]);
    let run = run_script(&other, &script("apply"), &[]);
    assert_eq!(run.status, 1, "{run}");
    assert!(run.stderr.contains("is out of date"), "{run}");
    project.assert_converged();
}

/// The comment of an earlier run is found by its first line, as the GitHub CLI's `--jq` does it.
#[test]
fn github_finds_its_own_comment_by_the_marker() {
    let github = parsed(GITHUB);
    let script = step(&github, "plan", "Show the plan");
    let expression = script.split('\'').nth(1).expect("an expression");
    let comment = |id: u64, kind: &str, body: &str| serde_json::json!({ "id": id, "user": { "type": kind }, "body": body });
    let comments = serde_json::json!([
        comment(1, "User", "<!-- lls plan aws -->\nquoted by somebody"),
        comment(2, "Bot", "<!-- lls plan other -->\nanother target"),
        comment(3, "Bot", "<!-- lls plan aws -->\nthe plan"),
        comment(4, "Bot", "something else"),
    ]);
    let code = "import jq, sys; print(jq.compile(sys.argv[1]).input_text(sys.argv[2]).all())";
    let mut uv = Command::new(install::uv().expect("uv"));
    uv.env("UV_PYTHON_DOWNLOADS", "never")
        .env("MARKER", "<!-- lls plan aws -->");
    uv.args([
        "run",
        "--quiet",
        "--no-project",
        "--with",
        "jq==1.13.0",
        "python",
        "-c",
        code,
    ]);
    let output = uv
        .arg(expression)
        .arg(comments.to_string())
        .output()
        .expect("uv can be run");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "[3]\n",
        "{output:?}"
    );
}

/// Answers as the GitHub CLI does: lists the comment that `known` names, and takes note of what is sent.
pub(super) const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
echo "$*" >> gh.log
case "$*" in
  *--paginate*) [ -n "$MARKER" ]; cat known ;;
  *repos/acme/layers/git/ref/heads/main*) cat newest ;;
  *body=@*) all="$*"; cp "${all##*body=@}" sent.md ;;
  *) exit 1 ;;
esac
"#;

/// The variables of a step of a pull request, and a project with a GitHub CLI that lists the comments in `known`.
fn pull_request(project: Project) -> (Project, Vec<(&'static str, String)>) {
    let project = project.file("bin/gh", GH).file("known", "");
    make_executable(&project, "bin/gh");
    project.write("runner/keep", "");
    let of_runner = project.path("runner").display().to_string();
    let variables = [
        ("GITHUB_REPOSITORY", "acme/layers"),
        ("PULL_REQUEST", "7"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
        ("RUNNER_TEMP", &of_runner),
    ];
    let variables = variables.map(|(name, value)| (name, value.to_owned()));
    (project, variables.to_vec())
}

fn borrowed<'a>(variables: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    let variables = variables.iter();
    variables
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

#[test]
fn github_shows_the_plan_in_one_comment() {
    let (project, variables) = pull_request(locked());
    let github = parsed(GITHUB);
    for known in ["", "41\n42\n"] {
        project.write("known", known);
        for name in ["Plan", "Show the plan"] {
            let run = run_script(
                &project,
                &step(&github, "plan", name),
                &borrowed(&variables),
            );
            assert_eq!(run.status, 0, "{name}: {run}");
        }
        let sent = project.read("sent.md");
        assert!(sent.starts_with("<!-- lls plan local -->\n"), "{sent}");
    }
    let folder = project.path("runner").display().to_string();
    let log = project.read("gh.log").replace(&folder, "[runner]");
    let sent = log.lines().filter(|line| line.contains("body="));
    expect![[r#"
        api --silent --method POST repos/acme/layers/issues/7/comments --field body=@[runner]/plan.md
        api --silent --method PATCH repos/acme/layers/issues/comments/42 --field body=@[runner]/plan.md"#]]
    .assert_eq(&sent.collect::<Vec<_>>().join("\n"));
}

/// A branch may hold any file under the name of the report, and a manifest that fails before a report is written.
#[test]
fn github_shows_nothing_that_a_branch_holds_under_the_name_of_the_report() {
    let forged = "<!-- lls plan local -->\nNothing changes.\n";
    for is_link in [false, true] {
        let (project, mut variables) = pull_request(Project::new().manifest("layers = 1\n"));
        variables.push(("GH_TOKEN", "CANARY-OF-THE-TOKEN".to_owned()));
        if is_link {
            symlink("/proc/self/environ", project.path("plan.md")).unwrap()
        } else {
            project.write("plan.md", forged)
        }
        let github = parsed(GITHUB);
        let plan = step(&github, "plan", "Plan");
        assert_eq!(run_script(&project, &plan, &borrowed(&variables)).status, 1);
        let show = step(&github, "plan", "Show the plan");
        let run = run_script(&project, &show, &borrowed(&variables));
        assert_eq!(run.status, 0, "{run}");
        for file in ["gh.log", "sent.md", "summary.md"] {
            assert!(!project.path(file).exists(), "{}", project.read(file));
        }
    }
}

#[test]
fn gitlab_hands_on_nothing_that_a_branch_holds_under_the_name_of_the_plan() {
    let project = Project::new().manifest("layers = 1\n");
    project.write("plan.json", "{}");
    symlink("/proc/self/environ", project.path("plan-gitlab.json")).unwrap();
    let script = lines(&parsed(GITLAB)["plan"], "script").join("\n");
    assert_eq!(run_script(&project, &script, &[]).status, 1);
    for file in ["plan.json", "plan-gitlab.json"] {
        assert!(project.path(file).symlink_metadata().is_err(), "{file}");
    }
}

/// An old run that is run again, or was overtaken, applies nothing.
#[test]
fn github_applies_the_newest_commit_alone() {
    let (project, mut variables) = pull_request(locked());
    variables.push(("GITHUB_REF_NAME", "main".to_owned()));
    variables.push(("GITHUB_SHA", "a1".to_owned()));
    variables.push(("GITHUB_OUTPUT", "output".to_owned()));
    let github = parsed(GITHUB);
    let find = step(&github, "apply", "Find the newest commit");
    for (newest, is_this) in [("b2\n", false), ("a1\n", true)] {
        project.write("newest", newest);
        project.write("output", "");
        let run = run_script(&project, &find, &borrowed(&variables));
        assert_eq!(run.status, 0, "{run}");
        assert_eq!(
            run.stdout.contains("the newer commit b2"),
            !is_this,
            "{run}"
        );
        let expected = if is_this { "is-this=true\n" } else { "" };
        assert_eq!(project.read("output"), expected);
    }
    let steps = github["jobs"]["apply"]["steps"].as_sequence().unwrap();
    let apply = steps.last().unwrap();
    assert_eq!(apply["id"], Value::Null);
    assert_eq!(apply["if"], "steps.newest.outputs.is-this == 'true'");
    let run = run_script(
        &project,
        apply["run"].as_str().unwrap(),
        &borrowed(&variables),
    );
    assert_eq!(run.status, 0, "{run}");
    project.assert_converged();
}

/// Hands out the file `download`, as curl does.
pub(super) const CURL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
[ "${*: -1}" = https://example.com/lls ]
while [ "$1" != --output ]; do shift; done
cp download "$2"
"#;

/// What is downloaded in place of `lls`.
const DOWNLOAD: &str = "#!/bin/sh\necho it was run\n";

#[test]
fn a_binary_with_another_hash_is_never_run() {
    let github = parsed(GITHUB);
    let jobs = ["check", "plan", "apply"];
    let mut installs = jobs.map(|job| step(&github, job, "Install lls") + "cat \"$GITHUB_PATH\"\n");
    for (job, install) in jobs.iter().zip(&installs) {
        let first = &github["jobs"][job]["steps"][0];
        assert_eq!(
            first["name"], "Install lls",
            "{job} checks nothing out before"
        );
        assert_eq!(install, &installs[0]);
    }
    installs[0].push_str("PATH=\"$(cat \"$GITHUB_PATH\"):$PATH\"\nlls plan");
    installs[1] = lines(&parsed(GITLAB)[".lls"], "before_script").join("\n") + "\nlls plan";
    let right = Sha256::of(DOWNLOAD).to_string();
    let wrong = Sha256::of("another").to_string();
    for script in &installs[..2] {
        for (hash, is_run) in [(right.as_str(), true), (&wrong, false), ("SHA256", false)] {
            let project = Project::new().file("bin/curl", CURL);
            make_executable(&project, "bin/curl");
            project.write("download", DOWNLOAD);
            project.write("path", "");
            let of_runner = project.path("runner").display().to_string();
            let variables = [
                ("LLS_URL", "https://example.com/lls"),
                ("LLS_SHA256", hash),
                ("RUNNER_TEMP", &of_runner),
                ("GITHUB_PATH", "path"),
            ];
            let run = run_script(&project, script, &variables);
            assert_eq!(run.status == 0, is_run, "{hash}: {run}");
            assert_eq!(run.stdout.contains("it was run"), is_run, "{hash}: {run}");
            assert!(is_run || project.read("path").is_empty(), "{run}");
        }
    }
}
