//! One request, read to its end, and the questions that the stand-in has for it.

use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;

pub struct Received {
    pub head: Parts,
    pub body: Bytes,
}

/// Who signed a request, and for where.
pub struct Credential {
    pub key: String,
    pub region: String,
}

impl Received {
    pub async fn read(request: Request<Incoming>) -> Result<Self, hyper::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Self { head, body })
    }

    /// The parts of the path, decoded.
    pub fn segments(&self) -> Vec<String> {
        let path = self.head.uri.path();
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(decoded)
            .collect()
    }

    /// The decoded value of a query parameter, empty for one without.
    pub fn query(&self, name: &str) -> Option<String> {
        parameter(self.head.uri.query().unwrap_or_default(), name)
    }

    /// The decoded value of a field of the form in the body.
    pub fn form(&self, name: &str) -> Option<String> {
        let is_form = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        is_form.then(|| parameter(str::from_utf8(&self.body).ok()?, name))?
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The operation in `X-Amz-Target`, as the JSON protocols send it.
    pub fn target(&self) -> Option<&str> {
        self.header("x-amz-target")?.rsplit('.').next()
    }

    pub fn credential(&self) -> Option<Credential> {
        let (_, scope) = self.header("authorization")?.split_once("Credential=")?;
        let mut parts = scope.split(['/', ',']);
        let key = parts.next()?.to_owned();
        let region = parts.nth(1)?.to_owned();
        Some(Credential { key, region })
    }
}

fn parameter(encoded: &str, name: &str) -> Option<String> {
    encoded
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| decoded(&value.replace('+', " ")))
}

fn decoded(encoded: &str) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).filter(|_| *first == b'%');
        let escaped = escape
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
