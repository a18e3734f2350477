//! Saved plans that were edited, and archives that were swapped after the plan: just what was planned is published.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Stdio;

use lls::digest::Sha256;
use serde_json::Value;

use crate::signals::{pipe_with_room, wait_until, waits_on};
use crate::support::lambda_api::LambdaApi;
use crate::support::notes;
use crate::support::project::{HELLO, Project};

/// The text of a saved plan with another content and a checksum that fits it.
fn with_checksum(text: &str) -> String {
    let plan: Value = serde_json::from_str(text).unwrap();
    let checksum = plan["checksum"].as_str().unwrap();
    let without = text.replacen(checksum, "", 1);
    text.replacen(checksum, &Sha256::of(&without).to_string(), 1)
}

/// Saves a plan, edits its text, and applies it.
fn apply_edited(project: &Project, edit: impl Fn(&str) -> String) -> String {
    project.succeed(&["plan", "--out", "plan.json"]);
    let text = project.read("plan.json");
    let edited = edit(&text);
    assert_ne!(edited, text, "nothing was edited");
    project.write("plan.json", with_checksum(&edited));
    project.fail(&["apply", "plan.json"]).stderr
}

/// Replaces a part that must be there.
fn replacing<'a>(from: &'a str, to: &'a str) -> impl Fn(&str) -> String + 'a {
    move |text| {
        assert!(text.contains(from), "no `{from}` in {text}");
        text.replace(from, to)
    }
}

#[test]
fn an_edited_plan_of_own_files_is_stopped() {
    let zeros = "0".repeat(64);
    type Edit<'a> = (&'a str, Box<dyn Fn(&str) -> String + 'a>);
    let sha256 = |text: &str| {
        let plan: Value = serde_json::from_str(text).unwrap();
        let layer = &plan["plan"]["layers"][0];
        layer["archive"]["sha256"].as_str().unwrap().to_owned()
    };
    let edits: [Edit<'_>; 9] = [
        (
            "hello: archive: 0000",
            Box::new(|text| text.replace(&sha256(text), &zeros)),
        ),
        (
            "hello: archive: none -> ",
            Box::new(|text| {
                let mut plan: Value = serde_json::from_str(text).unwrap();
                plan["plan"]["layers"][0]["archive"] = Value::Null;
                serde_json::to_string_pretty(&plan).unwrap()
            }),
        ),
        (
            "declares no target `other`",
            Box::new(replacing("\"target\": \"local\"", "\"target\": \"other\"")),
        ),
        (
            "destinations: ",
            Box::new(replacing("\"local\"\n", "\"other\"\n")),
        ),
        (
            "hello: local: permission: ",
            Box::new(replacing("000000000000", "111111111111")),
        ),
        (
            "hello: local: action: unchanged",
            Box::new(|text| {
                let current = "\"current\": {\"number\": 1, \"description\": \"v1.0.0\", \"arn\": \"a\"}, \"equality\": \"same_bytes\"";
                text.replace(
                    "\"action\": \"create\"",
                    &format!("\"action\": \"unchanged\", {current}"),
                )
            }),
        ),
        (
            "hello: runtimes: python3.13 -> python3.12",
            Box::new(replacing("python3.12", "python3.13")),
        ),
        (
            "hello: license: MIT -> none",
            Box::new(replacing("\"license\": null", "\"license\": \"MIT\"")),
        ),
        (
            "layers.toml: the manifest's text: ",
            Box::new(|text| {
                let plan: Value = serde_json::from_str(text).unwrap();
                text.replace(plan["manifest"].as_str().unwrap(), &zeros)
            }),
        ),
    ];
    for (expected, edit) in edits {
        let project = Project::hello();
        let said = apply_edited(&project, edit);
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!project.path("registry").exists(), "{expected}: {said}");
    }
}

