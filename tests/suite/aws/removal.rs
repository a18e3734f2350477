//! `lls delete` and `lls prune`: what functions use stays, and what is deleted is said before and after.

use expect_test::{Expect, expect};

use super::usage::{arn, published};
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

/// Compares a run in which the day is left out.
fn check_removal(project: &Project, arguments: &[&str], expected: Expect) {
    let mut run = project.run(arguments);
    let lines = run
        .stdout
        .lines()
        .map(|line| match line.split_once(", published on ") {
            Some((line, _)) => format!("{line}, published on [day]\n"),
            None => format!("{line}\n"),
        });
    run.stdout = lines.collect();
    run.check(expected);
}

fn numbers(api: &LambdaApi, layer: &str) -> Vec<u64> {
    let versions = api.versions("us-east-1", layer);
    versions
        .iter()
        .map(|version| version["Version"].as_u64().unwrap())
        .collect()
}

fn deletions(api: &LambdaApi) -> usize {
    let calls = api.calls();
    let calls = calls.iter();
    calls
        .filter(|call| call.operation == "DeleteLayerVersion")
        .count()
}

#[test]
fn functions_on_many_pages_are_all_read() {
    let api = LambdaApi::start();
    let project = published(&api, 2);
    for number in 0..30 {
        let name = format!("function-{number:02}");
        let layer = arn(&api, "us-east-1", if number == 29 { 1 } else { 2 });
        api.create_function("us-east-1", &name, &[&layer]);
        api.publish_function("us-east-1", &name);
    }
    let run = project.fail(&["delete", "hello:1", "--yes"]);
    run.assert_stderr(&["used by function-29:$LATEST, function-29:1\n"]);
    assert_eq!(deletions(&api), 0);
}

