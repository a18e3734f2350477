//! The proxy itself: takes connections, passes on what AWS would accept, and carries out faults.
//! What AWS accepts and how it answers is decided elsewhere.

use std::error::Error;
use std::fmt;
use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;

use super::fault::{self, Fault, Outgoing};
use super::received::Received;
use super::refusal::Refusal;
use super::{State, archive, functions, limits, operation, parameters, publish, rewrite};

/// Serves until `ends` is dropped, on a runtime of its own.
pub fn run(state: Arc<State>, ends: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for the proxy");
    runtime.block_on(async {
        tokio::select! {
            _ = ends => {}
            error = accept(state) => panic!("the proxy takes no connections: {error:?}"),
        }
    });
}

/// Sends one request to a server over a connection of its own and reads the whole reply.
pub async fn exchange(server: SocketAddr, request: Request<Bytes>) -> io::Result<Response<Bytes>> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    let reply = sender.send_request(request.map(Full::new)).await;
    let (head, body) = reply.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Response::from_parts(head, body))
}

/// A socket on the port of `address`, which several may share: one without a listener keeps the port reserved.
pub fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(state: Arc<State>) -> io::Result<()> {
    loop {
        let listener = bound(state.address)?.listen(1024)?;
        let open = async {
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        };
        tokio::select! {
            ended = open => return ended,
            () = state.closing.notified() => {}
        }
        drop(listener);
        if let Some(until) = state.closed_until() {
            tokio::time::sleep_until(until).await;
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let _work = Arc::clone(&state.work);
    let service = service_fn(move |request| Box::pin(answer(Arc::clone(&state), request)));
    let http = hyper::server::conn::http1::Builder::new();
    let mut connection = http.serve_connection(TokioIo::new(stream), service);
    let served = future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    let is_reset =
        served.is_err_and(|error| error.source().is_some_and(|source| source.is::<Reset>()));
    if is_reset {
        stream.set_zero_linger().ok(); // closing now sends RST instead of FIN
    }
}

/// The connection is to be reset instead of answered.
#[derive(Debug)]
struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is reset")
    }
}

impl Error for Reset {}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, Reset> {
    let request = Received::read(request).await.map_err(|_| Reset)?;
    if state.closed_until().is_some() {
        return Err(Reset);
    }
    let operation = operation::name(&request);
    let (place, fault) = state.calls.arrived(&operation, &request);
    match &fault {
        Some(Fault::ResetBefore) => return Err(Reset),
        Some(Fault::Refused(time)) => {
            state.close_for(*time);
            return Err(Reset);
        }
        Some(Fault::HangBefore(time)) => tokio::time::sleep(*time).await,
        Some(Fault::HeldBefore(gate)) => drop(gate.acquire().await),
        _ => {}
    }
    let mut reply = match fault.as_ref().and_then(Refusal::injected) {
        Some(refusal) => refusal.reply(&request),
        None => reply(&state, &operation, &request).await,
    };
    match &fault {
        Some(Fault::ResetAfter) => return Err(Reset),
        Some(Fault::HangAfter(time)) => tokio::time::sleep(*time).await,
        Some(Fault::InvalidJson) => reply = fault::with_invalid_json(reply),
        Some(Fault::Edited(edit)) => reply = fault::edited(reply, *edit),
        _ => {}
    }
    let (status, length) = (reply.status().as_u16(), reply.body().len());
    if let Some(Fault::TruncatedBody) = fault {
        state.calls.answered(place, status, length / 2);
        return Ok(fault::truncated(reply));
    }
    state.calls.answered(place, status, length);
    Ok(match fault {
        Some(Fault::SlowBody(time)) => fault::slow(reply, time),
        _ => fault::intact(reply),
    })
}

async fn reply(state: &State, operation: &str, request: &Received) -> Response<Bytes> {
    if matches!(operation, "GetArchive" | "HeadArchive") {
        return archive::reply(state, request).await;
    }
    if let Some(refusal) = refusal(state, operation, request).await {
        return refusal.reply(request);
    }
    if let ("DescribeOrganization", Some(id)) = (operation, &state.organization) {
        return described_organization(id, &state.account);
    }
    if operation == "ListFunctions" && request.query("FunctionVersion").is_some() {
        return functions::listed(state, request).await;
    }
    match forward(state, request).await {
        Ok(mut reply) => {
            state.objects.note(operation, request, &mut reply);
            rewrite::as_aws_answers(operation, reply, &state.endpoint())
        }
        Err(error) => Refusal::new(502, "BadGateway", error.to_string()).reply(request),
    }
}

async fn refusal(state: &State, operation: &str, request: &Received) -> Option<Refusal> {
    let denied = state
        .access
        .as_ref()
        .and_then(|access| access.refusal(operation, request, &state.account));
    if denied.is_some() {
        return denied;
    }
    if operation == "DescribeOrganization" && state.organization.is_none() {
        let message = "Your account is not a member of an organization.";
        return Some(Refusal::new(
            400,
            "AWSOrganizationsNotInUseException",
            message,
        ));
    }
    if let Some(refusal) = limits::refusal(request) {
        return Some(refusal);
    }
    if let Some(refusal) = state.objects.refusal(operation, request) {
        return Some(refusal);
    }
    match operation {
        "PublishLayerVersion" => publish::refusal(state, request).await,
        "GetParameters" => parameters::refusal(request),
        _ => None,
    }
}

/// Passes a request on as it came, so that its signature stays true.
async fn forward(state: &State, request: &Received) -> io::Result<Response<Bytes>> {
    let mut onward = Request::new(request.body.clone());
    *onward.method_mut() = request.head.method.clone();
    *onward.uri_mut() = request.head.uri.clone();
    *onward.headers_mut() = request.head.headers.clone();
    for hop in [CONNECTION, EXPECT, TRANSFER_ENCODING] {
        onward.headers_mut().remove(hop);
    }
    // As AWS does, the server carries out what has arrived, whether or not the client still waits.
    let (server, work) = (state.server, Arc::clone(&state.work));
    let exchanged = tokio::spawn(async move {
        let _work = work;
        exchange(server, onward).await
    });
    let mut reply = exchanged.await.map_err(io::Error::other)??;
    reply.headers_mut().remove(CONNECTION);
    if request.head.method != Method::HEAD {
        reply.headers_mut().remove(CONTENT_LENGTH);
        reply.headers_mut().remove(TRANSFER_ENCODING);
    }
    Ok(reply)
}

fn described_organization(id: &str, account: &str) -> Response<Bytes> {
    let arn = format!("arn:aws:organizations::{account}");
    let body = json!({"Organization": {
        "Id": id,
        "Arn": format!("{arn}:organization/{id}"),
        "FeatureSet": "ALL",
        "MasterAccountArn": format!("{arn}:account/{id}/{account}"),
        "MasterAccountId": account,
        "MasterAccountEmail": "master@example.com",
        "AvailablePolicyTypes": [],
    }});
    Response::builder()
        .header("content-type", "application/x-amz-json-1.1")
        .body(Bytes::from(body.to_string()))
        .expect("a well-formed reply")
}
