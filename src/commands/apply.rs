//! `lls apply`: plans, shows the plan, asks, and executes it.

use std::io::{BufRead as _, IsTerminal as _};

use super::planning::{open_session, plan_layers};
use super::{Context, ExitStatus};
use crate::apply::apply as execute;
use crate::cli::{ApplyOptions, Format};
use crate::error::Failures;
use crate::render::{Document, render_plan, render_summary};

pub(super) async fn apply(
    options: &ApplyOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.layers)?;
    let builder = context.builder(manifest.folder(), options.inputs)?;
    let session = open_session(&manifest, &layers, context).await?;
    let planned = plan_layers(&layers, &session, &builder).await?;
    let text = render_plan(&planned.plan, &manifest.path.display().to_string());
    match options.format.format {
        Format::Terminal => context.output.result(&text)?,
        Format::Json => context.output.message(&text),
    }
    context.report(&planned.failures);
    if planned.plan.has_changes() && !options.yes && !confirm(context) {
        context.output.message("Nothing was changed.\n");
        return Ok(ExitStatus::Failure);
    }
    let mut summary = execute(
        &planned.plan,
        &session.registries,
        &planned.sources(),
        &builder,
    )
    .await;
    summary.unplanned = planned.failures.0.len();
    match options.format.format {
        Format::Json => context.output.result(&Document::new(&summary).render())?,
        Format::Terminal if planned.plan.has_changes() => {
            context
                .output
                .result(&format!("\n{}", render_summary(&summary)))?;
        }
        Format::Terminal => {}
    }
    Ok(if summary.is_success() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

/// Asks whether to go on, where there is a terminal to ask; else the answer is yes.
fn confirm(context: &Context) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return true;
    }
    context.output.insist("\nApply these changes? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
