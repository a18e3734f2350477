//! Credentials, roles, regions and accounts that do not work.

use expect_test::{Expect, expect};

use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

/// What is said where `operation` gives this answer.
fn refused(operation: &'static str, fault: Fault, expected: Expect) {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    if operation == "AssumeRole" {
        let role = "role_arn = \"arn:aws:iam::468665244580:role/layers\"";
        project.edit_manifest("[targets.aws]", &format!("[targets.aws]\n{role}"));
    }
    api.inject(move |_, called| (called == operation).then(|| fault.clone()));
    project.fail(&["plan"]).check(expected);
}

#[test]
fn a_profile_that_does_not_exist() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let run = project.fail(&["plan", "--profile", "operatons"]);
    run.check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: no usable AWS credentials: profile `operatons` does not exist or holds none
        hint: set AWS_PROFILE or `--profile`, log in with `aws sso login`, or give the CI job a role
        --- exit status 1
    "#]]);
}

#[test]
fn credentials_that_expired() {
    let said = "The security token included in the request is expired";
    refused(
        "GetCallerIdentity",
        Fault::status(403, "ExpiredToken", said),
        expect![[r#"
            --- stderr
            error: aws: cannot connect to AWS
              caused by: the credentials are not accepted: The security token included in the request is expired
            hint: log in again, for example with `aws sso login`
            --- exit status 1
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
            --- stderr
            error: aws: cannot connect to AWS
              caused by: the credentials are not accepted: The security token included in the request is invalid.
            hint: log in again, for example with `aws sso login`
            --- exit status 1
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
            --- stderr
            error: aws: cannot connect to AWS
              caused by: access denied: User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole
            hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_organization_that_may_not_be_asked_for() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.edit_manifest("my-account", "my-organization");
    let said = "not authorized to perform: organizations:DescribeOrganization";
    api.inject(move |_, called| {
        (called == "DescribeOrganization")
            .then(|| Fault::status(400, "AccessDeniedException", said))
    });
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: access denied: not authorized to perform: organizations:DescribeOrganization
        hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        --- exit status 1
    "#]]);
}

#[test]
fn aws_that_cannot_be_reached() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api)
        .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .variable("LLS_REQUEST_TIMEOUT", "0.2");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: aws: cannot connect to AWS
          caused by: no usable answer: Connection refused
        hint: check the network, the region and AWS_ENDPOINT_URL, and run the command again
        --- exit status 1
    "#]]);
}

/// Without a manifest it is said where `lls` looks, with one the manifest says it.
#[test]
fn a_list_without_a_manifest_says_where_it_looks() {
    let api = LambdaApi::start();
    let project = Project::new().environment(api.env());
    let said = project.succeed(&["list"]).to_string();
    expect![[r#"
        No layers are published.
        --- stderr
        There is no manifest: looking in AWS, account [account], us-east-1
        --- exit status 0
    "#]]
    .assert_eq(&said.replace(api.account(), "[account]"));
    assert_eq!(project.succeed(&["list", "-q"]).stderr, "");
    assert_eq!(Project::hello_in(&api).succeed(&["list"]).stderr, "");
}
