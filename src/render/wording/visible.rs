//! Texts of others on a terminal: what they hold is shown, and steers nothing.

use std::borrow::Cow;

/// `text`, on one line, in which whatever a terminal or a reader could obey is spelled out.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || steers(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The same for a text of several lines.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    Cow::Owned(lines.join("\n"))
}

/// Whether somebody may obey a character in place of seeing it: control characters but tabs and line ends, line
/// separators, and those that change the direction of text (Unicode Standard Annex 9).
pub fn steers(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n') || is_invisible(character)
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        let shown = visible("\u{1b}[31mred\u{9b}2J\r\u{202e}evil\tcafé\u{7f}");
        assert_eq!(
            shown,
            "\\u{1b}[31mred\\u{9b}2J\\r\\u{202e}evil\tcafé\\u{7f}"
        );
    }
}
