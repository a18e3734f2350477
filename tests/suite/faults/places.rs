//! A project of two layers in a place to publish to, AWS or a folder, and what must hold there after each round.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Output, Stdio};

use serde_json::Value;

use crate::support::lambda_api::LambdaApi;
use crate::support::project::Project;

pub const LAYERS: [&str; 2] = ["one", "two"];
const REGION: &str = "us-east-1";

/// A project and what it publishes to.
pub struct Place {
    pub project: Project,
    api: Option<LambdaApi>,
    round: usize,
}

impl Place {
    pub fn in_aws() -> Self {
        let api = LambdaApi::start();
        let project = Project::new()
            .environment(api.quick_env())
            .variable("AWS_SESSION_TOKEN", "TOKEN-OF-A-SESSION");
        Self::new("[targets.aws]", project, Some(api))
    }

    pub fn in_a_folder() -> Self {
        let target = "[targets.local]\ndirectory = \"registry\"";
        Self::new(target, Project::new(), None)
    }

    fn new(target: &str, project: Project, api: Option<LambdaApi>) -> Self {
        let layer = |name: &&str| {
            format!(
                "[layers.{name}]\ndescription = \"v0.0.0\"\nruntimes = [\"python3.12\"]\npermission = \"my-account\"\n"
            )
        };
        let layers: String = LAYERS.iter().map(layer).collect();
        let project = project.manifest(&format!("{target}\nssm_prefix = \"/acme\"\n{layers}"));
        Self {
            project,
            api,
            round: 0,
        }
    }

    /// Makes both layers have something new to publish.
    pub fn raise(&mut self) {
        let (before, after) = (self.round, self.round + 1);
        for name in LAYERS {
            let (old, new) = (format!("v0.0.{before}\""), format!("v0.0.{after}\""));
            self.project.edit_manifest(&old, &new);
            self.project.write(&format!("layers/{name}/data.txt"), new);
        }
        self.round = after;
    }

    /// Starts an apply.
    pub fn start(&self) -> Child {
        let mut command = self.project.command(&["apply", "--format", "json"]);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("lls can be run")
    }

    /// What the apply printed before it ended, in which no secret may be.
    pub fn end(&self, child: Child) -> Output {
        let output = child.wait_with_output().expect("it ends");
        for text in [&output.stdout, &output.stderr] {
            self.project.assert_clean(&String::from_utf8_lossy(text));
        }
        output
    }

    /// Waits until what processes that are gone asked for is done.
    pub fn settle(&self) {
        if let Some(api) = &self.api {
            api.wait_until_idle();
        }
    }

    /// The numbers and descriptions of a layer's versions, lowest first.
    pub fn versions(&self, layer: &str) -> Vec<(u64, String)> {
        let mut versions: Vec<_> = match &self.api {
            Some(api) => api
                .versions(REGION, layer)
                .iter()
                .map(|version| (&version["Version"], &version["Description"]))
                .map(|(number, text)| (number.as_u64().unwrap(), text.as_str().unwrap().to_owned()))
                .collect(),
            None => {
                let arguments = ["versions", "--layer", layer, "--format", "json"];
                let run = self.project.succeed(&arguments);
                let listed: Value = serde_json::from_str(&run.stdout).unwrap();
                let versions = listed["destinations"][0]["versions"].as_array().unwrap();
                let version = |version: &Value| {
                    let description = version["description"].as_str().unwrap().to_owned();
                    (version["number"].as_u64().unwrap(), description)
                };
                versions.iter().map(version).collect()
            }
        };
        versions.sort();
        versions
    }

    /// Asserts that nothing was deleted, and that no number was skipped.
    pub fn check(&self) {
        for layer in LAYERS {
            let versions = self.versions(layer);
            let numbers: Vec<_> = versions.iter().map(|(number, _)| *number).collect();
            let all: Vec<_> = (1..=versions.len() as u64).collect();
            assert_eq!(numbers, all, "{layer}: {versions:?}");
        }
        if let Some(api) = &self.api {
            let mut calls = api.calls().into_iter();
            assert!(calls.all(|call| !call.operation.starts_with("Delete")));
        } else {
            self.check_folder();
        }
    }

    /// Asserts that no description was published twice.
    pub fn check_once(&self) {
        for layer in LAYERS {
            let versions = self.versions(layer);
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for (_, description) in &versions {
                *counts.entry(description).or_default() += 1;
            }
            assert_eq!(counts.len(), self.round, "{layer}: {versions:?}");
            assert!(
                counts.values().all(|count| *count == 1),
                "{layer}: {versions:?}"
            );
        }
    }

    /// Asserts that of equal versions in AWS only the lowest is granted.
    pub fn check_grants(&self) {
        let api = self.api.as_ref().expect("it is in AWS");
        for layer in LAYERS {
            let mut seen = BTreeSet::new();
            for (number, description) in self.versions(layer) {
                let is_granted = !api.policy(REGION, layer, number).is_null();
                assert_eq!(is_granted, seen.insert(description), "{layer}:{number}");
            }
        }
    }

    /// Asserts that only records with archives, and the lock, are in the folder of a layer.
    fn check_folder(&self) {
        for layer in LAYERS {
            let folder = self.project.path(&format!("registry/{layer}"));
            let entries = std::fs::read_dir(folder).expect("the layer has a folder");
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
            names.sort();
            let mut expected: Vec<_> = (1..=self.versions(layer).len())
                .flat_map(|number| [format!("{number}.json"), format!("{number}.zip")])
                .collect();
            expected.sort();
            assert_eq!(names, expected, "{layer}");
        }
    }
}
