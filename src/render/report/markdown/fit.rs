//! Fits a document of pieces into a comment: what weighs least is left out first, and a note says so.

use crate::render::wording::{count, joined};

/// The most that a report may have, in UTF-16 code units: GitHub takes 65,536 characters, and whatever it counts as
/// one is at least one of these units.
const LIMIT: usize = 65_000;

/// Kept free for the note of what was left out.
const NOTE: usize = 300;

/// A piece of the document.
pub(super) enum Part {
    /// Always there.
    Fixed(String),
    /// A line of a table or list.
    Row(String),
    /// What is folded below a layer.
    Details { opening: String, diffs: Vec<String> },
}

/// The end of what is folded.
const CLOSING: &str = "</details>\n\n";

/// The length that GitHub counts, at most.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The document, cut where it would be too long: diffs go first, then details, then rows.
pub(super) fn fitted(parts: &[Part], command: &str) -> String {
    let mut room = LIMIT - NOTE;
    let mut takes = |text: &str, more: usize| {
        let length = length(text) + more;
        let fits = length <= room;
        if fits {
            room -= length;
        }
        fits
    };
    for part in parts {
        if let Part::Fixed(text) = part {
            takes(text, 0);
        }
    }
    let rows: Vec<bool> = (parts.iter())
        .map(|part| matches!(part, Part::Row(text) if takes(text, 0)))
        .collect();
    let folded: Vec<bool> = (parts.iter())
        .map(|part| matches!(part, Part::Details { opening, .. } if takes(opening, CLOSING.len())))
        .collect();
    let mut left = Left::default();
    let mut document = String::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Fixed(text) => document.push_str(text),
            Part::Row(text) if rows[index] => document.push_str(text),
            Part::Row(_) => left.rows += 1,
            Part::Details { opening, diffs } if folded[index] => {
                document.push_str(opening);
                for diff in diffs {
                    if takes(diff, 0) {
                        document.push_str(diff);
                    } else {
                        left.diffs += 1;
                    }
                }
                document.push_str(CLOSING);
            }
            Part::Details { diffs, .. } => {
                left.details += 1;
                left.diffs += diffs.len();
            }
        }
    }
    document.push_str(&left.note(command));
    document.trim_end().to_owned() + "\n"
}

/// What was left out.
#[derive(Default)]
struct Left {
    diffs: usize,
    details: usize,
    rows: usize,
}

impl Left {
    fn note(&self, command: &str) -> String {
        let parts = [
            (self.diffs, count(self.diffs, "diff")),
            (
                self.details,
                format!("the details of {}", count(self.details, "layer")),
            ),
            (self.rows, count(self.rows, "line")),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<_> = parts.map(|(_, text)| text).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(
                "\n> Left out to fit into a comment: {}. `lls {command}` and its other reports have everything.\n",
                joined(&parts)
            )
        }
    }
}
