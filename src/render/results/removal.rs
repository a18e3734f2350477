//! Deleting versions on the terminal: what is to be deleted, what stays although it is old, and what became of it.

use serde::Serialize;

use crate::apply::{Deletion, DeletionOutcome};
use crate::layer::Statement;
use crate::plan::{Fate, VersionFate};
use crate::render::terminal::{BAD, CHANGE, SharedHints, render_error, styled, wrapped};
use crate::render::wording::{count, joined};

/// What was to be deleted, and what became of it.
#[derive(Debug, Serialize)]
pub struct Removal<'a> {
    /// The target.
    pub target: &'a str,
    /// The versions that were looked at.
    pub versions: &'a [VersionFate],
    /// What became of those to be deleted; `None` where that was not asked for.
    pub deletions: Option<&'a [Deletion]>,
}

/// Renders what is to be deleted, and what is not because it is used.
pub fn render_fates(fates: &[VersionFate]) -> String {
    let mut text = String::new();
    for fate in fates {
        let (layer, number, place) = (&fate.layer, fate.version.number, &fate.destination);
        match fate.fate {
            Fate::Delete => text.push_str(&render_doomed(fate)),
            Fate::Used => {
                let users: Vec<_> = fate.users.iter().map(ToString::to_string).collect();
                let used = format!("stays in {place}: used by {}", joined(&users));
                text.push_str(&wrapped(&format!("    {layer}:{number}  "), &used).join("\n"));
                text.push('\n');
            }
            Fate::Declared | Fate::Newest | Fate::Young => {}
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    format!("{text}{}\n", render_count(fates))
}

fn render_doomed(fate: &VersionFate) -> String {
    let version = &fate.version;
    let day = version.created.split('T').next().unwrap_or_default();
    let mut text = format!(
        "  {} {}:{}  {}  in {}, published on {day}\n",
        styled(BAD, "-"),
        fate.layer,
        version.number,
        version.metadata.description,
        fate.destination,
    );
    for statement in &fate.shared_with {
        let note = format!(
            "shared with {}: functions there that use it cannot be seen",
            grantee(statement)
        );
        for line in wrapped("        ", &note) {
            text.push_str(&format!("{}\n", styled(CHANGE, line)));
        }
    }
    text
}

fn grantee(statement: &Statement) -> String {
    match &statement.grantee {
        Some(grantee) => grantee.to_string(),
        None => format!("others by statement {}", statement.id),
    }
}

fn render_count(fates: &[VersionFate]) -> String {
    let number = |fate| fates.iter().filter(|other| other.fate == fate).count();
    let mut parts = vec![match number(Fate::Delete) {
        0 => "nothing to delete".to_owned(),
        doomed => format!("{} to delete", count(doomed, "version")),
    }];
    for (fate, why) in [
        (Fate::Used, "used"),
        (Fate::Declared, "declared in the manifest"),
        (Fate::Newest, "among the newest"),
        (Fate::Young, "recent"),
    ] {
        if number(fate) > 0 {
            parts.push(format!("{} {why}", number(fate)));
        }
    }
    let (doomed, staying) = parts.split_at(1);
    let staying = match staying {
        [] => String::new(),
        reasons => format!("; keeping: {}", reasons.join(", ")),
    };
    wrapped("Delete: ", &format!("{}{staying}.", doomed.concat())).join("\n")
}

/// Renders what became of the versions.
pub fn render_deletions(deletions: &[Deletion]) -> String {
    let mut text = "\n".to_owned();
    let errors = deletions
        .iter()
        .filter_map(|deletion| deletion.error.as_ref());
    let shared = SharedHints::of(errors);
    for deletion in deletions {
        let (sign, said) = match deletion.outcome {
            DeletionOutcome::Deleted => ("-", "deleted"),
            DeletionOutcome::Failed => ("!", "failed"),
            DeletionOutcome::NotStarted => (" ", "not started"),
        };
        text.push_str(&format!(
            "  {} {}:{}  {said} in {}\n",
            styled(BAD, sign),
            deletion.layer,
            deletion.number,
            deletion.destination
        ));
        text.push_str(&render_error(deletion.error.as_ref(), &shared));
    }
    let number = |outcome| {
        let deletions = deletions.iter();
        deletions
            .filter(|deletion| deletion.outcome == outcome)
            .count()
    };
    let mut parts = vec![count(number(DeletionOutcome::Deleted), "version")];
    for (outcome, word) in [
        (DeletionOutcome::Failed, "failed"),
        (DeletionOutcome::NotStarted, "not started"),
    ] {
        if number(outcome) > 0 {
            parts.push(format!("{} {word}", number(outcome)));
        }
    }
    text.push_str(&shared.render());
    format!("{text}\nDeleted: {}.\n", parts.join(", "))
}
