//! Mistakes on the command line.

use expect_test::{Expect, expect};

use super::check;
use crate::support::project::{HELLO, Project};

fn hello(arguments: &[&str], expected: Expect) {
    check(&Project::hello(), arguments, expected);
}

#[test]
fn a_misspelled_command() {
    hello(
        &["aply"],
        expect![[r#"
        --- stderr
        error: unrecognized subcommand 'aply'

          tip: a similar subcommand exists: 'apply'

        Usage: lls [OPTIONS] <COMMAND>

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_misspelled_option() {
    hello(
        &["plan", "--lockd"],
        expect![[r#"
        --- stderr
        error: unexpected argument '--lockd' found

          tip: a similar argument exists: '--locked'

        Usage: lls plan --locked

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_misspelled_format() {
    hello(
        &["plan", "--format", "jsn"],
        expect![[r#"
        --- stderr
        error: invalid value 'jsn' for '--format <FORMAT>'
          [possible values: terminal, json]

          tip: a similar value exists: 'json'

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_layer_like_no_other() {
    hello(
        &["plan", "-l", "numpy"],
        expect![[r#"
            --- stderr
            error: no layer of `layers.toml` matches `numpy`
            hint: known layers: hello
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_layer_glob_that_is_none() {
    hello(
        &["plan", "-l", "[a"],
        expect![[r#"
            --- stderr
            error: `[a` is not a glob over layer names: unclosed character class; missing ']'
            hint: `*` stands for any characters, `?` for one, `[ab]` for one of those in it, `{a,b}` for one of several texts
            --- exit status 1
        "#]],
    );
}

#[test]
fn numbers_that_are_none() {
    hello(
        &["prune", "--keep", "0"],
        expect![[r#"
        --- stderr
        error: invalid value '0' for '--keep <N>': not a whole number from 1 on

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
    hello(
        &["prune", "--keep-days", "-1"],
        expect![[r#"
        --- stderr
        error: unexpected argument '-1' found

        Usage: lls prune [OPTIONS]

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
    hello(
        &["plan", "--request-rate", "abc"],
        expect![[r#"
        --- stderr
        error: invalid value 'abc' for '--request-rate <NUMBER>': not a whole number of requests, 1 or more

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
    hello(
        &["plan", "--request-timeout", "soon"],
        expect![[r#"
        --- stderr
        error: invalid value 'soon' for '--request-timeout <SECONDS>': not a number of seconds from 0.01 to 3600

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_region_that_the_target_does_not_have() {
    let target = "[targets.aws]\nregions = [\"us-east-1\"]";
    let manifest = HELLO.replace("[targets.local]\ndirectory = \"registry\"", target);
    let project = Project::hello().manifest(&manifest);
    check(
        &project,
        &["plan", "--region", "us-east-2"],
        expect![[r#"
        --- stderr
        error: target `aws` has no region `us-east-2`
        hint: did you mean `us-east-1`?
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_version_without_a_number() {
    hello(
        &["delete", "hello"],
        expect![[r#"
        --- stderr
        error: invalid value 'hello' for '<LAYER:VERSION>...': a version is `LAYER:NUMBER`, such as `hello:3`, not `hello`

        For more information, try '--help'.
        --- exit status 1
    "#]],
    );
}

#[test]
fn a_plan_that_is_not_there() {
    hello(
        &["apply", "plan.json"],
        expect![[r#"
        --- stderr
        error: there is no saved plan at `plan.json`
        hint: save one with `lls plan --out FILE`; layers are chosen with `--layer GLOB`
        --- exit status 1
    "#]],
    );
}

/// Where a command fails before it has a result, its failures are the document.
#[test]
fn failures_in_json() {
    let project = Project::hello();
    project.edit_manifest("prefix = \"python\"", "prefx = \"python\"\nlicense = 1");
    check(
        &project,
        &["plan", "--format", "json"],
        expect![[r#"
        {
          "format_version": "1.0",
          "failures": [
            "layers.toml:7:1: unknown key `prefx` in layer `hello`",
            "layers.toml:8:11: a text is expected in `license`, not a number"
          ]
        }
        --- stderr
        error: unknown key `prefx` in layer `hello`
         --> layers.toml:7:1
          |
        7 | prefx = "python"
          | ^^^^^
          |
          = hint: did you mean `prefix`?

        error: a text is expected in `license`, not a number
         --> layers.toml:8:11
          |
        8 | license = 1
          |           ^
          |
          = hint: an SPDX identifier, such as "BSD-3-Clause"

        error: 2 problems in `layers.toml`
        --- exit status 1
    "#]],
    );
    let project = Project::new();
    for command in ["build", "lock", "validate", "apply"] {
        let run = project.fail(&[command, "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(
            document["failures"],
            serde_json::json!(["there is no manifest at `layers.toml`"])
        );
    }
}
