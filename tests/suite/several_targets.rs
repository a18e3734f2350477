//! Several targets in one run: each is planned and applied by itself, all at the same time.

use expect_test::expect;
use serde_json::Value;

use crate::support::lambda_api::LambdaApi;
use crate::support::project::{HELLO, Project};

/// Two folders, and a target in AWS that is pinned to an account that nobody has credentials of.
const TARGETS: &str = r#"[targets.left]
directory = "left"

[targets.right]
directory = "right"

[targets.pinned]
account = "468665244580"
"#;

fn project() -> Project {
    let manifest = HELLO.replace("[targets.local]\ndirectory = \"registry\"\n", TARGETS);
    Project::hello().manifest(&manifest)
}

#[test]
fn several_targets_are_planned_and_applied_in_one_run() {
    let project = project();
    project.succeed(&["apply", "-t", "right"]);
    project.forget_builds();
    // The archive is built once, though a target lacks it and both are looked at.
    let plan = project.run(&["plan", "-t", "left", "--target", "right"]);
    plan.check(expect![[r#"
        left: left

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.

        right: right

        No changes. 1 layer matches layers.toml.
        --- stderr
        Built hello, 229 B
        --- exit status 0
    "#]]);
    let run = project
        .run(&["apply", "-t", "left,right,left"])
        .below(&plan.stdout);
    run.check(expect![[r#"
        left:

          + hello v1.0.0   published as :1
                arn:lls:lambda:directory:000000000000:layer:hello:1
                granted account 000000000000

        Applied: 1 version published, 0 permissions changed, 0 unchanged.

        right:

            hello v1.0.0   unchanged, :1
                arn:lls:lambda:directory:000000000000:layer:hello:1

        Applied: 0 versions published, 0 permissions changed, 1 unchanged.
        --- stderr
        Published hello to left, 229 B
        --- exit status 0
    "#]]);
    let project = project.variable("LLS_TARGET", "left,right");
    let plan = project.run(&["plan", "--detailed-exitcode"]);
    plan.check(expect![[r#"
        left: left

        No changes. 1 layer matches layers.toml.

        right: right

        No changes. 1 layer matches layers.toml.
        --- exit status 0
    "#]]);
    assert_eq!(project.run(&["apply"]).to_string(), plan.to_string());
}

#[test]
fn a_layer_that_two_targets_lack_is_built_once() {
    let project = project();
    let run = project.succeed(&["apply", "-t", "left", "-t", "right"]);
    assert_eq!(run.stderr.matches("Built hello").count(), 1, "{run}");
    assert!(project.path("left/hello/1.json").exists());
    assert!(project.path("right/hello/1.json").exists());
}

#[test]
fn a_target_that_fails_stops_no_other() {
    let api = LambdaApi::start();
    let project = project().environment(api.env());
    let arguments = ["-t", "pinned", "-t", "left"];
    let plan = project.run(&[&["plan"], &arguments[..]].concat());
    plan.check(expect![[r#"
        pinned: nothing could be planned

        left: left

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 229 B
        error: target `pinned`: pinned: cannot connect to AWS: these are credentials of account [account], but target `pinned` is pinned to 468665244580
        hint: use the target's profile or role, or change `account` in layers.toml
        --- exit status 1
    "#]]);
    let run = project.run(&[&["apply"], &arguments[..]].concat());
    run.below(&plan.stdout).check(expect![[r#"
        pinned: nothing was done

        left:

          + hello v1.0.0   published as :1
                arn:lls:lambda:directory:000000000000:layer:hello:1
                granted account 000000000000

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        error: target `pinned`: pinned: cannot connect to AWS: these are credentials of account [account], but target `pinned` is pinned to 468665244580
        hint: use the target's profile or role, or change `account` in layers.toml
        Published hello to left, 229 B
        --- exit status 1
    "#]]);
    assert!(api.mutating_calls().is_empty());
    let run = project.fail(&[&["apply", "--format", "json"], &arguments[..]].concat());
    let json = run.json();
    let targets = json["targets"].as_array().unwrap();
    assert_eq!(targets[0]["target"], "pinned");
    assert!(
        targets[0]["failures"][0]
            .as_str()
            .unwrap()
            .contains("468665244580"),
        "{json}"
    );
    assert_eq!(targets[1]["target"], "left");
    assert_eq!(
        targets[1]["layers"][0]["destinations"][0]["outcome"],
        "unchanged"
    );
    assert_eq!(targets[1]["failures"].as_array().map(Vec::len), Some(0));
}

#[test]
fn json_lists_targets_only_where_there_are_several() {
    let project = project();
    let plan = |targets: &str| -> Value {
        let run = project.succeed(&["plan", "--format", "json", "-t", targets]);
        run.json()
    };
    let one = plan("left");
    assert_eq!(one["target"], "left");
    assert!(one["targets"].is_null());
    let several = plan("left,right");
    assert_eq!(several["format_version"], "1.0");
    assert_eq!(several["targets"][0]["layers"], one["layers"]);
    assert_eq!(several["targets"][1]["target"], "right");
}

#[test]
fn where_nothing_can_be_planned_nothing_is_begun() {
    let api = LambdaApi::start();
    let project = project().environment(api.env());
    project.edit_manifest(
        "[targets.left]",
        "[targets.other]\naccount = \"468665244581\"\n\n[targets.left]",
    );
    let run = project.fail(&["apply", "-t", "pinned,other"]);
    assert!(
        run.stdout.is_empty() && !run.stderr.contains("Building"),
        "{run}"
    );
    for target in ["target `pinned`", "target `other`"] {
        assert!(run.stderr.contains(target), "{run}");
    }
}

#[test]
fn what_works_on_one_target_refuses_several() {
    let project = project();
    for arguments in [
        &["plan", "--out", "p.json"][..],
        &["list"],
        &["versions", "--layer", "hello"],
        &["usage"],
        &["prune"],
        &["validate"],
        &["delete", "hello:1"],
    ] {
        let run = project.fail(&[arguments, &["-t", "left,right"]].concat());
        assert!(
            run.stderr.starts_with(
                "error: this command takes only one target, but several are given: left, right"
            ),
            "{arguments:?}: {run}"
        );
        assert!(run.stdout.is_empty());
    }
    assert!(!project.path("p.json").exists());
    project.succeed(&["plan", "-t", "left", "--out", "p.json"]);
    let run = project.fail(&["apply", "p.json", "-t", "left,right"]);
    assert!(
        run.stderr
            .contains("only one target, but several are given"),
        "{run}"
    );
}
