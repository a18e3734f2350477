//! The API name of a request, from its method, path and protocol.

use hyper::Method;

use super::archive;
use super::received::Received;

/// The operation that a request calls; `Unknown` if none is recognised.
pub fn name(request: &Received) -> String {
    let protocol = request.target().map(str::to_owned);
    let action = || request.form("Action").or_else(|| request.query("Action"));
    if let Some(name) = protocol.or_else(action) {
        return name;
    }
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let name = match path[..] {
        [archive::FOLDER, ..] if request.head.method == Method::HEAD => "HeadArchive",
        [archive::FOLDER, ..] => "GetArchive",
        ["2018-10-31", "layers", ref rest @ ..] => layer_operation(request, rest),
        ["2015-03-31", "functions", ref rest @ ..] => function_operation(request, rest),
        _ => return object_operation(request, path.len()),
    };
    name.to_owned()
}

/// Whether an operation of this name changes nothing.
pub fn only_reads(operation: &str) -> bool {
    ["Get", "List", "Describe", "Head", "Assume"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

fn layer_operation(request: &Received, path: &[&str]) -> &'static str {
    match (request.head.method.as_str(), path) {
        ("GET", []) if request.query("find").is_some() => "GetLayerVersionByArn",
        ("GET", []) => "ListLayers",
        ("GET", [_, "versions"]) => "ListLayerVersions",
        ("POST", [_, "versions"]) => "PublishLayerVersion",
        ("GET", [_, "versions", _]) => "GetLayerVersion",
        ("DELETE", [_, "versions", _]) => "DeleteLayerVersion",
        ("GET", [_, "versions", _, "policy"]) => "GetLayerVersionPolicy",
        ("POST", [_, "versions", _, "policy"]) => "AddLayerVersionPermission",
        ("DELETE", [_, "versions", _, "policy", _]) => "RemoveLayerVersionPermission",
        _ => "Unknown",
    }
}

fn function_operation(request: &Received, path: &[&str]) -> &'static str {
    match (request.head.method.as_str(), path) {
        ("GET", []) => "ListFunctions",
        ("POST", []) => "CreateFunction",
        ("GET", [_]) => "GetFunction",
        ("DELETE", [_]) => "DeleteFunction",
        ("GET", [_, "configuration"]) => "GetFunctionConfiguration",
        ("PUT", [_, "configuration"]) => "UpdateFunctionConfiguration",
        ("PUT", [_, "code"]) => "UpdateFunctionCode",
        ("POST", [_, "invocations"]) => "Invoke",
        _ => "Unknown",
    }
}

/// An S3 operation with the bucket in the path; SDKs name most of them in `x-id`.
fn object_operation(request: &Received, depth: usize) -> String {
    if let Some(name) = request.query("x-id") {
        return name;
    }
    let has = |name| request.query(name).is_some();
    let name = match (request.head.method.as_str(), depth) {
        ("GET", 0) => "ListBuckets",
        ("PUT", 1) => "CreateBucket",
        ("HEAD", 1) => "HeadBucket",
        ("DELETE", 1) => "DeleteBucket",
        ("GET", 1) if has("location") => "GetBucketLocation",
        ("GET", 1) => "ListObjectsV2",
        ("PUT", 2..) if has("partNumber") => "UploadPart",
        ("PUT", 2..) => "PutObject",
        ("HEAD", 2..) => "HeadObject",
        ("GET", 2..) => "GetObject",
        ("POST", 2..) if has("uploads") => "CreateMultipartUpload",
        ("POST", 2..) if has("uploadId") => "CompleteMultipartUpload",
        ("DELETE", 2..) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", 2..) => "DeleteObject",
        _ => "Unknown",
    };
    name.to_owned()
}
