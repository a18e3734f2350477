//! The policies of `docs/iam`: each allows what its commands call, and nothing else.

use super::ORGANIZATION;
use super::publishing::with_late_lists;
use super::usage::published;
use crate::support::lambda_api::{LambdaApi, iam};
use crate::support::project::Project;

/// All but what large archives take, which `staging` compares.
const SERVICES: [&str; 3] = ["lambda", "organizations", "sts"];

/// Runs `commands`, and asserts that together they call just what `policy` allows.
fn check(api: &LambdaApi, project: &Project, policy: &str, commands: &[&[&str]]) {
    let before = api.calls().len();
    for command in commands {
        project.succeed(command);
    }
    let called = iam::called(&api.calls()[before..]);
    assert_eq!(called, iam::allowed(policy, &SERVICES), "{commands:?}");
}

fn in_organization(api: &LambdaApi) -> Project {
    let project = Project::hello_in(api);
    project.edit_manifest("my-account", "my-organization");
    project
}

#[test]
fn what_plans_reads_just_that() {
    let api = LambdaApi::with_organization(ORGANIZATION);
    let project = in_organization(&api);
    project.succeed(&["apply"]);
    let versions = ["versions", "--layer", "hello"];
    check(
        &api,
        &project,
        iam::PLAN,
        &[&["plan"], &["list"], &["outputs"], &["import"], &versions],
    );
}

#[test]
fn what_applies_needs_just_that() {
    let api = LambdaApi::with_organization(ORGANIZATION);
    let project = in_organization(&api);
    // A grant that is to be replaced.
    project.succeed(&["apply"]);
    let before = api.operations().len();
    project.edit_manifest("my-organization", "my-account");
    project.succeed(&["apply"]);
    assert!(api.operations()[before..].contains(&"RemoveLayerVersionPermission".to_owned()));
    project.edit_manifest("my-account", "my-organization");
    let one_off = [
        "publish",
        "--layer=other",
        "--version=v1.0.0",
        "--layer-path=layers/hello",
        "--runtimes=python3.12",
        "--my-organization",
    ];
    check(&api, &project, iam::APPLY, &[&["apply"], &one_off]);
}

#[test]
fn who_looks_at_usage_needs_just_that() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 2);
    project.succeed(&["apply"]);
    check(&api, &project, iam::USAGE, &[&["usage"]]);
}

#[test]
fn what_deletes_needs_just_that() {
    for command in [
        &["delete", "hello:1", "--yes"][..],
        &["prune", "--keep", "1", "--keep-days", "0", "--yes"],
    ] {
        let api = LambdaApi::start();
        let project = published(&api, 2);
        check(&api, &project, iam::DELETE, &[command]);
        assert_eq!(api.versions("us-east-1", "hello").len(), 1);
    }
}

#[test]
fn the_policies_suffice() {
    for (policy, commands) in [
        (iam::PLAN, &["plan", "list"][..]),
        (iam::APPLY, &["apply", "plan", "outputs"]),
        (iam::USAGE, &["usage"]),
        (iam::DELETE, &["prune"]),
    ] {
        let actions = iam::actions(policy);
        let actions: Vec<_> = actions.iter().map(String::as_str).collect();
        let api = LambdaApi::allowing(&actions);
        let project = Project::hello_in(&api);
        for command in commands {
            project.succeed(&[command]);
        }
    }
}
