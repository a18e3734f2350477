//! Who may use a version, whatever is lost, late or changed by others on the way.

use expect_test::expect;
use serde_json::Value;

use super::{ORGANIZATION, granted_by_others};
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

#[test]
fn a_change_of_a_policy_whose_reply_is_lost_is_seen_to_be_made() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.edit_manifest("\"my-account\"", "{ account = \"333333333333\" }");
    let plan = project.succeed(&["plan"]);
    plan.assert_stdout(&["grant account 333333333333", "revoke account"]);
    api.inject(|number, operation| {
        (operation.ends_with("LayerVersionPermission") && number == 1).then_some(Fault::ResetAfter)
    });
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
          ~ hello v1.0.0   permission of :1 changed
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                granted account 333333333333
                revoked 1 statement

        Applied: 0 versions published, 1 permission changed, 0 unchanged.
        --- exit status 0
    "#]]);
    project.assert_converged();
}

#[test]
fn an_organization_without_its_condition_is_taken_back() {
    let api = LambdaApi::with_organization(ORGANIZATION);
    let project = Project::hello_in(&api);
    project.edit_manifest("my-account", "my-organization");
    let unconditional = Fault::Edited(|reply| {
        let Some(text) = reply["Policy"].as_str() else {
            return;
        };
        let mut policy: Value = serde_json::from_str(text).unwrap();
        let statement = policy["Statement"][0].as_object_mut();
        statement.unwrap().remove("Condition");
        reply["Policy"] = policy.to_string().into();
    });
    api.inject_always("GetLayerVersionPolicy", unconditional);
    project.run(&["apply"]).check(expect![[r#"
        aws: account [account], us-east-1

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant organization o-a1b2c3d4e5

        Plan: 1 layer to create; 0 unchanged, 0 blocked.

          ! hello v1.0.0   published as :1, but then failed
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                us-east-1: the policy of hello:1 does not say what was just granted; the statement was taken back
                hint: check the policy of that version before anyone uses it, and run the command again

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 failed.
        --- stderr
        Built hello, 229 B
        Published hello to us-east-1, 229 B
        --- exit status 1
    "#]]);
    assert_eq!(
        api.policy("us-east-1", "hello", 1)["Statement"],
        Value::Null
    );
    api.inject_nothing();
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn a_version_that_cannot_be_granted_yet_is_waited_for() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    api.inject_first(6, "AddLayerVersionPermission", Fault::late());
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn somebody_elses_changes_at_the_same_time_are_not_undone() {
    let api = LambdaApi::start();
    let project = granted_by_others(&api, &[("partner", "222222222222")]);
    project.edit_manifest("\"none\"", "{ account = \"333333333333\" }");
    let stale =
        |reply: &mut Value| reply["RevisionId"] = "00000000-0000-4000-8000-000000000000".into();
    api.inject_first(2, "GetLayerVersionPolicy", Fault::Edited(stale));
    project.succeed(&["apply"]);
    project.assert_converged();
    let refused = api
        .calls()
        .into_iter()
        .filter(|call| call.status == Some(412));
    assert_eq!(refused.count(), 1, "the revision that was read is sent");
    let policy = api.policy("us-east-1", "hello", 1).to_string();
    assert!(
        policy.contains("partner") && policy.contains("333333333333"),
        "{policy}"
    );
}
