//! What is told of requests on their way: to whoever debugs, what was asked and answered; to the user, how much of an
//! archive has left. Never a query, a header or a body, which hold signatures, tokens and addresses.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::config::interceptors::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_sdk_lambda::config::{ConfigBag, Intercept, Region, RuntimeComponents};
use aws_sdk_lambda::error::BoxError;
use aws_sdk_lambda::primitives::SdkBody;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::progress::{Event, Progress};

/// How much of a body is handed over at a time, in bytes.
const PIECE: usize = 64 * 1024;

tokio::task_local! {
    /// Which attempt of a call a request is, from 1.
    pub(super) static ATTEMPT: u32;
}

/// Logs each request of a client for debugging.
#[derive(Debug)]
pub(super) struct RequestLog;

/// What was sent, and when.
#[derive(Debug)]
struct Sent {
    request: String,
    at: Instant,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

impl Intercept for RequestLog {
    fn name(&self) -> &'static str {
        "RequestLog"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let path = request.uri().split('?').next().unwrap_or_default();
        let path = path.split_once("://").map_or(path, |(_, rest)| {
            rest.find('/').map_or("/", |start| &rest[start..])
        });
        let request = format!("{} {path}", request.method());
        let at = Instant::now();
        bag.interceptor_state().store_put(Sent { request, at });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(sent) = bag.load::<Sent>() else {
            return Ok(());
        };
        let operation = bag.load::<Metadata>().map_or("", Metadata::name);
        let region = bag.load::<Region>().map_or("", |region| region.as_ref());
        let attempt = ATTEMPT.try_with(|attempt| *attempt).unwrap_or(1);
        let (status, id) = answer(context.response());
        let milliseconds = sent.at.elapsed().as_millis();
        tracing::debug!(region, attempt, %status, id, milliseconds, "{operation}: {}", sent.request);
        Ok(())
    }
}

/// The status of an answer, and the name that AWS gave the request.
fn answer(response: Option<&HttpResponse>) -> (String, &str) {
    let Some(response) = response else {
        return ("none".to_owned(), "none");
    };
    let headers = ["x-amzn-requestid", "x-amz-request-id"];
    let mut ids = headers
        .iter()
        .filter_map(|name| response.headers().get(*name));
    (
        response.status().as_u16().to_string(),
        ids.next().unwrap_or("none"),
    )
}

/// Tells how much of an archive has left. One is made for each upload, and shared by its attempts: what was told of
/// bytes that are sent again is not told again.
#[derive(Clone)]
pub(super) struct UploadMeter {
    progress: Arc<dyn Progress>,
    /// How many bytes of the archive the request carries, in whatever encoding.
    bytes: u64,
    told: Arc<AtomicU64>,
}

impl UploadMeter {
    pub fn new(progress: &Arc<dyn Progress>, bytes: u64) -> Self {
        Self {
            progress: Arc::clone(progress),
            bytes,
            told: Arc::default(),
        }
    }

    /// Takes note that so many bytes of a body of `length` bytes have left.
    fn tell(&self, sent: u64, length: u64) {
        let bytes = u128::from(self.bytes) * u128::from(sent) / u128::from(length.max(1));
        let bytes = u64::try_from(bytes).unwrap_or(self.bytes).min(self.bytes);
        let before = self.told.fetch_max(bytes, Ordering::Relaxed);
        let bytes = bytes.saturating_sub(before);
        self.progress.event(Event::Uploaded { bytes });
    }
}

impl std::fmt::Debug for UploadMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadMeter").finish_non_exhaustive()
    }
}

impl Intercept for UploadMeter {
    fn name(&self) -> &'static str {
        "UploadMeter"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request_mut().body_mut();
        let inner = std::mem::replace(body, SdkBody::taken());
        let Some(length) = inner.content_length() else {
            *body = inner;
            return Ok(());
        };
        *body = SdkBody::from_body_1_x(MeteredBody {
            inner,
            rest: Bytes::new(),
            length,
            sent: 0,
            meter: self.clone(),
        });
        Ok(())
    }
}

/// A body that is handed over in pieces, each of which is told of.
struct MeteredBody {
    inner: SdkBody,
    /// What `inner` gave and was not handed over yet.
    rest: Bytes,
    length: u64,
    sent: u64,
    meter: UploadMeter,
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.sent += length as u64;
        self.meter.tell(self.sent, self.length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length - self.sent)
    }
}
