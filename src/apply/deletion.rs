//! Deletes versions: the only caller of `Registry::delete`. One failure stops nothing else.

use futures::StreamExt as _;
use serde::Serialize;

use super::PARALLEL;
use super::summary::error_text;
use crate::error::Error;
use crate::layer::{LayerName, VersionNumber};
use crate::plan::{Fate, VersionFate};
use crate::progress::Progress;
use crate::registry::{Registry, RegistryError, RegistryErrorKind};

/// What became of a version that was to be deleted.
#[derive(Debug, Serialize)]
pub struct Deletion {
    /// The layer.
    pub layer: LayerName,
    /// The destination.
    pub destination: String,
    /// The version.
    pub number: VersionNumber,
    /// What happened.
    pub outcome: DeletionOutcome,
    /// What went wrong.
    #[serde(serialize_with = "error_text")]
    pub error: Option<Error>,
}

/// What happened to a version that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionOutcome {
    /// It is gone, whoever deleted it.
    Deleted,
    /// It may still be there.
    Failed,
    /// It was not touched, because the user asked to stop.
    NotStarted,
}

/// Deletes those of `fates` that are to be deleted, each in the registry of its destination, in whose order they are.
pub async fn delete(
    fates: &[VersionFate],
    registries: &[Box<dyn Registry>],
    progress: &dyn Progress,
) -> Vec<Deletion> {
    let deletions = registries.iter().flat_map(|registry| {
        let doomed = fates
            .iter()
            .filter(|fate| fate.fate == Fate::Delete && fate.destination == registry.destination());
        doomed.map(|fate| delete_one(fate, registry.as_ref(), progress))
    });
    futures::stream::iter(deletions)
        .buffered(PARALLEL)
        .collect()
        .await
}

async fn delete_one(
    fate: &VersionFate,
    registry: &dyn Registry,
    progress: &dyn Progress,
) -> Deletion {
    let number = fate.version.number;
    let (outcome, error) = if progress.is_stopping() {
        (DeletionOutcome::NotStarted, None)
    } else {
        match registry.delete(&fate.layer, number).await {
            Ok(()) => (DeletionOutcome::Deleted, None),
            Err(RegistryError {
                kind: RegistryErrorKind::Stopped,
                ..
            }) => (DeletionOutcome::NotStarted, None),
            Err(error) => (DeletionOutcome::Failed, Some(error.into())),
        }
    };
    Deletion {
        layer: fate.layer.clone(),
        destination: fate.destination.clone(),
        number,
        outcome,
        error,
    }
}
