//! Colors by meaning, and control characters made harmless.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

use crate::render::wording::{Tone, steers};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const ADD: Style = AnsiColor::Green.on_default();
pub const CHANGE: Style = AnsiColor::Yellow.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
pub const HUNK: Style = AnsiColor::Cyan.on_default();

/// `text` in `style`, reset behind it.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// `text` in the style of `tone`.
pub fn toned(tone: Tone, text: impl std::fmt::Display) -> String {
    match tone {
        Tone::Plain => text.to_string(),
        Tone::Good => styled(ADD, text),
        Tone::Change => styled(CHANGE, text),
        Tone::Bad => styled(BAD, text),
    }
}

/// A text in which control characters that were not put there by [`styled`] are written as escapes, so that names and
/// messages of others cannot move the cursor or hide what stands beside them. Line ends stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(steers) {
        safe.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = match style_length(rest) {
            Some(length) => {
                safe.push_str(&rest[..length]);
                length
            }
            None => {
                let dangerous = rest.chars().next().unwrap_or_default();
                safe.extend(dangerous.escape_default());
                dangerous.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Cow::Owned(safe + rest)
}

/// The length of the style with which a text begins (ECMA-48, SGR): `ESC [`, numbers, `m`.
fn style_length(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    (numbers[end..].starts_with('m')).then_some("\u{1b}[".len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_styles_reach_the_terminal() {
        let ours = format!("{}\n", styled(ADD, "+"));
        assert_eq!(printable(&ours), ours);
        let theirs = "\u{1b}]0;x\u{7}\u{1b}[2J\r\u{202e}\u{9b}1A\t";
        let shown = "\\u{1b}]0;x\\u{7}\\u{1b}[2J\\r\\u{202e}\\u{9b}1A\t";
        assert_eq!(printable(theirs), shown);
        assert_eq!(printable("\u{1b}[3"), r"\u{1b}[3");
    }
}
