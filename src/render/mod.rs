//! From values to text, and the only place that prints.

mod github;
mod json;
mod report;
mod results;
mod targets;
mod terminal;
mod wording;

pub use github::{annotate_failures, annotate_report, annotate_warning};
pub use json::Document;
pub use report::{
    Counts, Depth, FORMATS, Plans, Report, ReportFormat, TargetReport, apply_schema, plan_schema,
    render_apply_json, render_html, render_markdown, render_plan_json,
};
pub use results::*;
pub use targets::{TargetResult, render_failure_document, render_place};
pub use terminal::{
    Messages, Output, OutputError, Reader, TerminalProgress, render_failures, render_plan,
    render_plans, render_summaries, render_summary,
};
