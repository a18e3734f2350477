//! `lls outputs`: ARNs for consumers, in every format, each read by what it is for.

use std::path::Path;
use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::support::lambda_api::LambdaApi;
use crate::support::ministack::install;
use crate::support::project::Project;

const MANIFEST: &str = r#"[targets.aws]
regions = ["us-east-1", "eu-west-1"]

[targets.local]
directory = "registry"

[defaults]
runtimes = ["python3.12"]

[layers.my-tools]
description = "v1.0.0"
prefix = "python"

[layers.pg8000]
description = "v2.1.0"
prefix = "python"
"#;

fn two_layers(api: &LambdaApi) -> Project {
    Project::new()
        .manifest(MANIFEST)
        .file("layers/my-tools/tools.py", "A = 1\n")
        .file("layers/pg8000/pg8000.py", "B = 1\n")
        .environment(api.env())
}

/// The result of `lls outputs`, without the account's number.
fn outputs(project: &Project, api: &LambdaApi, options: &[&str]) -> String {
    let run = project.succeed(&[&["outputs"], options].concat());
    assert_eq!(run.stderr, "", "{run}");
    run.stdout.replace(api.account(), "[account]")
}

#[test]
fn every_format_names_every_version() {
    let api = LambdaApi::start();
    let project = two_layers(&api);
    project.succeed(&["apply", "-t", "aws"]);
    project.forget_builds();
    let mutations = api.mutating_calls().len();
    let check = |options: &[&str], expected: Expect| {
        expected.assert_eq(&outputs(
            &project,
            &api,
            &[&["-t", "aws"], options].concat(),
        ));
    };
    check(
        &[],
        expect![[r#"
            my-tools  v1.0.0  :1  us-east-1  arn:aws:lambda:us-east-1:[account]:layer:my-tools:1
            my-tools  v1.0.0  :1  eu-west-1  arn:aws:lambda:eu-west-1:[account]:layer:my-tools:1
            pg8000    v2.1.0  :1  us-east-1  arn:aws:lambda:us-east-1:[account]:layer:pg8000:1
            pg8000    v2.1.0  :1  eu-west-1  arn:aws:lambda:eu-west-1:[account]:layer:pg8000:1
        "#]],
    );
    check(
        &["--format", "env"],
        expect![[r#"
            LLS_LAYER_MY_TOOLS_ARN_EU_WEST_1=arn:aws:lambda:eu-west-1:[account]:layer:my-tools:1
            LLS_LAYER_MY_TOOLS_ARN_US_EAST_1=arn:aws:lambda:us-east-1:[account]:layer:my-tools:1
            LLS_LAYER_PG8000_ARN_EU_WEST_1=arn:aws:lambda:eu-west-1:[account]:layer:pg8000:1
            LLS_LAYER_PG8000_ARN_US_EAST_1=arn:aws:lambda:us-east-1:[account]:layer:pg8000:1
        "#]],
    );
    check(
        &["--format", "env", "--region", "eu-west-1", "-l", "pg*"],
        expect![[r#"
            LLS_LAYER_PG8000_ARN=arn:aws:lambda:eu-west-1:[account]:layer:pg8000:1
        "#]],
    );
    check(
        &["--format", "tfvars"],
        expect![[r#"
            layer_arns = {
              "eu-west-1" = {
                "my-tools" = "arn:aws:lambda:eu-west-1:[account]:layer:my-tools:1"
                "pg8000"   = "arn:aws:lambda:eu-west-1:[account]:layer:pg8000:1"
              }
              "us-east-1" = {
                "my-tools" = "arn:aws:lambda:us-east-1:[account]:layer:my-tools:1"
                "pg8000"   = "arn:aws:lambda:us-east-1:[account]:layer:pg8000:1"
              }
            }
        "#]],
    );
    check(
        &["--format", "cloudformation"],
        expect![[r##"
        # Used as, for example:
        #   Layers:
        #     - !FindInMap [LambdaLayers, !Ref "AWS::Region", MyTools]
        Mappings:
          LambdaLayers:
            eu-west-1:
              MyTools: "arn:aws:lambda:eu-west-1:[account]:layer:my-tools:1"
              Pg8000: "arn:aws:lambda:eu-west-1:[account]:layer:pg8000:1"
            us-east-1:
              MyTools: "arn:aws:lambda:us-east-1:[account]:layer:my-tools:1"
              Pg8000: "arn:aws:lambda:us-east-1:[account]:layer:pg8000:1"
    "##]],
    );
    check(
        &["--format", "markdown"],
        expect![[r#"
            | layer | description | version | region | ARN |
            |---|---|---:|---|---|
            | `my-tools` | `v1.0.0` | 1 | us-east-1 | `arn:aws:lambda:us-east-1:[account]:layer:my-tools:1` |
            | `my-tools` | `v1.0.0` | 1 | eu-west-1 | `arn:aws:lambda:eu-west-1:[account]:layer:my-tools:1` |
            | `pg8000` | `v2.1.0` | 1 | us-east-1 | `arn:aws:lambda:us-east-1:[account]:layer:pg8000:1` |
            | `pg8000` | `v2.1.0` | 1 | eu-west-1 | `arn:aws:lambda:eu-west-1:[account]:layer:pg8000:1` |
        "#]],
    );
    let json = outputs(&project, &api, &["-t", "aws", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format_version"], "1.0");
    assert_eq!(json["layers"].as_array().unwrap().len(), 4);
    assert_eq!(json["layers"][3]["region"], "eu-west-1");
    assert_eq!(api.mutating_calls().len(), mutations);
    assert!(
        !project.path(".lls/archives").exists(),
        "nothing is built for it"
    );
}

/// What a file of Terraform values says, as a parser of HCL reads it.
pub fn hcl(path: &Path) -> Value {
    let mut uv = Command::new(install::uv().expect("uv"));
    let script = "import hcl2, json, sys; print(json.dumps(hcl2.load(open(sys.argv[1]))))";
    uv.env("UV_PYTHON_DOWNLOADS", "never");
    uv.args([
        "run",
        "--quiet",
        "--no-project",
        "--with",
        "python-hcl2==8.1.4",
    ]);
    let output = uv
        .args(["python", "-c", script])
        .arg(path)
        .output()
        .expect("uv can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The CloudFormation mapping as a YAML parser reads it, and the values as `bash` does.
#[test]
fn what_is_printed_is_read_back_by_others() {
    let api = LambdaApi::start();
    let project = two_layers(&api);
    project.succeed(&["apply", "-t", "aws"]);
    let arn = |region: &str| format!("arn:aws:lambda:{region}:{}:layer:my-tools:1", api.account());
    let run = project.succeed(&["outputs", "-t", "aws", "--format", "cloudformation"]);
    let yaml: serde_norway::Value = serde_norway::from_str(&run.stdout).unwrap();
    let mapping = &yaml["Mappings"]["LambdaLayers"];
    assert_eq!(
        mapping["eu-west-1"]["MyTools"].as_str(),
        Some(arn("eu-west-1").as_str())
    );

    let run = project.succeed(&["outputs", "-t", "aws", "--format", "env"]);
    project.write("layers.env", &run.stdout);
    let script =
        "set -euo pipefail; . ./layers.env; printf %s \"$LLS_LAYER_MY_TOOLS_ARN_EU_WEST_1\"";
    let mut shell = Command::new("bash");
    shell.args(["-c", script]).current_dir(project.path("."));
    let output = shell.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), arn("eu-west-1"));

    let run = project.succeed(&["outputs", "-t", "aws", "--format", "tfvars"]);
    project.write("layers.auto.tfvars", &run.stdout);
    let values = hcl(&project.path("layers.auto.tfvars"));
    let text = values["layer_arns"].to_string();
    assert!(
        text.contains(&arn("us-east-1")) && text.contains("pg8000"),
        "{text}"
    );
}

#[test]
fn what_is_not_published_as_declared_is_never_stale_in_silence() {
    let api = LambdaApi::start();
    let project = two_layers(&api);
    project.succeed(&["apply", "-t", "local"]);
    project.edit_manifest("v2.1.0", "v2.2.0");
    let run = |options: &[&str]| {
        project
            .run(&[&["outputs", "-t", "local"], options].concat())
            .to_string()
    };
    expect![[r#"
        my-tools  v1.0.0  :1  directory  arn:lls:lambda:directory:000000000000:layer:my-tools:1
        --- stderr
        error: registry: layer `pg8000` is not published as v2.2.0: the newest version is :1 v2.1.0
        hint: publish it with `lls apply`, or use the newest version with `--newest`
        --- exit status 1
    "#]]
    .assert_eq(&run(&[]));
    expect![[r#"
        --- stderr
        error: registry: layer `pg8000` is not published as v2.2.0: the newest version is :1 v2.1.0
        hint: publish it with `lls apply`, or use the newest version with `--newest`
        --- exit status 1
    "#]]
    .assert_eq(&run(&["--format", "env"]));
    expect![[r#"
        LLS_LAYER_MY_TOOLS_ARN=arn:lls:lambda:directory:000000000000:layer:my-tools:1
        LLS_LAYER_PG8000_ARN=arn:lls:lambda:directory:000000000000:layer:pg8000:1
        --- exit status 0
    "#]]
    .assert_eq(&run(&["--format", "env", "--newest"]));
    expect![[r#"
        {
          "format_version": "1.0",
          "layers": [],
          "failures": [
            "registry: layer `pg8000` is not published as v2.2.0: the newest version is :1 v2.1.0"
          ]
        }
        --- stderr
        error: registry: layer `pg8000` is not published as v2.2.0: the newest version is :1 v2.1.0
        hint: publish it with `lls apply`, or use the newest version with `--newest`
        --- exit status 1
    "#]]
    .assert_eq(&run(&["--format", "json", "-l", "pg*"]));
    // With the same description, but different content.
    project.edit_manifest("v2.2.0", "v2.1.0");
    project.write("layers/pg8000/pg8000.py", "B = 2\n");
    expect![[r#"
        --- stderr
        Built pg8000, 206 B
        error: registry: layer `pg8000` is not published as v2.1.0: :1 has that description, but different content
        hint: bump its description and run `lls apply`, or use the newest version with `--newest`
        --- exit status 1
    "#]].assert_eq(&run(&["--format", "tfvars"]));
}

#[test]
fn names_that_collide_are_an_error() {
    let api = LambdaApi::start();
    let project = two_layers(&api);
    project.edit_manifest(
        "[layers.pg8000]",
        "[layers.my_tools]\ndirectory = \"layers/pg8000\"",
    );
    project.succeed(&["apply", "-t", "local"]);
    let run = project.run(&["outputs", "-t", "local", "--format", "env"]);
    run.check(expect![[r#"
        --- stderr
        error: layers `my-tools` and `my_tools` would both be `LLS_LAYER_MY_TOOLS_ARN`
        hint: write them separately, with the names of layers, or use `--format json`
        --- exit status 1
    "#]]);
    project.succeed(&["apply", "-t", "aws"]);
    let both = project.run(&["outputs", "-t", "local,aws"]);
    assert_eq!(both.stdout.lines().count(), 6, "{both}");
}

#[test]
fn a_version_that_is_not_granted_yet_is_printed_with_a_warning() {
    let project = Project::hello();
    project.edit_manifest("permission = \"my-account\"\n", "");
    project.succeed(&["apply"]);
    project.edit_manifest(
        "[layers.hello]",
        "[layers.hello]\npermission = \"my-account\"",
    );
    let run = project.run(&["outputs", "--format", "env"]);
    run.check(expect![[r#"
        LLS_LAYER_HELLO_ARN=arn:lls:lambda:directory:000000000000:layer:hello:1
        --- stderr
        warning: the permission of hello in registry differs from the manifest: run `lls apply`
        --- exit status 0
    "#]]);
}
