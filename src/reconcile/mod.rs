//! From a manifest and sessions to plans, and what else commands read of registries or write into a project.
//!
//! It knows no options, prints nothing and changes nothing that is published.

mod compared;
mod contents;
mod described;
mod edited;
mod evidence;
mod left;
mod outputs;
mod planner;
mod prepared;
mod published;
mod raise;
mod shown;
mod targets;

pub use compared::{Compared, compare};
pub use contents::{LayerContents, read_contents};
pub use described::{
    PublishedContent, SeveralRegions, is_published, missing, only_registry, probably_meant,
    unknown_layer,
};
pub use edited::{NewFiles, edit_manifest};
pub use left::warn_of_left_layers;
pub use outputs::{LayerOutput, current_outputs, newest_outputs};
pub use planner::{Planned, Planner};
pub use prepared::{Built, Prepared, Rebuild};
pub use published::{Published, parameters_left, read_published, read_sharing, recognise_current};
pub use raise::{CannotCompare, Highest, raised, suggest};
pub use shown::{FileGroup, ShownStatement, ShownVersion, read_shown};
pub use targets::{Opened, TargetPlan, TargetPlans, chosen_targets, texts};

/// How many layers are read or worked on at a time, in each destination.
pub const PARALLEL: usize = 8;
