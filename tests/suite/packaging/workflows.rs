//! The workflows of this repository: the rights of each job, pinned actions, and the scripts that they run.

use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;
use serde_norway::Value;

use super::{read, root};

const FILES: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

fn workflow(path: &str) -> Value {
    serde_norway::from_str(&read(path)).unwrap()
}

#[test]
fn each_job_has_the_rights_that_it_needs() {
    let mut found = String::new();
    for path in FILES {
        let file = workflow(path);
        assert!(
            file["permissions"].as_mapping().unwrap().is_empty(),
            "{path}"
        );
        for (name, job) in file["jobs"].as_mapping().unwrap() {
            let rights = job["permissions"].as_mapping().unwrap().iter();
            let rights = rights.map(|(scope, right)| {
                format!("{} {}", scope.as_str().unwrap(), right.as_str().unwrap())
            });
            let rights = rights.collect::<Vec<_>>().join(", ");
            let place = job.get("environment").and_then(Value::as_str);
            let place = place.map_or(String::new(), |place| format!(" in {place}"));
            found.push_str(&format!("{}{place}: {rights}\n", name.as_str().unwrap()));
        }
    }
    expect![[r#"
        test: contents read
        macos: contents read
        test: contents read
        build: contents read
        sbom: contents read
        draft: contents write, id-token write, attestations write
        wheels in release: contents read, id-token write
        npm in release: contents read, id-token write
        image in release: contents read, packages write, id-token write, attestations write
        announce: contents write
    "#]]
    .assert_eq(&found);
}

/// Only approved jobs publish, and only what all tests and builds have passed.
#[test]
fn nothing_is_published_before_all_is_built() {
    let file = workflow(FILES[1]);
    let needs = |job: &str| serde_norway::to_string(&file["jobs"][job]["needs"]).unwrap();
    assert_eq!(needs("build"), "test\n");
    assert_eq!(needs("draft"), "- test\n- build\n- sbom\n");
    for job in ["wheels", "npm", "image"] {
        assert_eq!(needs(job), "draft\n");
        assert_eq!(file["jobs"][job]["environment"], "release");
    }
    assert_eq!(needs("announce"), "- wheels\n- npm\n- image\n");
}

#[test]
fn actions_are_pinned_by_commit() {
    let mut pinned = 0;
    for path in [FILES[0], FILES[1], "action.yml"] {
        let text = read(path);
        for action in text
            .lines()
            .filter_map(|line| Some(line.split_once("uses: ")?.1))
        {
            let (action, version) = action.split_once(" # v").expect("a version");
            let (_, commit) = action.split_once('@').expect("a commit");
            assert!(
                commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()),
                "{action}"
            );
            assert_eq!(version.split('.').count(), 3, "{action} # v{version}");
            pinned += 1;
        }
    }
    assert!(pinned > 15, "{pinned}");
}

/// The scripts that workflows, the action and `just` start are there and may be started.
#[test]
fn scripts_that_are_run_are_there() {
    let mut found = 0;
    for path in [
        FILES[0],
        FILES[1],
        "action.yml",
        "docs/releasing.md",
        "justfile",
    ] {
        for word in read(path).split([' ', '"', '`', '\n']) {
            let word = word.trim_start_matches("$GITHUB_ACTION_PATH/");
            let is_script = ["release/", "action/", ".ci/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            let is_text = [".txt", ".sh", ".ps1"]
                .iter()
                .any(|end| word.ends_with(end));
            if !is_script || is_text || word.ends_with('/') {
                continue;
            }
            let metadata = std::fs::metadata(root().join(word));
            let metadata = metadata.unwrap_or_else(|error| panic!("{path}: {word}: {error}"));
            assert!(metadata.permissions().mode() & 0o100 != 0, "{word}");
            found += 1;
        }
    }
    assert!(found > 15, "{found}");
}
