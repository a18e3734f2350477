//! What moves between a plan that was saved and its apply: named, and nothing is changed.

use expect_test::expect;

use crate::support::lambda_api::LambdaApi;
use crate::support::project::{Project, Run};

/// A project in two regions with one version in each, a changed file, and a saved plan that publishes it.
fn with_saved_plan(api: &LambdaApi) -> Project {
    let project = Project::hello_in_two_regions(api);
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "def hello():\n    return 'hi'\n");
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.succeed(&["plan", "--out", "plan.json"]);
    project
}

/// Asserts that the saved plan is refused, that nothing is changed, and that a new plan is applied; gives the refusal.
fn refused(api: &LambdaApi, project: &Project) -> Run {
    let before = api.mutating_calls().len();
    let run = project.fail(&["apply", "plan.json"]);
    assert_eq!(api.mutating_calls().len(), before, "{run}");
    project.succeed(&["plan", "--out", "plan.json"]);
    project.succeed(&["apply", "plan.json"]);
    project.assert_converged();
    run
}

/// The lines of a refusal that name what moved; there must be no others.
fn moved(refusal: &Run) -> String {
    let head = "--- stderr\nerror: `plan.json` is out of date\n";
    let tail = "hint: nothing was changed; make a new plan with `lls plan --out FILE`\n--- exit status 1\n";
    let text = refusal.between(head, tail);
    let lines = text
        .lines()
        .map(|line| line.strip_prefix("  ").expect(line));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_plan_without_changes_can_be_saved_and_applied() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    let run = project.succeed(&["plan", "--out", "plan.json", "--detailed-exitcode"]);
    assert!(run.stdout.starts_with("No changes."), "{run}");
    // What was recognised by its hash is recognised by its comment where nothing was built.
    project.forget_builds();
    let run = project.succeed(&["apply", "plan.json"]);
    assert_eq!(run.stdout, "No changes. 1 layer matches layers.toml.\n");
}

