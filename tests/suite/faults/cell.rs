//! One cell of the matrix: a project of three layers, one fault, and what must hold afterwards.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::archives;
use crate::support::lambda_api::{Call, Fault, LambdaApi};
use crate::support::project::{Project, Run};

pub const LAYERS: [&str; 3] = ["a-first", "b-middle", "c-last"];
const ORGANIZATION: &str = "o-a1b2c3d4e5";
const REGION: &str = "us-east-1";

/// How long `lls` waits in the run with the fault: requests are given up, and changes settled, after this.
pub const IMPATIENT: [&str; 4] = ["--request-timeout", "3", "--settle-time", "1"];
/// Longer than any request is waited for, a publish included.
const HANG: Duration = Duration::from_secs(7);
/// Shorter than the settle time.
const CLOSED: Duration = Duration::from_millis(300);

/// A fault with a name.
#[derive(Clone)]
pub struct Kind {
    pub name: &'static str,
    pub fault: Fault,
    /// Whether a run must come through if it happens once.
    pub is_survived: bool,
}

/// When the fault happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// At the first call for the layer.
    First,
    /// At the second one: where the first was for the plan, this is for its execution.
    Second,
    /// At every call for the layer, as long as the run lasts.
    Always,
}

#[derive(Clone)]
pub struct Cell {
    pub operation: &'static str,
    pub kind: Kind,
    pub when: When,
    /// The layer that is hit; `None` where the call is for none.
    pub layer: Option<&'static str>,
}

pub fn kinds() -> Vec<Kind> {
    let survived = |name, fault| Kind {
        name,
        fault,
        is_survived: true,
    };
    let refusal = |name, code, error_type, message| Kind {
        name,
        fault: Fault::status(code, error_type, message),
        is_survived: false,
    };
    let throttled = Fault::throttled("1");
    let failed = Fault::status(500, "ServiceException", "internal");
    let unavailable = Fault::status(503, "ServiceUnavailableException", "later");
    vec![
        survived("connection refused", Fault::Refused(CLOSED)),
        survived("reset before", Fault::ResetBefore),
        survived("reset after", Fault::ResetAfter),
        survived("hang before", Fault::HangBefore(HANG)),
        survived("hang after", Fault::HangAfter(HANG)),
        survived("truncated body", Fault::TruncatedBody),
        survived("invalid JSON", Fault::InvalidJson),
        survived("slow body", Fault::SlowBody(HANG)),
        survived("429, Retry-After", throttled),
        survived("500", failed),
        survived("503", unavailable),
        refusal("403 expired token", 403, "ExpiredTokenException", "expired"),
        refusal("403 denied", 403, "AccessDeniedException", "not authorized"),
        refusal("404", 404, "ResourceNotFoundException", "not there yet"),
        refusal("409", 409, "ResourceConflictException", "exists"),
        refusal("412", 412, "PreconditionFailedException", "revision"),
        refusal(
            "clock skew",
            403,
            "InvalidSignatureException",
            "Signature expired",
        ),
    ]
}

impl Cell {
    /// Runs `lls` with the fault, without it, and once more; panics where something does not hold.
    pub fn check(&self) {
        let api = LambdaApi::with_organization(ORGANIZATION);
        let project = self.project(&api);
        let before = api.calls().len();
        self.inject(&api);
        let run = project.run(&[&["apply", "--debug"], &IMPATIENT[..]].concat());
        self.check_faulty(&run, &api);
        api.inject(|_, _| None);
        api.wait_until_open();
        let run = project.succeed(&["apply"]);
        check_summary(&run, &self.check_state(&api));
        let mutations = api.mutating_calls().len();
        let run = project.succeed(&["apply"]);
        assert!(run.stdout.starts_with("No changes."), "{run}");
        assert_eq!(
            api.mutating_calls().len(),
            mutations,
            "nothing is left to do"
        );
        check_calls(&api.calls()[before..]);
    }

