//! Archives over the limit of a direct upload go through the bucket of their region.

use expect_test::{Expect, expect};

use crate::archives;
use crate::support::lambda_api::{Fault, LambdaApi, iam};
use crate::support::ministack::authorization;
use crate::support::plain_http;
use crate::support::project::Project;

/// One byte more than Lambda takes directly.
const LARGE: usize = 52_428_801;

fn large_project(api: &LambdaApi) -> Project {
    let manifest = format!(
        r#"[targets.aws]
regions = ["eu-west-1"]
staging_bucket = "staging-{}-{{region}}"

[layers.large]
description = "v1.0.0"
runtimes = ["python3.12"]
permission = "my-account"
"#,
        api.account()
    );
    let project = Project::new().manifest(&manifest);
    project
        .file("layers/large/python/large.py", "")
        .file("layers/large/data/noise", archives::noise(LARGE))
        .environment(api.env())
}

fn create_bucket(api: &LambdaApi, region: &str) {
    let constraint = match region {
        "us-east-1" => String::new(), // the one that cannot be named
        other => format!(
            "<CreateBucketConfiguration><LocationConstraint>{other}</LocationConstraint></CreateBucketConfiguration>"
        ),
    };
    let path = format!("/staging-{}-eu-west-1", api.account());
    send(api, region, "PUT", &path, constraint.as_bytes());
}

/// Empties the bucket of what `lls` put there.
fn delete_objects(api: &LambdaApi) {
    for call in api.calls() {
        if call.operation == "HeadObject" {
            send(api, "eu-west-1", "DELETE", &call.path, b"");
        }
    }
}

/// Sends a request to S3, which must succeed.
pub fn send(api: &LambdaApi, region: &str, method: &str, path: &str, body: &[u8]) {
    let authorization = authorization(api.account(), region, "s3");
    let headers = [("authorization", authorization.as_str())];
    let reply = plain_http::send(api.address(), method, path, &headers, body).expect("a reply");
    assert!((200..300).contains(&reply.status), "{}", reply.text());
}

#[test]
fn a_large_archive_is_staged_once_and_published_from_there() {
    let api = LambdaApi::start();
    create_bucket(&api, "eu-west-1");
    let project = large_project(&api);
    // A part that is lost is sent again, and only that one.
    api.inject(|number, operation| {
        (operation == "UploadPart" && number == 2).then_some(Fault::ResetBefore)
    });
    project.succeed(&["apply"]);
    project.assert_converged();
    assert_eq!(api.count("CreateMultipartUpload"), 1);
    assert_eq!(api.count("UploadPart"), 4 + 1);
    let versions = api.versions("eu-west-1", "large");
    assert_eq!(versions.len(), 1);
    assert!(versions[0]["Content"]["CodeSize"].as_u64() > Some(LARGE as u64));

    // The same bytes under another description: they are in the bucket already.
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.succeed(&["apply"]);
    project.assert_converged();
    assert_eq!(api.count("UploadPart"), 4 + 1);
    assert_eq!(api.versions("eu-west-1", "large").len(), 2);
}

#[test]
fn a_bucket_that_cannot_be_used_is_a_clear_error() {
    let api = LambdaApi::start();
    let project = large_project(&api);
    let check = |expected: Expect| {
        let run = project.fail(&["apply"]);
        let (_, summary) = run.stdout.split_once("blocked.\n\n").expect("a summary");
        expected.assert_eq(&summary.replace(api.account(), "[account]"));
    };
    check(expect![[r#"
          ! large v1.0.0   failed
                eu-west-1: cannot publish layer `large`
                the staging bucket `staging-[account]-eu-west-1` does not exist
                hint: create it in the destination's region, or change `staging_bucket` of the target in layers.toml

        Applied: 0 versions published, 0 permissions changed, 0 unchanged, 1 failed.
    "#]]);
    let denied = Fault::status(
        403,
        "AccessDenied",
        "not authorized to perform s3:PutObject",
    );
    api.inject_always("CreateMultipartUpload", denied);
    check(expect![[r#"
          ! large v1.0.0   failed
                eu-west-1: cannot publish layer `large`
                the staging bucket `staging-[account]-eu-west-1` cannot be written: not authorized to perform s3:PutObject
                hint: allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on its `lls/*`

        Applied: 0 versions published, 0 permissions changed, 0 unchanged, 1 failed.
    "#]]);
    api.inject_nothing();
    create_bucket(&api, "us-east-1");
    check(expect![[r#"
          ! large v1.0.0   failed
                eu-west-1: cannot publish layer `large`
                the staging bucket `staging-[account]-eu-west-1` is in us-east-1
                hint: use a bucket in the destination's region: `staging_bucket` may have `{region}` in its name

        Applied: 0 versions published, 0 permissions changed, 0 unchanged, 1 failed.
    "#]]);
    assert!(api.versions("eu-west-1", "large").is_empty());
}

#[test]
fn an_upload_that_fails_leaves_no_parts() {
    let api = LambdaApi::start();
    create_bucket(&api, "eu-west-1");
    let project = large_project(&api);
    let wrong = Fault::status(400, "BadDigest", "The SHA256 did not match.");
    api.inject_always("UploadPart", wrong);
    project.fail(&["apply"]);
    assert_eq!(api.count("AbortMultipartUpload"), 1);
    assert_eq!(api.count("PublishLayerVersion"), 0);
    api.inject_nothing();
    project.succeed(&["apply"]);
    project.assert_converged();
    // `docs/iam` allows what that took, and what Lambda needs to read an object's version as the caller.
    let mut called = iam::called(&api.calls());
    called.retain(|action| action.contains("Object") || action.contains("Multipart"));
    called.insert("GetObjectVersion".to_owned());
    assert_eq!(called, iam::allowed(iam::APPLY, &["s3"]));
    let calls = api.calls();
    let staged = calls.iter().find(|call| call.operation == "UploadPart");
    let widely = iam::Filled::widely(api.account());
    for (bucket, is_allowed) in [("staging-*", true), ("acme-*", false)] {
        let filled = iam::Filled { bucket, ..widely };
        assert_eq!(filled.allows(iam::APPLY, staged.unwrap()), is_allowed);
    }
}

#[test]
fn lost_replies_of_s3_cost_nothing_but_time() {
    let api = LambdaApi::start();
    create_bucket(&api, "eu-west-1");
    let project = large_project(&api);
    let lost = || Fault::ResetAfter;
    let failed = || Fault::status(500, "InternalError", "We encountered an internal error.");
    type Make = fn() -> Fault;
    let faults: [(&str, Make); 5] = [
        ("HeadObject", failed),
        ("CreateMultipartUpload", lost),
        ("UploadPart", lost),
        ("CompleteMultipartUpload", lost),
        ("CompleteMultipartUpload", failed),
    ];
    for (number, (faulty, fault)) in faults.into_iter().enumerate() {
        let mut is_first = true;
        api.inject(move |_, operation| {
            let is_due = operation == faulty && std::mem::take(&mut is_first);
            is_due.then(fault)
        });
        project.succeed(&["apply"]);
        assert_eq!(
            api.versions("eu-west-1", "large").len(),
            number + 1,
            "{faulty}"
        );
        project.edit_manifest(&format!("v1.{number}.0"), &format!("v1.{}.0", number + 1));
        delete_objects(&api);
    }
}
