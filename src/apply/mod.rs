//! Executes a plan: publishes, checks what was published, grants, checks what is granted, revokes.
//!
//! Layers and destinations are independent: one failure stops nothing else, and every outcome is reported. Whoever
//! asks to stop gets what has begun finished, and nothing new started.

mod deletion;
mod parameters;
mod policy;
mod publish;
mod summary;

use std::collections::BTreeMap;

use futures::StreamExt as _;

use crate::build::{Builder, Inputs};
use crate::digest::Sha256;
use crate::error::{Error, Failure};
use crate::layer::{LayerName, VersionMetadata, VersionNumber};
use crate::manifest::LayerSettings;
use crate::plan::{Action, Desired, DestinationPlan, LayerPlan, Plan};
use crate::progress::{Step, begin};
use crate::registry::{Registry, RegistryError, RegistryErrorKind};

pub use deletion::{Deletion, DeletionOutcome, delete};
use parameters::ParametersOf;
use policy::PolicyOf;
use publish::Publisher;
pub use summary::{CurrentVersion, DestinationSummary, Found, LayerSummary, Outcome, Summary};

/// How many layers are worked on at a time in each destination.
const PARALLEL: usize = 8;

/// What a layer's version is made of.
pub struct LayerSource<'a> {
    /// What its archive is made of.
    pub inputs: &'a Inputs,
    /// What the manifest says of it.
    pub settings: &'a LayerSettings,
    /// What describes the version.
    pub metadata: &'a VersionMetadata,
    /// Whether an archive counts as equal if its comment says so.
    pub trusts_comments: bool,
}

/// Executes `plan` on `registries`, which are its destinations in the same order.
pub async fn apply(
    plan: &Plan,
    registries: &[Box<dyn Registry>],
    sources: &BTreeMap<LayerName, LayerSource<'_>>,
    builder: &Builder<'_>,
) -> Summary {
    let destinations = registries.iter().map(|registry| async {
        let registry = registry.as_ref();
        let layers = plan.layers.iter().map(|layer| {
            let source = sources.get(&layer.layer);
            let mut destinations = layer.destinations.iter();
            let destination = destinations.find(|d| d.destination == registry.destination());
            let job = destination.map(|destination| Job {
                layer,
                destination,
                registry,
                builder,
            });
            async move { Some(job?.run(source).await) }
        });
        let outcomes = futures::stream::iter(layers).buffered(PARALLEL);
        outcomes.collect::<Vec<_>>().await.into_iter()
    });
    // A destination that is slow holds up no other.
    let mut outcomes = futures::future::join_all(destinations).await;
    let layers = plan.layers.iter().map(|layer| LayerSummary {
        layer: layer.layer.clone(),
        description: layer.description.clone(),
        destinations: outcomes.iter_mut().filter_map(|of| of.next()?).collect(),
    });
    Summary {
        target: plan.target.clone(),
        layers: layers.collect(),
        unplanned: 0,
    }
}

/// One layer in one destination.
struct Job<'a> {
    layer: &'a LayerPlan,
    destination: &'a DestinationPlan,
    registry: &'a dyn Registry,
    builder: &'a Builder<'a>,
}

