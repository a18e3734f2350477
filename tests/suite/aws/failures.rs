//! What the Lambda API refuses, loses or does not answer, and what `lls` says and does then.

use expect_test::expect;

use super::CREATED;
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::{HELLO, Project};

#[test]
fn a_failure_in_one_layer_stops_no_other() {
    let api = LambdaApi::start();
    let second = "\n[layers.other]\ndescription = \"v0.1.0\"\nruntimes = [\"python3.12\"]\n";
    let project = Project::hello_in(&api).file("layers/other/x.txt", "1");
    project.extend_manifest(second);
    let refused = Fault::status(400, "InvalidParameterValueException", "sorry");
    api.inject_first(1, "PublishLayerVersion", refused);
    let run = project.fail(&["apply"]);
    run.assert_stdout(&["InvalidParameterValueException: sorry"]);
    run.assert_stdout(&[
        "Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 failed.",
    ]);
    project.succeed(&["apply"]);
    project.assert_converged();
    assert_eq!(
        api.versions("us-east-1", "hello").len() + api.versions("us-east-1", "other").len(),
        2
    );
}

#[test]
fn a_grant_that_was_lost_is_made_by_the_next_apply() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let denied = Fault::denied("not authorized");
    api.inject_always("AddLayerVersionPermission", denied);
    project.run(&["apply"]).below(CREATED).check(expect![[r#"
          ! hello v1.0.0   published as :1, but then failed
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                us-east-1: cannot grant hello:1
                access denied: not authorized
                hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 failed.
        --- stderr
        Built hello, 229 B
        Published hello to us-east-1, 229 B
        --- exit status 1
    "#]]);
    api.inject_nothing();
    project.run(&["plan"]).check(expect![[r#"
        aws: account [account], us-east-1

          ~ hello  v1.0.0   published as :1, not granted
                grant account [account]

        Plan: 1 permission to grant; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn access_that_is_denied_is_named() {
    let api = LambdaApi::allowing(&["sts:GetCallerIdentity", "lambda:ListLayerVersions"]);
    let project = Project::hello_in(&api);
    let run = project.fail(&["apply"]);
    run.assert_stdout(&["access denied", "lambda:PublishLayerVersion"]);
    run.assert_stdout(&["hint: allow the action in the IAM policy"]);
}

#[test]
fn a_machine_without_certificates_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api)
        .variable("SSL_CERT_FILE", "/dev/null")
        .variable("SSL_CERT_DIR", "/nonexistent");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["this machine has no trusted certificates"]);
    assert!(run.stderr.contains("hint: install them"), "{run}");
}

#[test]
fn a_wrong_clock_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let said = "Signature not yet current: 20260101T010101Z is still later than 20260101T000000Z";
    let skew = Fault::status(403, "InvalidSignatureException", said);
    api.inject_always("ListLayerVersions", skew);
    let run = project.fail(&["plan"]);
    run.assert_stderr(&[
        "the request's timestamp was rejected: Signature not yet current",
        "hint: set the clock of this machine",
    ]);
}

#[test]
fn an_organization_that_does_not_exist_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.edit_manifest("my-account", "my-organization");
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: account [account] does not belong to an organization, which `permission = "my-organization"` needs
        hint: name it, `permission = { organization = "o-..." }`, or use "my-account"
        --- exit status 1
    "#]]);
}

#[test]
fn a_pinned_account_is_respected() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.set_in_target("account = \"468665244580\"");
    project.run(&["apply"]).check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: these are credentials of account [account], but target `aws` is pinned to 468665244580
        hint: use the target's profile or role, or change `account` in layers.toml
        --- exit status 1
    "#]]);
    assert!(api.mutating_calls().is_empty());
}

#[test]
fn a_server_that_is_down_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api).variable("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["no valid response", "hint: check the network"]);
}

#[test]
fn missing_credentials_and_regions_are_named() {
    let nothing = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("HOME", "/nonexistent"),
    ];
    let nothing = nothing.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let manifest = HELLO.replace("[targets.local]\ndirectory = \"registry\"", "[targets.aws]");
    let project = Project::hello().manifest(&manifest).environment(nothing);
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: no AWS region is set
        hint: set AWS_REGION or `--region`, or `regions` of the target in layers.toml
        --- exit status 1
    "#]]);
    let project = project.variable("AWS_REGION", "us-east-1");
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: no usable AWS credentials: none in the environment, in the AWS configuration, or for this machine
        hint: set AWS_PROFILE or `--profile`, log in with `aws sso login`, or give the CI job a role
        --- exit status 1
    "#]]);
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let run = project.fail(&["plan", "--profile", "nope"]);
    run.assert_stderr(&["`--profile` or LLS_PROFILE names the profile `nope`"]);
    assert!(
        api.calls().is_empty(),
        "the keys in the environment are not used instead"
    );
}

#[test]
fn debug_messages_hold_no_secret() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply", "--debug"]);
    project.forget_builds();
    // `run` asserts that no token is printed.
    let run = project.succeed(&["plan", "--debug"]);
    for (name, value) in api.env() {
        assert!(
            name != "AWS_SECRET_ACCESS_KEY" || !run.stderr.contains(&value),
            "{run}"
        );
    }
}
