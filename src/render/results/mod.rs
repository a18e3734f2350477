//! Results of the commands that are neither plans nor summaries: their data for JSON, and their form for people.

mod authoring;
mod difference;
mod doctor;
mod explain;
mod import;
mod listing;
mod outputs;
mod removal;
mod show;
mod test;
mod usage;

pub use authoring::{
    AddedLayer, BumpedLayer, FileOutcome, ProjectFile, render_added, render_bump, render_project,
};
pub use difference::{DiffSide, Difference, render_difference};
pub use doctor::render_examination;
pub use explain::render_explanation;
pub use import::{ImportedLayer, ImportedTarget, quoted, render_import};
pub use listing::{
    BuiltLayer, ListedVersions, LockedLayer, PublishedLayers, Validation, render_builds,
    render_cache, render_cleared_cache, render_layers, render_locks, render_validation,
    render_versions,
};
pub use outputs::{
    LayerOutputs, OutputsError, render_outputs, render_outputs_cloudformation, render_outputs_env,
    render_outputs_markdown, render_outputs_tfvars,
};
pub use removal::{Removal, render_deletions, render_fates};
pub use show::render_shown;
pub use test::{TestOutcome, TestedLayer, render_tests};
pub use usage::{DestinationUsage, render_usage};
