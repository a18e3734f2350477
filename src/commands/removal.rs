//! Deleting versions, for `delete` and `prune`: lists them, and deletes them with `--yes`.

use super::{Context, ExitStatus};
use crate::apply::{DeletionOutcome, delete};
use crate::cli::{Format, RemovalOptions};
use crate::error::Failures;
use crate::plan::{Fate, VersionFate};
use crate::reconcile::{parameters_left, read_sharing};
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
    if !session.lists_functions {
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
