//! `lls` against the Lambda API: what it asks for, and what it leaves there.

mod credentials;
mod destinations;
mod diffs;
mod failures;
mod grants;
mod moved_plans;
mod policies;
mod publishing;
mod removal;
pub mod staging;
mod unreadable_archives;
mod usage;

use expect_test::expect;
use lls::digest::Sha256;
use serde_json::json;

use crate::support::lambda_api::LambdaApi;
use crate::support::project::Project;

const ORGANIZATION: &str = "o-a1b2c3d4e5";

/// The plan for a new layer `hello`.
pub const CREATED: &str = "aws: account [account], us-east-1

  + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
        + python/hello.py
        for python3.12 on x86_64
        grant account [account]

Plan: 1 layer to create; 0 unchanged, 0 blocked.
";

/// A project with a published version that others alone have granted: these statements for these accounts.
fn granted_by_others(api: &LambdaApi, grants: &[(&str, &str)]) -> Project {
    let project = Project::hello_in(api);
    project.edit_manifest("\"my-account\"", "\"none\"");
    project.succeed(&["apply"]);
    for (statement, account) in grants {
        api.grant("us-east-1", "hello", 1, statement, account);
    }
    project
}

#[test]
fn plan_apply_plan() {
    let api = LambdaApi::with_organization(ORGANIZATION);
    let project = Project::hello_in(&api);
    project.edit_manifest("my-account", "my-organization");

    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        aws: account [account], us-east-1

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant organization o-a1b2c3d4e5

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 229 B
        --- exit status 0
    "#]]);
    assert!(api.mutating_calls().is_empty());
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
          + hello v1.0.0   published as :1
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                granted organization o-a1b2c3d4e5

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        Published hello to us-east-1, 229 B
        --- exit status 0
    "#]]);

    let versions = api.versions("us-east-1", "hello");
    assert_eq!(versions.len(), 1);
    let build = project.succeed(&["build", "--format", "json", "--output-dir", "out"]);
    let build = build.json();
    let local = Sha256::of(project.bytes("out/hello.zip"));
    assert_eq!(versions[0]["Content"]["CodeSha256"], local.base64());
    assert_eq!(build["layers"][0]["sha256"], local.to_string());
    assert_eq!(versions[0]["CompatibleRuntimes"], json!(["python3.12"]));
    assert_eq!(versions[0]["CompatibleArchitectures"], json!(["x86_64"]));

    let policy = api.policy("us-east-1", "hello", 1);
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(
        statements[0]["Sid"],
        format!("lls-organization-{ORGANIZATION}")
    );
    assert_eq!(statements[0]["Principal"], "*");
    assert_eq!(statements[0]["Action"], "lambda:GetLayerVersion");
    assert_eq!(
        statements[0]["Condition"],
        json!({ "StringEquals": { "aws:PrincipalOrgID": ORGANIZATION } })
    );

    let before = api.calls().len();
    project.assert_converged();
    let unchanged = &api.operations()[before..];
    let lambda = unchanged
        .iter()
        .filter(|name| name.contains("Layer"))
        .count();
    assert_eq!(
        lambda, 3,
        "an unchanged layer takes three requests: {unchanged:?}"
    );
}

#[test]
fn a_fresh_machine_recognises_an_unchanged_layer_without_building_it() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.forget_builds();
    let before = api.count("GetArchive");
    let run = project.succeed(&["plan"]);
    assert_eq!(
        run.to_string(),
        "No changes. 1 layer matches layers.toml.\n--- exit status 0\n"
    );
    let downloads = api.count("GetArchive") - before;
    assert_eq!(downloads, 1, "only the archive's tail is read");
    assert!(!project.path(".lls/archives").exists(), "nothing is built");
}

#[test]
fn a_server_without_ranges_makes_the_layer_be_built_and_compared() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.forget_builds();
    api.ignore_ranges();
    let run = project.succeed(&["plan"]);
    assert!(
        run.stdout.starts_with("No changes.") && run.stderr.contains("Built hello"),
        "{run}"
    );
}

