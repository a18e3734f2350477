//! `lls outputs`: prints the ARNs of the published versions for those who use them.
//!
//! The version of a layer is the one that `plan` calls current. What is not published as the manifest says is a
//! failure, so that nobody deploys a stale version without noticing.

use futures::{StreamExt as _, TryStreamExt as _};

use super::targets::{Selection, chosen_targets, plan_targets};
use super::{Context, ExitStatus, PARALLEL};
use crate::cli::{InputOptions, OutputsFormat, OutputsOptions, RebuildOption};
use crate::error::{Error, Failure, Failures};
use crate::layer::{LayerName, VersionNumber};
use crate::manifest::{LayerSettings, Manifest, Target};
use crate::plan::{Action, DestinationPlan, LayerPlan, TextDetail, VersionReference};
use crate::registry::{OrganizationLookup, ReadRegistry, RegistryError};
use crate::render::{
    Document, LayerOutput, LayerOutputs, render_outputs, render_outputs_cloudformation,
    render_outputs_env, render_outputs_markdown, render_outputs_tfvars,
};

type Layers<'a> = [(&'a LayerName, &'a LayerSettings)];

pub(super) async fn outputs(
    options: &OutputsOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.layers)?;
    let targets = chosen_targets(&manifest, context)?;
    let mut failures = Failures::default();
    let mut found = match options.newest {
        true => newest(&manifest, &layers, &targets, context, &mut failures).await,
        false => current(&manifest, &layers, &targets, context, &mut failures).await?,
    };
    // Stable: within a layer the order of targets and regions stays.
    found.sort_by(|a, b| a.layer.cmp(&b.layer));
    let outputs = LayerOutputs {
        layers: found,
        failures: failures.0.iter().map(ToString::to_string).collect(),
    };
    if let Some(text) = render(&outputs, options.format)? {
        context.output.result(&text)?;
    }
    context.report(&failures);
    Ok(ExitStatus::of(failures.0.is_empty()))
}

/// `None` where something is missing and the format cannot say so: what reads it would take the rest for all.
fn render(outputs: &LayerOutputs, format: OutputsFormat) -> Result<Option<String>, Error> {
    let layers = outputs.layers.as_slice();
    let is_whole = outputs.failures.is_empty();
    Ok(match format {
        OutputsFormat::Terminal => Some(render_outputs(layers)),
        OutputsFormat::Json => Some(Document::new(outputs).render()),
        OutputsFormat::Markdown => Some(render_outputs_markdown(layers)),
        _ if !is_whole => None,
        OutputsFormat::Env => Some(render_outputs_env(layers)?),
        OutputsFormat::Tfvars => Some(render_outputs_tfvars(layers)?),
        OutputsFormat::CloudFormation => Some(render_outputs_cloudformation(layers)?),
    })
}

/// The versions that are what the manifest says.
async fn current(
    manifest: &Manifest,
    layers: &Layers<'_>,
    targets: &[&Target],
    context: &Context,
    failures: &mut Failures,
) -> Result<Vec<LayerOutput>, Failures> {
    // Looking changes nothing: a lock that is missing is not made.
    let inputs = InputOptions {
        locked: true,
        no_cache: false,
    };
    let builder = context.builder(manifest.folder(), &manifest.repository, inputs)?;
    let selection = Selection {
        manifest,
        layers,
        rebuild: RebuildOption::default(),
        detail: TextDetail::default(),
    };
    let planned = plan_targets(&selection, targets, &builder, context).await?;
    failures.extend(planned.failures.0);
    let mut found = Vec::new();
    for (_, planned) in planned.targets.iter().flat_map(|target| &target.work) {
        for layer in &planned.plan.layers {
            for destination in &layer.destinations {
                let version = failures.keep(current_version(layer, destination));
                let target = &planned.plan.target;
                found.extend(version.map(|version| output(&layer.layer, target, version)));
                if version.is_some() && destination.permission.is_change() {
                    context.warn(&format!(
                        "{} in {} is not granted as the manifest says: `lls apply` does that",
                        layer.layer, destination.destination
                    ));
                }
            }
        }
    }
    Ok(found)
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

/// The newest versions, whatever is in them.
async fn newest(
    manifest: &Manifest,
    layers: &Layers<'_>,
    targets: &[&Target],
    context: &Context,
    failures: &mut Failures,
) -> Vec<LayerOutput> {
    let mut found = Vec::new();
    for target in targets {
        let session = context.connect(manifest, target, OrganizationLookup::NotNeeded);
        let Some(session) = failures.keep(session.await) else {
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
                found.extend(version.map(|version| output(layer, &target.name, &version)));
            }
        }
    }
    found
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
    #[error("it has no version")]
    Nothing,
    #[error("the newest version is :{0} {1}")]
    Newest(VersionNumber, String),
    #[error(":{0} has that description and other content")]
    Other(VersionNumber),
}

impl Failure for NotPublished {
    fn hint(&self) -> Option<String> {
        Some(match self.there {
            There::Nothing => "publish it with `lls apply`".into(),
            There::Newest(..) => {
                "publish it with `lls apply`, or take the newest version with `--newest`".into()
            }
            There::Other(_) => {
                "raise its description and run `lls apply`, or take the newest version with `--newest`"
                    .into()
            }
        })
    }
}
