//! Parameters of Systems Manager, which `ministack` keeps: what tests read and set there, and what AWS refuses and
//! `ministack` does not.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::received::Received;
use super::refusal::Refusal;
use super::{LambdaApi, ministack, plain_http};

/// How many parameters one request may ask for (`GetParameters` of the SSM API model).
const BATCH: usize = 10;

impl LambdaApi {
    /// All parameters of a region with what they hold. Not recorded.
    pub fn parameters(&self, region: &str) -> BTreeMap<String, String> {
        let (mut held, mut token) = (BTreeMap::new(), Value::Null);
        loop {
            let mut asked = json!({ "Path": "/", "Recursive": true });
            if token.is_string() {
                asked["NextToken"] = token;
            }
            let mut page = self.ssm(region, "GetParametersByPath", &asked);
            for parameter in page["Parameters"].as_array().expect("parameters") {
                let text = |member: &str| parameter[member].as_str().expect("a text").to_owned();
                assert_eq!(parameter["Type"], "String");
                held.insert(text("Name"), text("Value"));
            }
            token = page["NextToken"].take();
            if !token.is_string() {
                return held;
            }
        }
    }

    /// Sets a parameter, as somebody else would. Not recorded.
    pub fn set_parameter(&self, region: &str, name: &str, value: &str) {
        let members = json!({ "Name": name, "Value": value, "Type": "String", "Overwrite": true });
        self.ssm(region, "PutParameter", &members);
    }

    fn ssm(&self, region: &str, operation: &str, members: &Value) -> Value {
        let authorization = ministack::authorization(self.account(), region, "ssm");
        let target = format!("AmazonSSM.{operation}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", &target),
        ];
        let body = members.to_string();
        let reply = plain_http::send(self.state.server, "POST", "/", &headers, body.as_bytes());
        let reply = reply.expect("ministack answers");
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        serde_json::from_slice(&reply.body).expect("JSON")
    }
}

/// What AWS refuses of a `GetParameters`.
pub fn refusal(request: &Received) -> Option<Refusal> {
    let members: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let count = members["Names"].as_array().map_or(0, Vec::len);
    let is_good = (1..=BATCH).contains(&count);
    (!is_good).then(|| {
        let message = format!(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length \
             less than or equal to {BATCH}"
        );
        Refusal::new(400, "ValidationException", message)
    })
}
