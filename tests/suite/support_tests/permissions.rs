//! Access keys that may do only some things, through a real AWS SDK (`botocore`, which `ministack` brings along),
//! so that signatures are checked too.

use std::process::Command;

use super::super::support::lambda_api::LambdaApi;
use super::super::support::ministack::Ministack;
use super::{archives, publish_small};

const CLIENT: &str = r#"
import sys
sys.path.insert(0, sys.argv[1])
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

def client(service, **more):
    config = Config(retries={"max_attempts": 0})
    return botocore.session.get_session().create_client(service, config=config, region_name="us-east-1", **more)

def attempt(call, **arguments):
    try:
        call(**arguments)
        print("ok")
    except ClientError as error:
        print(error.response["Error"]["Code"], error.response["Error"]["Message"])

layers = client("lambda")
version = {"LayerName": "small", "VersionNumber": 1}
grant = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
archive = {"ZipFile": bytes.fromhex(sys.argv[2])}
attempt(client("sts").get_caller_identity)
attempt(layers.list_layer_versions, LayerName="small")
attempt(layers.publish_layer_version, LayerName="small", Content=archive)
attempt(layers.get_layer_version, **version)
attempt(layers.add_layer_version_permission, **version, **grant)
attempt(layers.delete_layer_version, **version)
attempt(client("organizations").describe_organization)
attempt(client("s3").list_buckets)
attempt(client("lambda", aws_access_key_id=sys.argv[3], aws_secret_access_key="wrong").list_layers)
"#;

#[test]
fn a_key_may_do_only_what_it_is_allowed() {
    let api = LambdaApi::allowing(&[
        "lambda:ListLayerVersions",
        "lambda:PublishLayerVersion",
        "lambda:ListLayers",
    ]);
    publish_small(&api);
    let archive = archives::zip("a.txt", b"b");
    let hex: String = archive.iter().map(|byte| format!("{byte:02x}")).collect();
    let env = api.env();
    let key = &env
        .iter()
        .find(|(name, _)| name == "AWS_ACCESS_KEY_ID")
        .expect("a key")
        .1;
    let output = Command::new("python3")
        .args(["-S", "-c", CLIENT])
        .arg(Ministack::authenticating().site_packages())
        .args([&hex, key])
        .envs(api.env())
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = said.lines().collect();
    let codes: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let expected = [
        "ok",
        "ok",
        "ok",
        "AccessDeniedException",
        "AccessDeniedException",
        "AccessDeniedException",
        "AccessDeniedException",
        "AccessDenied",
        "InvalidSignatureException",
    ];
    assert_eq!(
        codes,
        expected,
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(lines[3].contains("is not authorized to perform: lambda:GetLayerVersion on resource"));
    assert_eq!(api.versions("us-east-1", "small").len(), 2);
}
