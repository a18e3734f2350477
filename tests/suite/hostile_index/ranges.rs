//! Parts of files, as they are read of published archives: all of the part, nothing else, and for nobody in particular.

use std::time::Duration;

use lls::http::{Get, Http, HttpError, Url, nobody};
use tokio::time::Instant;

use super::server::{Act, Behave, HostileIndex, start};

/// The part that is asked for.
const RANGE: std::ops::Range<u64> = 10..14;

/// What the server says, and what comes of it.
fn received(behave: Behave) -> Result<Vec<u8>, HttpError> {
    let index = HostileIndex::start(Vec::new(), None, Some(behave));
    index.turn_hostile();
    let address = format!(
        "http://me:secret@{}/files/x?X-Amz-Signature=secret",
        index.host()
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = runtime
        .unwrap()
        .block_on(receive(&address.parse().unwrap()));
    let [request] = &index.requests()[..] else {
        panic!("{:?}", index.requests());
    };
    let head = request.head.to_lowercase();
    assert!(head.contains("\nrange: bytes=10-13\r\n"), "{head}");
    assert!(head.contains("\naccept-encoding: identity\r\n"), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    outcome
}

async fn receive(address: &Url) -> Result<Vec<u8>, HttpError> {
    let http = Http::new(Duration::from_secs(20))?;
    http.bytes(Get {
        address,
        range: Some(&RANGE),
        most: RANGE.end - RANGE.start,
        until: Instant::now() + Duration::from_secs(20),
        authorize: &nobody,
    })
    .await
}

/// A part of a file of 99 bytes, as the header has it.
fn part(range: &str, body: &str) -> Vec<Act> {
    let headers = format!(
        "Content-Range: {range}/99\r\nContent-Length: {}",
        body.len()
    );
    let body = Act::Send(body.into());
    vec![start("206 Partial Content", &headers), body]
}

#[test]
fn a_part_is_received() {
    let bytes = received(|_| part("bytes 10-13", "four"));
    assert_eq!(bytes.unwrap(), b"four");
}

#[test]
fn other_parts_are_refused() {
    let other: [Behave; 7] = [
        |_| part("bytes 0-3", "four"),
        |_| part("bytes 10-1", "four"),
        |_| part("bytes 10-130", "four"),
        |_| part("bytes */99", ""),
        |_| part("bytes 10-13", "two"),
        |_| {
            vec![
                start("206 Partial Content", "Content-Length: 4"),
                Act::Send("four".into()),
            ]
        },
        |_| {
            vec![
                start("200 OK", "Content-Length: 4"),
                Act::Send("four".into()),
            ]
        },
    ];
    for (number, behave) in other.into_iter().enumerate() {
        let error = received(behave).unwrap_err();
        assert!(matches!(error, HttpError::OtherRange), "{number}: {error}");
    }
}

#[test]
fn no_more_is_received_than_was_asked_for() {
    let more: [Behave; 2] = [
        |_| part("bytes 10-13", "fives"),
        |_| {
            let head = start("206 Partial Content", "Content-Range: bytes 10-13/99");
            vec![head, Act::Forever(vec![b'x'; 1 << 16])]
        },
    ];
    for behave in more {
        let error = received(behave).unwrap_err();
        assert!(matches!(error, HttpError::TooLarge { most: 4 }), "{error}");
    }
}

#[test]
fn no_message_shows_a_signed_address() {
    let failing: [Behave; 4] = [
        |_| vec![],
        |_| vec![start("403 Forbidden", "Content-Length: 0")],
        |asked| {
            vec![start(
                "302 Found",
                &format!("Location: file://{}", asked.path),
            )]
        },
        |_| part("bytes 10-13", "fives"),
    ];
    for behave in failing {
        let error = received(behave).unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            shown += &format!(" {error} {error:?}");
            cause = error.source();
        }
        assert!(
            !shown.contains("secret") && !shown.contains("127.0.0.1"),
            "{shown}"
        );
    }
}