#[test]
fn a_version_that_is_used_is_not_deleted() {
    let api = LambdaApi::start();
    let project = published(&api, 3);
    let region = "us-east-1";
    // Only an alias and a published version still use :1; $LATEST has moved on.
    api.create_function(region, "api", &[&arn(&api, region, 1)]);
    api.publish_function(region, "api");
    api.alias_function(region, "api", "live", 1);
    api.set_layers(region, "api", &[&arn(&api, region, 2)]);
    check_removal(
        &project,
        &["delete", "hello:1", "hello:2", "hello:3", "--yes"],
        expect![[r#"
            --- stderr
            note: the manifest says v1.2.0 of hello: the next apply publishes it again
            error: us-east-1: hello:1 is used by api:1
            error: us-east-1: hello:2 is used by api:$LATEST
            hint: nothing was deleted; first move these functions to another version
            --- exit status 1
        "#]],
    );
    assert_eq!(
        (numbers(&api, "hello"), deletions(&api)),
        (vec![3, 2, 1], 0)
    );
}

#[test]
fn a_version_is_deleted_only_when_that_is_asked_for() {
    let api = LambdaApi::start();
    let project = published(&api, 2).variable("LLS_YES", "1");
    api.grant("us-east-1", "hello", 1, "partner", "468665244580");
    check_removal(
        &project,
        &["delete", "hello:1"],
        expect![[r#"
              - hello:1  v1.0.0  in us-east-1, published on [day]
                    shared with account 468665244580: functions there that use it cannot be
                    seen

            Delete: 1 version to delete.
            --- stderr
            Nothing was deleted: that takes `--yes`.
            --- exit status 0
        "#]],
    );
    assert_eq!(deletions(&api), 0);
    check_removal(
        &project,
        &["delete", "hello:1", "--yes"],
        expect![[r#"
              - hello:1  v1.0.0  in us-east-1, published on [day]
                    shared with account 468665244580: functions there that use it cannot be
                    seen

            Delete: 1 version to delete.

              - hello:1  deleted in us-east-1

            Deleted: 1 version.
            --- exit status 0
        "#]],
    );
    assert_eq!(numbers(&api, "hello"), [2]);
    check_removal(
        &project,
        &["delete", "hello:1", "--yes"],
        expect![[r#"
            Delete: nothing to delete.
            --- stderr
            us-east-1: there is no hello:1, or no longer
            --- exit status 0
        "#]],
    );
    project.assert_converged();
    check_removal(
        &project,
        &["delete", "hello:2", "--yes"],
        expect![[r#"
              - hello:2  v1.1.0  in us-east-1, published on [day]

            Delete: 1 version to delete.

              - hello:2  deleted in us-east-1

            Deleted: 1 version.
            --- stderr
            note: the manifest says v1.1.0 of hello: the next apply publishes it again
            --- exit status 0
        "#]],
    );
    assert!(numbers(&api, "hello").is_empty());
}

#[test]
fn prune_keeps_what_is_new_declared_or_used() {
    let api = LambdaApi::start();
    let project = published(&api, 6);
    project.edit_manifest("v1.5.0", "v1.2.0");
    let region = "us-east-1";
    api.create_function(region, "api", &[&arn(&api, region, 2)]);
    check_removal(
        &project,
        &["prune"],
        expect![[r#"
                hello:2  stays in us-east-1: used by api:$LATEST

            Delete: nothing to delete; keeping: 1 used, 1 declared in the manifest, 3 among
                    the newest, 1 recent.
            --- exit status 0
        "#]],
    );
    let old = ["prune", "--keep", "2", "--keep-days", "0"];
    check_removal(
        &project,
        &old,
        expect![[r#"
              - hello:4  v1.3.0  in us-east-1, published on [day]
                hello:2  stays in us-east-1: used by api:$LATEST
              - hello:1  v1.0.0  in us-east-1, published on [day]

            Delete: 2 versions to delete; keeping: 1 used, 1 declared in the manifest, 2
                    among the newest.
            --- stderr
            Nothing was deleted: that takes `--yes`.
            --- exit status 0
        "#]],
    );
    assert_eq!(deletions(&api), 0);
    let run = project.succeed(&[&old[..], &["--yes", "--format", "json"]].concat());
    let document = run.json();
    let fates = document["versions"].as_array().unwrap();
    let fates: Vec<_> = fates
        .iter()
        .map(|fate| fate["fate"].as_str().unwrap())
        .collect();
    assert_eq!(
        fates,
        ["newest", "newest", "delete", "declared", "used", "delete"]
    );
    assert_eq!(document["deletions"][1]["outcome"], "deleted", "{run}");
    assert_eq!(numbers(&api, "hello"), [6, 5, 3, 2]);
    check_removal(
        &project,
        &old,
        expect![[r#"
                hello:2  stays in us-east-1: used by api:$LATEST

            Delete: nothing to delete; keeping: 1 used, 1 declared in the manifest, 2 among
                    the newest.
            --- exit status 0
        "#]],
    );
}

#[test]
fn one_failed_deletion_stops_no_other() {
    let api = LambdaApi::start();
    let project = published(&api, 4);
    api.inject_first(1, "DeleteLayerVersion", Fault::denied("not authorized"));
    let arguments = ["prune", "--keep", "1", "--keep-days", "0", "--yes"];
    let run = project.fail(&arguments);
    run.assert_stdout(&["Deleted: 2 versions, 1 failed.\n"]);
    assert!(run.stdout.contains("cannot delete hello:"), "{run}");
    assert_eq!(numbers(&api, "hello").len(), 2);
    project.succeed(&arguments);
    assert_eq!(numbers(&api, "hello"), [4]);
}

#[test]
fn nothing_is_deleted_where_functions_cannot_be_listed() {
    let reading = ["sts:GetCallerIdentity", "lambda:ListLayerVersions"];
    let api = LambdaApi::allowing(&[&reading[..], &["lambda:DeleteLayerVersion"]].concat());
    let project = Project::hello_in(&api);
    for arguments in [["prune", "--yes"], ["delete", "hello:1"]] {
        let run = project.fail(&arguments);
        let denied = "error: us-east-1: cannot list the functions\n  caused by: access denied";
        assert!(run.stderr.contains(denied), "{run}");
    }
    assert_eq!(deletions(&api), 0);
}

#[test]
fn a_version_is_of_one_region() {
    let api = LambdaApi::start();
    let project = published(&api, 1);
    let regions = "[targets.aws]\nregions = [\"us-east-1\", \"eu-west-1\"]";
    project.edit_manifest("[targets.aws]", regions);
    check_removal(
        &project,
        &["delete", "hello:1"],
        expect![[r#"
            --- stderr
            error: target `aws` has several regions, and a version has another number in each
            hint: name the region with `--region`
            --- exit status 1
        "#]],
    );
    check_removal(
        &project,
        &["delete", "hello:1", "--region", "eu-west-1"],
        expect![[r#"
            Delete: nothing to delete.
            --- stderr
            eu-west-1: there is no hello:1, or no longer
            --- exit status 0
        "#]],
    );
    let run = project.fail(&["delete", "hello"]);
    run.assert_stderr(&["a version is `LAYER:NUMBER`, such as `hello:3`, not `hello`"]);
}

#[test]
fn a_folder_has_no_functions() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.write("layers/hello/more.py", "");
    project.succeed(&["apply"]);
    check_removal(
        &project,
        &["usage"],
        expect![[r#"
            registry: a folder has no functions that could use its layers
            --- exit status 0
        "#]],
    );
    let arguments = ["prune", "--keep", "1", "--keep-days", "0", "--yes"];
    check_removal(
        &project,
        &arguments,
        expect![[r#"
              - hello:1  v1.0.0  in registry, published on [day]

            Delete: 1 version to delete; keeping: 1 declared in the manifest.

              - hello:1  deleted in registry

            Deleted: 1 version.
            --- stderr
            note: a folder has no functions: who uses its layers is not known
            --- exit status 0
        "#]],
    );
    assert!(!project.path("registry/hello/1.zip").exists());
    project.assert_converged();
}
