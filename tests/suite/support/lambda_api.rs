//! The Lambda API as AWS answers it, for one test: a proxy in front of `ministack` that is strict where that is lax,
//! records every call, and fails on demand.
//! Tests start one, hand `env` to the program under test, and look at `calls`, `versions` and `policy` afterwards.

mod access;
mod archive;
mod call;
mod fault;
mod functions;
pub mod iam;
mod limits;
mod objects;
mod operation;
mod parameters;
mod proxy;
mod publish;
mod received;
mod refusal;
mod resource;
mod rewrite;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

pub use call::Call;
pub use fault::Fault;

use super::ministack::{self, AccessKey, Ministack};
use super::plain_http;
use access::Access;
use call::Calls;
use objects::Objects;

/// Stands in the query of every archive address where AWS puts a session token and a signature: no output may
/// ever contain it.
pub const SECRET_TOKEN: &str = "SECRET-TOKEN";

/// One stand-in for the Lambda API, with an account of its own, until it is dropped.
pub struct LambdaApi {
    state: Arc<State>,
    key: AccessKey,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Keeps the port while no connections are taken.
    _reserved: TcpSocket,
}

/// What the proxy's connections share.
struct State {
    server: SocketAddr,
    address: SocketAddr,
    account: String,
    organization: Option<String>,
    access: Option<Access>,
    ranges_ignored: AtomicBool,
    calls: Calls,
    objects: Objects,
    /// Until when every connection is refused, where a fault asked for that.
    closed: Mutex<Option<Instant>>,
    closing: Notify,
    /// Held by every open connection and every request that is being carried out.
    work: Arc<()>,
}

impl LambdaApi {
    /// Starts one whose account belongs to no organization and may do everything.
    pub fn start() -> Self {
        Self::launch(None, None)
    }

    /// Starts one that asks `fault` about every call; see [`LambdaApi::inject`].
    pub fn with(fault: impl FnMut(usize, &str) -> Option<Fault> + Send + 'static) -> Self {
        let api = Self::start();
        api.inject(fault);
        api
    }

    /// Starts one whose account belongs to the organization of this id.
    pub fn with_organization(id: &str) -> Self {
        Self::launch(Some(id), None)
    }

    /// Starts one that checks signatures and whose `env` may only call `actions`, IAM actions such as
    /// `lambda:ListLayers`, `lambda:Get*` or `*`.
    pub fn allowing(actions: &[&str]) -> Self {
        Self::launch(None, Some(actions))
    }

    /// Asks `fault` about every call from now on, giving the name of the operation and how often it was called
    /// since (1 for the first time). It must not look at this instance itself.
    pub fn inject(&self, mut fault: impl FnMut(usize, &str) -> Option<Fault> + Send + 'static) {
        self.inject_into(move |number, call| fault(number, &call.operation));
    }

    /// The same for faults that need to know more of a call than its name.
    pub fn inject_into(&self, fault: impl FnMut(usize, &Call) -> Option<Fault> + Send + 'static) {
        self.state.calls.inject(Box::new(fault));
    }

    /// Gives this fault to every call of an operation from now on.
    pub fn inject_always(&self, operation: &'static str, fault: Fault) {
        self.inject_first(usize::MAX, operation, fault);
    }

    /// Gives this fault to the first calls of an operation from now on, so many of them.
    pub fn inject_first(&self, times: usize, operation: &'static str, fault: Fault) {
        self.inject(move |number, called| {
            (called == operation && number <= times).then(|| fault.clone())
        });
    }

    /// Denies every call to a region from now on.
    pub fn deny_region(&self, region: &'static str) {
        self.inject_into(move |_, call| {
            (call.region == region).then(|| Fault::denied("not authorized"))
        });
    }

    /// Carries out every call from now on.
    pub fn inject_nothing(&self) {
        self.inject(|_, _| None);
    }

