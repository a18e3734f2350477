//! What `lls doctor` found, for the terminal.

use crate::doctor::{Check, Examination, Outcome};
use crate::render::wording::{count, visible};

/// Renders what was checked, and what to do.
pub fn render_examination(examination: &Examination) -> String {
    let checks = || {
        examination
            .sections
            .iter()
            .flat_map(|section| &section.checks)
    };
    let width = checks().map(|check| check.subject.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for section in &examination.sections {
        text.push_str(&format!("{}\n", visible(&section.title)));
        for check in &section.checks {
            text.push_str(&rendered(check, width));
        }
        text.push('\n');
    }
    text.push_str(&format!(
        "{} passed, {}, {} failed.\n",
        count(examination.count(Outcome::Passed), "check"),
        count(examination.count(Outcome::Warned), "warning"),
        examination.count(Outcome::Failed),
    ));
    text
}

fn rendered(check: &Check, width: usize) -> String {
    let sign = match check.outcome {
        Outcome::Passed => '\u{2713}',
        Outcome::Warned => '-',
        Outcome::Failed => '!',
    };
    let (subject, finding) = (visible(&check.subject), visible(&check.finding));
    let mut text = format!("  {sign} {subject:width$}  {finding}\n");
    if let Some(hint) = &check.hint {
        text.push_str(&format!("    {:width$}  hint: {}\n", "", visible(hint)));
    }
    text
}
