//! Reports: the same plan, and what applying it came to, as JSON, Markdown, HTML and GitLab's numbers.
//!
//! Functions over values, as everything in `render`; the commands write the files.

mod html;
mod json;
mod map;
mod markdown;

use std::collections::BTreeMap;

use serde::Serialize;

use super::TargetResult;
use super::text::count;
use crate::apply::Summary;
use crate::build::Contents;
use crate::layer::{LayerName, VersionNumber};
use crate::plan::{Plan, Standing};

pub use html::render_html;
pub use json::{Plans, apply_schema, plan_schema, render_apply_json, render_plan_json};
pub use markdown::render_markdown;

/// What is reported of a run of `plan` or `apply`.
pub struct Report<'a> {
    /// How the manifest is called.
    pub manifest: &'a str,
    /// The targets, in the order in which they were named.
    pub targets: Vec<TargetReport<'a>>,
    /// What deserves attention but stopped nothing, in the order in which it was told.
    pub warnings: Vec<String>,
}

/// What is reported of one target.
pub struct TargetReport<'a> {
    /// The plan, and why some of it is missing.
    pub plan: TargetResult<'a, Plan>,
    /// What applying the plan came to, if it was applied.
    pub summary: Option<&'a Summary>,
    /// What fills the layers, where that was asked for.
    pub contents: BTreeMap<LayerName, LayerContents>,
}

/// What fills a layer, as far as it could be found out.
#[derive(Clone, Debug)]
pub enum LayerContents {
    /// Its archive is stored here.
    Stored(Contents),
    /// It was read from a published archive.
    Published {
        /// What that holds.
        contents: Contents,
        /// Where it is published.
        destination: String,
        /// Its version.
        number: VersionNumber,
    },
    /// It could not be found out, for this reason.
    Unknown(String),
}

/// How many layers stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// Layers of which the first version is to be published.
    pub create: usize,
    /// Layers of which a further version is to be published.
    pub publish: usize,
    /// Layers of which only the permission is to be changed.
    pub permission: usize,
    /// Layers of which only parameters are to be set.
    pub parameters: usize,
    /// Layers to which nothing happens.
    pub unchanged: usize,
    /// Layers that something stands in the way of.
    pub blocked: usize,
}

impl Counts {
    /// Counts the layers of a plan; each counts once, by the weightiest thing that happens to it.
    pub fn of(plan: &Plan) -> Self {
        Self {
            create: plan.count(Standing::Create),
            publish: plan.count(Standing::Publish),
            permission: plan.count(Standing::Grant),
            parameters: plan.count(Standing::Parameters),
            unchanged: plan.count(Standing::Unchanged),
            blocked: plan.count(Standing::Blocked),
        }
    }

    /// `1 layer to create, 2 versions to publish; 12 unchanged, 1 blocked`.
    fn sentence(self) -> String {
        let parts = [
            (self.create, "layer", "to create"),
            (self.publish, "version", "to publish"),
            (self.permission, "permission", "to change"),
            (self.parameters, "layer", "to set parameters of"),
        ];
        let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
        let parts: Vec<_> = parts
            .map(|(number, noun, verb)| format!("{} {verb}", count(number, noun)))
            .collect();
        let changes = match parts.is_empty() {
            true => "no changes".to_owned(),
            false => parts.join(", "),
        };
        format!(
            "{changes}; {} unchanged, {} blocked",
            self.unchanged, self.blocked
        )
    }

    fn and(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            publish: self.publish + other.publish,
            permission: self.permission + other.permission,
            parameters: self.parameters + other.parameters,
            unchanged: self.unchanged + other.unchanged,
            blocked: self.blocked + other.blocked,
        }
    }
}

impl Report<'_> {
    /// How many layers stand how, in all targets together.
    pub fn counts(&self) -> Counts {
        let plans = self.targets.iter().filter_map(|target| target.plan.result);
        plans.map(Counts::of).fold(Counts::default(), Counts::and)
    }

    /// The plans alone.
    pub fn plans(&self) -> Vec<TargetResult<'_, Plan>> {
        self.targets.iter().map(|target| target.plan).collect()
    }

    /// What it is a report of: `plan` or `apply`.
    fn command(&self) -> &'static str {
        match self.targets.iter().any(|target| target.summary.is_some()) {
            true => "apply",
            false => "plan",
        }
    }
}

/// The numbers that GitLab shows in a merge request, read from an artifact of type `terraform`.
///
/// `update` counts versions to publish and permissions to change; `lls` plans no deletions.
pub fn render_gitlab(report: &Report<'_>) -> String {
    let counts = report.counts();
    let (create, update) = (
        counts.create,
        counts.publish + counts.permission + counts.parameters,
    );
    format!("{{\"create\":{create},\"update\":{update},\"delete\":0}}\n")
}
