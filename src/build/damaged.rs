//! Artifacts in the cache that cannot be used.

use std::collections::BTreeSet;

use crate::error::Failure;

/// Artifacts in the cache whose bytes turned out to be wrong. They have been removed from it.
#[derive(Debug, thiserror::Error)]
#[error("the wheels of {} in the cache are damaged", .0.iter().map(String::as_str).collect::<Vec<_>>().join(", "))]
pub(super) struct DamagedArtifacts(
    /// The names of their packages, in backticks.
    pub BTreeSet<String>,
);

impl Failure for DamagedArtifacts {
    fn hint(&self) -> Option<String> {
        Some("they changed while `lls` was using them: check the disk".into())
    }
}
