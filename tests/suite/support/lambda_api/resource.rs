//! What IAM calls the resources of a request: the ends of their ARNs, behind region and account.
//!
//! As the Service Authorization Reference has them, for the actions that know resources.

use serde_json::Value;

use super::received::Received;

/// The resources that a request works on, such as `layer:hello:1`; none where the action knows none.
pub fn of(operation: &str, request: &Received) -> Vec<String> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (operation, &segments[..]) {
        ("ListLayers" | "ListLayerVersions" | "ListFunctions", _) => Vec::new(),
        ("GetLayerVersionByArn", _) => request.query("Arn").into_iter().collect(),
        (_, ["2018-10-31", "layers", name, "versions"]) => vec![layer(name)],
        (_, ["2018-10-31", "layers", name, "versions", number, ..]) => {
            vec![format!("{}:{number}", layer(name))]
        }
        ("AssumeRole", _) => request.form("RoleArn").into_iter().collect(),
        ("GetParameters" | "PutParameter", _) => parameters(&request.body),
        (_, [_bucket, _key, ..]) => vec![format!("arn:aws:s3:::{}", segments.join("/"))],
        _ => Vec::new(),
    }
}

/// A layer by its name; an ARN in place of the name is a resource already.
fn layer(name: &str) -> String {
    if name.starts_with("arn:") {
        name.to_owned()
    } else {
        format!("layer:{name}")
    }
}

/// The names in a request of Systems Manager: a list of several, or one.
fn parameters(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let names = body["Names"].as_array().cloned().unwrap_or_default();
    let names = names.into_iter().chain([body["Name"].clone()]);
    names
        .filter_map(|name| Some(format!("parameter{}", name.as_str()?)))
        .collect()
}
