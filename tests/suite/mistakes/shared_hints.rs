//! One cause in many layers: each layer is named, and the hint is printed once.

use expect_test::expect;

use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::{HELLO, Project};

/// Adds so many layers, each with a requirement if `file` is a requirements.txt.
fn with_layers(mut project: Project, count: usize, file: &str) -> Project {
    let mut manifest = project.read("layers.toml");
    for number in 1..=count {
        let name = format!("layer-{number:02}");
        manifest += &format!(
            "\n[layers.{name}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\npermission = \"my-account\"\n"
        );
        project = project.file(&format!("layers/{name}/{file}"), "idna\n");
    }
    project.manifest(&manifest)
}

#[test]
fn thirty_layers_without_a_lock_have_one_hint() {
    let project = with_layers(Project::new().manifest(HELLO), 30, "requirements.txt");
    let project = project.file("layers/hello/hello.py", "");
    let run = project.fail(&["plan", "--locked"]);
    assert_eq!(run.stderr.matches("error: ").count(), 30, "{run}");
    assert_eq!(run.stderr.matches("hint: ").count(), 1, "{run}");
    let two = &["plan", "--locked", "layer-01", "layer-02"];
    project.fail(two).check(expect![[r#"
        --- stderr
        error: the lock of layer `layer-01` is missing
        error: the lock of layer `layer-02` is missing
        hint: run `lls lock` and commit requirements.lock
        --- exit status 1
    "#]]);
}

#[test]
fn a_denied_grant_of_three_layers_has_one_hint() {
    let api = LambdaApi::start();
    let project = with_layers(Project::hello_in(&api), 2, "data.txt");
    let denied = Fault::denied("not authorized");
    api.inject_always("AddLayerVersionPermission", denied);
    let run = project.fail(&["apply"]);
    let (_, summary) = run.stdout.split_once("blocked.\n").unwrap();
    expect![[r#"

          ! hello v1.0.0   published as :1, but then failed
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                us-east-1: cannot grant hello:1
                access denied: not authorized
          ! layer-01 v1.0.0   published as :1, but then failed
                arn:aws:lambda:us-east-1:[account]:layer:layer-01:1
                us-east-1: cannot grant layer-01:1
                access denied: not authorized
          ! layer-02 v1.0.0   published as :1, but then failed
                arn:aws:lambda:us-east-1:[account]:layer:layer-02:1
                us-east-1: cannot grant layer-02:1
                access denied: not authorized

        hint for 3 failures: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy

        Applied: 3 versions published, 0 permissions changed, 0 unchanged, 3 failed.
    "#]].assert_eq(&summary.replace(api.account(), "[account]"));
    api.inject_nothing();
    project.succeed(&["apply"]);
    project.assert_converged();
}
