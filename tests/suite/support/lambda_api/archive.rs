//! The download of a layer version's archive from a presigned address, as S3 serves it: byte ranges, no HEAD,
//! nothing without the token.

use std::ops::Range;
use std::sync::atomic::Ordering;

use hyper::body::Bytes;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE};
use hyper::{Method, Request, Response, StatusCode};

use super::proxy;
use super::received::Received;
use super::refusal::Refusal;
use super::{SECRET_TOKEN, State};

/// The first part of the path of every archive.
pub const FOLDER: &str = "snapshots";

const SERVER_FOLDER: &str = "/_ministack/lambda-layers/";
const SERVER_FILE: &str = "/content";

/// The address at `endpoint` of the archive that the server has at `location`.
pub fn address(location: &str, endpoint: &str) -> String {
    let (_, path) = location.split_once(SERVER_FOLDER).unwrap_or_default();
    let path = path.trim_end_matches(SERVER_FILE);
    format!(
        "{endpoint}/{FOLDER}/{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=600\
         &X-Amz-Security-Token={SECRET_TOKEN}&X-Amz-Signature={SECRET_TOKEN}"
    )
}

/// Answers a request for an archive.
pub async fn reply(state: &State, request: &Received) -> Response<Bytes> {
    if let Some(refusal) = refusal(request) {
        return refusal.reply(request);
    }
    let path = request.head.uri.path().trim_start_matches('/');
    let path = path.trim_start_matches(FOLDER).trim_start_matches('/');
    let found = match whole(state, path).await {
        Ok(found) => found,
        Err(refusal) => return refusal.reply(request),
    };
    let asked = request
        .header("range")
        .filter(|_| !state.ranges_ignored.load(Ordering::Relaxed))
        .and_then(|range| Asked::parse(range, found.len()));
    match asked {
        None => served(StatusCode::OK, found, None),
        Some(Asked::Bytes(range)) => {
            let part = format!("bytes {}-{}/{}", range.start, range.end - 1, found.len());
            served(StatusCode::PARTIAL_CONTENT, found.slice(range), Some(part))
        }
        Some(Asked::Nothing) => {
            let message = "The requested range is not satisfiable";
            let mut reply = Refusal::new(416, "InvalidRange", message).reply(request);
            let length = format!("bytes */{}", found.len());
            let length = length.try_into().expect("a header");
            reply.headers_mut().insert(CONTENT_RANGE, length);
            reply
        }
    }
}

fn refusal(request: &Received) -> Option<Refusal> {
    let has_token = |name| {
        request
            .query(name)
            .is_some_and(|value| value == SECRET_TOKEN)
    };
    if request.header("authorization").is_some() {
        let message = "Only one auth mechanism allowed";
        return Some(Refusal::new(400, "InvalidArgument", message));
    }
    if request.head.method != Method::GET {
        let message =
            "The request signature we calculated does not match the signature you provided.";
        return Some(Refusal::new(403, "SignatureDoesNotMatch", message));
    }
    if !has_token("X-Amz-Security-Token") || !has_token("X-Amz-Signature") {
        return Some(Refusal::new(403, "AccessDenied", "Access Denied"));
    }
    None
}

async fn whole(state: &State, path: &str) -> Result<Bytes, Refusal> {
    let get = Request::get(format!("{SERVER_FOLDER}{path}{SERVER_FILE}"))
        .header("host", state.server.to_string())
        .body(Bytes::new())
        .map_err(|error| Refusal::new(400, "InvalidURI", error.to_string()))?;
    let found = proxy::exchange(state.server, get)
        .await
        .map_err(|error| Refusal::new(502, "BadGateway", error.to_string()))?;
    if found.status() == StatusCode::OK {
        return Ok(found.into_body());
    }
    let message = "The specified key does not exist.";
    Err(Refusal::new(404, "NoSuchKey", message))
}

fn served(status: StatusCode, body: Bytes, part: Option<String>) -> Response<Bytes> {
    let mut reply = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/zip")
        .header(ACCEPT_RANGES, "bytes");
    if let Some(part) = part {
        reply = reply.header(CONTENT_RANGE, part);
    }
    reply.body(body).expect("a well-formed reply")
}

/// What a `Range` header asks for.
enum Asked {
    Bytes(Range<usize>),
    Nothing,
}

impl Asked {
    /// `None` for a header that S3 ignores: malformed, or several ranges (RFC 9110, 14.1.2).
    fn parse(header: &str, length: usize) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        let range = if first.is_empty() {
            let count: usize = last.parse().ok()?;
            length.saturating_sub(count)..length
        } else {
            let start: usize = first.parse().ok()?;
            let end = match last {
                "" => length,
                last => last.parse::<usize>().ok()?.checked_add(1)?,
            };
            if end <= start && start < length {
                return None;
            }
            start..end.min(length)
        };
        Some(if range.is_empty() {
            Self::Nothing
        } else {
            Self::Bytes(range)
        })
    }
}
