//! What went wrong with single layers of a result, and the hints that several of them share, which are shown once.

use std::collections::BTreeMap;

use super::lines::hint_lines;
use super::style::{BAD, styled};
use crate::error::Error;
use crate::render::wording::visible_lines;

/// The hints that several failures share, each with the number of failures.
pub struct SharedHints(BTreeMap<String, usize>);

impl SharedHints {
    /// Counts the hints of the failures of a result.
    pub fn of<'a>(errors: impl Iterator<Item = &'a Error>) -> Self {
        let mut counts = BTreeMap::new();
        for hint in errors.filter_map(Error::hint) {
            *counts.entry(hint).or_insert(0) += 1;
        }
        counts.retain(|_, count| *count > 1);
        Self(counts)
    }

    /// The shared hints, below everything that failed.
    pub fn render(&self) -> String {
        let hint = |(hint, count): (&String, &usize)| {
            let first = format!("hint for {count} failures: ");
            hint_lines(&first, hint, &std::io::stdout())
        };
        let hints: String = self.0.iter().map(hint).collect();
        match hints.as_str() {
            "" => hints,
            _ => format!("\n{hints}"),
        }
    }
}

/// What went wrong, below what it went wrong with. A shared hint is left out.
pub fn render_error(error: Option<&Error>, shared: &SharedHints) -> String {
    let mut text = String::new();
    for line in error.iter().flat_map(|error| error.chain()) {
        text.push_str(&format!("        {}\n", styled(BAD, visible_lines(&line))));
    }
    let hint = error.and_then(Error::hint);
    if let Some(hint) = hint.filter(|hint| !shared.0.contains_key(hint)) {
        text.push_str(&hint_lines("        hint: ", &hint, &std::io::stdout()));
    }
    text
}
