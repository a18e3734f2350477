//! `lls outputs`: prints the ARNs of the published versions for those who use them.
//!
//! The version of a layer is the one that `plan` calls current. What is not published as the manifest says is a
//! failure, so that nobody deploys a stale version without noticing.

use futures::future::join_all;

use super::{Context, ExitStatus};
use crate::cli::{InputOptions, OutputsFormat, OutputsOptions};
use crate::error::{Error, Failures};
use crate::reconcile::{Planner, chosen_targets, current_outputs, newest_outputs};
use crate::registry::OrganizationLookup;
use crate::render::{
    Document, LayerOutputs, render_outputs, render_outputs_cloudformation, render_outputs_env,
    render_outputs_markdown, render_outputs_tfvars,
};

pub(super) async fn outputs(
    options: &OutputsOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.globs())?;
    let targets = chosen_targets(&manifest, &context.options.targets)?;
    let (mut found, failures) = if options.newest {
        let opened = targets.iter().map(async |target| {
            let lookup = OrganizationLookup::NotNeeded;
            let session = context.connect(&manifest, target, lookup).await;
            (target.name.clone(), session)
        });
        newest_outputs(&layers, join_all(opened).await).await
    } else {
        let inputs = InputOptions::LOOKING;
        let builder = context.builder(manifest.folder(), &manifest.repository, inputs)?;
        let opened = context.open(&manifest, &layers, &targets).await;
        current_outputs(&Planner::new(&builder), &layers, opened).await?
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
