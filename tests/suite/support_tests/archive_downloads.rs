//! The presigned addresses of archives.

use super::super::support::lambda_api::{LambdaApi, SECRET_TOKEN};
use super::super::support::plain_http::{self, Reply};
use super::{archives, publish_small};

fn published() -> (LambdaApi, String) {
    let api = LambdaApi::start();
    let version = publish_small(&api);
    let location = version["Content"]["Location"].as_str().expect("a location");
    let path = location
        .strip_prefix(&api.endpoint())
        .expect("our endpoint");
    let path = path.to_owned();
    (api, path)
}

fn ranged(api: &LambdaApi, path: &str, range: &str) -> Reply {
    plain_http::send(api.address(), "GET", path, &[("range", range)], b"").expect("a reply")
}

#[test]
fn ranges_are_served_as_s3_does() {
    let (api, path) = published();
    let archive = archives::zip("a.txt", b"a");
    let end = archive.len();
    let expected = [
        ("bytes=0-3", 0..4),
        ("bytes=4-", 4..end),
        ("bytes=-22", end - 22..end),
        ("bytes=-99999", 0..end),
        ("bytes=2-99999", 2..end),
    ];
    for (range, bytes) in expected {
        let reply = ranged(&api, &path, range);
        assert_eq!(reply.status, 206, "{range}");
        assert_eq!(reply.body, archive[bytes.clone()], "{range}");
        let part = format!("bytes {}-{}/{end}", bytes.start, bytes.end - 1);
        assert_eq!(reply.header("content-range"), Some(part.as_str()));
    }
    for range in ["bytes=99999-", "bytes=-0"] {
        let reply = ranged(&api, &path, range);
        assert_eq!(reply.status, 416, "{range}");
        assert_eq!(
            reply.header("content-range"),
            Some(format!("bytes */{end}").as_str())
        );
    }
    for range in ["bytes=3-1", "lines=0-1", "bytes=0-1,4-5"] {
        let reply = ranged(&api, &path, range);
        assert_eq!(
            (reply.status, reply.body),
            (200, archive.clone()),
            "{range}"
        );
    }
    let calls = api.calls();
    assert!(calls[1..].iter().all(|call| call.operation == "GetArchive"));
    assert_eq!(calls[1].response_bytes, 4);
}

#[test]
fn ranges_can_be_ignored() {
    let (api, path) = published();
    api.ignore_ranges();
    let reply = ranged(&api, &path, "bytes=0-3");
    assert_eq!(
        (reply.status, reply.body),
        (200, archives::zip("a.txt", b"a"))
    );
}

#[test]
fn only_a_get_with_the_token_is_allowed() {
    let (api, path) = published();
    let send = |method, path: &str| {
        plain_http::send(api.address(), method, path, &[], b"")
            .expect("a reply")
            .status
    };
    assert_eq!(send("GET", &path), 200);
    assert_eq!(send("HEAD", &path), 403);
    assert_eq!(send("GET", &path.replace(SECRET_TOKEN, "guess")), 403);
    assert_eq!(send("GET", &path.replace("/1?", "/2?")), 404);
    assert_eq!(super::call(&api, "GET", &path, b"").status, 400);
}
