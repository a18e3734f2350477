//! The IAM policies of `docs/iam/`, and whether they allow what `lls` calls.

use std::collections::BTreeSet;

use serde_json::Value;

use super::call::Call;

/// What a role needs that plans.
pub const PLAN: &str = include_str!("../../../../docs/iam/plan.json");
/// What a role needs that applies.
pub const APPLY: &str = include_str!("../../../../docs/iam/apply.json");
/// What a role needs that deletes versions.
pub const DELETE: &str = include_str!("../../../../docs/iam/delete.json");

/// What a role needs that looks who uses which versions.
pub const USAGE: &str = include_str!("../../../../docs/iam/usage.json");

/// What becoming the role of a target needs.
pub const ASSUME_ROLE: &str = include_str!("../../../../docs/iam/assume-role.json");

/// The actions that a policy allows.
pub fn actions(policy: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(policy).expect("a policy in JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    let mut actions = BTreeSet::new();
    for statement in statements {
        assert_eq!(statement["Effect"], "Allow");
        let listed = statement["Action"].as_array().expect("actions").iter();
        actions.extend(listed.map(|action| action.as_str().expect("an action").to_owned()));
    }
    actions
}

/// Asserts that each of the calls that `lls` made is in one of the documented policies.
pub fn assert_documented(calls: &[Call]) {
    let documented: BTreeSet<_> = [PLAN, APPLY, DELETE, USAGE, ASSUME_ROLE]
        .into_iter()
        .flat_map(actions)
        .collect();
    // A web identity is no AWS identity yet: the trust policy of its role alone decides.
    let needs_policy =
        |call: &&Call| call.is_from_lls && call.operation != "AssumeRoleWithWebIdentity";
    for call in calls.iter().filter(needs_policy) {
        let operation = &call.operation;
        let needed = action_of(operation);
        let is_known = documented
            .iter()
            .any(|action| action.split(':').nth(1) == Some(needed));
        assert!(is_known, "no policy in docs/iam allows {operation}");
    }
}

/// The actions that the calls of `lls` take, without the service before the colon.
pub fn called(calls: &[Call]) -> BTreeSet<String> {
    let calls = calls.iter().filter(|call| call.is_from_lls);
    calls
        .map(|call| action_of(&call.operation).to_owned())
        .collect()
}

/// The actions of some services that a policy allows, without the service before the colon.
pub fn allowed(policy: &str, services: &[&str]) -> BTreeSet<String> {
    let actions = actions(policy).into_iter();
    let allowed = actions.filter_map(|action| {
        let (service, name) = action.split_once(':').expect("a service and an action");
        services.contains(&service).then(|| name.to_owned())
    });
    allowed.collect()
}

/// The action that allows an operation, which S3 calls otherwise (Amazon S3 user guide, "Multipart upload API and
/// permissions").
fn action_of(operation: &str) -> &str {
    match operation {
        "HeadObject" => "GetObject",
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        // IAM has one action for both ways to ask for a layer version.
        "GetLayerVersionByArn" => "GetLayerVersion",
        other => other,
    }
}
