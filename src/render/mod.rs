//! From values to text, and the only place that prints.

mod annotation;
mod authoring;
mod bars;
mod changes;
mod diagnostic;
mod difference;
mod explain;
mod import;
mod json;
mod link;
mod listing;
mod neutral;
mod outputs;
mod plan;
mod progress;
mod removal;
mod report;
mod show;
mod style;
mod summary;
mod targets;
mod text;
mod usage;
mod visible;

pub use annotation::{annotate_failures, annotate_report, annotate_warning};
pub use authoring::{
    AddedLayer, BumpReason, BumpedLayer, FileOutcome, ProjectFile, render_added, render_bump,
    render_project,
};
pub use diagnostic::render_failures;
pub use difference::{DiffSide, Difference, render_difference};
pub use explain::render_explanation;
pub use import::{ImportedLayer, ImportedTarget, quoted, render_import};
pub use json::Document;
pub use listing::{
    BuiltLayer, ListedVersions, LockedLayer, PublishedLayers, Validation, render_builds,
    render_cache, render_layers, render_locks, render_validation, render_versions,
};
pub use outputs::{
    LayerOutput, LayerOutputs, OutputsError, render_outputs, render_outputs_cloudformation,
    render_outputs_env, render_outputs_markdown, render_outputs_tfvars,
};
pub use plan::{render_plan, render_plans};
pub use progress::TerminalProgress;
pub use removal::{Removal, render_deletions, render_fates};
pub use report::{
    Counts, LayerContents, Plans, Report, TargetReport, apply_schema, plan_schema,
    render_apply_json, render_gitlab, render_html, render_markdown, render_plan_json,
};
pub use show::{OwnFiles, ShownStatement, ShownVersion, render_shown};
pub use style::{Output, OutputError};
pub use summary::{render_summaries, render_summary};
pub use targets::{TargetResult, render_failure_document, render_place};
pub use usage::{DestinationUsage, render_usage};
