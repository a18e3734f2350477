//! `templates/lls.yml`, the component for GitLab, and `.pre-commit-hooks.yaml`.

use clap::Parser as _;
use lls::cli::Cli;
use lls::digest::Sha256;
use serde_norway::Value;

use super::runs::{CURL, make_executable, run_script};
use super::{GITLAB, lines, parsed, text};
use crate::support::project::Project;

const COMPONENT: &str = include_str!("../../../templates/lls.yml");
const INCLUDING: &str = include_str!("../../../docs/ci/gitlab-component.yml");
const HOOKS: &str = include_str!("../../../.pre-commit-hooks.yaml");

/// What a component takes, and its jobs with what the including file gives in place of inputs.
fn component(given: &[(&str, &str)]) -> (Value, Value) {
    let (head, jobs) = COMPONENT.split_once("\n---\n").expect("two documents");
    let head = parsed(head);
    let inputs = head["spec"]["inputs"].as_mapping().unwrap();
    let mut jobs = jobs.to_owned();
    for (name, input) in inputs {
        let name = text(name);
        let value = given.iter().find(|(known, _)| *known == name);
        let default = input.get("default").and_then(Value::as_str);
        let value = value.map(|(_, value)| *value).or(default);
        let value = value.unwrap_or_else(|| panic!("{name} is needed"));
        jobs = jobs.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    assert!(!jobs.contains("$[["), "{jobs}");
    (head, parsed(&jobs))
}

#[test]
fn the_jobs_of_the_component_are_those_written_out() {
    let file = parsed(INCLUDING);
    let include = &file["include"][0];
    let given = include["inputs"].as_mapping().unwrap().iter();
    let given: Vec<_> = given
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    let given: Vec<_> = given
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let (head, jobs) = component(&given);
    let written = parsed(GITLAB);
    for job in [".aws", "check", "plan", "apply", "stages"] {
        assert_eq!(jobs[job], written[job], "{job}");
    }
    assert_eq!(jobs[".lls"]["image"], written[".lls"]["image"]);
    assert_eq!(jobs[".lls"]["variables"]["LLS_LOCKED"], "true");
    // What pins the program has no default.
    for name in ["sha256", "image"] {
        assert!(
            head["spec"]["inputs"][name].get("default").is_none(),
            "{name}"
        );
    }
    assert_eq!(
        head["spec"]["inputs"]["version"]["default"],
        env!("CARGO_PKG_VERSION")
    );
    assert!(text(&include["integrity"]).starts_with("sha256-"));
}

/// An archive with another hash is not even unpacked.
#[test]
fn the_component_runs_no_archive_with_another_hash() {
    let archive = crate::packaging::archive_of_program();
    let right = Sha256::of(&archive).to_string();
    for (hash, is_run) in [(right, true), ("0".repeat(64), false)] {
        let (_, jobs) = component(&[("sha256", &hash), ("image", "python")]);
        let project = Project::new()
            .file("bin/curl", CURL)
            .file("download", &archive);
        make_executable(&project, "bin/curl");
        let script = lines(&jobs[".lls"], "before_script").join("\n") + "\nlls plan";
        let given = [
            ("LLS_URL", "https://example.com/lls"),
            ("LLS_SHA256", hash.as_str()),
        ];
        let run = run_script(&project, &script, &given);
        assert_eq!(run.status == 0, is_run, "{run}");
        assert_eq!(run.stdout.contains("lls plan\n"), is_run, "{run}");
    }
}

#[test]
fn hooks_are_commands_that_lls_takes() {
    let hooks = parsed(HOOKS);
    let entries: Vec<_> = hooks
        .as_sequence()
        .unwrap()
        .iter()
        .map(|hook| text(&hook["entry"]))
        .collect();
    assert_eq!(entries, ["lls validate", "lls lock --check"]);
    for entry in entries {
        let parsed = Cli::try_parse_from(entry.split(' '));
        assert!(parsed.is_ok(), "{entry}");
    }
    for hook in hooks.as_sequence().unwrap() {
        let files = regex::Regex::new(&text(&hook["files"])).unwrap();
        assert!(files.is_match("services/api/layers.toml") && !files.is_match("layers.toml.md"));
        assert_eq!(hook["pass_filenames"], false);
    }
}
