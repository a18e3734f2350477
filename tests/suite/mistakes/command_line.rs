//! Mistakes on the command line.

use expect_test::{Expect, expect};

use crate::support::project::{HELLO, Project};

fn hello(arguments: &[&str], expected: Expect) {
    Project::hello().fail(arguments).check(expected);
}

#[test]
fn a_misspelled_command() {
    hello(
        &["aply"],
        expect![[r#"
            --- stderr
            error: there is no command `aply`
            hint: did you mean `apply`?
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
            error: `lls plan` has no option `--lockd`
            hint: did you mean `--locked`?
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
            error: `--format` cannot be `jsn`
            hint: did you mean `json`?
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_command_like_no_other() {
    hello(
        &["frobnicate"],
        expect![[r#"
            --- stderr
            error: there is no command `frobnicate`
            hint: run `lls help` to list the commands
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_format_of_the_environment() {
    let project = Project::hello().variable("LLS_FORMAT", "xml");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: `LLS_FORMAT` cannot be `xml`
        hint: possible values: terminal, json, markdown
        --- exit status 1
    "#]]);
}

#[test]
fn an_option_without_its_value() {
    hello(
        &["plan", "--format"],
        expect![[r#"
            --- stderr
            error: `--format` needs a value
            hint: possible values: terminal, json, markdown
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_option_that_is_given_twice() {
    hello(
        &["plan", "--out", "a", "--out", "b"],
        expect![[r#"
            --- stderr
            error: `--out` is given twice
            hint: leave one of them out
            --- exit status 1
        "#]],
    );
}

#[test]
fn options_that_exclude_each_other() {
    hello(
        &["lock", "--check", "--upgrade"],
        expect![[r#"
            --- stderr
            error: `--check` cannot be used with `--upgrade`
            hint: leave one of them out
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_permission_that_is_not_given() {
    let most = "publish --layer a --layer-path . --runtimes python3.12 --version v1.0.0";
    let most: Vec<_> = most.split(' ').collect();
    hello(
        &most,
        expect![[r#"
            --- stderr
            error: `lls publish` needs `--my-account|--my-organization|--account <ID>|--organization <ID>|--public`
            hint: run `lls publish --help` to see what it takes
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_argument_too_many() {
    hello(
        &["validate", "hello"],
        expect![[r#"
            --- stderr
            error: `lls validate` does not take `hello`
            hint: run `lls validate --help` to see what it takes
            --- exit status 1
        "#]],
    );
}

#[test]
fn control_characters_in_an_option() {
    hello(
        &["plan", "--\u{1b}[2J"],
        expect![[r#"
            --- stderr
            error: `lls plan` has no option `--\u{1b}[2J`
            hint: run `lls plan --help` to see what it takes
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
            hint: `*` matches any characters, `?` matches one character, `[ab]` matches one of the characters in the brackets, and `{a,b}` matches one of the alternatives
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
            error: `--keep` cannot be `0`: not a whole number of 1 or more
            hint: run `lls prune --help` to see what it takes
            --- exit status 1
        "#]],
    );
    hello(
        &["prune", "--keep-days", "-1"],
        expect![[r#"
            --- stderr
            error: `lls prune` has no option `-1`
            hint: run `lls prune --help` to see what it takes
            --- exit status 1
        "#]],
    );
    hello(
        &["plan", "--request-rate", "abc"],
        expect![[r#"
            --- stderr
            error: `--request-rate` cannot be `abc`: not a whole number of requests, 1 or more
            hint: run `lls plan --help` to see what it takes
            --- exit status 1
        "#]],
    );
    hello(
        &["plan", "--request-timeout", "soon"],
        expect![[r#"
            --- stderr
            error: `--request-timeout` cannot be `soon`: not a number of seconds from 0.01 to 3600
            hint: run `lls plan --help` to see what it takes
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_region_that_the_target_does_not_have() {
    let target = "[targets.aws]\nregions = [\"us-east-1\"]";
    let manifest = HELLO.replace("[targets.local]\ndirectory = \"registry\"", target);
    let project = Project::hello().manifest(&manifest);
    let run = project.fail(&["plan", "--region", "us-east-2"]);
    run.check(expect![[r#"
        --- stderr
        error: target `aws` has no region `us-east-2`
        hint: did you mean `us-east-1`?
        --- exit status 1
    "#]]);
}

#[test]
fn a_version_without_a_number() {
    hello(
        &["delete", "hello"],
        expect![[r#"
            --- stderr
            error: `LAYER:VERSION` cannot be `hello`: a version is `LAYER:NUMBER`, such as `hello:3`, not `hello`
            hint: run `lls delete --help` to see what it takes
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
            hint: save one with `lls plan --out FILE`
            --- exit status 1
        "#]],
    );
}

/// Where a command fails before it has a result, its failures are the document.
#[test]
fn failures_in_json() {
    let project = Project::hello();
    project.edit_manifest("prefix = \"python\"", "prefx = \"python\"\nlicense = 1");
    let run = project.fail(&["plan", "--format", "json"]);
    run.check(expect![[r#"
        {
          "format_version": "1.0",
          "failures": [
            "layers.toml:7:1: unknown key `prefx` in layer `hello`",
            "layers.toml:8:11: expected a string in `license`, found a number"
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

        error: expected a string in `license`, found a number
         --> layers.toml:8:11
          |
        8 | license = 1
          |           ^
          |
          = hint: an SPDX identifier, such as "BSD-3-Clause"

        error: 2 problems in `layers.toml`
        --- exit status 1
    "#]]);
    // A wrong command line has no format.
    let run = project.fail(&["plan", "--format", "json", "--lockd"]);
    assert_eq!(run.stdout, "", "{run}");
    let project = Project::new();
    for command in ["build", "lock", "validate", "apply"] {
        let run = project.fail(&[command, "--format", "json"]);
        let document = run.json();
        assert_eq!(
            document["failures"],
            serde_json::json!(["there is no manifest at `layers.toml`"])
        );
    }
}
