//! What packages are locked and fetched with.

use super::Tools;
use crate::cache::ArtifactCache;
use crate::input::Repository;
use crate::progress::{Event, Progress};

/// What may be done where a lock is missing or stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockPolicy {
    /// Make it, and say so.
    Update,
    /// Make one that is missing, but leave a stale one as it is and use a new one in its place, just once.
    Keep,
    /// Stop (`--locked`).
    Locked,
}

/// Whether a lock that is current is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// Only a missing or stale lock is made, and keeps the versions that still satisfy the requirements.
    Keep,
    /// The newest versions are taken.
    Newest,
}

/// What `lls lock` did to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockOutcome {
    /// The layer requires no packages.
    NoRequirements,
    /// The lock was current.
    Unchanged,
    /// The lock was written.
    Written,
}

/// What packages are locked and fetched with. Layers share it.
pub struct Workbench<'a> {
    /// The user's artifacts.
    pub artifacts: ArtifactCache,
    /// The repository that whatever is locked comes from.
    pub repository: Repository,
    /// What to do where a lock is missing or stale.
    pub lock_policy: LockPolicy,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
    /// The tools for Python.
    pub python: Tools,
}

impl Workbench<'_> {
    /// Tells of something dubious.
    pub fn warn(&self, message: &str) {
        self.progress.event(Event::Warning { message });
    }
}
