//! Details on the terminal, with the diffs of files below them.

use super::lines::wrapped;
use super::style::{ADD, BAD, DIM, HUNK, styled, toned};
use crate::render::wording::{Detail, count, visible};

/// The most lines of a diff that are shown of one file.
const MOST_LINES: usize = 200;
/// The most characters of a line that are shown.
const MOST_CHARACTERS: usize = 400;

/// The lines of a detail, `indent` blanks before each.
pub fn detail_lines(detail: &Detail, indent: usize) -> Vec<String> {
    let indent = " ".repeat(indent);
    let first = match detail.sign {
        "" => indent.clone(),
        sign => format!("{indent}{sign} "),
    };
    let lines = wrapped(&first, &detail.text).into_iter();
    let lines = lines.map(|line| toned(detail.tone, line));
    let diff = detail.diff.as_deref().map(diff_lines).unwrap_or_default();
    let below = diff.iter().map(|line| format!("{indent}    {line}"));
    lines
        .chain(below.map(|line| line.trim_end().to_owned()))
        .collect()
}

/// The lines of a diff in their colours, as many as people read.
fn diff_lines(diff: &str) -> Vec<String> {
    let all = diff.split_terminator('\n').count();
    let shown = diff.split_terminator('\n').take(MOST_LINES);
    let mut lines: Vec<String> = shown.map(diff_line).collect();
    if all > MOST_LINES {
        let rest = count(all - MOST_LINES, "more line");
        let text = format!("... {rest}: `--format json` has all of them");
        lines.push(styled(DIM, text));
    }
    lines
}

fn diff_line(line: &str) -> String {
    let mut text = visible(&line.chars().take(MOST_CHARACTERS).collect::<String>());
    let rest = line.chars().count().saturating_sub(MOST_CHARACTERS);
    if rest > 0 {
        text.push_str(&format!("... {}", count(rest, "more character")));
    }
    match line.chars().next() {
        Some('+') => styled(ADD, text),
        Some('-') => styled(BAD, text),
        Some('@') => styled(HUNK, text),
        Some('\\') => styled(DIM, text),
        _ => text,
    }
}
