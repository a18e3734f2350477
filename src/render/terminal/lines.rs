//! Lines that fit a terminal: wrapped texts, hints, and tables.

use std::sync::LazyLock;

use crate::render::wording::{visible, visible_lines};

/// The width that everything fits in, in columns, beside paths and ARNs.
const WIDTH: usize = 80;

/// The width below which nothing is wrapped more tightly, in columns.
const NARROWEST: usize = 40;

/// How wide results are, in columns: as wide as the terminal on stdout where that is narrower.
pub fn result_width() -> usize {
    static WIDTH: LazyLock<usize> = LazyLock::new(|| terminal_width(&std::io::stdout()));
    *WIDTH
}

/// The columns of the terminal that a stream goes to, but no more than everything fits in.
pub fn terminal_width(stream: &impl std::os::fd::AsFd) -> usize {
    columns(stream).unwrap_or(WIDTH)
}

fn columns(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(stream)?;
    Some(usize::from(width.0).clamp(NARROWEST, WIDTH))
}

/// `text` in lines of at most 80 columns, the first behind `first`, the others behind as many blanks.
pub fn wrapped(first: &str, text: &str) -> Vec<String> {
    lines(first, text, textwrap::Options::new(result_width()))
}

/// A hint behind `first`, in lines that fit the terminal on `stream`; what stands in backticks, to be copied, stays
/// whole. Where there is no terminal the hint stays as it is.
pub fn hint_lines(first: &str, hint: &str, stream: &impl std::os::fd::AsFd) -> String {
    match columns(stream) {
        Some(width) => wrapped_hint(first, hint, width),
        None => format!("{first}{}\n", visible_lines(hint)),
    }
}

fn wrapped_hint(first: &str, hint: &str, width: usize) -> String {
    let options = textwrap::Options::new(width)
        .word_separator(textwrap::WordSeparator::Custom(words_and_quotes));
    lines(first, hint, options).join("\n") + "\n"
}

fn words_and_quotes(line: &str) -> Box<dyn Iterator<Item = textwrap::core::Word<'_>> + '_> {
    let mut is_quoted = false;
    let words = line.split_inclusive(move |c| {
        is_quoted ^= c == '`';
        c == ' ' && !is_quoted
    });
    Box::new(words.map(textwrap::core::Word::from))
}

fn lines(first: &str, text: &str, options: textwrap::Options<'_>) -> Vec<String> {
    let indent = " ".repeat(first.chars().count());
    let options = options
        .initial_indent(first)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&visible_lines(text), options)
        .into_iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Rows with aligned columns, two blanks between them.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[_; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| visible(cell)))
        .collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_copied_stays_whole() {
        let hint = "delete versions with `lls prune --keep 1 --keep-days 0 --yes`, or ask for room";
        assert_eq!(
            wrapped_hint("hint: ", hint, 40),
            "hint: delete versions with\n      `lls prune --keep 1 --keep-days 0 --yes`,\n      or ask for room\n"
        );
    }
}
