//! What a report is about: targets, their plans, what applying them came to, and what fills the layers.

use std::collections::BTreeMap;

use super::counts::Counts;
use crate::apply::Summary;
use crate::layer::LayerName;
use crate::plan::{LayerPlan, Plan, Standing};
use crate::reconcile::LayerContents;
use crate::render::targets::TargetResult;
use crate::render::wording::groups;

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
    pub fn command(&self) -> &'static str {
        if self.targets.iter().any(|target| target.summary.is_some()) {
            "apply"
        } else {
            "plan"
        }
    }

    /// Whether anything could be planned.
    pub fn has_plans(&self) -> bool {
        self.targets
            .iter()
            .any(|target| target.plan.result.is_some())
    }
}

/// The layers to which something happens, those that are blocked first.
pub fn layers_that_change(plan: &Plan) -> Vec<&LayerPlan> {
    let layers = plan.layers.iter();
    let mut layers: Vec<_> = layers.filter(|layer| !groups(layer).is_empty()).collect();
    layers.sort_by_key(|layer| layer.standing() != Standing::Blocked);
    layers
}
