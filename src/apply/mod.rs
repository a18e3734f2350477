//! Executes a plan: publishes, checks what was published, grants, checks what is granted, revokes.
//!
//! Layers and destinations are independent: one failure stops nothing else, and every outcome is reported. Whoever
//! asks to stop gets what has begun finished, and nothing new started.

mod deletion;
mod parameters;
mod policy;
mod publish;
mod summary;

use futures::StreamExt as _;

use crate::build::Builder;
use crate::digest::Sha256;
use crate::error::{Error, Failure};
use crate::layer::{LayerName, VersionNumber};
use crate::plan::{Action, Desired, DestinationPlan, LayerPlan};
use crate::progress::{Step, begin};
use crate::reconcile::{PARALLEL, Planned, Prepared};
use crate::registry::{Registry, RegistryError, RegistryErrorKind};

pub use deletion::{Deletion, DeletionOutcome, delete};
use parameters::ParametersOf;
use policy::PolicyOf;
use publish::{Blocked, Publisher};
pub use summary::{CurrentVersion, DestinationSummary, Found, LayerSummary, Outcome, Summary};

/// Executes a plan.
pub async fn apply(planned: &Planned<'_>, builder: &Builder<'_>) -> Summary {
    let Planned {
        session,
        plan,
        layers,
    } = planned;
    let destinations = session.registries.iter().map(|registry| async {
        let registry = registry.as_ref();
        let layers = plan.layers.iter().zip(layers).map(|(layer, prepared)| {
            let mut destinations = layer.destinations.iter();
            let destination = destinations.find(|d| d.destination == registry.destination());
            let job = destination.map(|destination| Job {
                layer,
                prepared,
                destination,
                registry,
                builder,
            });
            async move { Some(job?.run().await) }
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
    prepared: &'a Prepared<'a>,
    destination: &'a DestinationPlan,
    registry: &'a dyn Registry,
    builder: &'a Builder<'a>,
}

impl Job<'_> {
    async fn run(&self) -> DestinationSummary {
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
        if self.destination.is_change() && self.builder.bench.progress.is_stopping() {
            summary.outcome = Outcome::NotStarted;
            return summary;
        }
        match self.execute(&mut summary).await {
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
    async fn execute(&self, summary: &mut DestinationSummary) -> Result<(), Error> {
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
                self.publish(summary).await?;
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
    async fn publish(&self, summary: &mut DestinationSummary) -> Result<(), Error> {
        let (layer, destination) = (&self.layer.layer, self.registry.destination());
        let archive = self.prepared.open(self.builder).await?;
        self.check_planned(archive.summary.sha256)?;
        let bytes = archive.summary.size;
        let step = Step::Publish {
            layer,
            destination,
            bytes,
        };
        let running = begin(self.builder.bench.progress, step);
        // Published versions are compared with it by hash and comment, which suffice.
        let desired = Desired {
            sha256: Some(archive.summary.sha256),
            archive: None,
            ..self
                .prepared
                .desired(self.destination.permission.desired.clone())
        };
        let planned_after = match &self.destination.action {
            Action::Publish { after, .. } => after.number,
            _ => VersionNumber(0),
        };
        let publisher = Publisher {
            registry: self.registry,
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
}

/// Whether it was given up before it began, because the user asked to stop.
fn is_stopped(error: &Error) -> bool {
    let error = error.downcast_ref::<RegistryError>();
    error.is_some_and(|error| matches!(error.kind, RegistryErrorKind::Stopped))
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
        Some("nothing was published: something changes what `lls` builds; review a new plan".into())
    }
}