impl Job<'_> {
    async fn run(&self, source: Option<&LayerSource<'_>>) -> DestinationSummary {
        let mut summary = DestinationSummary {
            destination: self.destination.destination.clone(),
            outcome: Outcome::Unchanged,
            published: false,
            found: None,
            current: None,
            granted: None,
            revoked: 0,
            parameters: Vec::new(),
            is_settled: false,
            error: None,
        };
        if self.destination.is_change() && self.builder.progress.is_stopping() {
            summary.outcome = Outcome::NotStarted;
            return summary;
        }
        match self.execute(source, &mut summary).await {
            Ok(()) => {}
            Err(error) if is_stopped(&error) => summary.outcome = Outcome::NotStarted,
            Err(error) => {
                summary.outcome = Outcome::Failed;
                summary.error = Some(error);
            }
        }
        summary
    }

    /// Notes in `summary` what was done, step by step, so that a failure hides nothing.
    async fn execute(
        &self,
        source: Option<&LayerSource<'_>>,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        let layer = &self.layer.layer;
        match &self.destination.action {
            Action::Blocked {
                published,
                ungranted,
                changes,
            } => {
                summary.outcome = Outcome::Blocked;
                let blocked = Blocked {
                    layer: layer.clone(),
                    number: published.number,
                    ungranted: ungranted.as_ref().map(|version| version.number),
                    same_content: changes.same_content,
                };
                summary.error = Some(blocked.into());
                return Ok(());
            }
            Action::Unchanged { current, .. } => summary.current = Some(current.into()),
            Action::Create | Action::Publish { .. } => {
                let source = source.ok_or_else(|| NoSource(layer.clone()))?;
                self.publish(source, summary).await?;
                if summary.published && self.destination.action == Action::Create {
                    summary.outcome = Outcome::Created;
                }
            }
        }
        let Some(current) = summary.current.clone() else {
            return Ok(());
        };
        self.reconcile_permission(&current, summary).await?;
        summary.is_settled = true;
        // Last, so that no parameter leads to a version that may not be used yet.
        self.reconcile_parameters(&current, summary).await
    }

    /// Grants and revokes what the plan says of the layer's current version.
    async fn reconcile_permission(
        &self,
        current: &CurrentVersion,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        let permission = &self.destination.permission;
        // A version that is current only now may be another run's, with statements that the plan knows nothing of.
        let is_new = !matches!(self.destination.action, Action::Unchanged { .. });
        if !is_new && !permission.is_change() {
            return Ok(());
        }
        let policy = PolicyOf {
            registry: self.registry,
            layer: &self.layer.layer,
            number: current.number,
        };
        policy
            .reconcile(permission.desired.as_ref(), summary)
            .await?;
        let changed = summary.granted.is_some() || summary.revoked > 0;
        if changed && summary.outcome == Outcome::Unchanged {
            summary.outcome = Outcome::Granted;
        }
        Ok(())
    }

    /// Sets the parameters that are to lead to the layer's versions.
    async fn reconcile_parameters(
        &self,
        current: &CurrentVersion,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        if self.destination.parameters.is_empty() {
            return Ok(());
        }
        let parameters = ParametersOf {
            registry: self.registry,
            changes: &self.destination.parameters,
            current,
        };
        parameters.reconcile(summary).await?;
        if !summary.parameters.is_empty() && summary.outcome == Outcome::Unchanged {
            summary.outcome = Outcome::ParametersSet;
        }
        Ok(())
    }

    /// Publishes a version, unless another run did so meanwhile.
    async fn publish(
        &self,
        source: &LayerSource<'_>,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        let (layer, destination) = (&self.layer.layer, self.registry.destination());
        let archive = self.builder.open(source.inputs, source.settings).await?;
        self.check_planned(archive.summary.sha256)?;
        let bytes = archive.summary.size;
        let step = Step::Publish {
            layer,
            destination,
            bytes,
        };
        let running = begin(self.builder.progress, step);
        let desired = self.desired(source, archive.summary.sha256);
        let planned_after = match &self.destination.action {
            Action::Publish { after, .. } => after.number,
            _ => VersionNumber(0),
        };
        let publisher = Publisher {
            registry: self.registry,
            source,
            archive: &archive,
            desired: &desired,
            planned_after,
        };
        publisher.publish(summary).await?;
        if summary.published {
            running.done(bytes);
        }
        Ok(())
    }

    /// Fails unless the archive is the one that the plan shows, and a saved plan pins.
    fn check_planned(&self, found: Sha256) -> Result<(), OtherArchive> {
        let planned = self.layer.archive.as_ref().map(|archive| archive.sha256);
        match planned {
            Some(planned) if planned == found => Ok(()),
            planned => Err(OtherArchive {
                layer: self.layer.layer.clone(),
                planned,
                found,
            }),
        }
    }

    /// What published versions are compared with; its listing is left out, as hash and comment suffice.
    fn desired(&self, source: &LayerSource<'_>, sha256: Sha256) -> Desired {
        Desired {
            layer: self.layer.layer.clone(),
            description: self.layer.description.clone(),
            description_position: self.layer.description_position,
            metadata: source.metadata.clone(),
            fingerprint: source.inputs.fingerprint,
            trusts_comments: source.trusts_comments,
            sha256: Some(sha256),
            archive: None,
            grantee: self.destination.permission.desired.clone(),
            parameters: None,
            republish: source.settings.republish,
        }
    }
}

/// Whether it was given up before it began, because the user asked to stop.
fn is_stopped(error: &Error) -> bool {
    let error = error.downcast_ref::<RegistryError>();
    error.is_some_and(|error| matches!(error.kind, RegistryErrorKind::Stopped))
}

/// A version with the description exists and is something else.
#[derive(Debug, thiserror::Error)]
#[error(
    "its description is already published as :{number} with other {}{}",
    if *same_content { "metadata" } else { "content" },
    ungranted.map(|equal| format!("; :{equal}, which is equal, is not granted")).unwrap_or_default()
)]
struct Blocked {
    layer: LayerName,
    number: VersionNumber,
    /// A version above it that is what the manifest says.
    ungranted: Option<VersionNumber>,
    same_content: bool,
}

impl Failure for Blocked {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "a published version is never replaced: raise the description of `{}`",
            self.layer
        ))
    }
}

/// What would be published is not what was planned.
#[derive(Debug, thiserror::Error)]
#[error(
    "the archive of layer `{layer}` has the hash {found}, and the plan is for {}",
    planned.map_or_else(|| "none".to_owned(), |planned| planned.to_string())
)]
struct OtherArchive {
    layer: LayerName,
    planned: Option<Sha256>,
    found: Sha256,
}

impl Failure for OtherArchive {
    fn hint(&self) -> Option<String> {
        Some(
            "nothing was published: something changes what `lls` builds, look at a new plan".into(),
        )
    }
}

/// A plan names a layer that nobody prepared: a bug in `lls`.
#[derive(Debug, thiserror::Error)]
#[error("layer `{0}` was planned but not prepared")]
struct NoSource(LayerName);

impl Failure for NoSource {}
