//! The calls that `apply` does not make, or only with a role: every fault, once and always. A command says what it
//! could not do, deletes nothing that it should not, and does it all when the fault is gone.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use super::cell::{IMPATIENT, Kind, When, kinds};
use crate::support::lambda_api::LambdaApi;
use crate::support::project::{Project, Run};

/// Each call with the command that makes it.
const CALLS: [(&str, &[&str]); 7] = [
    ("ListLayers", &["list"]),
    ("ListFunctions", &["usage"]),
    ("DeleteLayerVersion", &["delete", "hello:1", "--yes"]),
    ("AssumeRole", &["plan"]),
    ("GetParameters", &["apply"]),
    ("PutParameter", &["apply"]),
    ("GetLayerVersionByArn", &["show", ARN]),
];

/// Stands for the ARN of the first version, in an account that each test has for itself.
const ARN: &str = "arn";

/// More than there are cores: a cell mostly waits.
const WORKERS: usize = 16;

struct Cell {
    operation: &'static str,
    command: &'static [&'static str],
    kind: Kind,
    when: When,
}

impl Cell {
    fn check(&self) {
        let api = LambdaApi::start();
        let project = self.project(&api);
        let (operation, kind, when) = (self.operation, self.kind.clone(), self.when);
        api.inject(move |number, called| {
            let hits = called == operation && (when == When::Always || number == 1);
            hits.then(|| kind.fault.clone())
        });
        let arn = format!("arn:aws:lambda:us-east-1:{}:layer:hello:1", api.account());
        let named = |part: &&'static str| if *part == ARN { arn.as_str() } else { part };
        let command: Vec<&str> = self.command.iter().map(named).collect();
        let run = project.run(&[&command, &IMPATIENT[..]].concat());
        self.check_faulty(&run, &api);
        api.inject(|_, _| None);
        api.wait_until_open();
        project.succeed(&command);
        self.check_parameters(&api);
        assert_eq!(
            numbers(&api),
            if self.deletes() { vec![2] } else { vec![2, 1] }
        );
    }

    /// In the end both parameters hold the current version, in which nothing was published.
    fn check_parameters(&self, api: &LambdaApi) {
        let arn = format!("arn:aws:lambda:us-east-1:{}:layer:hello:2", api.account());
        let names = ["/acme/hello/current", "/acme/hello/v1.1.0"];
        let expected = names.map(|name| (name.to_owned(), arn.clone()));
        let expected = BTreeMap::from_iter(expected.into_iter().filter(|_| self.has_parameters()));
        assert_eq!(api.parameters("us-east-1"), expected);
    }

    fn has_parameters(&self) -> bool {
        self.operation.ends_with("Parameter") || self.operation.ends_with("Parameters")
    }

    fn deletes(&self) -> bool {
        self.operation == "DeleteLayerVersion"
    }

    /// A project that has published two versions of a layer, and works with a role where that is tested.
    fn project(&self, api: &LambdaApi) -> Project {
        let project = Project::hello_in(api)
            .environment(api.quick_env())
            .variable("AWS_SESSION_TOKEN", "TOKEN-OF-A-SESSION");
        project.succeed(&["apply"]);
        project.edit_manifest("v1.0.0", "v1.1.0");
        project.succeed(&["apply"]);
        if self.operation == "AssumeRole" {
            let role = format!("role_arn = \"arn:aws:iam::{}:role/layers\"", api.account());
            project.edit_manifest("[targets.aws]", &format!("[targets.aws]\n{role}"));
        }
        if self.has_parameters() {
            project.edit_manifest("[targets.aws]", "[targets.aws]\nssm_prefix = \"/acme\"");
        }
        project
    }

    fn check_faulty(&self, run: &Run, api: &LambdaApi) {
        let said = run.stdout.contains("failed")
            || run.stderr.lines().any(|line| line.starts_with("error: "));
        let expected = i32::from(said);
        assert_eq!(
            run.status, expected,
            "success and failure are told apart:\n{run}"
        );
        assert_eq!(
            numbers(api)[0],
            2,
            "what nobody named is not deleted:\n{run}"
        );
        // Roles are asked for by the SDK, which has its own patience.
        if self.kind.is_survived && self.when == When::First && self.operation != "AssumeRole" {
            assert_eq!(run.status, 0, "once is survived:\n{run}");
        }
    }
}

fn numbers(api: &LambdaApi) -> Vec<u64> {
    let versions = api.versions("us-east-1", "hello");
    let numbers = versions.iter().map(|version| version["Version"].as_u64());
    numbers.map(|number| number.expect("a number")).collect()
}

#[test]
fn other_commands_say_what_fails_and_do_it_again() {
    let mut cells = Vec::new();
    for kind in kinds() {
        for (operation, command) in CALLS {
            cells.extend([When::First, When::Always].map(|when| Cell {
                operation,
                command,
                kind: kind.clone(),
                when,
            }));
        }
    }
    let next = Mutex::new(cells.iter());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(cell) = { next.lock().unwrap().next() } {
                    println!("{}, {}, {:?}", cell.operation, cell.kind.name, cell.when);
                    cell.check();
                }
            });
        }
    });
}
