//! `lls import`: a manifest from what is published, which `lls` takes, and which changes nothing of what is right.

use expect_test::expect;
use serde_json::json;

use crate::archives;
use crate::support::lambda_api::LambdaApi;
use crate::support::project::Project;

const REGION: &str = "us-east-1";

/// Publishes a layer as another tool would.
fn publish(api: &LambdaApi, layer: &str, members: serde_json::Value) {
    let archive = archives::zip("data.txt", layer.as_bytes());
    let mut request = json!({
        "Content": { "ZipFile": archives::base64(&archive) },
        "CompatibleRuntimes": ["python3.12"], "CompatibleArchitectures": ["x86_64"],
    });
    for (key, value) in members.as_object().unwrap() {
        request[key] = value.clone();
    }
    api.publish(REGION, layer, &request);
}

/// An account in which layers were published in all the ways that ask for a word.
fn account() -> LambdaApi {
    let api = LambdaApi::start();
    publish(
        &api,
        "plain",
        json!({ "Description": "v1.2.0", "LicenseInfo": "MIT" }),
    );
    api.grant(REGION, "plain", 1, "LayerVersionPermission", api.account());
    publish(
        &api,
        "shared",
        json!({ "Description": "v2.0.0", "CompatibleRuntimes": ["python3.12", "python3.13"] }),
    );
    api.grant(
        REGION,
        "shared",
        1,
        "lls-account-222222222222",
        "222222222222",
    );
    api.grant(REGION, "shared", 1, "partner", "333333333333");
    publish(
        &api,
        "public",
        json!({ "Description": "0.1.0", "CompatibleArchitectures": ["arm64"] }),
    );
    api.grant(REGION, "public", 1, "lls-public", "*");
    publish(&api, "wordy", json!({ "Description": "v0.3.0" }));
    publish(
        &api,
        "wordy",
        json!({ "Description": "the \"new\" one\nof May", "LicenseInfo": "say \"please\"" }),
    );
    publish(
        &api,
        "bare",
        json!({ "CompatibleRuntimes": [], "CompatibleArchitectures": ["arm64", "x86_64"] }),
    );
    api
}

/// Runs `lls import` in an empty folder, as a shell would with `> layers.toml`, and makes the folders of the layers.
fn imported(api: &LambdaApi, options: &[&str], layers: &[&str]) -> Project {
    let project = Project::new()
        .environment(api.env())
        .file("layers.toml", "");
    let run = project.succeed(&[&["import"], options].concat());
    assert_eq!(run.stderr, "", "{run}");
    project.write("layers.toml", &run.stdout);
    for layer in layers {
        project.write(&format!("layers/{layer}/data.txt"), layer);
    }
    project
}

#[test]
fn what_is_published_becomes_a_manifest() {
    let api = account();
    let layers = ["bare", "plain", "public", "shared", "wordy"];
    let project = imported(&api, &[], &layers);
    let text = project
        .read("layers.toml")
        .replace(api.account(), "[account]");
    expect![[]].assert_eq(&text);
    project.succeed(&["validate"]);
    let run = project.run(&["plan"]);
    expect![[]].assert_eq(&run.to_string().replace(api.account(), "[account]"));
    assert!(
        api.mutating_calls().is_empty(),
        "importing and planning change nothing"
    );
}

#[test]
fn an_imported_layer_with_the_same_content_is_unchanged() {
    let api = account();
    let project = imported(&api, &["-l", "p*"], &["plain", "public"]);
    project.assert_converged();
}

#[test]
fn regions_that_differ_are_told() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.edit_manifest("[targets.aws]", "[targets.aws]\nregions = [\"us-east-1\", \"eu-west-1\"]\nrole_arn = \"arn:aws:iam::000000000001:role/layers\"");
    let role = format!("arn:aws:iam::{}:role/layers", api.account());
    project.edit_manifest("arn:aws:iam::000000000001:role/layers", &role);
    project.succeed(&["apply", "--region", "us-east-1"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.succeed(&["apply", "--region", "eu-west-1"]);
    publish(&api, "single", json!({ "Description": "v1.0.0" }));
    let run = project.succeed(&["import"]);
    expect![[]].assert_eq(&run.stdout.replace(api.account(), "[account]"));
}

#[test]
fn nothing_to_import_is_an_error() {
    let api = LambdaApi::start();
    let project = Project::new().environment(api.env());
    expect![[]].assert_eq(&project.run(&["import"]).to_string());
    publish(&api, "plain", json!({ "Description": "v1.2.0" }));
    expect![[]].assert_eq(&project.run(&["import", "-l", "other*"]).to_string());
    expect![[]].assert_eq(&project.run(&["import", "-l", "a["]).to_string());
}