    /// Waits until it takes connections: at first, and again after [`Fault::Refused`].
    pub fn wait_until_open(&self) {
        while TcpStream::connect(self.address()).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Serves archives whole from now on, whatever range is asked for.
    pub fn ignore_ranges(&self) {
        self.state.ranges_ignored.store(true, Ordering::Relaxed);
    }

    /// Waits until nobody is connected, and all that has arrived is carried out.
    pub fn wait_until_idle(&self) {
        let mut quiet = 0;
        while quiet < 3 {
            thread::sleep(Duration::from_millis(3));
            quiet = match Arc::strong_count(&self.state.work) {
                1 => quiet + 1,
                _ => 0,
            };
        }
    }

    /// The address for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        self.state.endpoint()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.state.address
    }

    /// The 12-digit account that `env` belongs to; no other instance in this process has it.
    pub fn account(&self) -> &str {
        &self.state.account
    }

    /// The environment that makes an AWS SDK talk to this instance, and nothing else, and `lls` impatient: the server
    /// is quick, shows changes at once, and takes any number of requests.
    pub fn env(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", self.endpoint().as_str()),
            ("AWS_ACCESS_KEY_ID", &self.key.id),
            ("AWS_SECRET_ACCESS_KEY", &self.key.secret),
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("LLS_REQUEST_RATE", "1000"),
            ("LLS_SETTLE_TIME", "0.4"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// The same for runs that ask no package index for anything: with one certificate instead of all those of the
    /// machine, which are half of the time that `lls` takes to start.
    pub fn quick_env(&self) -> Vec<(String, String)> {
        let support = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/support");
        let certificates = [
            ("SSL_CERT_FILE", format!("{support}/certificate.pem")),
            ("SSL_CERT_DIR", format!("{support}/no-certificates")),
        ];
        let certificates = certificates.map(|(name, value)| (name.to_owned(), value));
        self.env().into_iter().chain(certificates).collect()
    }

    /// The names of all operations that were called, in the order in which they arrived.
    pub fn operations(&self) -> Vec<String> {
        self.calls()
            .into_iter()
            .map(|call| call.operation)
            .collect()
    }

    /// How often an operation was called.
    pub fn count(&self, operation: &str) -> usize {
        let called = self.operations();
        called.iter().filter(|name| *name == operation).count()
    }

    /// All calls so far, in the order in which they arrived.
    pub fn calls(&self) -> Vec<Call> {
        self.state.calls.all()
    }

    /// The calls that would change something, successful or not.
    pub fn mutating_calls(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| !operation::only_reads(&call.operation));
        calls
    }

    /// The versions that exist of a layer, newest first, as the server holds them: with `Content`. Not recorded.
    pub fn versions(&self, region: &str, layer: &str) -> Vec<Value> {
        let path = format!("/2018-10-31/layers/{layer}/versions?MaxItems=1000000");
        let reply = self.look(region, &path);
        let mut listed: Value = serde_json::from_slice(&reply.body).expect("a list of versions");
        match listed["LayerVersions"].take() {
            Value::Array(versions) => versions,
            _ => panic!("no versions in {}", reply.text()),
        }
    }

    /// The policy document of a layer version, null if there is none. Not recorded.
    pub fn policy(&self, region: &str, layer: &str, version: u64) -> Value {
        let path = format!("/2018-10-31/layers/{layer}/versions/{version}/policy");
        let reply = self.look(region, &path);
        if reply.status == 404 {
            return Value::Null;
        }
        let found: Value = serde_json::from_slice(&reply.body).expect("a policy");
        let document = found["Policy"].as_str().expect("a policy document");
        serde_json::from_str(document).expect("a policy document in JSON")
    }

    /// Adds a statement for an account to a layer version's policy, as somebody else would. Not recorded.
    pub fn grant(&self, region: &str, layer: &str, version: u64, statement: &str, account: &str) {
        let path = format!("/2018-10-31/layers/{layer}/versions/{version}/policy");
        let body = serde_json::json!({
            "StatementId": statement, "Action": "lambda:GetLayerVersion", "Principal": account,
        });
        self.create(region, &path, &body);
    }

    /// Publishes a version with these members of a request, as somebody else would. Not recorded.
    pub fn publish(&self, region: &str, layer: &str, members: &Value) {
        let path = format!("/2018-10-31/layers/{layer}/versions");
        self.create(region, &path, members);
    }

    /// Deletes a layer version, as somebody else would. Not recorded.
    pub fn delete(&self, region: &str, layer: &str, version: u64) {
        let path = format!("/2018-10-31/layers/{layer}/versions/{version}");
        let reply = self.send(region, "DELETE", &path, "");
        assert_eq!(reply.status, 204, "{}", reply.text());
    }

    fn create(&self, region: &str, path: &str, members: &Value) {
        let reply = self.send(region, "POST", path, &members.to_string());
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    fn send(&self, region: &str, method: &str, path: &str, body: &str) -> plain_http::Reply {
        let authorization = ministack::authorization(self.account(), region, "lambda");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let reply = plain_http::send(self.state.server, method, path, &headers, body.as_bytes());
        reply.expect("ministack answers")
    }

    fn look(&self, region: &str, path: &str) -> plain_http::Reply {
        let authorization = ministack::authorization(self.account(), region, "lambda");
        let headers = [("authorization", authorization.as_str())];
        plain_http::send(self.state.server, "GET", path, &headers, b"").expect("ministack answers")
    }

    fn launch(organization: Option<&str>, actions: Option<&[&str]>) -> Self {
        let account = unused_account();
        let (server, key, access) = match actions {
            Some(actions) => {
                let server = Ministack::authenticating();
                let access = Access::new(server, &account, actions);
                (server, access.key().clone(), Some(access))
            }
            None => (Ministack::shared(), root(&account), None),
        };
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let reserved = proxy::bound(anywhere).expect("a free port");
        let state = Arc::new(State {
            server: server.address(),
            address: reserved.local_addr().expect("the address of the proxy"),
            account,
            organization: organization.map(str::to_owned),
            access,
            ranges_ignored: AtomicBool::new(false),
            calls: Calls::default(),
            objects: Objects::default(),
            closed: Mutex::new(None),
            closing: Notify::new(),
            work: Arc::default(),
        });
        running().push(Arc::downgrade(&state));
        let (shutdown, ends) = oneshot::channel();
        let thread = {
            let state = Arc::clone(&state);
            thread::spawn(move || proxy::run(state, ends))
        };
        let api = Self {
            state,
            key,
            shutdown: Some(shutdown),
            thread: Some(thread),
            _reserved: reserved,
        };
        api.wait_until_open();
        api
    }
}

impl Drop for LambdaApi {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the proxy panicked");
        }
        if !thread::panicking() {
            iam::assert_documented(&self.calls(), self.account());
        }
    }
}

