//! `lls plan --out` and `lls apply PLAN`: a saved plan is applied as it was shown, or refused with what moved.

use std::io::Write as _;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use lls::digest::Sha256;

use crate::support::lambda_api::LambdaApi;
use crate::support::project::{Project, Run};

/// Compares a run in which the account's number, new in every test, is left out.
fn check(api: &LambdaApi, run: &Run, expected: Expect) {
    expected.assert_eq(&run.to_string().replace(api.account(), "[account]"));
}

/// A project in two regions with one version in each, a changed file, and a saved plan that publishes it.
fn with_saved_plan(api: &LambdaApi) -> Project {
    let project = Project::hello_in(api);
    project.edit_manifest(
        "[targets.aws]",
        "[targets.aws]\nregions = [\"us-east-1\", \"eu-west-1\"]",
    );
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "def hello():\n    return 'hi'\n");
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.succeed(&["plan", "--out", "plan.json"]);
    project
}

/// Asserts that the saved plan is refused, that nothing is changed, and that a new plan is applied.
fn check_refused(api: &LambdaApi, project: &Project, expected: Expect) {
    let before = api.mutating_calls().len();
    let run = project.fail(&["apply", "plan.json"]);
    check(api, &run, expected);
    assert_eq!(api.mutating_calls().len(), before, "{run}");
    project.succeed(&["plan", "--out", "plan.json"]);
    project.succeed(&["apply", "plan.json"]);
    project.assert_converged();
}

