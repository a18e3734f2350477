//! Credentials, roles, regions and accounts that do not work.

use expect_test::{Expect, expect};

use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

/// Compares why AWS cannot be connected to, and the hint.
fn check_unconnected(project: &Project, expected: Expect) {
    let head = "--- stderr\nerror: aws: cannot connect to AWS\n";
    let run = project.fail(&["plan"]);
    expected.assert_eq(&run.between(head, "--- exit status 1\n"));
}

/// The same where `operation` gives this answer.
fn refused(operation: &'static str, fault: Fault, expected: Expect) {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    if operation == "AssumeRole" {
        project.set_in_target("role_arn = \"arn:aws:iam::468665244580:role/layers\"");
    }
    if operation == "DescribeOrganization" {
        project.edit_manifest("my-account", "my-organization");
    }
    api.inject_always(operation, fault);
    check_unconnected(&project, expected);
}

#[test]
fn a_profile_that_does_not_exist() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let run = project.fail(&["plan", "--profile", "operatons"]);
    run.check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: `--profile` or LLS_PROFILE names the profile `operatons`, which the AWS configuration does not have
        hint: create it with `aws configure --profile operatons`
        --- exit status 1
    "#]]);
}

/// With keys in the environment, the SDK would ignore AWS_PROFILE, and publish to another account.
#[test]
fn a_profile_that_the_configuration_does_not_have() {
    let api = LambdaApi::start();
    let config = "[profile operations]\nregion = us-east-1\n[profile base]\n";
    let project = Project::hello_in(&api).outside_file("aws-config", config);
    let config = project.outside("aws-config");
    let project = project
        .variable("AWS_CONFIG_FILE", config)
        .variable("AWS_PROFILE", "operatons");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: AWS_PROFILE names the profile `operatons`, which the AWS configuration does not have
        hint: did you mean `operations`?
        --- exit status 1
    "#]]);
    project.set_in_target("profile = \"staging\"");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: target `aws` names the profile `staging`, which the AWS configuration does not have
        hint: the profiles are: base, operations
        --- exit status 1
    "#]]);
    assert!(api.calls().is_empty(), "the keys are not used instead");
    // A profile without credentials.
    let run = project.fail(&["plan", "--profile", "base"]);
    run.check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: no usable AWS credentials: profile `base` has none
        hint: set AWS_PROFILE or `--profile`, log in with `aws sso login`, or give the CI job a role
        --- exit status 1
    "#]]);
    // AWS_PROFILE may name a default that nobody configured.
    let project = Project::hello_in(&api).variable("AWS_PROFILE", "default");
    project.succeed(&["plan"]);
}

#[test]
fn credentials_that_expired() {
    let said = "The security token included in the request is expired";
    refused(
        "GetCallerIdentity",
        Fault::status(403, "ExpiredToken", said),
        expect![[r#"
              caused by: the credentials were rejected: The security token included in the request is expired
            hint: log in again, for example with `aws sso login`
        "#]],
    );
}

#[test]
fn credentials_that_aws_does_not_know() {
    let said = "The security token included in the request is invalid.";
    refused(
        "GetCallerIdentity",
        Fault::status(403, "InvalidClientTokenId", said),
        expect![[r#"
              caused by: the credentials were rejected: The security token included in the request is invalid.
            hint: log in again, for example with `aws sso login`
        "#]],
    );
}

#[test]
fn a_role_that_may_not_be_assumed() {
    let said =
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole";
    refused(
        "AssumeRole",
        Fault::status(403, "AccessDenied", said),
        expect![[r#"
              caused by: access denied: User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole
            hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        "#]],
    );
}

#[test]
fn an_organization_that_may_not_be_asked_for() {
    let said = "not authorized to perform: organizations:DescribeOrganization";
    refused(
        "DescribeOrganization",
        Fault::status(400, "AccessDeniedException", said),
        expect![[r#"
              caused by: access denied: not authorized to perform: organizations:DescribeOrganization
            hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        "#]],
    );
}

#[test]
fn aws_that_cannot_be_reached() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api)
        .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .variable("LLS_REQUEST_TIMEOUT", "0.2");
    check_unconnected(
        &project,
        expect![[r#"
              caused by: no valid response: Connection refused
            hint: check the network, the region and AWS_ENDPOINT_URL, and run the command again
        "#]],
    );
}

/// Without a manifest it is said where `lls` looks, with one the manifest says it.
#[test]
fn a_list_without_a_manifest_says_where_it_looks() {
    let api = LambdaApi::start();
    let project = Project::new().environment(api.env());
    project.succeed(&["list"]).check(expect![[r#"
        No layers are published.
        --- stderr
        There is no manifest: looking in AWS, account [account], us-east-1
        --- exit status 0
    "#]]);
    assert_eq!(project.succeed(&["list", "-q"]).stderr, "");
    assert_eq!(Project::hello_in(&api).succeed(&["list"]).stderr, "");
}
