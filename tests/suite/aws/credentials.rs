//! Named profiles whose credentials come from somewhere else: a role assumed from another profile, a web identity.

use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

/// A project with a configuration in which profile `ops` takes a role from profile `base`, without any region.
fn with_source_profile(api: &LambdaApi) -> Project {
    let account = api.account();
    with_config(
        Project::hello_in(api),
        &format!(
            "[profile base]\naws_access_key_id = {account}\naws_secret_access_key = secret\n\n\
             [profile ops]\nrole_arn = arn:aws:iam::{account}:role/ops\nsource_profile = base\n"
        ),
    )
}

/// A project with a configuration in which profile `ci` is a web identity, which needs no other credentials.
fn with_web_identity(api: &LambdaApi) -> Project {
    let role = format!("arn:aws:iam::{}:role/ci", api.account());
    let environment = api.env().into_iter();
    let environment = environment.filter(|(name, _)| name != "AWS_REGION");
    let project = Project::hello().environment(environment);
    let local = "[targets.local]\ndirectory = \"registry\"";
    project.edit_manifest(local, "[targets.aws]");
    let project = project.file("token", "a.web.token");
    let token = project.path("token");
    let config = format!(
        "[profile ci]\nregion = eu-west-1\nrole_arn = {role}\nweb_identity_token_file = {}\n",
        token.display()
    );
    with_config(project, &config)
}

fn with_config(project: Project, config: &str) -> Project {
    let project = project.outside_file("aws-config", config);
    let path = project.outside("aws-config");
    // Keys in the environment that would lead to another account.
    project
        .variable("AWS_CONFIG_FILE", path)
        .variable("AWS_ACCESS_KEY_ID", "999999999999")
}

/// Applies, and asserts that the layer is in the account of the role, in this region.
fn applies(api: &LambdaApi, project: &Project, options: &[&str], region: &str) {
    let run = project.succeed(&[&["apply"], options].concat());
    let arn = format!("arn:aws:lambda:{region}:{}:layer:hello:1", api.account());
    assert!(run.stdout.contains(&arn), "{run}");
    assert_eq!(api.versions(region, "hello").len(), 1);
}

#[test]
fn a_named_profile_may_take_its_role_from_another_profile() {
    let api = LambdaApi::start();
    let project = with_source_profile(&api);
    applies(&api, &project, &["--profile", "ops"], "us-east-1");
    let options = ["--profile", "ops", "--region", "eu-west-1"];
    applies(&api, &project, &options, "eu-west-1");
    assert!(api.operations().contains(&"AssumeRole".to_owned()));
}

#[test]
fn the_profile_of_a_target_may_take_its_role_from_another_profile() {
    let api = LambdaApi::start();
    let project = with_source_profile(&api).variable("AWS_REGION", "");
    let target = "[targets.aws]\nprofile = \"ops\"\nregions = [\"eu-central-1\"]";
    project.edit_manifest("[targets.aws]", target);
    applies(&api, &project, &[], "eu-central-1");
    project.assert_converged();
}

#[test]
fn a_named_profile_may_be_a_web_identity_in_a_region_of_its_own() {
    let api = LambdaApi::start();
    let project = with_web_identity(&api);
    applies(&api, &project, &["--profile", "ci"], "eu-west-1");
    let calls = api.calls();
    let mut assumed = calls
        .iter()
        .filter(|call| call.operation == "AssumeRoleWithWebIdentity");
    assert!(assumed.next().is_some());
}

#[test]
fn a_role_of_a_profile_that_is_denied_is_named() {
    let api = LambdaApi::start();
    let project = with_source_profile(&api);
    let denied = Fault::status(
        403,
        "AccessDenied",
        "not authorized to perform sts:AssumeRole",
    );
    api.inject_always("AssumeRole", denied);
    let run = project.fail(&["plan", "--profile", "ops"]);
    run.assert_stderr(&["access denied", "not authorized to perform sts:AssumeRole"]);
}
