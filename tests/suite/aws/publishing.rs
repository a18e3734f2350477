//! A publish is carried out once, whatever becomes of its reply and whoever else publishes.

use expect_test::expect;
use serde_json::{Value, json};

use super::{CREATED, granted_by_others};
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

/// A list of versions that does not know any yet.
const NOTHING_LISTED: Fault = Fault::Edited(|page| page["LayerVersions"] = json!([]));

#[test]
fn a_publish_whose_reply_is_lost_is_found_again() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    api.inject_first(1, "PublishLayerVersion", Fault::ResetAfter);
    project.run(&["apply"]).below(CREATED).check(expect![[r#"
          + hello v1.0.0   published as :1 (reply lost, found again)
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                granted account [account]

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        Built hello, 229 B
        Published hello to us-east-1, 229 B
        --- exit status 0
    "#]]);
    project.assert_converged();
    assert_eq!(api.versions("us-east-1", "hello").len(), 1);
}

#[test]
fn a_publish_that_did_not_arrive_is_sent_again_but_not_for_ever() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    api.inject_first(2, "PublishLayerVersion", Fault::ResetBefore);
    project.succeed(&["apply"]);
    project.assert_converged();
    assert_eq!(api.versions("us-east-1", "hello").len(), 1);

    project.edit_manifest("v1.0.0", "v1.1.0");
    let before = api.count("PublishLayerVersion");
    api.inject_always("PublishLayerVersion", Fault::ResetBefore);
    let run = project.fail(&["apply"]);
    assert!(run.stdout.contains("cannot publish layer `hello`"), "{run}");
    assert_eq!(api.count("PublishLayerVersion") - before, 3);
}

#[test]
fn a_version_that_is_listed_and_described_late_is_waited_for() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let mut published = false;
    let (mut lists, mut descriptions) = (0, 0);
    api.inject(move |_, operation| match operation {
        "PublishLayerVersion" => {
            published = true;
            Some(Fault::ResetAfter)
        }
        "ListLayerVersions" if published => {
            lists += 1;
            (lists < 5).then_some(NOTHING_LISTED)
        }
        "GetLayerVersion" if published => {
            descriptions += 1;
            (descriptions < 3).then(Fault::late)
        }
        _ => None,
    });
    let run = project.succeed(&["apply"]);
    assert!(run.stdout.contains("reply lost, found again"), "{run}");
    api.inject_nothing();
    project.assert_converged();
    assert_eq!(api.versions("us-east-1", "hello").len(), 1);
}