#[test]
fn a_version_that_was_published_since_is_named() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    let other = Project::hello_in(&api).file("layers/hello/more.py", "");
    other.edit_manifest("v1.0.0", "v1.0.1");
    other.succeed(&["apply", "--region", "eu-west-1"]);
    expect![[r#"
        hello: eu-west-1: versions published since: none -> :2
        hello: eu-west-1: action: publish after :1 -> publish after :2
    "#]]
    .assert_eq(&moved(&refused(&api, &project)));
}

#[test]
fn a_version_that_was_deleted_since_is_named() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    api.delete("us-east-1", "hello", 1);
    expect![[r#"
        hello: us-east-1: versions deleted since: none -> :1
        hello: us-east-1: action: publish after :1 -> create
    "#]]
    .assert_eq(&moved(&refused(&api, &project)));
}

#[test]
fn a_saved_plan_is_applied_once() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    project.forget_builds();
    project.run(&["apply", "plan.json"]).check(expect![[r#"
        aws: account [account], us-east-1 and eu-west-1

          ^ hello  v1.1.0   after v1.0.0 (us-east-1:1, eu-west-1:1)
                ~ python/hello.py  +1 -1
                229 B -> 227 B zipped, 32 B -> 29 B unpacked
                grant account [account]

        Plan: 1 version to publish; 0 unchanged, 0 blocked.

          ^ hello v1.1.0   published as :2 in us-east-1
                arn:aws:lambda:us-east-1:[account]:layer:hello:2
                granted account [account]
          ^ hello v1.1.0   published as :2 in eu-west-1
                arn:aws:lambda:eu-west-1:[account]:layer:hello:2
                granted account [account]

        Applied: 2 versions published, 0 permissions changed, 0 unchanged.
        --- stderr
        Built hello, 227 B
        Published hello to eu-west-1, 227 B
        Published hello to us-east-1, 227 B
        --- exit status 0
    "#]]);
    expect![[r#"
        hello: us-east-1: versions published since: none -> :2
        hello: us-east-1: action: publish after :1 -> unchanged, :2
        hello: us-east-1: grant: account [account] -> none
        hello: eu-west-1: versions published since: none -> :2
        hello: eu-west-1: action: publish after :1 -> unchanged, :2
        hello: eu-west-1: grant: account [account] -> none
    "#]]
    .assert_eq(&moved(&refused(&api, &project)));
}

#[test]
fn other_content_is_named_by_its_hash() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    project.write("layers/hello/hello.py", "def hello():\n    return 'ho'\n");
    refused(&api, &project).check(expect![[r#"
        --- stderr
        Built hello, 227 B
        error: `plan.json` is out of date
          hello: archive: 7af8a4544fb73905d9655b6ce2424ccf91a68b027c6d532bbf6883ebacec5f20 -> ab893497810c09e8b0cfb00504ab4e58e28cf4cbeb3878c0b61f0879ad04088a
        hint: nothing was changed; make a new plan with `lls plan --out FILE`
        --- exit status 1
    "#]]);
}

#[test]
fn another_policy_is_named() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.edit_manifest("my-account", "public");
    project.set_in_target("allow_public = true");
    project.succeed(&["plan", "--out", "plan.json"]);
    api.grant("us-east-1", "hello", 1, "partner", "468665244580");
    expect![[r#"
        hello: us-east-1: unmanaged statements: none -> account 468665244580 (partner)
    "#]]
    .assert_eq(&moved(&refused(&api, &project)));
}

#[test]
fn another_manifest_is_named() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    project.edit_manifest("my-account", "none");
    expect![[r#"
        layers.toml: the manifest's text: sha256 1a209fff7e316fa9f89a0b580e813c95b2cb368383f733ae21b13d7627d537c1 -> sha256 b384ef55ac9333a72fbe796ca935b809334f801503c5178fca2e645ddfcb73ee
    "#]]
    .assert_eq(&moved(&refused(&api, &project)));
}

#[test]
fn another_account_region_and_organization_are_named() {
    let (api, other) = (
        LambdaApi::with_organization("o-a1b2c3d4e5"),
        LambdaApi::with_organization("o-zzzzzzzzzz"),
    );
    let project = Project::hello_in(&api);
    project.edit_manifest("my-account", "my-organization");
    project.succeed(&["plan", "--out", "plan.json"]);
    let elsewhere = project.variable("AWS_REGION", "eu-west-1").environment(
        other
            .env()
            .into_iter()
            .filter(|(name, _)| name != "AWS_REGION"),
    );
    let lines = moved(&elsewhere.fail(&["apply", "plan.json"]));
    // The account that is asked is left out of what a run shows.
    expect![[r#"
        account: [first account] -> [account]
        destinations: us-east-1 -> eu-west-1
    "#]]
    .assert_eq(&lines.replace(api.account(), "[first account]"));

    let same_region = elsewhere
        .variable("AWS_REGION", "us-east-1")
        .environment(api.env());
    let organization = other.endpoint();
    let run = same_region
        .variable("AWS_ENDPOINT_URL_ORGANIZATIONS", organization)
        .fail(&["apply", "plan.json"]);
    expect![[r#"
        hello: us-east-1: permission: organization o-a1b2c3d4e5 -> organization o-zzzzzzzzzz
        hello: us-east-1: grant: organization o-a1b2c3d4e5 -> organization o-zzzzzzzzzz
    "#]]
    .assert_eq(&moved(&run));
    assert!(api.mutating_calls().is_empty() && other.mutating_calls().is_empty());
}

#[test]
fn a_plan_that_is_not_whole_is_neither_saved_nor_applied() {
    let api = LambdaApi::start();
    let project = with_saved_plan(&api);
    api.deny_region("eu-west-1");
    let run = project.fail(&["plan", "--out", "other.json"]);
    let message = "The plan is not saved: it is not whole.\n";
    assert!(run.stderr.ends_with(message), "{run}");
    assert!(!project.path("other.json").exists());
    let before = api.mutating_calls().len();
    project.run(&["apply", "plan.json"]).check(expect![[r#"
        --- stderr
        error: eu-west-1: cannot list the versions of layer `hello`
          caused by: access denied: not authorized
        hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        --- exit status 1
    "#]]);
    assert_eq!(api.mutating_calls().len(), before);
    api.inject_nothing();
    project.succeed(&["apply", "plan.json"]);
}
