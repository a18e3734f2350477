//! Makes `ministack`'s answers about layers those of AWS.

use hyper::Response;
use hyper::body::Bytes;
use hyper::header::CONTENT_LENGTH;
use serde_json::Value;

use super::archive;

/// The reply with the members that AWS would send, and archives at `endpoint`.
pub fn as_aws_answers(operation: &str, reply: Response<Bytes>, endpoint: &str) -> Response<Bytes> {
    let rewritten = match operation {
        "PublishLayerVersion" | "GetLayerVersion" | "GetLayerVersionByArn" => {
            members(&reply).map(|mut version| {
                let location = &mut version["Content"]["Location"];
                *location =
                    archive::address(location.as_str().unwrap_or_default(), endpoint).into();
                drop_empty(&mut version);
                version
            })
        }
        "ListLayerVersions" => members(&reply).map(|mut page| {
            let versions = page["LayerVersions"].as_array_mut();
            versions.into_iter().flatten().for_each(as_list_item);
            page
        }),
        "ListLayers" => members(&reply).map(|mut page| {
            let layers = page["Layers"].as_array_mut();
            for layer in layers.into_iter().flatten() {
                as_list_item(&mut layer["LatestMatchingVersion"]);
            }
            page
        }),
        _ => None,
    };
    match rewritten {
        Some(rewritten) => {
            let mut reply = reply.map(|_| Bytes::from(rewritten.to_string()));
            reply.headers_mut().remove(CONTENT_LENGTH);
            reply
        }
        None => reply,
    }
}

fn members(reply: &Response<Bytes>) -> Option<Value> {
    if !reply.status().is_success() {
        return None;
    }
    serde_json::from_slice(reply.body()).ok()
}

fn as_list_item(version: &mut Value) {
    if let Some(members) = version.as_object_mut() {
        members.remove("Content");
        members.remove("LayerArn");
    }
    drop_empty(version);
}

/// AWS leaves out what was left out of the publish, except for the description.
fn drop_empty(version: &mut Value) {
    let Some(members) = version.as_object_mut() else {
        return;
    };
    members.retain(|name, value| {
        name == "Description"
            || (value.as_str() != Some("") && !value.as_array().is_some_and(Vec::is_empty))
    });
}
