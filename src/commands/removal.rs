//! Deleting versions, for `delete` and `prune`: says which, and deletes them where that was asked for.

use std::collections::BTreeSet;

use super::published::read_sharing;
use super::{Context, ExitStatus};
use crate::apply::{DeletionOutcome, delete};
use crate::cli::{Format, RemovalOptions};
use crate::error::{Error, Failures};
use crate::layer::ParameterNames;
use crate::plan::{Fate, VersionFate};
use crate::registry::Session;
use crate::render::{Document, Removal, render_deletions, render_fates};

/// Lists `fates`, and makes them true with `--yes`.
pub async fn remove(
    mut fates: Vec<VersionFate>,
    session: &Session,
    options: &RemovalOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    read_sharing(&mut fates, session).await?;
    let is_doomed = |fate: &VersionFate| fate.fate == Fate::Delete;
    let has_doomed = fates.iter().any(is_doomed);
    let text = render_fates(&fates);
    match options.format.format {
        Format::Terminal => context.output.result(&text)?,
        Format::Json => context.output.message(&text),
    }
    for note in parameters_left(&fates, session).await? {
        context.output.message(&note);
    }
    if !session.is_aws {
        let note = "note: a folder has no functions: who uses its layers is not known\n";
        context.output.message(note);
    }
    let deletions = if has_doomed && options.yes {
        context.interruption.changes_begin()?;
        Some(delete(&fates, &session.registries, context.progress.as_ref()).await)
    } else {
        None
    };
    match (options.format.format, &deletions) {
        (Format::Json, deletions) => {
            let removal = Removal {
                target: &session.target,
                versions: &fates,
                deletions: deletions.as_deref(),
            };
            context.output.result(&Document::new(removal).render())?;
        }
        (Format::Terminal, Some(deletions)) => {
            context.output.result(&render_deletions(deletions))?;
        }
        (Format::Terminal, None) if has_doomed => {
            context
                .output
                .message("Nothing was deleted: that takes `--yes`.\n");
        }
        (Format::Terminal, None) => {}
    }
    let mut deletions = deletions.iter().flatten();
    Ok(ExitStatus::of(deletions.all(|deletion| {
        deletion.outcome == DeletionOutcome::Deleted
    })))
}

/// A note for each parameter that holds a version which is to be deleted. Parameters are left as they are: who reads
/// them is not known.
async fn parameters_left(fates: &[VersionFate], session: &Session) -> Result<Vec<String>, Error> {
    let Some(prefix) = &session.ssm_prefix else {
        return Ok(Vec::new());
    };
    let mut notes = Vec::new();
    for registry in &session.registries {
        let is_here = |fate: &&VersionFate| {
            fate.fate == Fate::Delete && fate.destination == registry.destination()
        };
        let doomed: Vec<_> = fates.iter().filter(is_here).collect();
        let names = doomed.iter().filter_map(|fate| {
            // One that is no description of `lls` has no parameter of its own.
            let description = fate.version.metadata.description.parse().ok()?;
            ParameterNames::new(prefix, &fate.layer, &description).ok()
        });
        let names: BTreeSet<_> = names
            .flat_map(|names| names.iter().cloned().collect::<Vec<_>>())
            .collect();
        if names.is_empty() {
            continue;
        }
        let held = registry
            .parameters(&names.into_iter().collect::<Vec<_>>())
            .await?;
        for (name, value) in held {
            if let Some(fate) = doomed
                .iter()
                .find(|fate| fate.version.arn == value.as_str())
            {
                notes.push(format!(
                    "note: parameter {name} holds {}:{} in {}, and stays\n",
                    fate.layer, fate.version.number, fate.destination
                ));
            }
        }
    }
    Ok(notes)
}
