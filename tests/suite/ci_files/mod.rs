//! `docs/ci`: the files for GitHub and GitLab, read as YAML, their commands parsed by `lls`, their scripts run by
//! `bash` in a folder without an account, credentials or a home.

mod action;
mod component;
mod rights;
mod runs;
mod updates;

pub use runs::make_executable;

use std::process::Command;

use clap::Parser as _;
use expect_test::expect;
use lls::cli::Cli;
use serde_norway::Value;

const GITHUB: &str = include_str!("../../../docs/ci/github-actions.yml");
const GITLAB: &str = include_str!("../../../docs/ci/gitlab-ci.yml");

fn parsed(text: &str) -> Value {
    serde_norway::from_str(text).expect("the file is YAML")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The jobs of GitHub's file, by name.
fn jobs() -> Vec<(String, Value)> {
    let file = parsed(GITHUB);
    let jobs = file["jobs"].as_mapping().expect("jobs");
    jobs.iter()
        .map(|(name, job)| (text(name), job.clone()))
        .collect()
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
    let gitlab = parsed(GITLAB);
    let of_github = jobs().into_iter().flat_map(|(_, job)| steps(&job));
    let mut scripts: Vec<_> = of_github.map(|(_, script)| script).collect();
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
        let words = command.split_whitespace();
        let parsed = Cli::try_parse_from(words.map(|word| word.trim_matches('"')));
        assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
    }
    expect![[r#"
        lls validate
        lls lock --check
        lls build
        lls test --allow-untested
        lls plan --report "markdown=$RUNNER_TEMP/plan.md"
        lls apply --yes
        lls validate
        lls lock --check
        lls build
        lls test --allow-untested
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
