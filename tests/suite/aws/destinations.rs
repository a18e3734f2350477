//! Regions and layers do not wait for each other, nor fail for each other; each region is asked at a modest rate.

use std::time::Duration;

use expect_test::expect;

use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

#[test]
fn a_region_that_cannot_be_read_stops_no_other() {
    let api = LambdaApi::start();
    let project = Project::hello_in_two_regions(&api);
    api.deny_region("eu-west-1");
    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        aws: account [account], us-east-1 and eu-west-1

          + hello  v1.0.0   new layer in us-east-1, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account [account]

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 229 B
        error: eu-west-1: cannot list the versions of layer `hello`
          caused by: access denied: not authorized
        hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        --- exit status 1
    "#]]);
    project.run(&["apply"]).below(&plan.stdout).check(expect![[r#"
          + hello v1.0.0   published as :1
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                granted account [account]

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 not planned.
        --- stderr
        error: eu-west-1: cannot list the versions of layer `hello`
          caused by: access denied: not authorized
        hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        Published hello to us-east-1, 229 B
        --- exit status 1
    "#]]);
    assert_eq!(api.versions("us-east-1", "hello").len(), 1);
    assert_eq!(api.versions("eu-west-1", "hello").len(), 0);
    api.inject_nothing();
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn no_changes_are_not_claimed_where_nothing_could_be_read() {
    let api = LambdaApi::start();
    let project = Project::hello_in_two_regions(&api);
    project.succeed(&["apply"]);
    api.deny_region("eu-west-1");
    for command in ["plan", "apply"] {
        let run = project.fail(&[command]);
        assert_eq!(
            run.stdout,
            "No changes in what could be planned: 1 layer matches layers.toml.\n"
        );
    }
}

#[test]
fn a_layer_that_cannot_be_planned_stops_no_other() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api).file("layers/other/x.txt", "1");
    let other = "\n[layers.other]\ndescription = \"v0.1.0\"\nruntimes = [\"python3.12\"]\npermission = \"my-account\"\n";
    project.extend_manifest(other);
    std::os::unix::fs::symlink("/nowhere", project.path("layers/hello/link")).unwrap();
    project.run(&["apply"]).check(expect![[r#"
        aws: account [account], us-east-1

          + other  v0.1.0   new layer, 179 B zipped, 1 B unpacked
                + x.txt
                for python3.12 on x86_64
                grant account [account]

        Plan: 1 layer to create; 0 unchanged, 0 blocked.

          + other v0.1.0   published as :1
                arn:aws:lambda:us-east-1:[account]:layer:other:1
                granted account [account]

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 not planned.
        --- stderr
        Built other, 179 B
        error: the symlink `layers/hello/link` of layer `hello` points to an absolute path, to `/nowhere`
        hint: use a relative link to a file of the layer, or copy the file
        Published other to us-east-1, 179 B
        --- exit status 1
    "#]]);
    assert_eq!(api.versions("us-east-1", "other").len(), 1);
    std::fs::remove_file(project.path("layers/hello/link")).unwrap();
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn the_account_is_asked_for_where_a_region_answers() {
    let api = LambdaApi::start();
    let project = Project::hello_in_two_regions(&api);
    api.inject_into(|_, call| (call.region == "us-east-1").then_some(Fault::ResetBefore));
    let run = project.fail(&["apply"]);
    assert!(run.stdout.contains(":layer:hello:1"), "{run}");
    assert_eq!(api.versions("eu-west-1", "hello").len(), 1);
}

#[test]
fn the_server_says_when_to_come_back() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    api.inject_first(1, "PublishLayerVersion", Fault::throttled("1"));
    project.succeed(&["apply"]);
    project.assert_converged();
    let mut calls = api.calls();
    calls.retain(|call| call.operation == "PublishLayerVersion");
    assert_eq!(calls.len(), 2);
    assert!(calls[1].at - calls[0].at >= Duration::from_secs(1));
}

#[test]
fn a_server_that_says_to_come_back_much_later_is_not_waited_for() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    api.inject(|number, operation| {
        // The time of the first wait and the longest that can be said are more than a number of seconds can hold.
        let seconds = if number == 1 {
            "1"
        } else {
            "18446744073709551615"
        };
        (operation == "ListLayerVersions").then(|| Fault::throttled(seconds))
    });
    // `run` asserts that nothing panicked.
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["too many requests: Rate exceeded"]);
}

#[test]
fn a_region_is_asked_no_faster_than_it_is_said() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply", "--request-rate", "20"]);
    let mut calls = api.calls();
    calls.retain(|call| call.operation.contains("Layer"));
    let time = calls[calls.len() - 1].at - calls[0].at;
    let least = Duration::from_millis(50) * (calls.len() as u32 - 2);
    assert!(time >= least, "{} calls in {time:?}", calls.len());
}

#[test]
fn numbers_of_seconds_are_checked() {
    let project = Project::hello();
    let run = project.fail(&["plan", "--settle-time", "0"]);
    run.assert_stderr(&["not a number of seconds from 0.01 to 3600"]);
}

#[test]
fn a_region_that_the_target_does_not_have_is_refused() {
    let api = LambdaApi::start();
    let project = Project::hello_in_two_regions(&api);
    let run = project.run(&["plan", "--region", "eu-west-2"]);
    run.check(expect![[r#"
        --- stderr
        error: target `aws` has no region `eu-west-2`
        hint: did you mean `eu-west-1`?
        --- exit status 1
    "#]]);
    let run = project.succeed(&["plan", "--region", "eu-west-1"]);
    assert!(run.stdout.starts_with("aws: account"), "{run}");
    assert!(
        api.calls()
            .iter()
            .all(|call| call.region != "us-east-1" || call.operation == "GetCallerIdentity")
    );
}