    /// A project with something to do: to publish and grant, or to replace a grant.
    fn project(&self, api: &LambdaApi) -> Project {
        let description = if self.replaces_grant() {
            "v1.0.0"
        } else {
            "v1.1.0"
        };
        let layer = |name: &&str| {
            format!(
                "[layers.{name}]\ndescription = \"{description}\"\nruntimes = [\"python3.12\"]\n\
                 permission = \"my-organization\"\n"
            )
        };
        let layers: String = LAYERS.iter().map(layer).collect();
        // Where a token gets into an output, `run` finds it.
        let mut project = Project::new()
            .manifest(&format!("[targets.aws]\n{layers}"))
            .environment(api.quick_env())
            .variable("AWS_SESSION_TOKEN", "SECRET-TOKEN-OF-A-SESSION");
        for name in LAYERS {
            project = project.file(&format!("layers/{name}/data.txt"), name);
        }
        if self.replaces_grant() {
            let (declared, other) = ("\"my-organization\"", "{ account = \"111111111111\" }");
            let manifest = project.read("layers.toml");
            project.write("layers.toml", manifest.replace(declared, other));
            project.succeed(&["apply"]);
            project.write("layers.toml", manifest);
        } else {
            for name in LAYERS {
                api.publish(REGION, name, &version());
            }
        }
        project
    }

    fn replaces_grant(&self) -> bool {
        self.operation == "RemoveLayerVersionPermission"
    }

    fn inject(&self, api: &LambdaApi) {
        let Self {
            operation,
            kind,
            when,
            layer,
        } = self.clone();
        let mut calls = 0;
        api.inject_into(move |_, call| {
            if call.operation != operation || layer.is_some_and(|layer| !call.path.contains(layer))
            {
                return None;
            }
            calls += 1;
            let hits = match when {
                When::First => calls == 1,
                When::Second => calls == 2,
                When::Always => true,
            };
            hits.then(|| kind.fault.clone())
        });
    }

    fn check_faulty(&self, run: &Run, api: &LambdaApi) {
        let said = run.stdout.contains(" failed")
            || run.stderr.lines().any(|line| line.starts_with("error: "));
        match run.status {
            0 => {
                assert!(!said, "success with a failure:\n{run}");
                check_summary(run, &self.check_state(api));
            }
            1 => {
                assert!(said, "failure without a word:\n{run}");
                check_summary(run, &arns(api));
            }
            status => panic!("exit status {status}:\n{run}"),
        }
        if self.kind.is_survived && self.when != When::Always {
            assert_eq!(run.status, 0, "once is survived:\n{run}");
        }
    }

    /// One version for each description, with just the grant that is declared; gives the ARNs of all versions.
    fn check_state(&self, api: &LambdaApi) -> BTreeSet<String> {
        let mut existing = BTreeSet::new();
        let descriptions = if self.replaces_grant() {
            json!(["v1.0.0"])
        } else {
            json!(["v1.1.0", "v1.0.0"])
        };
        for layer in LAYERS {
            let versions = api.versions(REGION, layer);
            let found: Vec<_> = versions.iter().map(|v| v["Description"].clone()).collect();
            assert_eq!(Value::from(found), descriptions, "{layer}");
            existing.extend(versions.iter().map(arn));
            let number = versions[0]["Version"].as_u64().expect("a number");
            let policy = api.policy(REGION, layer, number);
            let statements = policy["Statement"].as_array().expect("statements");
            assert_eq!(statements.len(), 1, "{layer}: {policy}");
            assert_eq!(statements[0]["Principal"], "*");
            let condition = json!({ "StringEquals": { "aws:PrincipalOrgID": ORGANIZATION } });
            assert_eq!(statements[0]["Condition"], condition, "{layer}: {policy}");
        }
        existing
    }
}

/// A version that somebody published who is not `lls`.
fn version() -> Value {
    let archive = archives::zip("data.txt", b"before");
    json!({"Content": {"ZipFile": archives::base64(&archive)}, "Description": "v1.0.0"})
}

fn arn(version: &Value) -> String {
    let arn = version["LayerVersionArn"].as_str();
    arn.expect("an ARN").to_owned()
}

/// The ARNs of all versions that exist.
fn arns(api: &LambdaApi) -> BTreeSet<String> {
    let versions = LAYERS.iter().flat_map(|layer| api.versions(REGION, layer));
    versions.map(|version| arn(&version)).collect()
}

/// Every ARN that is printed is that of a version that exists.
fn check_summary(run: &Run, existing: &BTreeSet<String>) {
    let words = run.stdout.split_whitespace();
    for arn in words.filter(|word| word.starts_with("arn:")) {
        assert!(existing.contains(arn), "{arn} does not exist:\n{run}");
    }
}

/// Nothing is deleted, and nobody else than the organization is ever granted anything.
fn check_calls(calls: &[Call]) {
    for call in calls {
        assert!(!call.operation.starts_with("Delete"), "{call:?}");
        if call.operation == "AddLayerVersionPermission" {
            let grant = &call.grant;
            assert_eq!(grant["Principal"], "*", "{grant}");
            assert_eq!(grant["OrganizationId"], ORGANIZATION, "{grant}");
        }
    }
}
