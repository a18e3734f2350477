//! Executes a plan: publishes, checks what was published, grants, checks what is granted, revokes.
//!
//! Layers and destinations are independent: one failure stops nothing else, and every outcome is reported.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use serde::Serialize;

use crate::build::{Builder, Inputs};
use crate::error::{Error, Failure};
use crate::layer::{
    Description, Grantee, LayerName, Policy, Statement, VersionMetadata, VersionNumber,
};
use crate::manifest::LayerSettings;
use crate::plan::{Action, DestinationPlan, LayerPlan, PermissionPlan, Plan, VersionReference};
use crate::progress::{Event, Progress};
use crate::registry::{PublishRequest, Registry, RegistryErrorKind};

/// How many layers and destinations are worked on at a time.
const PARALLEL: usize = 8;

/// What applying a plan came to.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The target.
    pub target: String,
    /// The layers, sorted by name.
    pub layers: Vec<LayerSummary>,
}

/// What applying came to for one layer.
#[derive(Debug, Serialize)]
pub struct LayerSummary {
    /// The layer.
    pub layer: LayerName,
    /// Its description.
    pub description: Description,
    /// Each destination, in the target's order.
    pub destinations: Vec<DestinationSummary>,
}

/// What applying came to for one layer in one destination.
#[derive(Debug, Serialize)]
pub struct DestinationSummary {
    /// The destination.
    pub destination: String,
    /// What happened.
    pub outcome: Outcome,
    /// Whether a version was published, whatever happened afterwards.
    pub published: bool,
    /// The version that is current now, as far as it is known.
    pub current: Option<CurrentVersion>,
    /// Whom that version was newly granted to.
    pub granted: Option<Grantee>,
    /// How many statements were revoked from it.
    pub revoked: usize,
    /// What went wrong.
    #[serde(serialize_with = "error_text")]
    pub error: Option<Error>,
}

/// What happened to a layer in a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The first version was published.
    Created,
    /// A further version was published.
    Published,
    /// Only the policy was changed.
    Granted,
    /// Nothing had to be done.
    Unchanged,
    /// Nothing was done, because the plan was blocked.
    Blocked,
    /// Something went wrong, perhaps after a version was published.
    Failed,
}

/// A version that is what the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CurrentVersion {
    /// Its number.
    pub number: VersionNumber,
    /// Its ARN.
    pub arn: String,
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
fn error_text<S: serde::Serializer>(
    error: &Option<Error>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match error {
        Some(error) => serializer.serialize_some(&error.to_string()),
        None => serializer.serialize_none(),
    }
}

impl Summary {
    /// Whether everything is now as the manifest says.
    pub fn is_success(&self) -> bool {
        let mut destinations = self.layers.iter().flat_map(|layer| &layer.destinations);
        destinations
            .all(|destination| !matches!(destination.outcome, Outcome::Failed | Outcome::Blocked))
    }
}

/// What a layer's version is made of.
pub struct LayerSource<'a> {
    /// What its archive is made of.
    pub inputs: &'a Inputs,
    /// What the manifest says of it.
    pub settings: &'a LayerSettings,
    /// What describes the version.
    pub metadata: &'a VersionMetadata,
}

/// Executes `plan` on `registries`, which are its destinations in the same order.
pub async fn apply(
    plan: &Plan,
    registries: &[Box<dyn Registry>],
    sources: &BTreeMap<LayerName, LayerSource<'_>>,
    builder: &Builder<'_>,
) -> Summary {
    let jobs = plan.layers.iter().flat_map(|layer| {
        let source = sources.get(&layer.layer);
        layer
            .destinations
            .iter()
            .zip(registries)
            .map(move |(destination, registry)| {
                let job = Job {
                    layer,
                    destination,
                    registry: registry.as_ref(),
                    builder,
                };
                async move { job.run(source).await }
            })
    });
    let mut outcomes = futures::stream::iter(jobs)
        .buffered(PARALLEL)
        .collect::<Vec<_>>()
        .await
        .into_iter();
    let layers = plan.layers.iter().map(|layer| LayerSummary {
        layer: layer.layer.clone(),
        description: layer.description.clone(),
        destinations: outcomes.by_ref().take(layer.destinations.len()).collect(),
    });
    Summary {
        target: plan.target.clone(),
        layers: layers.collect(),
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
            current: None,
            granted: None,
            revoked: 0,
            error: None,
        };
        if let Err(error) = self.execute(source, &mut summary).await {
            summary.outcome = Outcome::Failed;
            summary.error = Some(error);
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
            Action::Blocked { .. } => {
                summary.outcome = Outcome::Blocked;
                return Ok(());
            }
            Action::Unchanged { current, .. } => summary.current = Some(current.into()),
            Action::Create | Action::Publish { .. } => {
                let source = source.ok_or_else(|| NoSource(layer.clone()))?;
                publish(self.registry, layer, source, self.builder, summary).await?;
                if self.destination.action == Action::Create {
                    summary.outcome = Outcome::Created;
                }
            }
        }
        let Some(current) = &summary.current else {
            return Ok(());
        };
        let number = current.number;
        let permission = &self.destination.permission;
        if permission.is_change() {
            change_policy(self.registry, layer, number, permission, summary).await?;
            if summary.outcome == Outcome::Unchanged {
                summary.outcome = Outcome::Granted;
            }
        }
        Ok(())
    }
}

