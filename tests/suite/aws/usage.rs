//! `lls usage`: which functions use which layer versions, and how far behind they are.

use expect_test::expect;
use serde_json::Value;

use super::publishing::with_late_lists;
use crate::support::lambda_api::LambdaApi;
use crate::support::project::Project;

/// The address of a version of `hello`.
pub(super) fn arn(api: &LambdaApi, region: &str, number: u64) -> String {
    format!(
        "arn:aws:lambda:{region}:{}:layer:hello:{number}",
        api.account()
    )
}

/// A project that has published `versions` versions of `hello`: v1.0.0, v1.1.0 and so on.
pub(super) fn published(api: &LambdaApi, versions: usize) -> Project {
    let project = Project::hello_in(api);
    for minor in 0..versions {
        if minor > 0 {
            let (from, to) = (format!("v1.{}.0", minor - 1), format!("v1.{minor}.0"));
            project.edit_manifest(&from, &to);
            project.write("layers/hello/hello.py", format!("VERSION = {minor}\n"));
        }
        project.succeed(&["apply"]);
    }
    project
}

#[test]
fn usage_says_how_far_behind_functions_are() {
    let api = LambdaApi::start();
    let project = published(&api, 4);
    let region = "us-east-1";
    api.create_function(region, "api", &[&arn(&api, region, 1)]);
    api.publish_function(region, "api");
    api.set_layers(region, "api", &[&arn(&api, region, 4)]);
    api.create_function(region, "worker", &[&arn(&api, region, 2)]);
    api.create_function(region, "idle", &[]);
    let foreign = "arn:aws:lambda:us-east-1:468665244580:layer:theirs:7";
    api.create_function(region, "other", &[foreign, &arn(&api, region, 3)]);
    api.delete(region, "hello", 2);
    project.edit_manifest("v1.3.0", "v1.2.0");
    project.run(&["usage"]).check(expect![[r#"
        us-east-1
          hello:4  v1.3.0   newer than :3 v1.2.0
                used by api:$LATEST
          hello:3  v1.2.0   current
                used by other:$LATEST
          hello:2  deleted   1 version behind :3 v1.2.0
                used by worker:$LATEST
          hello:1  v1.0.0   1 version behind :3 v1.2.0
                used by api:1
          1 layer version of other accounts in use; nothing else is known of them
        --- exit status 0
    "#]]);

    // A description that is not published yet makes the newest version current.
    project.edit_manifest("v1.2.0", "v2.0.0");
    project.succeed(&["usage"]).assert_stdout(&[
        "  hello:4  v1.3.0   current\n",
        "  hello:3  v1.2.0   1 version behind :4 v1.3.0\n",
        "  hello:2  deleted   2 versions behind :4 v1.3.0\n",
        "  hello:1  v1.0.0   2 versions behind :4 v1.3.0\n",
    ]);
    let run = project.succeed(&["usage", "--format", "json"]);
    let document = run.json();
    let layer = &document["destinations"][0]["layers"][0];
    assert_eq!(layer["current"]["number"], 4, "{run}");
    assert_eq!(layer["versions"][1]["number"], 3);
    assert_eq!(layer["versions"][1]["behind"], 1);
    assert_eq!(layer["versions"][1]["users"][0]["function"], "other");
    assert!(
        api.mutating_calls()
            .iter()
            .all(|call| !call.path.contains("functions"))
    );
}

#[test]
fn usage_tells_regions_apart() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let regions = "[targets.aws]\nregions = [\"us-east-1\", \"eu-west-1\", \"eu-north-1\"]";
    project.edit_manifest("[targets.aws]", regions);
    project.succeed(&["apply", "--region", "us-east-1"]);
    project.succeed(&["apply", "--region", "eu-west-1"]);
    api.create_function("eu-west-1", "api", &[&arn(&api, "eu-west-1", 1)]);
    project.run(&["usage"]).check(expect![[r#"
        us-east-1
          hello  no function uses it

        eu-west-1
          hello:1  v1.0.0   current
                used by api:$LATEST

        eu-north-1
          No function uses a layer of this account.
        --- exit status 0
    "#]]);
}

/// The current version of `hello` as `usage` says it, which `plan` must say as well.
fn current(project: &Project) -> u64 {
    let json = |arguments: &[&str]| -> Value {
        let run = project.succeed(&[arguments, &["--format", "json"]].concat());
        assert_eq!(run.stderr, "");
        run.json()
    };
    let usage = json(&["usage"]);
    let plan = json(&["plan"]);
    let used = &usage["destinations"][0]["layers"][0]["current"]["number"];
    let planned = &plan["layers"][0]["destinations"][0]["current"]["number"];
    assert_eq!(used, planned, "{usage}{plan}");
    used.as_u64().unwrap()
}

#[test]
fn usage_and_plan_agree_which_of_several_versions_is_current() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 2);
    project.succeed(&["apply"]);
    assert_eq!(api.versions("us-east-1", "hello").len(), 2);
    assert_eq!(current(&project), 1, "the lowest of equal ones");

    let hello = project.read("layers/hello/hello.py");
    project.write("layers/hello/hello.py", "VERSION = 3\n");
    let republish = "description = \"v1.0.0\"\nrepublish = \"allow\"";
    project.edit_manifest("description = \"v1.0.0\"", republish);
    project.succeed(&["apply"]);
    assert_eq!(current(&project), 3, "the one with the declared content");
    let region = "us-east-1";
    api.create_function(region, "api", &[&arn(&api, region, 1)]);
    let run = project.succeed(&["usage"]);
    run.assert_stdout(&["hello:1  v1.0.0   2 versions behind :3 v1.0.0"]);

    project.write("layers/hello/hello.py", hello);
    project.forget_builds();
    assert_eq!(
        current(&project),
        1,
        "after a revert, which publishes nothing"
    );
}

#[test]
fn usage_says_where_it_cannot_know_which_version_is_current() {
    let api = LambdaApi::start();
    let project = with_late_lists(&api, 2);
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "VERSION = 4\n");
    let unknown =
        "several versions of `hello` in us-east-1 have the description of the manifest, and none";
    let run = project.succeed(&["usage"]);
    assert!(run.stderr.contains(unknown), "{run}");
    project.write("layers/hello/requirements.txt", "six\n");
    let run = project.succeed(&["usage"]);
    run.assert_stderr(&["warning: cannot compare the manifest with what is published"]);
    assert!(run.stderr.contains(unknown), "{run}");
    assert!(!project.path("layers/hello/requirements.lock").exists());
}
