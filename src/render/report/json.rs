//! The JSON documents of `plan` and `apply`, and the schemas that they satisfy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::IgnoredAny;

use super::content::Report;
use super::counts::Counts;
use super::format::{Depth, ReportFormat};
use crate::apply::Summary;
use crate::plan::{Plan, SavedPlan};
use crate::render::json::Document;
use crate::render::targets::{TargetResult, Targets};

pub const JSON: ReportFormat = ReportFormat {
    name: "json",
    depth: Depth::Diffs,
    render: |report| match report.command() {
        "apply" => render_apply_json(report, Plans::Included),
        _ => render_plan_json(report),
    },
    recognizes: |text| {
        keys(text).iter().any(|key| key == "format_version") && !SavedPlan::looks_like_one(text)
    },
};

/// The keys of a JSON object; none of anything else. The values, which can be large, are not kept.
pub fn keys(text: &[u8]) -> Vec<String> {
    let object = serde_json::from_slice::<BTreeMap<String, Option<IgnoredAny>>>(text);
    object.unwrap_or_default().into_keys().collect()
}

/// A plan with its numbers.
#[derive(Serialize, JsonSchema)]
struct CountedPlan<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    /// How many layers stand how.
    counts: Counts,
}

/// What applying a plan came to, in a report with the plan.
#[derive(Serialize, JsonSchema)]
struct AppliedPlan<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    /// The plan that was executed; only in reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<CountedPlan<'a>>,
}

impl<'a> CountedPlan<'a> {
    fn of(plan: &'a Plan) -> Self {
        Self {
            plan,
            counts: Counts::of(plan),
        }
    }
}

/// The document that `lls plan --format json` prints.
pub fn render_plan_json(report: &Report<'_>) -> String {
    let targets = report.targets.iter().map(|target| &target.plan);
    let plans = targets.map(|plan| (plan, plan.result.map(CountedPlan::of)));
    let plans: Vec<_> = plans.collect();
    let results = plans.iter().map(|(of, plan)| TargetResult {
        target: of.target,
        result: plan.as_ref(),
        failures: of.failures,
    });
    document(&results.collect::<Vec<_>>(), report)
}

/// What came to the targets, with what was warned of.
#[derive(Serialize, JsonSchema)]
struct Warned<'a, T> {
    /// What deserves attention but stopped nothing.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    #[serde(flatten)]
    targets: Targets<'a, T>,
}

fn document<T: Serialize>(results: &[TargetResult<'_, T>], report: &Report<'_>) -> String {
    let warned = Warned {
        warnings: &report.warnings,
        targets: Targets::of(results),
    };
    Document::new(warned).render()
}

/// The document of `lls apply`, with the plans where they are wanted.
pub fn render_apply_json(report: &Report<'_>, plans: Plans) -> String {
    let targets = report.targets.iter();
    let applied: Vec<_> = targets
        .map(|target| {
            let plan = match plans {
                Plans::Included => target.plan.result.map(CountedPlan::of),
                Plans::LeftOut => None,
            };
            target.summary.map(|summary| AppliedPlan { summary, plan })
        })
        .collect();
    let results = report.targets.iter().zip(&applied);
    let results = results.map(|(target, applied)| TargetResult {
        target: target.plan.target,
        result: applied.as_ref(),
        failures: target.plan.failures,
    });
    document(&results.collect::<Vec<_>>(), report)
}

/// Whether the document of `lls apply` holds the plans too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plans {
    /// It does.
    Included,
    /// It does not.
    LeftOut,
}

/// The JSON Schema of the documents of `lls plan`.
pub fn plan_schema() -> String {
    schema::<CountedPlan<'_>>("What `lls plan` found")
}

/// The JSON Schema of the documents of `lls apply`.
pub fn apply_schema() -> String {
    schema::<AppliedPlan<'_>>("What `lls apply` did")
}

fn schema<T: JsonSchema>(title: &str) -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Document<Warned<'_, T>>>();
    schema.insert("title".to_owned(), title.into());
    format!("{:#}\n", schema.as_value())
}
