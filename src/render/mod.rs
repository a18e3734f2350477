//! From values to text, and the only place that prints.

mod bars;
mod diagnostic;
mod explain;
mod json;
mod listing;
mod plan;
mod progress;
mod removal;
mod style;
mod summary;
mod targets;
mod text;
mod usage;

pub use diagnostic::render_failures;
pub use explain::render_explanation;
pub use json::Document;
pub use listing::{
    BuiltLayer, ListedVersions, LockedLayer, PublishedLayers, Validation, render_builds,
    render_cache, render_layers, render_locks, render_validation, render_versions,
};
pub use plan::{render_plan, render_plans};
pub use progress::TerminalProgress;
pub use removal::{Removal, render_deletions, render_fates};
pub use style::{Output, OutputError};
pub use summary::{render_summaries, render_summary};
pub use targets::{TargetResult, render_documents, render_failure_document, render_place};
pub use usage::{DestinationUsage, render_usage};
