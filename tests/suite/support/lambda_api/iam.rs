//! The IAM policies of `docs/iam/`, filled in for a test, and whether they allow what `lls` calls.

use std::collections::BTreeSet;

use globset::Glob;
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

/// All that a role of `lls` may be given.
pub const ALL: [&str; 5] = [PLAN, APPLY, DELETE, USAGE, ASSUME_ROLE];

/// What is put in place of the words in capitals.
#[derive(Debug, Clone, Copy)]
pub struct Filled<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub prefix: &'a str,
    pub bucket: &'a str,
    pub parameters: &'a str,
}

impl<'a> Filled<'a> {
    /// As widely as a role of this account may be.
    pub fn widely(account: &'a str) -> Self {
        Self {
            account,
            region: "*",
            prefix: "",
            bucket: "*",
            parameters: "acme",
        }
    }

    /// A policy, filled in.
    pub fn fill(&self, policy: &str) -> String {
        policy
            .replace("ACCOUNT", self.account)
            .replace("REGION", self.region)
            .replace("PREFIX", self.prefix)
            .replace("BUCKET", self.bucket)
            .replace("PARAMETERS", self.parameters)
            .replace("ROLE", "*")
    }

    /// Whether a policy, filled in, allows a call.
    pub fn allows(&self, policy: &str, call: &Call) -> bool {
        let policy = self.fill(policy);
        let statements = statements(&policy);
        let arns = call
            .resources
            .iter()
            .map(|resource| self.arn(call, resource));
        let mut arns: Vec<_> = arns.collect();
        if arns.is_empty() {
            arns.push("*".to_owned()); // an action that knows no resources
        }
        let action = action_of(&call.operation);
        let is_allowed = |arn: &String| {
            statements.iter().any(|statement| {
                let mut listed = texts(&statement["Action"]);
                listed.any(|listed| listed.split(':').nth(1) == Some(action))
                    && texts(&statement["Resource"]).any(|pattern| matches(pattern, arn))
                    && self.holds(&statement["Condition"], call)
            })
        };
        arns.iter().all(is_allowed)
    }

    fn arn(&self, call: &Call, resource: &str) -> String {
        if resource.starts_with("arn:") {
            return resource.to_owned();
        }
        let service = resource.split([':', '/']).next().expect("a kind");
        let service = match service {
            "layer" => "lambda",
            "parameter" => "ssm",
            other => panic!("no service has `{other}`"),
        };
        format!(
            "arn:aws:{service}:{}:{}:{resource}",
            call.region, self.account
        )
    }

    /// Whether every condition of a statement is met. The test's buckets belong to its account.
    fn holds(&self, condition: &Value, call: &Call) -> bool {
        let operators = condition.as_object().into_iter().flatten();
        let mut tests = operators.flat_map(|(operator, keys)| {
            assert!(["StringEquals", "StringLike"].contains(&operator.as_str()));
            keys.as_object().expect("keys")
        });
        tests.all(|(key, expected)| {
            let actual = match key.as_str() {
                "aws:RequestedRegion" => call.region.as_str(),
                "aws:ResourceAccount" => self.account,
                other => panic!("the test knows no condition on `{other}`"),
            };
            texts(expected).any(|expected| matches(expected, actual))
        })
    }
}

/// The statements of a policy, each of which allows something.
pub fn statements(policy: &str) -> Vec<Value> {
    let mut policy: Value = serde_json::from_str(policy).expect("a policy in JSON");
    let statements = policy["Statement"].take();
    let statements = statements.as_array().expect("statements").clone();
    assert!(
        statements
            .iter()
            .all(|statement| statement["Effect"] == "Allow")
    );
    statements
}

/// The actions that a policy allows.
pub fn actions(policy: &str) -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    for statement in statements(policy) {
        actions.extend(texts(&statement["Action"]).map(str::to_owned));
    }
    actions
}

/// Asserts that each of the calls that `lls` made in an account is allowed by one of the documented policies.
pub fn assert_documented(calls: &[Call], account: &str) {
    // A web identity is no AWS identity yet: the trust policy of its role alone decides.
    let needs_policy =
        |call: &&Call| call.is_from_lls && call.operation != "AssumeRoleWithWebIdentity";
    for call in calls.iter().filter(needs_policy) {
        let is_allowed = |account: &str| {
            let filled = Filled::widely(account);
            ALL.iter().any(|policy| filled.allows(policy, call))
        };
        // A version of another account, and a role there, are named by whole ARNs, which have to be added.
        let named = call.resources.iter().find(|name| name.starts_with("arn:"));
        let named = named.and_then(|arn| arn.split(':').nth(4));
        let named = named.filter(|account| !account.is_empty());
        assert!(
            is_allowed(named.unwrap_or(account)),
            "no policy in docs/iam allows {} on {:?} in {}",
            call.operation,
            call.resources,
            call.region
        );
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

/// A text or a list of texts, as IAM takes both.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().map(|text| text.as_str().expect("a text"))
}

/// Whether a pattern of IAM matches: `*` stands for anything, also for colons and slashes.
fn matches(pattern: &str, text: &str) -> bool {
    let glob = Glob::new(pattern).expect("a pattern");
    glob.compile_matcher().is_match(text)
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
