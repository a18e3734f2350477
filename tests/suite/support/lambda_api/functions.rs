//! Functions that use layers: made by tests, and listed with all their versions, which `ministack` cannot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};

use super::received::Received;
use super::{LambdaApi, State, ministack, proxy};

/// AWS lists at most so many function versions on a page, whatever is asked for (API reference, `ListFunctions`).
const PAGE: usize = 50;

/// An archive without entries: its end-of-central-directory record.
const EMPTY_ARCHIVE: [u8; 22] = {
    let mut bytes = [0; 22];
    (bytes[0], bytes[1], bytes[2], bytes[3]) = (b'P', b'K', 5, 6);
    bytes
};

impl LambdaApi {
    /// Creates a function that uses layer versions, given by their ARNs. Not recorded.
    pub fn create_function(&self, region: &str, name: &str, layers: &[&str]) {
        let body = json!({
            "FunctionName": name, "Runtime": "python3.12", "Handler": "main.handler", "Layers": layers,
            "Role": format!("arn:aws:iam::{}:role/function", self.account()),
            "Code": { "ZipFile": STANDARD.encode(EMPTY_ARCHIVE) },
        });
        self.call(region, "POST", "", &body);
    }

    /// Publishes a version of a function. Not recorded.
    pub fn publish_function(&self, region: &str, name: &str) {
        self.call(region, "POST", &format!("/{name}/versions"), &json!({}));
    }

    /// Lets an alias of a function point to one of its versions. Not recorded.
    pub fn alias_function(&self, region: &str, name: &str, alias: &str, version: u64) {
        let body = json!({ "Name": alias, "FunctionVersion": version.to_string() });
        self.call(region, "POST", &format!("/{name}/aliases"), &body);
    }

    /// Gives the unpublished version of a function other layers. Not recorded.
    pub fn set_layers(&self, region: &str, name: &str, layers: &[&str]) {
        let body = json!({ "Layers": layers });
        self.call(region, "PUT", &format!("/{name}/configuration"), &body);
    }

    fn call(&self, region: &str, method: &str, path: &str, body: &Value) {
        let path = format!("/2015-03-31/functions{path}");
        let reply = self.send(region, method, &path, &body.to_string());
        assert!(
            matches!(reply.status, 200 | 201),
            "{path}: {}",
            reply.text()
        );
    }
}

/// The page that a `ListFunctions` with `FunctionVersion=ALL` asks for.
pub async fn listed(state: &State, request: &Received) -> Response<Bytes> {
    let mut versions = Vec::new();
    for function in list(state, request, "/", "Functions").await {
        let name = function["FunctionName"].as_str().expect("a name");
        versions.extend(list(state, request, &format!("/{name}/versions"), "Versions").await);
    }
    let start = request.query("Marker").map(|marker| marker.parse());
    let start: usize = start.map_or(0, |marker| marker.expect("a marker of ours"));
    let asked = request
        .query("MaxItems")
        .and_then(|count| count.parse().ok());
    let end = versions.len().min(start + asked.unwrap_or(PAGE).min(PAGE));
    let mut page = json!({ "Functions": versions[start..end] });
    if end < versions.len() {
        page["NextMarker"] = end.to_string().into();
    }
    let reply = Response::builder().header("content-type", "application/json");
    let reply = reply.body(Bytes::from(page.to_string()));
    reply.expect("a well-formed reply")
}

async fn list(state: &State, request: &Received, path: &str, member: &str) -> Vec<Value> {
    let region = request.credential().expect("it is signed").region;
    let path = format!("/2015-03-31/functions{path}?MaxItems=10000");
    let get = Request::get(path)
        .header("host", state.server.to_string())
        .header(
            "authorization",
            ministack::authorization(&state.account, &region, "lambda"),
        )
        .body(Bytes::new())
        .expect("a well-formed request");
    let reply = proxy::exchange(state.server, get).await;
    let reply = reply.expect("ministack answers");
    let mut reply: Value = serde_json::from_slice(reply.body()).expect("a list");
    serde_json::from_value(reply[member].take()).expect("a list")
}
