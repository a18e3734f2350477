//! Publishing, listing and looking, and the services beside Lambda.

use serde_json::{Value, json};

use super::super::support::lambda_api::{LambdaApi, SECRET_TOKEN};
use super::super::support::ministack::authorization;
use super::super::support::plain_http;
use super::{archives, call, json_of, members, publish, publish_small};

#[test]
fn a_layer_is_published_and_found() {
    let api = LambdaApi::start();
    let published = publish_small(&api);
    assert_eq!(published["Version"], 1);
    assert!(published.get("LicenseInfo").is_none(), "{published}");
    let found = json_of(&call(
        &api,
        "GET",
        "/2018-10-31/layers/small/versions/1",
        b"",
    ));
    assert_eq!(
        found["Content"]["CodeSha256"],
        published["Content"]["CodeSha256"]
    );
    let location = found["Content"]["Location"].as_str().expect("a location");
    assert!(location.starts_with(&api.endpoint()), "{location}");
    assert!(location.contains(SECRET_TOKEN), "{location}");
    let operations: Vec<_> = api
        .calls()
        .into_iter()
        .map(|call| (call.operation, call.status))
        .collect();
    let expected = [("PublishLayerVersion", 201), ("GetLayerVersion", 200)];
    assert_eq!(
        operations,
        expected.map(|(name, status)| (name.to_owned(), Some(status)))
    );
    assert_eq!(api.mutating_calls().len(), 1);
}

#[test]
fn lists_carry_no_content() {
    let api = LambdaApi::start();
    publish_small(&api);
    let listed = json_of(&call(&api, "GET", "/2018-10-31/layers/small/versions", b""));
    let layers = json_of(&call(&api, "GET", "/2018-10-31/layers", b""));
    for item in [
        &listed["LayerVersions"][0],
        &layers["Layers"][0]["LatestMatchingVersion"],
    ] {
        assert_eq!(item["Version"], 1);
        assert!(
            item.get("Content").is_none() && item.get("LayerArn").is_none(),
            "{item}"
        );
    }
    let seen = api.versions("us-east-1", "small");
    assert_eq!(seen.len(), 1);
    assert!(seen[0]["Content"]["CodeSha256"].is_string());
    assert_eq!(api.versions("eu-west-1", "small"), Vec::<Value>::new());
    assert_eq!(api.calls().len(), 3);
}

#[test]
fn policies_can_be_looked_at() {
    let api = LambdaApi::start();
    publish_small(&api);
    assert_eq!(api.policy("us-east-1", "small", 1), Value::Null);
    let statement = json!({
        "StatementId": "lls-organization",
        "Action": "lambda:GetLayerVersion",
        "Principal": "*",
        "OrganizationId": "o-a1b2c3d4e5",
    });
    let path = "/2018-10-31/layers/small/versions/1/policy";
    let added = call(&api, "POST", path, statement.to_string().as_bytes());
    assert_eq!(added.status, 201, "{}", added.text());
    let policy = api.policy("us-east-1", "small", 1);
    let condition = &policy["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(condition["aws:PrincipalOrgID"], "o-a1b2c3d4e5");
    let missing = call(
        &api,
        "GET",
        "/2018-10-31/layers/small/versions/2/policy",
        b"",
    );
    assert_eq!(missing.status, 404);
    let names: Vec<_> = api.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(
        names[1..],
        ["AddLayerVersionPermission", "GetLayerVersionPolicy"]
    );
}

#[test]
fn accounts_are_apart() {
    let (one, other) = (LambdaApi::start(), LambdaApi::start());
    publish_small(&one);
    assert_ne!(one.account(), other.account());
    assert!(other.versions("us-east-1", "small").is_empty());
}

#[test]
fn an_archive_can_come_from_s3() {
    let api = LambdaApi::start();
    let archive = archives::zip("a.txt", b"from s3");
    let put = |path: &str, body: &[u8]| {
        let authorization = authorization(api.account(), "us-east-1", "s3");
        let headers = [("authorization", authorization.as_str())];
        plain_http::send(api.address(), "PUT", path, &headers, body).expect("a reply")
    };
    let bucket = format!("staging-{}", api.account());
    assert_eq!(put(&format!("/{bucket}"), b"").status, 200);
    assert_eq!(put(&format!("/{bucket}/lls/a+b.zip"), &archive).status, 200);
    let from = |bucket: &str, key: &str| json!({"Content": {"S3Bucket": bucket, "S3Key": key}});
    let absent = publish(&api, "large", &from(&bucket, "lls/none.zip"));
    super::assert_error(&absent, 400, "InvalidParameterValueException", "NoSuchKey");
    let absent = publish(&api, "large", &from("no-such-bucket-anywhere", "a"));
    super::assert_error(
        &absent,
        400,
        "InvalidParameterValueException",
        "NoSuchBucket",
    );
    let published = publish(&api, "large", &from(&bucket, "lls/a+b.zip"));
    let published = json_of(&published);
    assert_eq!(published["Version"], 1, "{published}");
    assert_eq!(published["Content"]["CodeSize"], archive.len());
    let names: Vec<_> = api.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(names[..2], ["CreateBucket", "PutObject"]);
}

#[test]
fn organizations_and_identity_answer() {
    let describe = |api: &LambdaApi| {
        let authorization = authorization(api.account(), "us-east-1", "organizations");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-amz-json-1.1"),
            (
                "x-amz-target",
                "AWSOrganizationsV20161128.DescribeOrganization",
            ),
        ];
        plain_http::send(api.address(), "POST", "/", &headers, b"{}").expect("a reply")
    };
    let without = LambdaApi::start();
    let reply = describe(&without);
    assert_eq!(
        (reply.status, &json_of(&reply)["__type"]),
        (400, &json!("AWSOrganizationsNotInUseException"))
    );
    let with = LambdaApi::with_organization("o-a1b2c3d4e5");
    assert_eq!(
        json_of(&describe(&with))["Organization"]["Id"],
        "o-a1b2c3d4e5"
    );

    let authorization = authorization(with.account(), "us-east-1", "sts");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let form = b"Action=GetCallerIdentity&Version=2011-06-15";
    let reply = plain_http::send(with.address(), "POST", "/", &headers, form).expect("a reply");
    assert!(reply.text().contains(with.account()), "{}", reply.text());
    let names: Vec<_> = with
        .calls()
        .into_iter()
        .map(|call| call.operation)
        .collect();
    assert_eq!(names, ["DescribeOrganization", "GetCallerIdentity"]);
    assert!(with.mutating_calls().is_empty());
}

#[test]
fn parallel_publishes_get_versions_of_their_own() {
    let api = LambdaApi::start();
    let body = members(&archives::zip("a.txt", b"a"));
    let mut versions: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| json_of(&publish(&api, "busy", &body))["Version"].as_u64()))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a version"))
            .collect()
    });
    versions.sort();
    assert_eq!(versions, (1..=8).map(Some).collect::<Vec<_>>());
}
