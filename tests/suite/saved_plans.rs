//! `lls plan --out` and `lls apply PLAN`: a saved plan is applied as it was shown; a damaged one is refused.

use std::process::{Command, Stdio};

use expect_test::expect;
use lls::digest::Sha256;

use crate::support::project::Project;

#[test]
fn a_saved_plan_is_applied_on_another_machine() {
    let project = Project::hello();
    let run = project.run(&["plan", "--out", "plans/plan.json", "--format", "json"]);
    assert_eq!(run.status, 0, "{run}");
    assert!(run.stdout.contains("\"action\": \"create\""), "{run}");
    assert_eq!(
        run.stderr,
        "Built hello, 229 B\nSaved the plan. To apply it, run `lls apply plans/plan.json`\n"
    );
    let text = project.read("plans/plan.json");
    expect![[r#"
        {
          "format_version": "1.0",
          "checksum": "05e5179b3c4c55379064e61932274fcc81dd12167c72741af17068802504ee16",
          "manifest": "df2c00f725e9d426421c16d9fea01d9763f08591b7e9b4f58d255318e8f4b733",
          "selection": [],
          "region": null,
          "plan": {
            "target": "local",
            "account": null,
            "destinations": [
              "local"
            ],
            "layers": [
              {
                "layer": "hello",
                "description": "v1.0.0",
                "description_position": {
                  "line": 5,
                  "column": 15
                },
                "runtimes": [
                  "python3.12"
                ],
                "architectures": [
                  "x86_64"
                ],
                "license": null,
                "archive": {
                  "sha256": "2cf59024daedd2e05b463823e28556bc8e29ddd5ade10c0deb288a45f020749b",
                  "size": 229,
                  "unpacked_size": 32,
                  "packages": [],
                  "own_files": {
                    "top": [
                      {
                        "path": "python/hello.py",
                        "files": 1
                      }
                    ],
                    "executables": []
                  }
                },
                "destinations": [
                  {
                    "destination": "local",
                    "action": "create",
                    "versions": [],
                    "permission": {
                      "desired": {
                        "kind": "account",
                        "id": "000000000000"
                      },
                      "grant": {
                        "kind": "account",
                        "id": "000000000000"
                      },
                      "revoke": [],
                      "unmanaged": []
                    }
                  }
                ]
              }
            ]
          }
        }
    "#]]
    .assert_eq(&text);

    let other = Project::hello().file("plan.json", &text);
    other.run(&["apply", "plan.json"]).check(expect![[r#"
        local: registry

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.

          + hello v1.0.0   published as :1
                arn:lls:lambda:directory:000000000000:layer:hello:1
                granted account 000000000000

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        Built hello, 229 B
        Published hello to registry, 229 B
        --- exit status 0
    "#]]);
    other.assert_converged();
    let (built, published) = (
        project.bytes("plans/plan.json"),
        other.bytes("registry/hello/1.zip"),
    );
    let planned = String::from_utf8(built).unwrap();
    assert!(planned.contains(&Sha256::of(published).to_string()));
}

#[test]
fn a_saved_plan_works_on_its_layers_and_target_only() {
    let second = "\n[layers.other]\ndescription = \"v0.1.0\"\nruntimes = [\"python3.12\"]\n";
    let project = Project::hello().file("layers/other/x.txt", "1");
    let targets = "[targets.second]\ndirectory = \"second\"\n\n[targets.local]";
    project.edit_manifest("[targets.local]", targets);
    let text = project.read("layers.toml") + second;
    project.write("layers.toml", text);
    project.succeed(&["plan", "-l", "hel*", "-t", "second", "--out", "plan.json"]);
    project.succeed(&["apply", "plan.json"]);
    assert!(project.path("second/hello/1.zip").exists());
    assert!(!project.path("second/other").exists() && !project.path("registry").exists());

    // Its target may be named, as a variable of a CI job does.
    project.succeed(&["plan", "-l", "hel*", "-t", "second", "--out", "plan.json"]);
    project.succeed(&["apply", "plan.json", "-t", "second"]);
}

#[test]
fn what_the_plan_says_is_not_said_again() {
    let project = Project::hello();
    project.succeed(&["plan", "--out", "plan.json"]);
    let run = project.fail(&["apply", "plan.json", "-l", "hello"]);
    run.assert_stderr(&["takes no other layers or plans, but `hello` is given"]);
    let run = project.run(&["apply", "plan.json", "-t", "prod"]);
    run.check(expect![[r#"
        --- stderr
        error: `--target prod` is given, but the plan was made with `--target local`
        hint: remove the option or unset LLS_TARGET: the plan determines where it is applied
        --- exit status 1
    "#]]);
    let run = project.run(&["apply", "plan.json", "--region", "us-east-1"]);
    run.check(expect![[r#"
        --- stderr
        error: `--region us-east-1` is given, but the plan was made without `--region`
        hint: remove the option or unset LLS_REGION: the plan determines where it is applied
        --- exit status 1
    "#]]);
}

#[test]
fn a_damaged_file_is_refused() {
    let project = Project::hello();
    project.run(&["apply", "plan.json"]).check(expect![[r#"
        --- stderr
        error: there is no saved plan at `plan.json`
        hint: save one with `lls plan --out FILE`
        --- exit status 1
    "#]]);
    project.succeed(&["plan", "--out", "plan.json"]);
    let text = project.read("plan.json");
    let damaged = |text: &str| {
        project.write("plan.json", text);
        project.fail(&["apply", "plan.json"]).to_string()
    };
    expect![[r#"
        --- stderr
        error: `plan.json` is not a saved plan, or not a whole one
          caused by: EOF while parsing an object at line 31 column 4
        hint: make it again with `lls plan --out FILE`
        --- exit status 1
    "#]]
    .assert_eq(&damaged(&text[..text.len() / 2]));
    expect![[r#"
        --- stderr
        error: `plan.json` was changed after it was saved: its checksum is wrong
        hint: make it again with `lls plan --out FILE`
        --- exit status 1
    "#]]
    .assert_eq(&damaged(&text.replace("hello", "hallo")));
    let newer = text.replacen(
        "\"format_version\": \"1.0\"",
        "\"format_version\": \"2.0\"",
        1,
    );
    expect![[r#"
        --- stderr
        error: `plan.json` has format 2.0, but this version of lls reads 1.0
        hint: plan and apply with the same version of lls
        --- exit status 1
    "#]]
    .assert_eq(&damaged(&newer));
    assert!(!project.path("registry").exists());
}

/// Runs `lls` on a terminal, where it gets `answer` as soon as it asks.
fn on_a_terminal(project: &Project, arguments: &[&str], answer: &str) -> (i32, String) {
    let run = "
import os, pty, sys
def read(terminal):
    text = os.read(terminal, 4096)
    if b'[y/N]' in text:
        os.write(terminal, sys.argv[1].encode())
    return text
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read)))";
    let lls = project.command(arguments);
    let mut command = Command::new("python3");
    command.args(["-c", run, answer]);
    command.arg(lls.get_program()).args(lls.get_args());
    command.current_dir(lls.get_current_dir().unwrap());
    command.env_clear();
    command.envs(
        lls.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), text)
}

#[test]
fn only_a_plan_that_was_not_saved_is_asked_about() {
    let project = Project::hello();
    project.succeed(&["plan", "--out", "plan.json"]);
    let (status, text) = on_a_terminal(&project, &["apply"], "n\n");
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("Nothing was changed."), "{text}");
    let interrupt = "\u{3}";
    let (status, text) = on_a_terminal(&project, &["apply"], interrupt);
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains("interrupted: no registry was changed"),
        "{text}"
    );
    assert!(!project.path("registry").exists());
    let (status, text) = on_a_terminal(&project, &["apply", "plan.json"], "n\n");
    assert_eq!(status, 0, "{text}");
    assert!(!text.contains("Apply these changes?"), "{text}");
    project.assert_converged();
}

#[test]
fn only_saved_plans_are_overwritten() {
    let project = Project::hello();
    let run = project.run(&["plan", "--quiet", "--out", "layers.toml"]);
    run.check(expect![[r#"
        --- stderr
        error: `layers.toml` already exists and is not a saved plan
        hint: choose another name, or remove the file
        --- exit status 1
    "#]]);
    project.succeed(&["plan", "--out", "plan.json"]);
    let first = project.read("plan.json");
    project.edit_manifest("v1.0.0", "v1.1.0");
    std::os::unix::fs::symlink("plan.json", project.path("link.json")).unwrap();
    project.succeed(&["plan", "--out", "link.json"]);
    assert_ne!(project.read("plan.json"), first, "a link is followed");
    assert!(project.path("link.json").is_symlink());
    let piped = project
        .command(&["plan", "--quiet", "--out", "/dev/stderr"])
        .output()
        .unwrap();
    let saved = String::from_utf8(piped.stderr).unwrap();
    assert!(saved.starts_with("{\n  \"format_version\""), "{saved}");
}
