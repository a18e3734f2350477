//! What AWS refuses.

use expect_test::{Expect, expect};

use crate::aws::CREATED;
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::{Project, Run};

/// What `apply` says where `operation` gives this answer.
fn apply(operation: &'static str, fault: Fault) -> Run {
    let api = LambdaApi::start();
    // It ends the attempts after answers that may pass, and leaves a busy machine time for each answer.
    let project = Project::hello_in(&api).variable("LLS_REQUEST_TIMEOUT", "3");
    api.inject_always(operation, fault);
    project.fail(&["apply"])
}

/// Why a layer cannot be planned, where its versions are not listed.
fn unlisted(fault: Fault, expected: Expect) {
    let head = "--- stderr\nerror: us-east-1: cannot list the versions of layer `hello`\n";
    let said = apply("ListLayerVersions", fault);
    expected.assert_eq(&said.between(head, "--- exit status 1\n"));
}

/// Why a layer is not published, and what is to be done.
fn unpublished(fault: Fault, expected: Expect) {
    let head = "  ! hello v1.0.0   failed\n        us-east-1: cannot publish layer `hello`\n";
    let tail = "
Applied: 0 versions published, 0 permissions changed, 0 unchanged, 1 failed.
--- stderr
Built hello, 229 B
--- exit status 1
";
    let said = apply("PublishLayerVersion", fault).below(CREATED);
    expected.assert_eq(&said.between(head, tail).replace("        ", ""));
}

#[test]
fn an_action_that_is_not_allowed() {
    let said = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: lambda:ListLayerVersions";
    unlisted(
        Fault::denied(said),
        expect![[r#"
              caused by: access denied: User: arn:aws:iam::123456789012:user/me is not authorized to perform: lambda:ListLayerVersions
            hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        "#]],
    );
}

#[test]
fn an_action_that_is_not_allowed_while_applying() {
    let said = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: lambda:PublishLayerVersion";
    unpublished(
        Fault::denied(said),
        expect![[r#"
            access denied: User: arn:aws:iam::123456789012:user/me is not authorized to perform: lambda:PublishLayerVersion
            hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        "#]],
    );
}

#[test]
fn requests_that_are_throttled_for_good() {
    unlisted(
        Fault::status(429, "TooManyRequestsException", "Rate exceeded"),
        expect![[r#"
              caused by: too many requests: Rate exceeded
            hint: run the command again in a while
        "#]],
    );
}

#[test]
fn a_service_that_is_broken() {
    unlisted(
        Fault::status(500, "ServiceException", "An error occurred"),
        expect![[r#"
              caused by: ServiceException: An error occurred
            hint: run the command again in a while
        "#]],
    );
}

#[test]
fn an_archive_that_is_too_large() {
    let said = "Request must be smaller than 69905067 bytes for the PublishLayerVersion operation";
    unpublished(
        Fault::status(413, "RequestEntityTooLargeException", said),
        expect![[r#"
            the archive is too large to be uploaded directly: Request must be smaller than 69905067 bytes for the PublishLayerVersion operation
            hint: set `staging_bucket` of the target, leave out what is not needed with `exclude`, or split the layer
        "#]],
    );
}

#[test]
fn an_account_without_room() {
    let said = "Code storage limit exceeded.";
    unpublished(
        Fault::status(400, "CodeStorageExceededException", said),
        expect![[r#"
            CodeStorageExceededException: Code storage limit exceeded.
            hint: delete old versions with `lls prune`, or ask AWS for more code storage in the region
        "#]],
    );
}

#[test]
fn a_runtime_that_aws_does_not_know() {
    let said = "1 validation error detected: Value '[python3.99]' at 'compatibleRuntimes' failed to satisfy constraint";
    unpublished(
        Fault::status(400, "ValidationException", said),
        expect![[r#"
            ValidationException: 1 validation error detected: Value '[python3.99]' at 'compatibleRuntimes' failed to satisfy constraint
            hint: correct in the manifest what AWS names; which runtimes there are is up to AWS
        "#]],
    );
}

#[test]
fn a_parameter_that_aws_does_not_take() {
    let said = "Could not unzip uploaded file. Please check your file, then try to upload again.";
    unpublished(
        Fault::status(400, "InvalidParameterValueException", said),
        expect![[r#"
            InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then try to upload again.
            hint: correct in the manifest what AWS names
        "#]],
    );
}

#[test]
fn a_policy_that_is_full() {
    let said = "The policy is too large";
    let full = Fault::status(400, "PolicyLengthExceededException", said);
    let run = apply("AddLayerVersionPermission", full).below(CREATED);
    run.check(expect![[r#"
          ! hello v1.0.0   published as :1, but then failed
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                us-east-1: cannot grant hello:1
                PolicyLengthExceededException: The policy is too large
                hint: the version has too many statements that lls does not manage: remove some of them

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 failed.
        --- stderr
        Built hello, 229 B
        Published hello to us-east-1, 229 B
        --- exit status 1
    "#]]);
}

#[test]
fn control_characters_in_what_aws_says() {
    let said = "no \u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mway";
    unpublished(
        Fault::denied(said),
        expect![[r#"
            access denied: no \u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mway
            hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        "#]],
    );
}

/// What somebody published shows in lists, in colour too, without being obeyed.
#[test]
fn control_characters_in_what_is_published() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    api.inject(|_, called| {
        let edited = Fault::Edited(|reply| {
            let text = reply.to_string();
            *reply = serde_json::from_str(&text.replace("v1.0.0", "\\u001b[2Jx")).unwrap();
        });
        ["ListLayers", "ListLayerVersions"]
            .contains(&called)
            .then_some(edited)
    });
    for arguments in [&["list"] as &[&str], &["versions", "--layer", "hello"]] {
        let run = project.succeed(&[arguments, &["--color", "always"]].concat());
        assert!(
            run.stdout.contains("\\u{1b}[2Jx") && !run.stdout.contains('\u{1b}'),
            "{run}"
        );
    }
}
