//! `docs/ci`: the files for GitHub and GitLab, read as YAML, their commands parsed by `lls`, their scripts run by
//! `bash` in a folder without an account, credentials or a home.

use std::path::Path;
use std::process::Command;

use clap::Parser as _;
use expect_test::expect;
use lls::cli::Cli;
use serde_norway::Value;

use crate::support::ministack::install;
use crate::support::project::{HELLO, Project, Run};

const GITHUB: &str = include_str!("../../docs/ci/github-actions.yml");
const GITLAB: &str = include_str!("../../docs/ci/gitlab-ci.yml");

fn parsed(text: &str) -> Value {
    serde_norway::from_str(text).expect("the file is YAML")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The scripts of a job in GitHub's file, with the names of their steps.
fn steps(job: &Value) -> Vec<(String, String)> {
    let steps = job["steps"].as_sequence().expect("steps").iter();
    let scripts = steps.filter(|step| step.get("run").is_some());
    scripts
        .map(|step| (text(&step["name"]), text(&step["run"])))
        .collect()
}

/// The lines of a script in GitLab's file; those of other jobs that it refers to are left out.
fn lines(job: &Value, key: &str) -> Vec<String> {
    let lines = job.get(key).and_then(Value::as_sequence);
    let lines = lines.into_iter().flatten();
    lines
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect()
}

/// All scripts of both files.
fn scripts() -> Vec<String> {
    let (github, gitlab) = (parsed(GITHUB), parsed(GITLAB));
    let jobs = github["jobs"].as_mapping().expect("jobs").values();
    let mut scripts: Vec<_> = jobs.flat_map(steps).map(|(_, script)| script).collect();
    for (_, job) in gitlab.as_mapping().expect("jobs") {
        if job.is_mapping() {
            scripts.extend(lines(job, "before_script"));
            scripts.extend(lines(job, "script"));
        }
    }
    scripts
}

/// The lines of scripts that run `lls`.
fn commands() -> Vec<String> {
    let scripts = scripts();
    let lines = scripts
        .iter()
        .flat_map(|script| script.lines().map(str::trim));
    lines
        .filter(|line| line.starts_with("lls "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_is_one_that_lls_takes() {
    let commands = commands();
    for command in &commands {
        let parsed = Cli::try_parse_from(command.split_whitespace());
        assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
    }
    expect![[r#"
        lls validate
        lls lock --check
        lls build
        lls plan --report markdown=plan.md
        lls apply --yes
        lls validate
        lls lock --check
        lls build
        lls plan --out plan.json --report gitlab=plan-gitlab.json
        lls apply plan.json"#]]
    .assert_eq(&commands.join("\n"));
}

#[test]
fn every_script_is_one_that_bash_takes() {
    let scripts = scripts();
    assert!(scripts.len() > 10);
    for script in scripts {
        let mut bash = Command::new("bash");
        let output = bash
            .args(["-n", "-c", &script])
            .output()
            .expect("bash is there");
        assert!(output.status.success(), "{script}: {output:?}");
    }
}

#[test]
fn github_gives_each_job_no_more_than_it_needs() {
    let file = parsed(GITHUB);
    let of = |job: &str, key: &str| {
        let job = &file["jobs"][job];
        serde_norway::to_string(job.get(key).unwrap_or(&Value::Null)).unwrap()
    };
    assert_eq!(
        serde_norway::to_string(&file["permissions"]).unwrap(),
        "contents: read\n"
    );
    expect![[r#"
        null
        --
        contents: read
        id-token: write
        pull-requests: write
        --
        contents: read
        id-token: write
    "#]]
    .assert_eq(
        &["check", "plan", "apply"]
            .map(|job| of(job, "permissions"))
            .join("--\n"),
    );
    // Of the whole run: a group of `apply` alone would order runs by when their checks end.
    expect![[r#"
        group: layers-${{ github.event.pull_request.number || github.ref }}
        cancel-in-progress: ${{ github.event_name == 'pull_request' }}
    "#]]
    .assert_eq(&serde_norway::to_string(&file["concurrency"]).unwrap());
    assert!(GITHUB.matches("concurrency:").count() == 1);
    expect![[r#"
        null
        --
        github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository && vars.LAYERS_PLAN_ROLE != ''
        --
        github.event_name == 'push' && vars.LAYERS_APPLY_ROLE != ''
    "#]].assert_eq(
        &["check", "plan", "apply"]
            .map(|job| of(job, "if"))
            .join("--\n"),
    );
    let uses = GITHUB
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- uses: "));
    for action in uses {
        let (_, version) = action.split_once('@').expect("a version");
        assert!(version.starts_with('v'), "{action} is pinned by tag");
    }
    assert!(
        !GITHUB.contains("pull_request_target"),
        "nothing of a fork runs with credentials"
    );
}

#[test]
fn gitlab_applies_one_saved_plan_at_a_time_from_a_protected_branch() {
    let file = parsed(GITLAB);
    assert_eq!(
        text(&file["plan"]["artifacts"]["reports"]["terraform"]),
        "plan-gitlab.json"
    );
    assert_eq!(lines(&file["plan"]["artifacts"], "paths"), ["plan.json"]);
    assert_eq!(text(&file["apply"]["resource_group"]), "layers");
    assert_eq!(file["apply"]["interruptible"].as_bool(), Some(false));
    // An environment is what lets GitLab refuse to apply an older commit after a newer one.
    assert_eq!(text(&file["apply"]["environment"]), "layers");
    assert_eq!(lines(&file["apply"], "needs"), ["plan"]);
    let rules = |job: &str| serde_norway::to_string(&file[job]["rules"]).unwrap();
    assert!(rules("apply").contains("$CI_COMMIT_REF_PROTECTED == \"true\""));
    assert!(!rules("apply").contains("merge_request_event"));
    assert!(rules("plan").contains("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"));
    assert!(!rules("check").contains("ROLE"), "forks get it too");
}

/// A project with a package and own files, locked, whose target is a folder.
fn locked() -> Project {
    let layer = "\n[layers.six]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n";
    let project = Project::hello()
        .manifest(&(HELLO.to_owned() + layer))
        .file("layers/six/requirements.txt", "six==1.17.0\n");
    project.succeed(&["lock"]);
    project
}

/// Runs a script as a runner does, where there is nothing of a user: no home, no configuration, no credentials.
fn run_script(project: &Project, script: &str, variables: &[(&str, &str)]) -> Run {
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
    assert_eq!(scripts.len(), 3);
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
    assert!(
        run.stderr.contains("is not what would be done now"),
        "{run}"
    );
    project.assert_converged();
}

/// The comment of an earlier run is found by its first line, as the GitHub CLI's `--jq` does it.
#[test]
fn github_finds_its_own_comment_by_the_marker() {
    let github = parsed(GITHUB);
    let script = &steps(&github["jobs"]["plan"])[2].1;
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
const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
echo "$*" >> gh.log
case "$*" in
  *--paginate*) [ -n "$MARKER" ]; cat known ;;
  *repos/acme/layers/git/ref/heads/main*) cat newest ;;
  *body=@plan.md*) test -s plan.md; cp plan.md sent.md ;;
  *) exit 1 ;;
esac
"#;

#[test]
fn github_shows_the_plan_in_one_comment() {
    let project = locked().file("bin/gh", GH).file("known", "");
    let mut executable = Command::new("chmod");
    executable
        .arg("+x")
        .arg(project.path("bin/gh"))
        .status()
        .unwrap();
    let github = parsed(GITHUB);
    let scripts = steps(&github["jobs"]["plan"]);
    let script = |name: &str| &scripts.iter().find(|(known, _)| known == name).unwrap().1;
    let variables = [
        ("GITHUB_REPOSITORY", "acme/layers"),
        ("PULL_REQUEST", "7"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
    ];
    for known in ["", "41\n42\n"] {
        project.write("known", known);
        for step in ["Plan", "Show the plan"] {
            let run = run_script(&project, script(step), &variables);
            assert_eq!(run.status, 0, "{step}: {run}");
        }
        let sent = project.read("sent.md");
        assert!(sent.starts_with("<!-- lls plan local -->\n"), "{sent}");
    }
    let log = project.read("gh.log");
    let sent = log.lines().filter(|line| line.contains("body="));
    expect![[r#"
        api --silent --method POST repos/acme/layers/issues/7/comments --field body=@plan.md
        api --silent --method PATCH repos/acme/layers/issues/comments/42 --field body=@plan.md"#]]
    .assert_eq(&sent.collect::<Vec<_>>().join("\n"));
    // An old run that is run again, or was overtaken, applies nothing.
    let apply = steps(&github["jobs"]["apply"]).remove(1).1;
    let variables = [
        ("GITHUB_REPOSITORY", "acme/layers"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", "a1"),
    ];
    for newest in ["b2\n", "a1\n"] {
        assert!(!project.path("registry/six").exists());
        project.write("newest", newest);
        let run = run_script(&project, &apply, &variables);
        assert_eq!(run.status, 0, "{run}");
        assert_eq!(
            run.stdout.contains("the newer commit b2"),
            newest == "b2\n",
            "{run}"
        );
    }
    project.assert_converged();
}
