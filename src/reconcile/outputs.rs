//! The published versions that others are told to use.

use futures::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use super::PARALLEL;
use super::planner::Planner;
use super::targets::Opened;
use crate::error::{Failure, Failures};
use crate::layer::{LayerName, VersionNumber};
use crate::manifest::LayerSettings;
use crate::plan::{Action, DestinationPlan, LayerPlan, VersionReference};
use crate::progress::Event;
use crate::registry::{ReadRegistry, RegistryError};

/// The published version of a layer in one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerOutput {
    /// The layer.
    pub layer: LayerName,
    /// The target.
    pub target: String,
    /// Its region; `directory` in a folder.
    pub region: String,
    /// The description of the version.
    pub description: String,
    /// Its number.
    pub number: VersionNumber,
    /// Its ARN.
    pub arn: String,
}

/// The versions that are what the manifest says, as far as they can be found, and what is missing.
pub async fn current_outputs(
    planner: &Planner<'_>,
    layers: &[(&LayerName, &LayerSettings)],
    targets: Vec<Opened>,
) -> Result<(Vec<LayerOutput>, Failures), Failures> {
    let mut plans = planner.plan(layers, targets).await?;
    let mut failures = std::mem::take(&mut plans.failures);
    let mut found = Vec::new();
    for plan in plans.planned().map(|planned| &planned.plan) {
        for layer in &plan.layers {
            for destination in &layer.destinations {
                let version = failures.keep(current_version(layer, destination));
                found.extend(version.map(|version| output(&layer.layer, &plan.target, version)));
                if version.is_some() && destination.permission.is_change() {
                    let (layer, place) = (&layer.layer, &destination.destination);
                    let message = format!(
                        "the permission of {layer} in {place} differs from the manifest: run `lls apply`"
                    );
                    let event = Event::Warning { message: &message };
                    planner.builder.bench.progress.event(event);
                }
            }
        }
    }
    Ok((found, failures))
}

fn current_version<'p>(
    layer: &LayerPlan,
    destination: &'p DestinationPlan,
) -> Result<&'p VersionReference, NotPublished> {
    let there = match &destination.action {
        Action::Unchanged { current, .. } => return Ok(current),
        Action::Create => There::Nothing,
        Action::Publish { after, .. } => There::Newest(after.number, after.description.clone()),
        Action::Blocked { published, .. } => There::Other(published.number),
    };
    Err(NotPublished {
        destination: destination.destination.clone(),
        layer: layer.layer.clone(),
        description: layer.description.to_string(),
        there,
    })
}

/// The newest versions, whatever is in them, as far as they can be found, and what is missing.
pub async fn newest_outputs(
    layers: &[(&LayerName, &LayerSettings)],
    targets: Vec<Opened>,
) -> (Vec<LayerOutput>, Failures) {
    let (mut found, mut failures) = (Vec::new(), Failures::default());
    for (target, session) in targets {
        let Some(session) = failures.keep(session) else {
            continue;
        };
        for registry in &session.registries {
            let read = futures::stream::iter(layers)
                .map(|(layer, settings)| newest_version(registry.as_ref(), layer, settings))
                .buffered(PARALLEL);
            let Some(read) = failures.keep(read.try_collect::<Vec<_>>().await) else {
                continue;
            };
            for ((layer, _), version) in layers.iter().zip(read) {
                let version = failures.keep(version);
                found.extend(version.map(|version| output(layer, &target, &version)));
            }
        }
    }
    (found, failures)
}

async fn newest_version(
    registry: &dyn ReadRegistry,
    layer: &LayerName,
    settings: &LayerSettings,
) -> Result<Result<VersionReference, NotPublished>, RegistryError> {
    let versions = registry.versions(layer, None).await?;
    Ok(versions
        .first()
        .map(VersionReference::from)
        .ok_or_else(|| NotPublished {
            destination: registry.destination().to_owned(),
            layer: layer.clone(),
            description: settings.description.to_string(),
            there: There::Nothing,
        }))
}

fn output(layer: &LayerName, target: &str, version: &VersionReference) -> LayerOutput {
    // `arn:<partition>:lambda:<region>:...`; a folder has `directory` there.
    let region = version.arn.split(':').nth(3).unwrap_or_default();
    LayerOutput {
        layer: layer.clone(),
        target: target.to_owned(),
        region: region.to_owned(),
        description: version.description.clone(),
        number: version.number,
        arn: version.arn.clone(),
    }
}

/// A layer has no version that is what the manifest says.
#[derive(Debug, thiserror::Error)]
#[error("{destination}: layer `{layer}` is not published as {description}: {there}")]
struct NotPublished {
    destination: String,
    layer: LayerName,
    description: String,
    there: There,
}

/// What is published instead.
#[derive(Debug, thiserror::Error)]
enum There {
    #[error("no version is published")]
    Nothing,
    #[error("the newest version is :{0} {1}")]
    Newest(VersionNumber, String),
    #[error(":{0} has that description, but different content")]
    Other(VersionNumber),
}

impl Failure for NotPublished {
    fn hint(&self) -> Option<String> {
        Some(match self.there {
            There::Nothing => "publish it with `lls apply`".into(),
            There::Newest(..) => {
                "publish it with `lls apply`, or use the newest version with `--newest`".into()
            }
            There::Other(_) => {
                "bump its description and run `lls apply`, or use the newest version with `--newest`"
                    .into()
            }
        })
    }
}