#[test]
fn a_saved_plan_is_applied_on_another_machine() {
    let project = Project::hello();
    let run = project.run(&["plan", "--out", "plans/plan.json", "--format", "json"]);
    assert_eq!(run.status, 0, "{run}");
    assert!(run.stdout.contains("\"action\": \"create\""), "{run}");
    assert_eq!(
        run.stderr,
        "Building hello\nSaved the plan: `lls apply plans/plan.json` applies it\n"
    );
    let text = project.read("plans/plan.json");
    expect![[r#"
        {
          "format_version": "1.0",
          "checksum": "60d4e0934145f44f4b5823b65f69b43445c1aac0afb45422d5a0367c34cbe9c4",
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
                "archive": {
                  "sha256": "2cf59024daedd2e05b463823e28556bc8e29ddd5ade10c0deb288a45f020749b",
                  "size": 229,
                  "unpacked_size": 32,
                  "packages": []
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
    expect![[r#"
        local: registry

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.

          + hello v1.0.0   published as :1
                arn:lls:lambda:directory:000000000000:layer:hello:1
                granted account 000000000000

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        Building hello
        Publishing hello to registry, 229 B
        --- exit status 0
    "#]]
    .assert_eq(&other.run(&["apply", "plan.json"]).to_string());
    other.assert_converged();
    let (built, published) = (
        project.bytes("plans/plan.json"),
        other.bytes("registry/hello/1.zip"),
    );
    let planned = String::from_utf8(built).unwrap();
    assert!(planned.contains(&Sha256::of(published).to_string()));
}

#[test]
fn a_plan_without_changes_can_be_saved_and_applied() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    let run = project.succeed(&["plan", "--out", "plan.json", "--detailed-exitcode"]);
    assert!(run.stdout.starts_with("No changes."), "{run}");
    // What was recognised by its hash is recognised by its comment where nothing was built.
    project.forget_builds();
    let run = project.succeed(&["apply", "plan.json"]);
    assert_eq!(run.stdout, "No changes. 1 layer matches layers.toml.\n");
}

#[test]
fn a_saved_plan_works_on_its_layers_and_target_only() {
    let second = "\n[layers.other]\ndescription = \"v0.1.0\"\nruntimes = [\"python3.12\"]\n";
    let project = Project::hello().file("layers/other/x.txt", "1");
    let targets = "[targets.second]\ndirectory = \"second\"\n\n[targets.local]";
    project.edit_manifest("[targets.local]", targets);
    let text = project.read("layers.toml") + second;
    project.write("layers.toml", text);
    project.succeed(&["plan", "-l", "hel*", "-t", "second", "-o", "plan.json"]);
    project.succeed(&["apply", "plan.json"]);
    assert!(project.path("second/hello/1.zip").exists());
    assert!(!project.path("second/other").exists() && !project.path("registry").exists());

    // Its target may be named, as a variable of a CI job does.
    project.succeed(&["plan", "-l", "hel*", "-t", "second", "-o", "plan.json"]);
    project.succeed(&["apply", "plan.json", "-t", "second"]);
}

#[test]
fn what_the_plan_says_is_not_said_again() {
    let project = Project::hello();
    project.succeed(&["plan", "--out", "plan.json"]);
    let run = project.fail(&["apply", "plan.json", "-l", "hello"]);
    assert!(
        run.stderr
            .contains("the argument '[PLAN]' cannot be used with '--layer <GLOB>'"),
        "{run}"
    );
    expect![[r#"
        --- stderr
        error: `--target prod` is given, but the plan was made with `--target local`
        hint: leave out the option or LLS_TARGET: the plan says where it is applied
        --- exit status 1
    "#]]
    .assert_eq(
        &project
            .run(&["apply", "plan.json", "-t", "prod"])
            .to_string(),
    );
    expect![[r#"
        --- stderr
        error: `--region us-east-1` is given, but the plan was made without `--region`
        hint: leave out the option or LLS_REGION: the plan says where it is applied
        --- exit status 1
    "#]]
    .assert_eq(
        &project
            .run(&["apply", "plan.json", "--region", "us-east-1"])
            .to_string(),
    );
}

#[test]
fn a_version_that_was_published_since_is_named() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    let other = Project::hello_in(&api).file("layers/hello/more.py", "");
    other.edit_manifest("v1.0.0", "v1.0.1");
    other.succeed(&["apply", "--region", "eu-west-1"]);
    check_refused(
        &api,
        &project,
        expect![[r#"
        --- stderr
        error: `plan.json` is not what would be done now
          hello: eu-west-1: versions published since: none -> :2
          hello: eu-west-1: action: publish after :1 -> publish after :2
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_version_that_was_deleted_since_is_named() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    api.delete("us-east-1", "hello", 1);
    check_refused(
        &api,
        &project,
        expect![[r#"
        --- stderr
        error: `plan.json` is not what would be done now
          hello: us-east-1: versions deleted since: none -> :1
          hello: us-east-1: action: publish after :1 -> create
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_saved_plan_is_applied_once() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    project.forget_builds();
    check(
        &api,
        &project.run(&["apply", "plan.json"]),
        expect![[r#"
            aws: account [account], us-east-1 and eu-west-1

              ^ hello  v1.1.0   after v1.0.0 (us-east-1:1, eu-west-1:1)
                    ~ python/hello.py  32 B -> 29 B
                    229 B -> 227 B zipped
                    grant account [account]

            Plan: 1 version to publish; 0 unchanged, 0 blocked.

              ^ hello v1.1.0   published as :2 in us-east-1
                    arn:aws:lambda:us-east-1:[account]:layer:hello:2
                    granted account [account]
              ^ hello v1.1.0   published as :2 in eu-west-1
                    arn:aws:lambda:eu-west-1:[account]:layer:hello:2
                    granted account [account]

            Applied: 2 versions published, 0 permissions changed, 0 unchanged.
            --- stderr
            Building hello
            Publishing hello to us-east-1, 227 B
            Publishing hello to eu-west-1, 227 B
            --- exit status 0
        "#]],
    );
    check_refused(
        &api,
        &project,
        expect![[r#"
        --- stderr
        error: `plan.json` is not what would be done now
          hello: us-east-1: versions published since: none -> :2
          hello: us-east-1: action: publish after :1 -> unchanged, :2
          hello: us-east-1: grant: account [account] -> none
          hello: eu-west-1: versions published since: none -> :2
          hello: eu-west-1: action: publish after :1 -> unchanged, :2
          hello: eu-west-1: grant: account [account] -> none
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]],
    );
}

#[test]
fn other_content_is_named_by_its_hash() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    project.write("layers/hello/hello.py", "def hello():\n    return 'ho'\n");
    check_refused(
        &api,
        &project,
        expect![[r#"
        --- stderr
        Building hello
        error: `plan.json` is not what would be done now
          hello: archive: 7af8a4544fb73905d9655b6ce2424ccf91a68b027c6d532bbf6883ebacec5f20 -> ab893497810c09e8b0cfb00504ab4e58e28cf4cbeb3878c0b61f0879ad04088a
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]],
    );
}

#[test]
fn another_policy_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.edit_manifest("my-account", "public");
    project.edit_manifest("[targets.aws]", "[targets.aws]\nallow_public = true");
    project.succeed(&["plan", "--out", "plan.json"]);
    api.grant("us-east-1", "hello", 1, "partner", "468665244580");
    check_refused(
        &api,
        &project,
        expect![[r#"
        --- stderr
        error: `plan.json` is not what would be done now
          hello: us-east-1: unmanaged statements: none -> account 468665244580 (partner)
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]],
    );
}

#[test]
fn another_manifest_is_named() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    project.edit_manifest("my-account", "none");
    check_refused(
        &api,
        &project,
        expect![[r#"
        --- stderr
        error: `plan.json` is not what would be done now
          layers.toml: text: sha256 1a209fff7e316fa9f89a0b580e813c95b2cb368383f733ae21b13d7627d537c1 -> sha256 b384ef55ac9333a72fbe796ca935b809334f801503c5178fca2e645ddfcb73ee
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]],
    );
}

#[test]
fn another_account_region_and_organization_are_named() {
    let (api, other) = (
        LambdaApi::with_organization("o-a1b2c3d4e5"),
        LambdaApi::with_organization("o-zzzzzzzzzz"),
    );
    let project = Project::hello_in(&api);
    project.edit_manifest("my-account", "my-organization");
    project.succeed(&["plan", "--out", "plan.json"]);
    let elsewhere = project.variable("AWS_REGION", "eu-west-1").environment(
        other
            .env()
            .into_iter()
            .filter(|(name, _)| name != "AWS_REGION"),
    );
    let run = elsewhere.fail(&["apply", "plan.json"]);
    let text = run.to_string().replace(other.account(), "[other account]");
    expect![[r#"
        --- stderr
        error: `plan.json` is not what would be done now
          account: [account] -> [other account]
          destinations: us-east-1 -> eu-west-1
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]]
    .assert_eq(&text.replace(api.account(), "[account]"));

    let same_region = elsewhere
        .variable("AWS_REGION", "us-east-1")
        .environment(api.env());
    let organization = other.endpoint();
    let run = same_region
        .variable("AWS_ENDPOINT_URL_ORGANIZATIONS", organization)
        .fail(&["apply", "plan.json"]);
    check(
        &api,
        &run,
        expect![[r#"
        --- stderr
        error: `plan.json` is not what would be done now
          hello: us-east-1: permission: organization o-a1b2c3d4e5 -> organization o-zzzzzzzzzz
          hello: us-east-1: grant: organization o-a1b2c3d4e5 -> organization o-zzzzzzzzzz
        hint: nothing was changed: look at a new plan, `lls plan --out FILE`
        --- exit status 1
    "#]],
    );
    assert!(api.mutating_calls().is_empty() && other.mutating_calls().is_empty());
}

#[test]
fn a_damaged_file_is_refused() {
    let project = Project::hello();
    expect![[r#"
        --- stderr
        error: cannot read `plan.json`
          caused by: No such file or directory (os error 2)
        --- exit status 1
    "#]]
    .assert_eq(&project.run(&["apply", "plan.json"]).to_string());
    project.succeed(&["plan", "--out", "plan.json"]);
    let text = project.read("plan.json");
    let damaged = |text: &str| {
        project.write("plan.json", text);
        project.fail(&["apply", "plan.json"]).to_string()
    };
    expect![[r#"
        --- stderr
        error: `plan.json` is not a saved plan, or not a whole one
          caused by: EOF while parsing a string at line 22 column 81
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
        error: `plan.json` has format 2.0, and this lls reads 1.0
        hint: plan and apply with the same version of lls
        --- exit status 1
    "#]]
    .assert_eq(&damaged(&newer));
    assert!(!project.path("registry").exists());
}

/// Runs `lls` on a terminal, with `n` and return as its input.
fn on_a_terminal(project: &Project, arguments: &[&str]) -> (i32, String) {
    let run = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let lls = project.command(arguments);
    let mut command = Command::new("python3");
    command
        .args(["-c", run])
        .arg(lls.get_program())
        .args(lls.get_args());
    command
        .current_dir(lls.get_current_dir().unwrap())
        .env_clear();
    command.envs(
        lls.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"n\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), text)
}

#[test]
fn only_a_plan_that_was_not_saved_is_asked_about() {
    let project = Project::hello();
    project.succeed(&["plan", "--out", "plan.json"]);
    let (status, text) = on_a_terminal(&project, &["apply"]);
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains("Apply these changes?") && text.contains("Nothing was changed."),
        "{text}"
    );
    let (status, text) = on_a_terminal(&project, &["apply", "plan.json"]);
    assert_eq!(status, 0, "{text}");
    assert!(!text.contains("Apply these changes?"), "{text}");
    project.assert_converged();
}
