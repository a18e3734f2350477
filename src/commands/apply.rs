//! `lls apply`: plans, shows the plan, asks unless the plan was saved, and executes it.

use std::io::{BufRead as _, IsTerminal as _};

use super::planning::{open_session, plan_layers};
use super::{Context, ExitStatus, saved_plan};
use crate::apply::{Summary, apply as execute};
use crate::cli::{ApplyOptions, Format};
use crate::error::Failures;
use crate::render::{Document, OutputError, render_plan, render_summary};

pub(super) async fn apply(
    options: &ApplyOptions,
    context: &mut Context,
) -> Result<ExitStatus, Failures> {
    let saved = match &options.plan {
        Some(path) => Some((path, saved_plan::read(path, context)?)),
        None => None,
    };
    let manifest = context.manifest()?;
    let selection = match &saved {
        Some((path, saved)) => {
            saved_plan::check_manifest(path, saved, &manifest)?;
            &saved.selection
        }
        None => &options.layers.layers,
    };
    let layers = manifest.select(selection)?;
    let builder = context.builder(manifest.folder(), options.inputs)?;
    let session = open_session(&manifest, &layers, context).await?;
    let planned = plan_layers(&layers, &session, &builder).await?;
    if let Some((path, saved)) = &saved {
        if !planned.failures.0.is_empty() {
            return Err(planned.failures);
        }
        saved_plan::check_plan(path, saved, &planned.plan)?;
    }
    let plan = &planned.plan;
    let text = render_plan(plan, &manifest.path.display().to_string());
    match options.format.format {
        Format::Terminal => context.output.result(&text)?,
        Format::Json => context.output.message(&text),
    }
    context.report(&planned.failures);
    let is_agreed = options.yes || saved.is_some() || !plan.has_changes();
    if !is_agreed && !confirm(context).await {
        context.output.message("Nothing was changed.\n");
        return Ok(ExitStatus::Failure);
    }
    context.interruption.changes_begin();
    let mut summary = execute(plan, &session.registries, &planned.sources(), &builder).await;
    summary.unplanned = planned.failures.0.len();
    show(&summary, options.format.format, plan.has_changes(), context)?;
    Ok(ExitStatus::of(summary.is_success()))
}

fn show(
    summary: &Summary,
    format: Format,
    has_changes: bool,
    context: &Context,
) -> Result<(), OutputError> {
    match format {
        Format::Json => context.output.result(&Document::new(summary).render()),
        Format::Terminal if has_changes => {
            let text = format!("\n{}", render_summary(summary));
            context.output.result(&text)
        }
        Format::Terminal => Ok(()),
    }
}

/// Asks whether to go on, where there is a terminal to ask; else the answer is yes.
async fn confirm(context: &Context) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return true;
    }
    context.output.insist("\nApply these changes? [y/N] ");
    // A thread of its own, which nobody waits for: reading does not end with an interruption.
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        sender.send(read.map(|_| line))
    });
    let is_yes = |line: &str| matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    matches!(answer.await, Ok(Ok(line)) if is_yes(&line))
}
