//! What the files for CI may do: rights of jobs, pinned actions, who gets credentials, and what `zizmor` finds.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use expect_test::expect;
use serde_norway::Value;

use super::{GITHUB, GITLAB, jobs, lines, parsed, scripts, text};
use crate::support::ministack::install;

/// Reads workflows as an attacker does.
const ZIZMOR: &str = "zizmor==1.32.0";

fn yaml(value: &Value) -> String {
    serde_norway::to_string(value).unwrap()
}

#[test]
fn github_gives_each_job_no_more_than_it_needs() {
    let file = parsed(GITHUB);
    assert_eq!(
        yaml(&file["permissions"]),
        "{}\n",
        "none but those of a job"
    );
    let of = |key: &str| {
        let all = jobs().into_iter();
        let all = all.map(|(name, job)| format!("{name}:\n{}", yaml(&job[key])));
        all.collect::<Vec<_>>().join("--\n")
    };
    expect![[r#"
        check:
        contents: read
        --
        plan:
        contents: read
        id-token: write
        pull-requests: write
        --
        apply:
        contents: read
        id-token: write
    "#]]
    .assert_eq(&of("permissions"));
    expect![[r#"
        check:
        null
        --
        plan:
        github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository && vars.LAYERS_PLAN_ROLE != ''
        --
        apply:
        github.event_name == 'push' && vars.LAYERS_APPLY_ROLE != ''
    "#]]
    .assert_eq(&of("if"));
    assert!(
        !GITHUB.contains("pull_request_target") && !GITHUB.contains("workflow_run"),
        "nothing of a fork runs with credentials"
    );
}

#[test]
fn github_runs_one_at_a_time_of_a_branch() {
    let file = parsed(GITHUB);
    // Of the whole run: a group of `apply` alone would order runs by when their checks end.
    expect![[r#"
        group: layers-${{ github.event.pull_request.number || github.ref }}
        cancel-in-progress: ${{ github.event_name == 'pull_request' }}
    "#]]
    .assert_eq(&yaml(&file["concurrency"]));
    assert!(GITHUB.matches("concurrency:").count() == 1);
}

#[test]
fn actions_are_pinned_by_commit_and_name_their_version() {
    let uses = GITHUB
        .lines()
        .filter_map(|line| Some(line.split_once("uses: ")?.1));
    let mut pinned = 0;
    for action in uses {
        let (action, version) = action.split_once(" # v").expect("a version");
        let (_, commit) = action.split_once('@').expect("a commit");
        let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
        assert!(is_commit, "{action} is no commit");
        assert_eq!(version.split('.').count(), 3, "{action} # v{version}");
        pinned += 1;
    }
    assert_eq!(pinned, 5);
}

#[test]
fn no_script_has_text_of_others_in_it() {
    for script in scripts() {
        assert!(
            !script.contains("${{"),
            "an expression becomes code in {script}"
        );
    }
}

#[test]
fn no_job_believes_a_cache_or_an_image_that_can_change() {
    assert!(!GITHUB.contains("cache@") && !GITHUB.contains("restore-keys"));
    let gitlab = parsed(GITLAB);
    for (name, job) in gitlab.as_mapping().expect("jobs") {
        let name = text(name);
        assert!(job.get("cache").is_none() && name != "cache", "{name}");
        if let Some(image) = job.get("image") {
            assert!(text(image).contains("@sha256:"), "{name}");
        }
    }
}

/// The steps of GitHub's jobs that get one of these variables, or all variables of a job or the file.
fn steps_with(variables: &[&str]) -> Vec<String> {
    let file = parsed(GITHUB);
    let has = |of: &Value| variables.iter().any(|name| of["env"].get(name).is_some());
    assert!(!has(&file), "{variables:?} of all jobs");
    let mut found = Vec::new();
    for (name, job) in jobs() {
        assert!(!has(&job), "{variables:?} of all steps of {name}");
        let steps = job["steps"].as_sequence().expect("steps").iter();
        found.extend(
            steps
                .filter(|step| has(step))
                .map(|step| text(&step["name"])),
        );
    }
    found
}

#[test]
fn credentials_and_tokens_go_to_the_steps_that_need_them() {
    let credentials = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    assert_eq!(steps_with(&credentials), ["Plan", "Apply"]);
    let of_github = ["Show the plan", "Find the newest commit"];
    assert_eq!(steps_with(&["GH_TOKEN"]), of_github);
    for (name, job) in jobs() {
        for step in job["steps"].as_sequence().expect("steps") {
            let uses = step.get("uses").map(text).unwrap_or_default();
            let with = |key: &str| step["with"].get(key).and_then(Value::as_bool);
            if uses.starts_with("actions/checkout@") {
                assert_eq!(with("persist-credentials"), Some(false), "{name}");
            }
            if uses.starts_with("aws-actions/") {
                assert_eq!(with("output-env-credentials"), Some(false), "{name}");
            }
        }
    }
}

#[test]
fn zizmor_finds_nothing() {
    let folder = install::base().join(ZIZMOR.replace("==", "-"));
    install::complete(&folder, |partial| {
        install::packages(partial, [OsStr::new(ZIZMOR)])
    })
    .unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workflows = [
        "docs/ci/github-actions.yml",
        "docs/ci/github-action.yml",
        "docs/ci/update-locks.yml",
        "action.yml",
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
    ];
    let mut zizmor = Command::new(folder.join("bin/zizmor"));
    zizmor
        .args([
            "--offline",
            "--no-ignores",
            "--persona=auditor",
            "--color=never",
        ])
        .args(["--strict-collection", "--no-config"])
        .args(workflows.map(|file| root.join(file)));
    let output = zizmor.output().expect("zizmor can be run");
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{found}{output:?}");
    assert!(found.contains("No findings to report"), "{found}");
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
