//! `lls doctor`: what it finds of tools, locks, indexes, credentials, and permissions, and that it changes nothing.

use expect_test::expect;
use serde_json::Value;

use crate::aws::staging::send;
use crate::support::lambda_api::{LambdaApi, iam};
use crate::support::project::{APP, Project};

/// The checks whose subject is one of these, each as a line.
fn found(document: &Value, subjects: &[&str]) -> String {
    let sections = document["sections"].as_array().unwrap().iter();
    let checks = sections.flat_map(|section| section["checks"].as_array().unwrap());
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let wanted = checks.filter(|check| {
        let subject = text(check, "subject");
        subjects.iter().any(|wanted| subject.starts_with(wanted))
    });
    let line = |check: &Value| {
        let words = ["subject", "outcome", "finding", "hint"].map(|key| text(check, key));
        format!("{}\n", words.join(" | ").trim_end_matches(" | "))
    };
    wanted.map(line).collect()
}

/// A server that allows what a policy of `docs/iam` allows.
fn allowing(policy: &str) -> LambdaApi {
    let actions = iam::actions(policy);
    let actions: Vec<_> = actions.iter().map(String::as_str).collect();
    LambdaApi::allowing(&actions)
}

#[test]
fn what_an_apply_needs_is_tried_and_nothing_changes() {
    let api = allowing(iam::APPLY);
    let project = Project::hello_in(&api);
    project.set_in_target("ssm_prefix = \"/acme/layers\"");
    let run = project.succeed(&["doctor"]);
    run.assert_stdout(&[
        "target `aws`\n",
        "  \u{2713} credentials      account ",
        "target `aws`, us-east-1, layer `hello`\n  - list layers      us-east-1: cannot list the layers: ",
        "; only `lls list` needs it\n",
        "  \u{2713} publish          allowed\n",
        "  \u{2713} grant            allowed\n",
        "  \u{2713} revoke           allowed\n",
        " failed.\n",
    ]);
    assert_eq!(api.versions("us-east-1", "hello"), Vec::<Value>::new());
    assert!(!project.path("registry").exists());
}

#[test]
fn a_role_that_only_plans_is_told_what_it_lacks_for_applies() {
    let api = allowing(iam::PLAN);
    let project = Project::hello_in(&api);
    let subjects = &["list", "read", "publish", "grant", "revoke"];
    let document = project.fail(&["doctor", "--format", "json"]).json();
    let told = found(&document, subjects);
    let lines: Vec<_> = told
        .lines()
        .map(|line| line.split(": User").next().unwrap())
        .collect();
    expect![[r#"
        list layers | passed | allowed
        list versions | passed | allowed
        read versions | passed | allowed
        read policies | passed | allowed
        publish | failed | us-east-1: cannot publish layer `hello`: access denied
        grant | failed | us-east-1: cannot grant hello:2147483647: access denied
        revoke | failed | us-east-1: cannot revoke lls-account-[account] of hello:2147483647: access denied"#]]
    .assert_eq(&lines.join("\n").replace(api.account(), "[account]"));
    let hint = "allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy";
    assert_eq!(told.matches(hint).count(), 3, "{told}");
    let document = project
        .succeed(&["doctor", "--plan-only", "--format", "json"])
        .json();
    assert_eq!(found(&document, subjects).lines().count(), 4);
}

#[test]
fn a_staging_bucket_is_tried() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.set_in_target("staging_bucket = \"acme-layers\"");
    let document = project.fail(&["doctor", "--format", "json"]).json();
    expect![[r#"
        stage archives | failed | us-east-1: cannot upload to the staging bucket `acme-layers`: the staging bucket `acme-layers` does not exist | create it in the destination's region, or change `staging_bucket` of the target in layers.toml
    "#]]
    .assert_eq(&found(&document, &["stage"]));
    send(&api, "us-east-1", "PUT", "/acme-layers", b"");
    let document = project.succeed(&["doctor", "--format", "json"]).json();
    assert_eq!(
        found(&document, &["stage"]),
        "stage archives | passed | allowed\n"
    );
    assert_eq!(api.count("AbortMultipartUpload"), 1);
    assert_eq!(api.count("CompleteMultipartUpload"), 0);
}

#[test]
fn what_is_wrong_with_the_connection_is_told() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.set_in_target("account = \"111122223333\"");
    let document = project.fail(&["doctor", "--format", "json"]).json();
    let told = found(&document, &["connection"]);
    assert!(
        told.contains("but target `aws` is pinned to 111122223333"),
        "{told}"
    );
    let project = Project::hello_in(&api).variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let project = project.variable("LLS_REQUEST_TIMEOUT", "0.2");
    let document = project.fail(&["doctor", "--format", "json"]).json();
    let told = found(&document, &["connection"]);
    assert!(
        told.contains("no valid response: Connection refused"),
        "{told}"
    );
}

#[test]
fn locks_and_indexes_are_looked_at() {
    let project = Project::new().manifest(APP);
    let project = project.file("layers/app/requirements.txt", "six==1.16.0\n");
    let subjects = &["manifest", "lock", "index", "uv"];
    let told = |run: &crate::support::project::Run| {
        let told = found(&run.json(), subjects);
        let uv = told.lines().next().unwrap().to_owned();
        assert!(uv.starts_with("uv | passed | 0."), "{uv}");
        told[uv.len() + 1..].to_owned()
    };
    let doctor = &["doctor", "--format", "json"];
    expect![[r#"
        manifest | passed | `layers.toml` is valid
        lock of app | warned | missing | run `lls lock app`, and commit the file
    "#]]
    .assert_eq(&told(&project.succeed(doctor)));
    project.succeed(&["lock"]);
    expect![[r#"
        manifest | passed | `layers.toml` is valid
        lock of app | passed | up to date
        index of app | passed | answers; six [version] is the newest
    "#]]
    .assert_eq(&with_any_version(&told(&project.succeed(doctor))));
    let project = project.variable("UV_INDEX_URL", "http://127.0.0.1:1/simple");
    let project = project.variable("UV_DEFAULT_INDEX", "http://127.0.0.1:1/simple");
    let said = told(&project.fail(doctor));
    assert!(said.contains("index of app | failed | "), "{said}");
}

/// The text without the version that an index calls the newest.
fn with_any_version(told: &str) -> String {
    let (before, rest) = told.split_once("six ").unwrap();
    let (_, after) = rest.split_once(' ').unwrap();
    format!("{before}six [version] {after}")
}

#[test]
fn without_a_manifest_the_machine_is_looked_at() {
    let project = Project::new();
    project.fail(&["doctor"]).assert_stdout(&[
        "machine\n  \u{2713} uv        ",
        "project\n  ! manifest  there is no manifest at `layers.toml`\n",
        "hint: ",
        "1 check passed, 0 warnings, 1 failed.\n",
    ]);
    let project = Project::hello().variable("LLS_UV", "/nonexistent/uv");
    let document = project.fail(&["doctor", "--format", "json"]).json();
    let told = found(&document, &["uv"]);
    assert!(
        told.starts_with("uv | failed | cannot run `/nonexistent/uv`"),
        "{told}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told() {
    let project = Project::hello();
    let document = project.succeed(&["doctor", "--format", "json"]).json();
    assert_eq!(
        found(&document, &["publish"]),
        "publish | passed | allowed\n"
    );
    assert!(!project.path("registry").exists());
    let project = project.file("taken", "");
    project.edit_manifest("\"registry\"", "\"taken/registry\"");
    let document = project.fail(&["doctor", "--format", "json"]).json();
    let told = found(&document, &["publish"]);
    assert!(told.contains("cannot write to `taken`: "), "{told}");
}
