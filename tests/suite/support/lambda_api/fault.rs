//! What can go wrong with a call, and how a reply is damaged on its way out.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Response;
use hyper::body::{Body, Bytes, Frame};
use hyper::header::CONTENT_LENGTH;
use serde_json::Value;
use tokio::sync::Semaphore;

/// A failure to inject into one call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This error instead of the server's answer; the request never gets there.
    Status {
        code: u16,
        error_type: &'static str,
        message: &'static str,
        headers: Vec<(&'static str, &'static str)>,
    },
    /// The connection is reset; the request never reaches the server.
    ResetBefore,
    /// The request reaches the server, then the connection is reset: the reply is lost.
    ResetAfter,
    /// The request reaches the server only after this time, and not at all if the client has gone by then.
    HangBefore(Duration),
    /// The request reaches the server only after the semaphore was closed, and not at all if the client has gone
    /// by then.
    HeldBefore(Arc<Semaphore>),
    /// The request reaches the server at once; the reply is held back for this time.
    HangAfter(Duration),
    /// The connection is reset, and for this time every other one is reset or refused; nothing reaches the server.
    Refused(Duration),
    /// The request reaches the server; the reply's body trickles out over this time.
    SlowBody(Duration),
    /// The request reaches the server; the reply says something else, as if reads were late or a service were wrong.
    Edited(fn(&mut Value)),
    /// The request reaches the server; the connection closes in the middle of the reply's body.
    TruncatedBody,
    /// The request reaches the server; the reply has its status, and a body that is no JSON.
    InvalidJson,
}

impl Fault {
    /// An error without further headers.
    pub fn status(code: u16, error_type: &'static str, message: &'static str) -> Self {
        Self::Status {
            code,
            error_type,
            message,
            headers: Vec::new(),
        }
    }

    /// What AWS answers who asks too often, and after how many seconds it wants to be asked again.
    pub fn throttled(seconds: &'static str) -> Self {
        Self::Status {
            code: 429,
            error_type: "TooManyRequestsException",
            message: "Rate exceeded",
            headers: vec![("Retry-After", seconds)],
        }
    }

    /// What AWS answers of something that it does not show yet.
    pub fn late() -> Self {
        Self::status(404, "ResourceNotFoundException", "late")
    }

    /// What AWS answers who may not do this.
    pub fn denied(message: &'static str) -> Self {
        Self::status(403, "AccessDeniedException", message)
    }
}

/// A body on its way out.
pub type Outgoing = BoxBody<Bytes, io::Error>;

/// The reply as it is.
pub fn intact(reply: Response<Bytes>) -> Response<Outgoing> {
    reply.map(|body| {
        Full::new(body)
            .map_err(|never: Infallible| match never {})
            .boxed()
    })
}

/// The reply with a body that no parser takes.
pub fn with_invalid_json(mut reply: Response<Bytes>) -> Response<Bytes> {
    reply.headers_mut().remove(CONTENT_LENGTH);
    reply.map(|_| Bytes::from_static(b"{\"Version\": <html>"))
}

/// The reply with other JSON.
pub fn edited(mut reply: Response<Bytes>, edit: fn(&mut Value)) -> Response<Bytes> {
    reply.headers_mut().remove(CONTENT_LENGTH);
    reply.map(|body| {
        let mut members = serde_json::from_slice(&body).unwrap_or_default();
        edit(&mut members);
        Bytes::from(members.to_string())
    })
}

/// The reply in pieces over `time`.
pub fn slow(reply: Response<Bytes>, time: Duration) -> Response<Outgoing> {
    const PIECES: usize = 8;
    reply.map(|body| {
        let size = body.len().div_ceil(PIECES).max(1);
        let pieces: Vec<_> = body.chunks(size).map(Bytes::copy_from_slice).collect();
        let pieces = futures::stream::iter(pieces).then(move |piece| async move {
            tokio::time::sleep(time / PIECES as u32).await;
            Ok(Frame::data(piece))
        });
        BodyExt::boxed(StreamBody::new(pieces))
    })
}

/// The reply, announced whole but ending after half of its body.
pub fn truncated(mut reply: Response<Bytes>) -> Response<Outgoing> {
    let length = reply.body().len();
    reply.headers_mut().insert(CONTENT_LENGTH, length.into());
    reply.map(|body| {
        let half = Half {
            data: Some(body.slice(..length / 2)),
            flushed: false,
        };
        half.boxed()
    })
}

struct Half {
    data: Option<Bytes>,
    flushed: bool,
}

impl Body for Half {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if !self.flushed {
            // hyper drops what it has buffered when a body fails, and sends it when a body is pending.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())))
    }
}