/// The account of the instance at `endpoint`, if there is one.
pub fn account_at(endpoint: &str) -> Option<String> {
    at(endpoint).map(|state| state.account.clone())
}

/// How many calls that change something the instance at `endpoint` has seen; 0 if there is none.
pub fn mutations_at(endpoint: &str) -> usize {
    at(endpoint).map_or(0, |state| {
        let calls = state.calls.all();
        let changes = |call: &&Call| !operation::only_reads(&call.operation);
        calls.iter().filter(changes).count()
    })
}

fn at(endpoint: &str) -> Option<Arc<State>> {
    let all = running();
    let mut states = all.iter().filter_map(Weak::upgrade);
    states.find(|state| state.endpoint() == endpoint)
}

/// Every instance of this process that is still there.
fn running() -> MutexGuard<'static, Vec<Weak<State>>> {
    static RUNNING: Mutex<Vec<Weak<State>>> = Mutex::new(Vec::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|state| state.strong_count() > 0);
    running
}

impl State {
    /// Takes no connections for a while.
    fn close_for(&self, time: Duration) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + time);
        self.closing.notify_one();
    }

    fn closed_until(&self) -> Option<Instant> {
        let closed = *self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.filter(|until| *until > Instant::now())
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn unused_account() -> String {
    static ACCOUNTS: AtomicU64 = AtomicU64::new(100_000_000_001);
    ACCOUNTS.fetch_add(1, Ordering::Relaxed).to_string()
}

fn root(account: &str) -> AccessKey {
    AccessKey {
        id: account.to_owned(),
        secret: "SECRET-KEY-OF-A-ROOT".to_owned(),
        principal: format!("arn:aws:iam::{account}:root"),
    }
}
