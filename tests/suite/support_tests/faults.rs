//! Each fault, as a client sees it and as the server does.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::support::lambda_api::{Fault, LambdaApi};
use super::{archives, error_of, members, publish_small, try_call};

const PATH: &str = "/2018-10-31/layers/small/versions";

fn body() -> Vec<u8> {
    members(&archives::zip("a.txt", b"a"))
        .to_string()
        .into_bytes()
}

/// An instance that fails the first publish.
fn failing(fault: Fault) -> LambdaApi {
    LambdaApi::with(move |number, operation| {
        (number == 1 && operation == "PublishLayerVersion").then(|| fault.clone())
    })
}

fn published(api: &LambdaApi) -> usize {
    api.versions("us-east-1", "small").len()
}

#[test]
fn an_error_of_ones_own() {
    let api = failing(Fault::throttled("3"));
    let reply = try_call(&api, "POST", PATH, &body()).expect("a reply");
    let expected = (
        429,
        "TooManyRequestsException".to_owned(),
        "Rate exceeded".to_owned(),
    );
    assert_eq!(error_of(&reply), expected);
    assert_eq!(reply.header("retry-after"), Some("3"));
    assert_eq!(published(&api), 0);
    publish_small(&api);
    assert_eq!(published(&api), 1);
}

#[test]
fn resets_before_and_after() {
    for (fault, made) in [(Fault::ResetBefore, 0), (Fault::ResetAfter, 1)] {
        let api = failing(fault);
        let error = try_call(&api, "POST", PATH, &body()).expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(published(&api), made);
        assert_eq!(api.calls()[0].status, None);
    }
}

#[test]
fn hangs_before_and_after() {
    let time = Duration::from_millis(400);
    for (fault, made_early) in [(Fault::HangBefore(time), 0), (Fault::HangAfter(time), 1)] {
        let api = failing(fault);
        let started = Instant::now();
        std::thread::scope(|scope| {
            let reply = scope.spawn(|| try_call(&api, "POST", PATH, &body()));
            std::thread::sleep(time / 2);
            assert_eq!(published(&api), made_early);
            let reply = reply.join().expect("no panic").expect("a reply");
            assert_eq!(reply.status, 201);
        });
        assert!(started.elapsed() >= time);
        assert_eq!(published(&api), 1);
    }
}

#[test]
fn a_client_that_has_gone_leaves_nothing_behind() {
    let api = failing(Fault::HangBefore(Duration::from_millis(300)));
    let mut socket = std::net::TcpStream::connect(api.address()).expect("a connection");
    let body = body();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    std::io::Write::write_all(&mut socket, &[head.as_bytes(), &body].concat()).expect("sent");
    while api.calls().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(socket);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(published(&api), 0);
}

#[test]
fn a_body_ends_in_the_middle() {
    let api = failing(Fault::TruncatedBody);
    let error = try_call(&api, "POST", PATH, &body()).expect_err("half a reply");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(published(&api), 1);
    let call = &api.calls()[0];
    assert_eq!(call.status, Some(201));
    assert!(call.response_bytes > 100);
}

#[test]
fn a_body_is_no_json() {
    let api = failing(Fault::InvalidJson);
    let reply = try_call(&api, "POST", PATH, &body()).expect("a reply");
    assert_eq!(reply.status, 201);
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    assert_eq!(published(&api), 1);
}

#[test]
fn archives_fail_too() {
    let api = LambdaApi::start();
    let version = publish_small(&api);
    let location = version["Content"]["Location"].as_str().expect("a location");
    let path = location
        .strip_prefix(&api.endpoint())
        .expect("our endpoint");
    let get = || super::plain_http::send(api.address(), "GET", path, &[], b"");
    api.inject(|_, operation| {
        (operation == "GetArchive")
            .then(|| Fault::status(503, "SlowDown", "Reduce your request rate."))
    });
    let reply = get().expect("a reply");
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains("<Code>SlowDown</Code>"));
    api.inject(|_, _| Some(Fault::TruncatedBody));
    assert_eq!(
        get().expect_err("half an archive").kind(),
        ErrorKind::UnexpectedEof
    );
    api.inject(|_, _| None);
    assert_eq!(get().expect("an archive").status, 200);
}
