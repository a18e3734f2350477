//! `lls import`: a manifest from what is published, which `lls` takes, and which changes nothing of what is right.

use expect_test::expect;
use serde_json::json;

use crate::archives;
use crate::support::lambda_api::LambdaApi;
use crate::support::project::{Project, Run};

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
    assert!(!run.stderr.contains("warning"), "{run}");
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
    expect![[r##"
        # Made by `lls import`: each layer as its newest published version is. Before `lls plan` says more than that:
        # - put the layer's own files and its requirements.txt into its folder, layers/<name>; `prefix = "python"` in its
        #   table puts Python files of its own on the import path
        # - look at the lines that begin with TODO

        [targets.aws]
        regions = ["us-east-1"]
        account = "[account]"
        allow_public = true  # because some layers are

        [defaults]
        runtimes = ["python3.12"]
        architecture = "x86_64"
        permission = "none"

        [layers.bare]
        # published as us-east-1:1
        # TODO: published without a description: v1.0.0 is what the next apply publishes
        # TODO: published without runtimes: add them, and raise the description
        # TODO: published for several architectures, and a layer here is for one: raise the description, and
        #   declare a second layer for the other where it is needed
        description = "v1.0.0"

        [layers.plain]
        # published as us-east-1:1
        description = "v1.2.0"
        permission = "my-account"
        license = "MIT"

        [layers.public]
        # published as us-east-1:1
        description = "0.1.0"
        architecture = "arm64"
        permission = "public"

        [layers.shared]
        # published as us-east-1:1
        # statement partner grants account 333333333333, is not managed by lls: that version keeps it, later
        #   versions do not have it
        description = "v2.0.0"
        runtimes = ["python3.12", "python3.13"]
        permission = { account = "222222222222" }

        [layers.wordy]
        # published as us-east-1:2
        # TODO: published as `the "new" one of May`, which is not a semantic version: v0.4.0 is what the
        #   next apply publishes
        description = "v0.4.0"
        license = 'say "please"'
    "##]].assert_eq(&text);
    project.succeed(&["validate"]);
    let run = project.run(&["plan"]);
    expect![[r#"
        aws: account [account], us-east-1

          ^ bare    v1.0.0   after a version without description (:1), same content
                ~ runtimes: none -> python3.12
                ~ architectures: x86_64, arm64 -> x86_64
                118 B -> 188 B zipped
                the archive differs in bytes, but not in its files
          ^ wordy   v0.4.0   after the "new" one\nof May (:2), same content
                119 B -> 189 B zipped
                the archive differs in bytes, but not in its files

        note: shared in us-east-1: account 333333333333 (statement partner) is not
              managed by lls and is kept

        Plan: 2 versions to publish; 3 unchanged, 0 blocked.
        --- stderr
        Built bare, 188 B
        Built plain, 189 B
        Built public, 190 B
        Built shared, 190 B
        Built wordy, 189 B
        --- exit status 0
    "#]]
    .assert_eq(&run.to_string().replace(api.account(), "[account]"));
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
    project.set_in_target("regions = [\"us-east-1\", \"eu-west-1\"]\nrole_arn = \"arn:aws:iam::000000000001:role/layers\"");
    let role = format!("arn:aws:iam::{}:role/layers", api.account());
    project.edit_manifest("arn:aws:iam::000000000001:role/layers", &role);
    project.succeed(&["apply", "--region", "us-east-1"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.succeed(&["apply", "--region", "eu-west-1"]);
    publish(&api, "single", json!({ "Description": "v1.0.0" }));
    let run = project.succeed(&["import"]);
    expect![[r##"
        # Made by `lls import`: each layer as its newest published version is. Before `lls plan` says more than that:
        # - put the layer's own files and its requirements.txt into its folder, layers/<name>; `prefix = "python"` in its
        #   table puts Python files of its own on the import path
        # - look at the lines that begin with TODO

        [targets.aws]
        regions = ["us-east-1", "eu-west-1"]
        role_arn = "arn:aws:iam::[account]:role/layers"
        account = "[account]"

        [defaults]
        runtimes = ["python3.12"]
        architecture = "x86_64"

        [layers.hello]
        # published as us-east-1:1, eu-west-1:1
        # TODO: eu-west-1:1 has the description `v1.1.0`
        description = "v1.0.0"
        permission = "my-account"

        [layers.single]
        # published as us-east-1:1
        # TODO: not published in eu-west-1: the next apply does that
        description = "v1.0.0"
        permission = "none"
    "##]].assert_eq(&run.stdout.replace(api.account(), "[account]"));
}

#[test]
fn nothing_to_import_is_an_error() {
    let api = LambdaApi::start();
    let shown = |run: &Run| run.to_string().replace(api.account(), "[account]");
    let project = Project::new().environment(api.env());
    expect![[r#"
        --- stderr
        There is no manifest: looking in AWS, account [account], us-east-1
        error: no layers are published in us-east-1
        hint: name another region with `--region`, or another profile with `--profile`
        --- exit status 1
    "#]]
    .assert_eq(&shown(&project.run(&["import"])));
    publish(&api, "plain", json!({ "Description": "v1.2.0" }));
    expect![[r#"
        --- stderr
        There is no manifest: looking in AWS, account [account], us-east-1
        error: no published layer matches `other*`
        hint: `lls list` shows what is published
        --- exit status 1
    "#]]
    .assert_eq(&shown(&project.run(&["import", "-l", "other*"])));
    project.run(&["import", "-l", "a["]).check(expect![[r#"
        --- stderr
        error: `a[` is not a glob over layer names: unclosed character class; missing ']'
        hint: `*` matches any characters, `?` matches one character, `[ab]` matches one of the characters in the brackets, and `{a,b}` matches one of the alternatives
        --- exit status 1
    "#]]);
}

#[test]
fn a_new_file_is_written_and_no_other() {
    let api = LambdaApi::start();
    publish(&api, "plain", json!({ "Description": "v1.2.0" }));
    let project = Project::new().environment(api.env());
    let run = project.succeed(&["import", "--output", "layers.toml"]);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("Wrote layers.toml"), "{run}");
    let written = project.read("layers.toml");
    assert!(written.contains("[layers.plain]"), "{written}");
    let run = project.run(&["import", "--output", "layers.toml"]);
    run.check(expect![[r#"
        --- stderr
        error: `layers.toml` already exists
        hint: name a new file: `lls import` does not overwrite files
        --- exit status 1
    "#]]);
    assert_eq!(project.read("layers.toml"), written);
}

#[test]
fn what_the_target_says_beside_regions_is_kept() {
    let api = account();
    let target = "[targets.live]\nregions = [\"us-east-1\"]\nstaging_bucket = \"acme-{region}\"\nssm_prefix = \"/acme\"\n";
    let project = Project::new().environment(api.env()).manifest(target);
    let run = project.succeed(&["import", "-l", "plain"]);
    for line in [
        "staging_bucket = \"acme-{region}\"",
        "ssm_prefix = \"/acme\"",
    ] {
        assert!(run.stdout.lines().any(|known| known == line), "{run}");
    }
}