#[test]
fn an_edited_plan_for_aws_is_stopped() {
    for (line, from, to, expected) in [
        (
            "",
            "\"us-east-1\"",
            "\"eu-west-1\"",
            "destinations: eu-west-1 -> us-east-1",
        ),
        (
            "",
            "\"region\": null",
            "\"region\": \"eu-west-1\"",
            "destinations: us-east-1 -> eu-west-1",
        ),
        (
            "ssm_prefix = \"/acme/layers\"",
            "/acme/layers/hello",
            "/others/hello",
            "parameters: ",
        ),
    ] {
        let api = LambdaApi::start();
        let project = Project::hello_in(&api);
        if !line.is_empty() {
            project.set_in_target(line);
        }
        let said = apply_edited(&project, replacing(from, to));
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(api.mutating_calls().is_empty(), "{expected}");
    }
    // The account, and a role that leads to another one.
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let said = apply_edited(&project, |text| {
        let plan: Value = serde_json::from_str(text).unwrap();
        let account = plan["plan"]["account"].as_str().unwrap();
        text.replace(account, "111111111111")
    });
    assert!(said.contains("account: 111111111111 -> "), "{said}");
    project.succeed(&["plan", "--out", "plan.json"]);
    project.set_in_target("role_arn = \"arn:aws:iam::111111111111:role/other\"");
    let said = project.fail(&["apply", "plan.json"]).stderr;
    assert!(said.contains("the manifest's text: "), "{said}");
    assert!(api.mutating_calls().is_empty());
}

/// Between `plan --out` and `apply FILE` somebody puts another archive in the place of the one that was planned.
#[test]
fn an_archive_that_is_swapped_after_the_plan_is_not_published() {
    let elsewhere = Project::new()
        .manifest(HELLO)
        .file("layers/hello/hello.py", "evil = 1\n");
    elsewhere.succeed(&["build"]);
    let evil = fs::read(stored(&elsewhere, ".zip")).unwrap();
    let evil_summary = fs::read(stored(&elsewhere, ".json")).unwrap();
    let forged = notes::old(&notes::text(&evil_summary));
    for summary in [None, Some(&evil_summary), Some(&forged)] {
        for seal in [None, Some(fs::read(stored(&elsewhere, ".seal")).unwrap())] {
            let project = Project::hello();
            project.succeed(&["plan", "--out", "plan.json"]);
            let archive = stored(&project, ".zip");
            let planned = fs::read(&archive).unwrap();
            fs::write(&archive, &evil).unwrap();
            summary.map(|summary| fs::write(stored(&project, ".json"), summary));
            seal.map(|seal| fs::write(stored(&project, ".seal"), seal));
            project.succeed(&["apply", "plan.json"]);
            assert!(project.bytes("registry/hello/1.zip") == planned);
            project.assert_converged();
        }
    }
}

/// The same where the forger has the key: the saved plan pins the hash.
#[test]
fn a_saved_plan_pins_the_hash_even_of_an_archive_that_is_believed() {
    let project = Project::hello();
    project.succeed(&["plan", "--out", "plan.json"]);
    let planned = swap_with_the_key(&project);
    let run = project.fail(&["apply", "plan.json"]);
    run.assert_stderr(&[&format!("hello: archive: {planned} -> ")]);
    assert!(!project.path("registry").exists(), "{run}");
}

/// The same where there is no saved plan, while the plan is being shown.
#[test]
fn what_is_published_is_what_was_shown() {
    let project = Project::hello();
    let (mut reader, stdout) = pipe_with_room(0);
    let mut lls = project.command(&["apply", "--yes"]);
    let mut child = lls.stdout(stdout).stderr(Stdio::null()).spawn().unwrap();
    drop(lls); // and with it the other end of the pipe
    wait_until("it does not print its plan", || waits_on(&child, 1));
    let planned = swap_with_the_key(&project);
    let mut printed = String::new();
    reader.read_to_string(&mut printed).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let error = format!("and the plan is for {planned}");
    assert!(printed.contains(&error), "{printed}");
    assert!(!project.path("registry").exists());
}

/// Puts another archive in the place of the stored one, with notes as only the user can write them. Returns the hash of
/// the one that was there.
fn swap_with_the_key(project: &Project) -> String {
    let archive = stored(project, ".zip");
    let sound = fs::read(&archive).unwrap();
    let planned = Sha256::of(&sound).to_string();
    let evil = [sound, b"evil".to_vec()].concat();
    let summary = fs::read(stored(project, ".json")).unwrap();
    let summary = notes::text(&summary)
        .replace(&planned, &Sha256::of(&evil).to_string())
        .replace("\"size\":229", &format!("\"size\":{}", evil.len()));
    let fingerprint = archive.file_stem().unwrap().to_str().unwrap();
    let note = notes::under(&project.note_key(), "archive", fingerprint, &summary);
    fs::write(stored(project, ".json"), note).unwrap();
    fs::write(&archive, evil).unwrap();
    planned
}

/// The stored file whose name ends so.
fn stored(project: &Project, end: &str) -> PathBuf {
    let entries = fs::read_dir(project.path(".lls/archives")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let found = paths.find(|path| path.to_string_lossy().ends_with(end));
    found.unwrap()
}
