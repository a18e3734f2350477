//! The stand-in itself: does it start, answer as AWS does, refuse what AWS refuses, and fail on demand.

mod archive_downloads;
mod faults;
mod layers;
mod limits;
mod permissions;
mod process;
mod runs;

use std::io;

use serde_json::{Value, json};

use super::archives;
use super::support::lambda_api::LambdaApi;
use super::support::ministack::authorization;
use super::support::plain_http::{self, Reply};

fn try_call(api: &LambdaApi, method: &str, path: &str, body: &[u8]) -> io::Result<Reply> {
    let authorization = authorization(api.account(), "us-east-1", "lambda");
    let headers = [("authorization", authorization.as_str())];
    plain_http::send(api.address(), method, path, &headers, body)
}

fn call(api: &LambdaApi, method: &str, path: &str, body: &[u8]) -> Reply {
    try_call(api, method, path, body).expect("a reply")
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("not JSON: {}", reply.text()))
}

fn members(archive: &[u8]) -> Value {
    json!({
        "Content": {"ZipFile": archives::base64(archive)},
        "CompatibleRuntimes": ["python3.12"],
        "CompatibleArchitectures": ["x86_64"],
    })
}

fn publish(api: &LambdaApi, layer: &str, members: &Value) -> Reply {
    let path = format!("/2018-10-31/layers/{layer}/versions");
    call(api, "POST", &path, members.to_string().as_bytes())
}

fn publish_small(api: &LambdaApi) -> Value {
    let reply = publish(api, "small", &members(&archives::zip("a.txt", b"a")));
    assert_eq!(reply.status, 201, "{}", reply.text());
    json_of(&reply)
}

/// The status, the kind and the message of an error of Lambda.
fn error_of(reply: &Reply) -> (u16, String, String) {
    let kind = reply
        .header("x-amzn-errortype")
        .unwrap_or("none")
        .to_owned();
    let body = json_of(reply);
    let message = body["message"].as_str().or(body["Message"].as_str());
    (reply.status, kind, message.unwrap_or("none").to_owned())
}

fn assert_error(reply: &Reply, status: u16, kind: &str, part: &str) {
    let (found_status, found_kind, message) = error_of(reply);
    assert_eq!(
        (found_status, found_kind.as_str()),
        (status, kind),
        "{message}"
    );
    assert!(message.contains(part), "{message}");
}