/// Publishes a version and checks the hash that the registry gives back.
pub async fn publish(
    registry: &dyn Registry,
    layer: &LayerName,
    source: &LayerSource<'_>,
    builder: &Builder<'_>,
    summary: &mut DestinationSummary,
) -> Result<(), Error> {
    let archive = builder.open(source.inputs, source.settings).await?;
    let progress: &dyn Progress = builder.progress;
    progress.event(Event::Publishing {
        layer,
        destination: registry.destination(),
        bytes: archive.summary.size,
    });
    let request = PublishRequest {
        layer,
        metadata: source.metadata,
        archive: &archive,
    };
    let described = registry.publish(&request).await?;
    let version = &described.version;
    summary.outcome = Outcome::Published;
    summary.published = true;
    summary.current = Some(CurrentVersion {
        number: version.number,
        arn: version.arn.clone(),
    });
    let (expected, found) = (archive.summary.sha256, described.sha256);
    if expected != found {
        let operation = format!("publish layer `{layer}` as version {}", version.number);
        return Err(RegistryErrorKind::OtherHash { expected, found }
            .at(registry.destination(), operation)
            .into());
    }
    Ok(())
}

/// Grants, checks that the policy says just that, and only then revokes.
async fn change_policy(
    registry: &dyn Registry,
    layer: &LayerName,
    number: VersionNumber,
    permission: &PermissionPlan,
    summary: &mut DestinationSummary,
) -> Result<(), Error> {
    let mut policy = registry.policy(layer, number).await?;
    if let Some(grantee) = &permission.grant {
        let statement = Statement::granting(grantee, &policy);
        registry
            .grant(layer, number, &statement, policy.revision.as_deref())
            .await?;
        policy = registry.policy(layer, number).await?;
        check_granted(registry, layer, number, &statement, &policy)?;
        summary.granted = Some(grantee.clone());
    }
    for statement in &permission.revoke {
        registry
            .revoke(layer, number, &statement.id, policy.revision.as_deref())
            .await?;
        summary.revoked += 1;
        policy = registry.policy(layer, number).await?;
    }
    Ok(())
}

fn check_granted(
    registry: &dyn Registry,
    layer: &LayerName,
    number: VersionNumber,
    statement: &Statement,
    policy: &Policy,
) -> Result<(), GrantNotAsAsked> {
    if policy.statements.contains(statement) {
        return Ok(());
    }
    Err(GrantNotAsAsked {
        destination: registry.destination().to_owned(),
        layer: layer.clone(),
        number,
    })
}

/// The registry's policy does not say what was granted.
#[derive(Debug, thiserror::Error)]
#[error(
    "{destination}: the policy of {layer}:{number} does not hold the statement that was just granted"
)]
pub struct GrantNotAsAsked {
    destination: String,
    layer: LayerName,
    number: VersionNumber,
}

impl Failure for GrantNotAsAsked {
    fn hint(&self) -> Option<String> {
        Some(
            "look at the policy of that version before anybody uses it, and run the command again"
                .into(),
        )
    }
}

/// A plan names a layer that nobody prepared: a bug in `lls`.
#[derive(Debug, thiserror::Error)]
#[error("layer `{0}` was planned but not prepared")]
struct NoSource(LayerName);

impl Failure for NoSource {}

impl From<&VersionReference> for CurrentVersion {
    fn from(reference: &VersionReference) -> Self {
        Self {
            number: reference.number,
            arn: reference.arn.clone(),
        }
    }
}
