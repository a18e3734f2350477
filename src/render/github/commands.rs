//! Text of others, which the runner of GitHub Actions must not take for commands.

use std::borrow::Cow;

/// `text` without anything that the runner would take for a command: `::` at the start of a line, whatever blanks
/// are before it, and `##[` anywhere.
pub fn without_commands(text: &str) -> Cow<'_, str> {
    let shown = anstream::adapter::strip_str(text).to_string();
    let is_command = |line: &str| line.trim_start().starts_with("::");
    if !shown.contains("##[") && !shown.lines().any(is_command) {
        return Cow::Borrowed(text);
    }
    // Between characters of a string of JSON an escape is the same; elsewhere a blank is seen by everyone.
    let apart = if text.starts_with('{') {
        "#\\u0023["
    } else {
        "# #["
    };
    let lines = text.split_inclusive('\n').map(|line| {
        let line = line.replace("##[", apart);
        if is_command(&anstream::adapter::strip_str(&line).to_string()) {
            line.replacen("::", ": :", 1)
        } else {
            line
        }
    });
    Cow::Owned(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_no_command() {
        let text = "a\n  ::set-env::x\n\u{1b}[32m ::add-mask::a\u{1b}[0m\nb ::c\nx##[error]y\n";
        let expected =
            "a\n  : :set-env::x\n\u{1b}[32m : :add-mask::a\u{1b}[0m\nb ::c\nx# #[error]y\n";
        assert_eq!(without_commands(text), expected);
        let json = "{\n  \"a\": \"##[x] ::b\"\n}\n";
        assert_eq!(
            without_commands(json),
            "{\n  \"a\": \"#\\u0023[x] ::b\"\n}\n"
        );
        assert!(matches!(without_commands("fine ::\n"), Cow::Borrowed(_)));
    }
}
