//! Whatever was published, granted, deleted and declared before: applying leaves nothing to do, or only what is
//! blocked, and takes nothing away. Histories are made up by `proptest`, which also finds the shortest that fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use lls::input::Repository;
use lls::layer::{Grantee, LayerName, Statement, StatementId, VersionNumber};
use lls::progress::Silent;
use lls::registry::{DirectoryRegistry, ReadRegistry as _, Registry as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::support::project::{HELLO, Project};

const HISTORIES: u32 = 60;

const PERMISSIONS: [&str; 5] = [
    "\"none\"",
    "\"my-account\"",
    "\"my-organization\"",
    "{ account = \"111111111111\" }",
    "\"public\"",
];

/// Statements that others make: with names that `lls` manages, which may lie, and with others.
const STATEMENTS: [&str; 5] = [
    "partner",
    "LayerVersionPermission",
    "lls-public",
    "lls-account-111111111111",
    "lls-organization-o-0000000000",
];

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// The layer's file is written.
    Content(u8),
    /// The manifest says another description, permission, runtime, or whether to publish again.
    Declare {
        description: u8,
        permission: usize,
        runtime: u8,
        republish: bool,
    },
    /// Somebody else publishes from a project of theirs.
    Publish { description: u8, content: u8 },
    /// Somebody deletes one of the versions.
    Delete(u64),
    /// Somebody adds a statement to one of the versions.
    Grant {
        number: u64,
        statement: usize,
        grantee: u8,
    },
    /// Somebody removes a statement from one of the versions.
    Revoke { number: u64, statement: usize },
    /// `lls apply`, and all that must hold after it.
    Apply,
    /// A plan is saved, this happens, and the plan is applied.
    Interfered(Box<Step>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let declare = (0..3_u8, 0..PERMISSIONS.len(), 2..4_u8, any::<bool>());
    let declare = declare.prop_map(
        |(description, permission, runtime, republish)| Step::Declare {
            description,
            permission,
            runtime,
            republish,
        },
    );
    let publish = (0..3_u8, 0..3_u8).prop_map(|(description, content)| Step::Publish {
        description,
        content,
    });
    let grant = (1..6_u64, 0..STATEMENTS.len(), 0..4_u8);
    let grant = grant.prop_map(|(number, statement, grantee)| Step::Grant {
        number,
        statement,
        grantee,
    });
    let revoke = (1..6_u64, 0..STATEMENTS.len());
    let revoke = revoke.prop_map(|(number, statement)| Step::Revoke { number, statement });
    let interference = prop_oneof![
        publish.clone(),
        (1..6_u64).prop_map(Step::Delete),
        grant.clone(),
        revoke.clone(),
    ];
    let interfered = interference.prop_map(|step| Step::Interfered(Box::new(step)));
    let step = prop_oneof![
        2 => interfered,
        2 => (0..3_u8).prop_map(Step::Content),
        3 => declare,
        2 => publish,
        1 => (1..6_u64).prop_map(Step::Delete),
        2 => grant,
        1 => revoke,
        3 => Just(Step::Apply),
    ];
    prop::collection::vec(step, 1..10)
}

/// A project and somebody else's, which publish to one folder.
struct World {
    project: Project,
    others: Project,
    registry: DirectoryRegistry,
    layer: LayerName,
}

impl World {
    fn new() -> Self {
        let manifest = HELLO.replace("[layers.hello]", "allow_public = true\n\n[layers.hello]");
        let project = Project::hello().manifest(&manifest);
        std::fs::create_dir(project.path("registry")).unwrap();
        let registry = project.path("registry");
        let others = Project::hello().variable("LLS_ALLOW_OUTSIDE", &registry);
        std::os::unix::fs::symlink(&registry, others.path("registry")).unwrap();
        let repository = Repository::around(&project.path(""), Path::new("/"), &[]);
        Self {
            project,
            others,
            registry: DirectoryRegistry::new(registry, repository, Arc::new(Silent)),
            layer: "hello".parse().unwrap(),
        }
    }

    async fn take(&self, step: &Step) {
        match *step {
            Step::Content(content) => self.project.write("layers/hello/hello.py", text(content)),
            Step::Declare {
                description,
                permission,
                runtime,
                republish,
            } => {
                let republish = if republish { "allow" } else { "deny" };
                self.project.write(
                    "layers.toml",
                    format!(
                        "[targets.local]\ndirectory = \"registry\"\nallow_public = true\n\n[layers.hello]\n\
                         description = \"v1.{description}.0\"\nruntimes = [\"python3.1{runtime}\"]\n\
                         prefix = \"python\"\npermission = {}\nrepublish = \"{republish}\"\n",
                        PERMISSIONS[permission]
                    ),
                );
            }
            Step::Publish {
                description,
                content,
            } => {
                let manifest = HELLO.replace("v1.0.0", &format!("v1.{description}.0"));
                let again = "republish = \"allow\"\nprefix";
                self.others
                    .write("layers.toml", manifest.replace("prefix", again));
                self.others.write("layers/hello/hello.py", text(content));
                self.others.succeed(&["apply"]);
            }
            Step::Delete(number) => {
                let number = VersionNumber(number);
                self.registry.delete(&self.layer, number).await.unwrap();
            }
            // There may be no such version or statement, or one already: then nothing happens.
            Step::Grant {
                number,
                statement,
                grantee,
            } => {
                let statement = Statement {
                    id: StatementId(STATEMENTS[statement].to_owned()),
                    grantee: grantees()[grantee as usize].clone(),
                };
                let number = VersionNumber(number);
                let _ = self
                    .registry
                    .grant(&self.layer, number, &statement, None)
                    .await;
            }
            Step::Revoke { number, statement } => {
                let id = StatementId(STATEMENTS[statement].to_owned());
                let number = VersionNumber(number);
                let _ = self.registry.revoke(&self.layer, number, &id, None).await;
            }
            Step::Apply => self.apply().await,
            Step::Interfered(ref step) => self.apply_saved(step).await,
        }
    }

    /// Applies a plan that may not be true any more: it is carried out whole, or nothing is done.
    async fn apply_saved(&self, interference: &Step) {
        self.project.run(&["plan", "--out", "plan.json"]);
        Box::pin(self.take(interference)).await;
        let before = self.state().await;
        let applied = self.project.run(&["apply", "plan.json"]);
        match applied.status {
            0 => self.project.assert_converged(),
            _ => assert_eq!(before, self.state().await, "{applied}"),
        }
    }

    /// All versions with their content and their statements.
    async fn state(&self) -> BTreeSet<String> {
        let mut state = self.facts().await;
        for version in self.registry.versions(&self.layer, None).await.unwrap() {
            let number = version.number;
            let policy = self.registry.policy(&self.layer, number).await.unwrap();
            state.insert(format!("{number} {:?}", policy.statements));
        }
        state
    }

    /// Plans twice, applies, and plans again.
    async fn apply(&self) {
        let plan = self.project.run(&["plan", "--format", "json"]);
        let again = self.project.run(&["plan", "--format", "json"]);
        assert_eq!(plan.stdout, again.stdout, "equal states give equal plans");
        let before = self.facts().await;
        let applied = self.project.run(&["apply"]);
        let after = self.facts().await;
        assert!(after.is_superset(&before), "{before:?}\n{after:?}");
        let left = self.project.run(&["plan", "--format", "json"]);
        assert_eq!(applied.status, left.status, "{applied}{left}");
        let document: Value = serde_json::from_str(&left.stdout).unwrap();
        let destination = &document["layers"][0]["destinations"][0];
        match destination["action"].as_str() {
            Some("unchanged") => {
                let permission = &destination["permission"];
                assert_eq!(permission["grant"], Value::Null, "{left}");
                assert_eq!(permission["revoke"], Value::Array(Vec::new()), "{left}");
                assert_eq!(left.status, 0, "{left}");
            }
            Some("blocked") => {
                assert_eq!(
                    plan.stdout, left.stdout,
                    "nothing is done where it is blocked"
                );
                assert_eq!(left.status, 1, "{left}");
            }
            action => panic!("{action:?} is left to do\n{applied}{left}"),
        }
    }

    /// What must never go: the versions, and the statements that `lls` does not manage.
    async fn facts(&self) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        for version in self.registry.versions(&self.layer, None).await.unwrap() {
            let number = version.number;
            let described = self.registry.describe(&self.layer, number).await.unwrap();
            facts.insert(format!("{number} {}", described.unwrap().sha256));
            let policy = self.registry.policy(&self.layer, number).await.unwrap();
            facts.extend(
                policy
                    .unmanaged()
                    .map(|statement| format!("{number} {statement:?}")),
            );
        }
        facts
    }
}

fn text(content: u8) -> String {
    format!("x = {content}\n")
}

fn grantees() -> [Option<Grantee>; 4] {
    [
        Some(Grantee::Public),
        Some(Grantee::Account("111111111111".parse().unwrap())),
        Some(Grantee::Organization("o-0000000000".parse().unwrap())),
        None,
    ]
}

#[test]
fn after_any_history_an_apply_leaves_nothing_to_do() {
    let config = Config {
        cases: HISTORIES,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let world = World::new();
        runtime.block_on(async {
            for step in &steps {
                world.take(step).await;
            }
            world.apply().await;
        });
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
