//! Parameters that are not as they were planned, cannot be read, or can never be there.

use expect_test::expect;

use super::{REGION, held, in_aws, raise};
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

#[test]
fn a_saved_plan_knows_its_parameters() {
    let api = LambdaApi::start();
    let project = in_aws(&api);
    project.succeed(&["plan", "--out", "plan.json"]);
    api.set_parameter(REGION, "/acme/layers/hello/current", "hunter2");
    project.run(&["apply", "plan.json"]).check(expect![[r#"
        --- stderr
        error: `plan.json` is out of date
          hello: us-east-1: parameters: /acme/layers/hello/v1.0.0, /acme/layers/hello/current -> /acme/layers/hello/v1.0.0, /acme/layers/hello/current (now something else)
        hint: nothing was changed; make a new plan with `lls plan --out FILE`
        --- exit status 1
    "#]]);
    // What others keep in a parameter may be a secret.
    let run = project.succeed(&["plan", "--out", "plan.json", "--format", "json"]);
    run.assert_stdout(&["\"before\": \"something else\""]);
    assert!(!(run.to_string() + &project.read("plan.json")).contains("hunter2"));
    project.succeed(&["apply", "plan.json"]);
    assert!(!held(&api, REGION).contains("hunter2"));
    project.assert_converged();
}

#[test]
fn a_parameter_that_was_set_meanwhile_is_not_undone() {
    let api = LambdaApi::start();
    let project = in_aws(&api);
    project.succeed(&["apply"]);
    raise(&project, "v1.0.0", "v1.1.0");
    let plan = project.succeed(&["plan"]);
    // What apply reads after planning says something else than what planning read.
    api.inject(|number, operation| {
        let edit: fn(&mut serde_json::Value) = |reply| {
            for parameter in reply["Parameters"].as_array_mut().unwrap() {
                parameter["Value"] = "arn:aws:lambda:us-east-1:123456789012:layer:hello:9".into();
            }
        };
        (operation == "GetParameters" && number == 2).then_some(Fault::Edited(edit))
    });
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
          ! hello v1.1.0   published as :2, but then failed
                arn:aws:lambda:us-east-1:[account]:layer:hello:2
                granted account [account]
                us-east-1: parameter /acme/layers/hello/current was set to arn:aws:lambda:us-east-1:123456789012:layer:hello:9 since the plan was made
                hint: run the command again: it starts from what is there now

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 failed.
        --- stderr
        Published hello to us-east-1, 217 B
        --- exit status 1
    "#]]);
    api.inject_nothing();
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn what_cannot_be_read_is_not_planned() {
    let api = LambdaApi::start();
    let project = in_aws(&api);
    let said = "not authorized to perform: ssm:GetParameters";
    let denied = Fault::status(400, "AccessDeniedException", said);
    api.inject_always("GetParameters", denied);
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: us-east-1: cannot read the parameters
          caused by: access denied: not authorized to perform: ssm:GetParameters
        hint: allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy
        --- exit status 1
    "#]]);
    assert!(api.mutating_calls().is_empty());
}

#[test]
fn names_that_no_parameter_can_have_are_found_in_the_manifest() {
    let project = Project::hello();
    project.set_in_target("ssm_prefix = \"/acme/layers\"");
    project.edit_manifest("v1.0.0", "v1.0.0+linux");
    project.run(&["validate"]).check(expect![[r#"
        --- stderr
        error: `v1.0.0+linux` of layer `hello` cannot be part of the name of an SSM parameter (`ssm_prefix` of target `local`)
         --> layers.toml:6:15
          |
        6 | description = "v1.0.0+linux"
          |               ^^^^^^^^^^^^^^
          |
          = hint: leave out the part from `+` on: such names hold letters, digits, `.`, `-` and `_`

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
    project.edit_manifest("/acme/layers", "/aws/layers");
    project.run(&["validate"]).check(expect![[r#"
        --- stderr
        error: `/aws/layers` begins with `aws` or `ssm`, which AWS keeps for itself
         --> layers.toml:2:14
          |
        2 | ssm_prefix = "/aws/layers"
          |              ^^^^^^^^^^^^^
          |
          = hint: a path of SSM parameters, such as "/acme/layers"

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}