#[test]
fn another_hash_than_that_of_the_archive_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let edited = Fault::Edited(|version| {
        version["Content"]["CodeSha256"] =
            Value::from("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    });
    api.inject_always("PublishLayerVersion", edited);
    project.run(&["apply"]).below(CREATED).check(expect![[r#"
          ! hello v1.0.0   published, but then failed
                us-east-1: cannot publish layer `hello` as version 1
                the published hash is 0000000000000000000000000000000000000000000000000000000000000000, not 2cf59024daedd2e05b463823e28556bc8e29ddd5ade10c0deb288a45f020749b: the version must not be used
                hint: delete that version, and find out what changed the archive on its way

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 failed.
        --- stderr
        Built hello, 229 B
        --- exit status 1
    "#]]);
    assert!(
        !api.operations()
            .contains(&"AddLayerVersionPermission".to_owned()),
        "nobody may use what is not the archive"
    );
}

/// A project whose layer another run has published already, in which the first lists do not show it.
pub(super) fn with_late_lists(api: &LambdaApi, late: usize) -> Project {
    let project = Project::hello_in(api);
    project.succeed(&["apply"]);
    api.inject_first(late, "ListLayerVersions", NOTHING_LISTED);
    project
}

#[test]
fn what_another_run_published_after_planning_is_not_published_again() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 1);
    project.run(&["apply"]).below(CREATED).check(expect![[r#"
            hello v1.0.0   published as :1 by another run
                arn:aws:lambda:us-east-1:[account]:layer:hello:1

        Applied: 0 versions published, 0 permissions changed, 1 unchanged.
        --- exit status 0
    "#]]);
    project.assert_converged();
    assert_eq!(api.count("PublishLayerVersion"), 1);
}

#[test]
fn of_two_equal_versions_the_lower_one_is_current() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 2);
    project.run(&["apply"]).below(CREATED).check(expect![[r#"
          + hello v1.0.0   published as :1 by another run
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                :2 of this run is identical, but not granted

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        Published hello to us-east-1, 229 B
        --- exit status 0
    "#]]);
    project.assert_converged();
    assert_eq!(api.versions("us-east-1", "hello").len(), 2);
    assert_eq!(api.policy("us-east-1", "hello", 2), Value::Null);
}

#[test]
fn a_description_that_another_run_took_after_planning_stays_taken() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 1);
    project.write("layers/hello/hello.py", "x = 2\n");
    let run = project.fail(&["apply"]);
    run.assert_stdout(&["its description is already published as :1 with different content"]);
    assert_eq!(api.count("PublishLayerVersion"), 1);
}

#[test]
fn two_contents_with_one_description_are_not_both_granted() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 2);
    project.write("layers/hello/hello.py", "x = 2\n");
    let run = project.fail(&["apply", "--format", "json"]);
    let summary = run.json();
    let destination = &summary["layers"][0]["destinations"][0];
    assert_eq!(destination["published"], true);
    assert_eq!(destination["current"], Value::Null, "{destination}");
    assert_eq!(
        destination["error"],
        "its description is already published as :1 with different content; :2 is identical, but not granted"
    );
    // Nor does a later run take it.
    api.inject_nothing();
    project.run(&["apply"]).check(expect![[r#"
        aws: account [account], us-east-1

          ! hello  v1.0.0   already published as :1 with different content
                :2 is identical, but not granted
                hint: raise `description` in layers.toml:4, for example with
                      `lls bump hello --minor`

        Plan: nothing to do; 0 unchanged, 1 blocked.
        --- exit status 1
    "#]]);
    assert_eq!(api.versions("us-east-1", "hello").len(), 2);
    assert_eq!(api.policy("us-east-1", "hello", 2), Value::Null);

    // Where the manifest allows several contents, it does.
    project.edit_manifest("prefix", "republish = \"allow\"\nprefix");
    project.succeed(&["apply"]);
    assert_ne!(api.policy("us-east-1", "hello", 2), Value::Null);
    // What is granted stays current, whatever is allowed later.
    project.edit_manifest("republish = \"allow\"", "republish = \"deny\"");
    project.assert_converged();
}

#[test]
fn an_equal_version_above_another_content_is_not_taken_from_another_run() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 0);
    let first = project.read("layers/hello/hello.py");
    project.edit_manifest("prefix", "republish = \"allow\"\nprefix");
    project.write("layers/hello/hello.py", "x = 2\n");
    project.succeed(&["apply"]);
    project.edit_manifest("republish = \"allow\"", "republish = \"deny\"");
    api.inject_first(1, "ListLayerVersions", NOTHING_LISTED);
    let run = project.fail(&["apply"]);
    run.assert_stdout(&["already published as :1 with different content"]);
    assert_eq!(api.count("PublishLayerVersion"), 2);
    project.write("layers/hello/hello.py", first);
    project.assert_converged();
}

#[test]
fn a_version_of_another_run_that_is_listed_and_described_late_is_waited_for() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 0);
    let mut looks = 0;
    api.inject_into(move |number, call| match call.operation.as_str() {
        "ListLayerVersions" if number <= 2 => Some(NOTHING_LISTED),
        "GetLayerVersion" if call.path.ends_with("/versions/1") => {
            looks += 1;
            (looks < 3).then(Fault::late)
        }
        _ => None,
    });
    let run = project.succeed(&["apply"]);
    run.assert_stdout(&[
        "published as :1 by another run",
        ":2 of this run is identical",
    ]);
    project.assert_converged();
}

#[test]
fn a_version_of_another_run_is_granted_to_no_others_than_declared() {
    let api = LambdaApi::start();
    let grants = [("lls-account-111111111111", "111111111111")];
    let project = granted_by_others(&api, &grants);
    api.inject_first(1, "ListLayerVersions", NOTHING_LISTED);
    let run = project.succeed(&["apply"]);
    assert!(run.stdout.contains("revoked 1 statement"), "{run}");
    let policy = api.policy("us-east-1", "hello", 1);
    assert!(!policy.to_string().contains("111111111111"), "{policy}");
    project.assert_converged();
}

#[test]
fn what_another_run_published_just_now_is_waited_for() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 0);
    api.inject(|number, operation| match operation {
        "ListLayerVersions" if number == 1 => Some(NOTHING_LISTED),
        "GetLayerVersion" if number < 3 => Some(Fault::late()),
        _ => None,
    });
    let run = project.succeed(&["apply"]);
    run.assert_stdout(&["published as :1 by another run"]);
    project.assert_converged();
    assert_eq!(api.count("PublishLayerVersion"), 1);
}