#[test]
fn regions_are_published_to_and_compared_independently() {
    let api = LambdaApi::with_organization(ORGANIZATION);
    let project = Project::hello_in_two_regions(&api);
    // One region is ahead by a version.
    project.succeed(&["apply", "--region", "us-east-1"]);
    project.write("layers/hello/hello.py", "x = 1\n");
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.succeed(&["apply", "--region", "us-east-1"]);
    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        aws: account [account], us-east-1 and eu-west-1

          + hello  v1.1.0   new layer in eu-west-1, 204 B zipped, 6 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account [account]

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
            hello v1.1.0   unchanged, :2 in us-east-1
                arn:aws:lambda:us-east-1:[account]:layer:hello:2
          + hello v1.1.0   published as :1 in eu-west-1
                arn:aws:lambda:eu-west-1:[account]:layer:hello:1
                granted account [account]

        Applied: 1 version published, 0 permissions changed, 1 unchanged.
        --- stderr
        Published hello to eu-west-1, 204 B
        --- exit status 0
    "#]]);
    project.assert_converged();

    project.write("layers/hello/hello.py", "x = 2\n");
    project.edit_manifest("v1.1.0", "v1.2.0");
    project.edit_manifest("\"my-account\"", "{ organization = \"o-a1b2c3d4e5\" }");
    project.run(&["plan"]).check(expect![[r#"
        aws: account [account], us-east-1 and eu-west-1

          ^ hello  v1.2.0   after v1.1.0 (us-east-1:2, eu-west-1:1)
                ~ python/hello.py  +1 -1
                grant organization o-a1b2c3d4e5

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 204 B
        --- exit status 0
    "#]]);
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn a_statement_of_the_succeeded_tool_counts_and_others_are_left_alone() {
    let api = LambdaApi::start();
    let grants = [
        ("LayerVersionPermission", "111111111111"),
        ("partner", "222222222222"),
    ];
    let project = granted_by_others(&api, &grants);
    project.edit_manifest("\"none\"", "{ account = \"111111111111\" }");
    project.run(&["plan"]).check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        note: hello in us-east-1: account 222222222222 (statement partner) is not
              managed by lls and is kept
        --- exit status 0
    "#]]);
    project.edit_manifest("111111111111", "333333333333");
    project.run(&["apply"]).check(expect![[r#"
        aws: account [account], us-east-1

          ~ hello  v1.0.0   published as :1, granted to someone else
                grant account 333333333333
                revoke account 111111111111 (statement LayerVersionPermission)

        note: hello in us-east-1: account 222222222222 (statement partner) is not
              managed by lls and is kept

        Plan: 1 permission to change; 0 unchanged, 0 blocked.

          ~ hello v1.0.0   permission of :1 changed
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                granted account 333333333333
                revoked 1 statement

        Applied: 0 versions published, 1 permission changed, 0 unchanged.
        --- exit status 0
    "#]]);
    project.assert_converged();
    let policy = api.policy("us-east-1", "hello", 1).to_string();
    assert!(
        policy.contains("partner") && policy.contains("333333333333"),
        "{policy}"
    );
    assert!(!policy.contains("LayerVersionPermission"), "{policy}");
}

#[test]
fn layers_and_versions_are_listed() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.run(&["list"]).check(expect![[r#"
        hello  :1  v1.0.0  arn:aws:lambda:us-east-1:[account]:layer:hello:1
        --- exit status 0
    "#]]);
    let run = project.succeed(&[
        "versions",
        "--layer",
        "hello",
        "--runtime",
        "python3.12",
        "--format",
        "json",
    ]);
    let document = run.json();
    assert_eq!(document["destinations"][0]["versions"][0]["number"], 1);
}

#[test]
fn the_one_off_publishes_as_the_succeeded_tool_did() {
    let api = LambdaApi::with_organization(ORGANIZATION);
    // The profile comes before the keys in the environment, as it did for that tool.
    let (id, secret) = (api.account(), "secret");
    let config = format!(
        "[profile operations]\nregion = eu-west-1\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
    );
    let project = Project::new()
        .file("layers/tool/tool.py", "x = 1\n")
        .outside_file("aws-config", config);
    let config = project.outside("aws-config");
    let project = project
        .environment(
            api.env()
                .into_iter()
                .filter(|(name, _)| name != "AWS_REGION"),
        )
        .variable("AWS_CONFIG_FILE", config)
        .variable("AWS_ACCESS_KEY_ID", "999999999999");
    let arguments = [
        "publish",
        "--profile",
        "operations",
        "--layer",
        "tool",
        "--version",
        "v0.0.8",
        "--layer-path",
        "layers/tool/",
        "--runtimes",
        "python3.12",
        "python3.13",
        "--my-organization",
    ];
    project.run(&arguments).check(expect![[r#"
          + tool v0.0.8   published as :1
                arn:aws:lambda:eu-west-1:[account]:layer:tool:1
                granted organization o-a1b2c3d4e5

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        Built tool, 202 B
        Published tool to eu-west-1, 202 B
        --- exit status 0
    "#]]);
    project.run(&arguments).check(expect![[r#"
            tool v0.0.8   unchanged, :1
                arn:aws:lambda:eu-west-1:[account]:layer:tool:1

        Applied: 0 versions published, 0 permissions changed, 1 unchanged.
        --- exit status 0
    "#]]);
    assert_eq!(api.versions("eu-west-1", "tool").len(), 1);

    project.write("layers/tool/tool.py", "x = 2\n");
    project.run(&arguments).check(expect![[r#"
          ! tool v0.0.8   blocked
                its description is already published as :1 with different content
                hint: a published version is never replaced: raise the description of `tool`

        Applied: 0 versions published, 0 permissions changed, 0 unchanged, 1 blocked.
        --- stderr
        Built tool, 202 B
        environment: account [account], eu-west-1

          ! tool  v0.0.8   already published as :1 with different content
                ~ python/tool.py  +1 -1
                hint: publish it as another version

        Plan: nothing to do; 0 unchanged, 1 blocked.
        --- exit status 1
    "#]]);
}

#[test]
fn a_role_is_assumed_first() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let role = "role_arn = \"arn:aws:iam::468665244580:role/layers\"\nexternal_id = \"acme\"";
    project.edit_manifest(
        "[targets.aws]",
        &format!("[targets.aws]\n{role}\naccount = \"468665244580\""),
    );
    project.edit_manifest(
        "description = \"v1.0.0\"",
        &format!("description = \"v1.0.{}\"", api.account()),
    );
    let run = project.succeed(&["apply"]);
    run.assert_stdout(&["arn:aws:lambda:us-east-1:468665244580:layer:hello:"]);
    project.assert_converged();
    assert!(api.operations().contains(&"AssumeRole".to_owned()));
    assert!(
        api.versions("us-east-1", "hello").is_empty(),
        "nothing lands in the caller's own account"
    );
}
