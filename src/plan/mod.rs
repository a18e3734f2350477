//! The planner: what must happen so that a registry holds what the manifest says, and why.
//!
//! A pure function of desired and observed state: no I/O, no clock, no environment; equal inputs give equal plans.

mod bump;
mod comparison;
mod decide;
mod desired;
mod difference;
mod equality;
mod evidence;
mod installed;
mod movement;
mod observed;
mod own_files;
mod parameter;
mod permission;
mod planned;
mod retention;
mod saved;
mod texts;
mod usage;
mod wanted;

pub use crate::ecosystem::{PackageChange, PackageChangeKind};
pub use bump::{BumpReason, NotCompared, Suggestion};
pub use comparison::{ComparedVersion, compare_versions};
pub use decide::{compared_version, plan_layer};
pub use desired::{Desired, DesiredArchive};
pub use difference::{
    BytecodeChange, Changes, FileChange, FileState, LineChange, MetadataChange, SizeChange,
    Uncompared,
};
pub use equality::{Equality, recognise};
pub use evidence::{Evidence, TextDetail};
pub use installed::{PackageVersions, package_files, packages, records};
pub use movement::{Movement, PlanMoved, movements};
pub use observed::{Observed, ObservedContent};
pub use own_files::{OwnFiles, OwnPath};
pub use parameter::{ParameterChange, plan_parameters};
pub use permission::plan_permission;
pub use planned::{
    Action, DestinationPlan, LayerPlan, PermissionPlan, Plan, PlannedArchive, Standing,
    VersionReference,
};
pub use retention::{Fate, Retention, VersionFate, plan_delete, plan_prune, shared_with};
pub use saved::{SavedPlan, SavedPlanError};
pub use usage::{LayerUsage, PublishedLayer, Uses, VersionUsage};
pub use wanted::{Wanted, wanted_records, wanted_texts};
