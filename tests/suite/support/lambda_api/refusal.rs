//! An error as AWS words it, in the wire form of the protocol that a request came in.

use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::json;

use super::fault::Fault;
use super::received::Received;

/// A request that is not let through to the server.
#[derive(Debug, Clone)]
pub struct Refusal {
    status: u16,
    error_type: String,
    message: String,
    headers: Vec<(&'static str, &'static str)>,
}

/// How a service encodes its errors.
enum Wire {
    /// Lambda.
    RestJson,
    /// Organizations, SSM and others that name the operation in `X-Amz-Target`.
    Json,
    /// STS and IAM.
    Query,
    /// S3.
    RestXml,
}

impl Refusal {
    pub fn new(status: u16, error_type: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            error_type: error_type.to_owned(),
            message: message.into(),
            headers: Vec::new(),
        }
    }

    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The refusal that lists these problems, if there are any.
    pub fn validation(problems: &[String]) -> Option<Self> {
        let errors = match problems.len() {
            0 => return None,
            1 => "1 validation error".to_owned(),
            count => format!("{count} validation errors"),
        };
        let message = format!("{errors} detected: {}", problems.join("; "));
        Some(Self::new(400, "ValidationException", message))
    }

    pub fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterValueException", message)
    }

    /// The error that a fault stands for, if it stands for one.
    pub fn injected(fault: &Fault) -> Option<Self> {
        let Fault::Status {
            code,
            error_type,
            message,
            headers,
        } = fault
        else {
            return None;
        };
        let refusal = Self::new(*code, error_type, *message);
        Some(Self {
            headers: headers.clone(),
            ..refusal
        })
    }

    /// The reply to `request`.
    pub fn reply(&self, request: &Received) -> Response<Bytes> {
        let wire = Wire::of(request);
        let (content_type, body) = self.encoded(&wire);
        let mut reply = Response::builder()
            .status(self.status)
            .header(CONTENT_TYPE, content_type)
            .header("x-amzn-requestid", "00000000-0000-4000-8000-000000000000");
        if matches!(wire, Wire::RestJson) {
            reply = reply.header("x-amzn-ErrorType", self.error_type.as_str());
        }
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(*name).expect("the name of a header");
            reply = reply.header(name, HeaderValue::from_static(value));
        }
        reply
            .body(Bytes::from(body))
            .expect("a well-formed refusal")
    }

    fn encoded(&self, wire: &Wire) -> (&'static str, String) {
        let Self {
            error_type,
            message,
            ..
        } = self;
        match wire {
            Wire::RestJson if error_type == "ValidationException" => {
                ("application/json", json!({"message": message}).to_string())
            }
            Wire::RestJson => {
                let body = json!({"Type": self.fault(), "message": message});
                ("application/json", body.to_string())
            }
            Wire::Json => {
                let body = json!({"__type": error_type, "Message": message});
                ("application/x-amz-json-1.1", body.to_string())
            }
            Wire::Query => {
                let fault = if self.status < 500 {
                    "Sender"
                } else {
                    "Receiver"
                };
                let body = format!(
                    "<ErrorResponse><Error><Type>{fault}</Type><Code>{error_type}</Code>\
                     <Message>{}</Message></Error></ErrorResponse>",
                    escaped(message)
                );
                ("text/xml", body)
            }
            Wire::RestXml => {
                let body = format!(
                    "<Error><Code>{error_type}</Code><Message>{}</Message></Error>",
                    escaped(message)
                );
                ("application/xml", body)
            }
        }
    }

    fn fault(&self) -> &'static str {
        if self.status < 500 { "User" } else { "Service" }
    }
}

impl Wire {
    fn of(request: &Received) -> Self {
        let path = request.head.uri.path();
        if request.target().is_some() {
            Self::Json
        } else if request.form("Action").is_some() || request.query("Action").is_some() {
            Self::Query
        } else if path.starts_with("/20") {
            Self::RestJson
        } else {
            Self::RestXml
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
