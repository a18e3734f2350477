//! The record of calls, and the question to the test which of them should fail.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::fault::Fault;
use super::received::Received;
use super::resource;

/// One request that was read to its end, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The name in AWS's API, such as `PublishLayerVersion`; `GetArchive` for the download of a layer version's ZIP.
    pub operation: String,
    pub method: String,
    /// With the query, as it was sent.
    pub path: String,
    /// The status that went out; `None` if no reply did.
    pub status: Option<u16>,
    /// The length of the body.
    pub request_bytes: usize,
    /// The length of the body that went out.
    pub response_bytes: usize,
    /// What a change of a policy asks for; null for every other call.
    pub grant: Value,
    /// Whether it came from `lls`, by way of the AWS SDK for Rust.
    pub is_from_lls: bool,
    /// What it works on, as IAM names it, without region and account.
    pub resources: Vec<String>,
    /// The region that it was signed for.
    pub region: String,
    /// When it arrived.
    pub at: Instant,
}

pub type Hook = Box<dyn FnMut(usize, &Call) -> Option<Fault> + Send>;

#[derive(Default)]
pub struct Calls(Mutex<Recorded>);

#[derive(Default)]
struct Recorded {
    calls: Vec<Call>,
    hook: Option<Hook>,
    seen_by_hook: HashMap<String, usize>,
}

/// Which of the recorded calls one is.
#[derive(Clone, Copy)]
pub struct Place(usize);

impl Calls {
    pub fn all(&self) -> Vec<Call> {
        self.recorded().calls.clone()
    }

    pub fn inject(&self, hook: Hook) {
        let mut recorded = self.recorded();
        recorded.seen_by_hook.clear();
        recorded.hook = Some(hook);
    }

    /// Records a call that has arrived, and asks the test for a fault.
    pub fn arrived(&self, operation: &str, request: &Received) -> (Place, Option<Fault>) {
        let mut recorded = self.recorded();
        let Recorded {
            calls,
            hook,
            seen_by_hook,
        } = &mut *recorded;
        let agent = request.header("user-agent").unwrap_or_default();
        let call = Call {
            operation: operation.to_owned(),
            method: request.head.method.to_string(),
            path: request.head.uri.to_string(),
            status: None,
            request_bytes: request.body.len(),
            response_bytes: 0,
            grant: match operation {
                "AddLayerVersionPermission" => {
                    serde_json::from_slice(&request.body).unwrap_or_default()
                }
                _ => Value::Null,
            },
            resources: resource::of(operation, request),
            is_from_lls: agent.contains("aws-sdk-rust"),
            region: request
                .credential()
                .map(|credential| credential.region)
                .unwrap_or_default(),
            at: Instant::now(),
        };
        let number = seen_by_hook.entry(operation.to_owned()).or_default();
        *number += 1;
        let fault = hook.as_mut().and_then(|hook| hook(*number, &call));
        calls.push(call);
        (Place(calls.len() - 1), fault)
    }

    /// Records the reply to a call.
    pub fn answered(&self, place: Place, status: u16, response_bytes: usize) {
        let call = &mut self.recorded().calls[place.0];
        call.status = Some(status);
        call.response_bytes = response_bytes;
    }

    // A hook that panics fails its own test; the record stays readable.
    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
