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
    let api = LambdaApi::start();
    let project = published(&api, 3);
    // By parameters `prune` knows layers that are no longer in the manifest.
    project.set_in_target("ssm_prefix = \"/acme/layers\"");
    let before = api.calls().len();
    project.succeed(&["delete", "hello:1", "--yes"]);
    project.succeed(&["prune", "--keep", "1", "--keep-days", "0", "--yes"]);
    let called = iam::called(&api.calls()[before..]);
    let services = [&SERVICES[..], &["ssm"]].concat();
    assert_eq!(called, iam::allowed(iam::DELETE, &services));
    assert_eq!(api.versions("us-east-1", "hello").len(), 1);
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

/// Which calls of `lls` the policy for applies allows, filled in so.
fn allowed(api: &LambdaApi, filled: iam::Filled, operation: &str) -> Vec<bool> {
    let calls = api.calls().into_iter();
    let calls = calls.filter(|call| call.is_from_lls && call.operation == operation);
    calls.map(|call| filled.allows(iam::APPLY, &call)).collect()
}

#[test]
fn a_role_is_held_to_its_account_region_and_layers() {
    let api = LambdaApi::start();
    Project::hello_in(&api).succeed(&["apply"]);
    let widely = iam::Filled::widely(api.account());
    let narrowly = iam::Filled {
        region: "us-east-1",
        prefix: "hel",
        ..widely
    };
    let other = "000000000001";
    for operation in [
        "PublishLayerVersion",
        "AddLayerVersionPermission",
        "GetLayerVersionPolicy",
    ] {
        let allowed = |filled| allowed(&api, filled, operation);
        let count = allowed(narrowly).len();
        assert!(count > 0, "{operation} is called");
        assert_eq!(allowed(widely), vec![true; count], "{operation}");
        assert_eq!(allowed(narrowly), vec![true; count], "{operation}");
        let mut wrong = [narrowly; 3];
        wrong[0].prefix = "acme-";
        wrong[1].region = "eu-west-1";
        let calls = api.calls();
        let call = calls
            .iter()
            .find(|call| call.operation == operation)
            .unwrap();
        wrong[2].account = other;
        for filled in &wrong[..2] {
            assert_eq!(
                allowed(*filled),
                vec![false; count],
                "{operation}: {filled:?}"
            );
        }
        // The policy of one account, and a call to another.
        let policy = wrong[2].fill(iam::APPLY);
        assert!(!narrowly.allows(&policy, call), "{operation}");
    }
    let elsewhere = iam::Filled {
        region: "eu-west-1",
        ..widely
    };
    let lists = allowed(&api, elsewhere, "ListLayerVersions");
    assert!(!lists.is_empty() && !lists.contains(&true), "{lists:?}");
}
