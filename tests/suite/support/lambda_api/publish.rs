//! What AWS checks of a publish request before it gives the layer version a number. `ministack` counts first, so
//! that a bad request must not reach it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use serde_json::Value;

use super::State;
use super::limits;
use super::proxy;
use super::received::Received;
use super::refusal::Refusal;

/// The largest body of any Lambda request, in bytes.
const BODY_LIMIT: usize = 70_167_211;
/// The largest ZIP inside a request.
const INLINE_LIMIT: usize = 52_428_800;
/// The largest sum of unpacked sizes.
const UNPACKED_LIMIT: u64 = 262_144_000;

/// Why AWS would not publish this.
pub async fn refusal(state: &State, request: &Received) -> Option<Refusal> {
    if request.body.len() > BODY_LIMIT {
        let message = format!(
            "Request must be smaller than {BODY_LIMIT} bytes for the PublishLayerVersion operation"
        );
        return Some(Refusal::new(413, "RequestEntityTooLargeException", message));
    }
    let Ok(members) = serde_json::from_slice::<Value>(&request.body) else {
        return Some(unreadable());
    };
    if let Some(refusal) = Refusal::validation(&limits::publish_problems(&members)) {
        return Some(refusal);
    }
    let content = &members["Content"];
    match (content["ZipFile"].as_str(), content["S3Bucket"].as_str()) {
        (Some(encoded), _) => inline_refusal(encoded),
        (None, Some(bucket)) => match fetch(state, request, bucket, content).await {
            Ok(archive) => archive_refusal(&archive),
            Err(refusal) => Some(refusal),
        },
        (None, None) => Some(empty()),
    }
}

fn inline_refusal(encoded: &str) -> Option<Refusal> {
    let Ok(archive) = STANDARD.decode(encoded) else {
        return Some(unreadable());
    };
    if archive.len() > INLINE_LIMIT {
        let message = format!("Zipped size must be smaller than {INLINE_LIMIT} bytes");
        return Some(Refusal::new(413, "RequestEntityTooLargeException", message));
    }
    archive_refusal(&archive)
}

fn archive_refusal(archive: &[u8]) -> Option<Refusal> {
    if archive.is_empty() {
        return Some(empty());
    }
    match unpacked_sizes(archive) {
        None => Some(Refusal::invalid_parameter(
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        )),
        Some(sizes) if sizes.is_empty() => Some(empty()),
        Some(sizes) if sizes.iter().sum::<u64>() > UNPACKED_LIMIT => {
            Some(Refusal::invalid_parameter(format!(
                "Unzipped size must be smaller than {UNPACKED_LIMIT} bytes"
            )))
        }
        Some(_) => None,
    }
}

/// The unpacked size of each entry, from the central directory; `None` if this is no ZIP (APPNOTE 4.3.12, 4.3.16).
fn unpacked_sizes(archive: &[u8]) -> Option<Vec<u64>> {
    let tail = &archive[archive.len().saturating_sub(22 + 0xffff)..];
    let end = tail.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?;
    let end = tail.get(end..end + 22)?;
    let start = number(end, 16, 4)? as usize;
    let mut rest = archive.get(start..)?;
    let mut sizes = Vec::new();
    for _ in 0..number(end, 10, 2)? {
        if !rest.starts_with(b"PK\x01\x02") {
            return None;
        }
        sizes.push(number(rest, 24, 4)?);
        let variable = number(rest, 28, 2)? + number(rest, 30, 2)? + number(rest, 32, 2)?;
        rest = rest.get(46 + variable as usize..)?;
    }
    Some(sizes)
}

fn number(bytes: &[u8], offset: usize, width: usize) -> Option<u64> {
    let digits = bytes.get(offset..offset + width)?;
    Some(
        digits
            .iter()
            .rev()
            .fold(0, |sum, digit| sum << 8 | u64::from(*digit)),
    )
}

/// The archive that a request names in S3, or how AWS words it that there is none.
async fn fetch(
    state: &State,
    request: &Received,
    bucket: &str,
    content: &Value,
) -> Result<Bytes, Refusal> {
    let credential = request.credential().ok_or_else(unreadable)?;
    let limited = state
        .access
        .as_ref()
        .is_some_and(|access| access.key().id == credential.key);
    let key = if limited {
        &state.account
    } else {
        &credential.key
    };
    let mut path = format!(
        "/{bucket}/{}",
        escaped(content["S3Key"].as_str().unwrap_or_default())
    );
    if let Some(version) = content["S3ObjectVersion"].as_str() {
        path.push_str(&format!("?versionId={}", escaped(version)));
    }
    let authorization = super::ministack::authorization(key, &credential.region, "s3");
    let mut get = Request::get(path)
        .header("host", state.server.to_string())
        .header("authorization", authorization);
    if let Some(token) = request.header("x-amz-security-token") {
        get = get.header("x-amz-security-token", token);
    }
    let get = get.body(Bytes::new()).map_err(|_| unreadable())?;
    let found = proxy::exchange(state.server, get)
        .await
        .map_err(|error| Refusal::new(502, "BadGateway", error.to_string()))?;
    if found.status() == StatusCode::OK {
        return Ok(found.into_body());
    }
    let text = String::from_utf8_lossy(found.body()).into_owned();
    let (code, message) = (element(&text, "Code"), element(&text, "Message"));
    Err(Refusal::invalid_parameter(format!(
        "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
    )))
}

fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let inner = xml.split_once(&format!("<{name}>"));
    let value = inner.and_then(|(_, rest)| rest.split_once('<'));
    value.map_or("Unknown", |(value, _)| value)
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'/' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn empty() -> Refusal {
    Refusal::invalid_parameter("Uploaded file must be a non-empty zip")
}

fn unreadable() -> Refusal {
    let message = "Could not parse request body into json";
    Refusal::new(400, "SerializationException", message)
}
