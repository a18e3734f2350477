//! Reports: the same plan, and what applying it came to, in one format a file.
//!
//! Functions over values, as everything in `render`; the commands write the files.

mod content;
mod counts;
mod format;
mod gitlab;
mod html;
mod json;
mod markdown;

pub use content::{Report, TargetReport};
pub use counts::Counts;
pub use format::{Depth, ReportFormat};
pub use html::render_html;
pub use json::{Plans, apply_schema, plan_schema, render_apply_json, render_plan_json};
pub use markdown::render_markdown;

/// All formats of reports.
pub const FORMATS: [ReportFormat; 4] = [json::JSON, markdown::MARKDOWN, gitlab::GITLAB, html::HTML];
