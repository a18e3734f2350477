//! Text of others, made harmless: what must not act in Markdown or HTML, and what must not hide.

use maud::{Markup, html};

use super::visible::visible;

/// `text` as code in a line of Markdown, also in a table. In code GitHub and GitLab see no markup, no mention, no
/// reference and no link.
pub fn code(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return "<code></code>".to_owned();
    }
    // A pipe ends a cell of a table even in code, and what escapes it differs: such text is written in entities.
    if text.contains(['`', '|', '\\']) {
        return format!("<code>{}</code>", entities(&text));
    }
    format!("`{text}`")
}

/// A text of several lines in one: what failed, and its causes.
pub fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// `text` as code in a line of HTML, where there is no Markdown.
pub fn html_code(text: &str) -> String {
    html! { code { (visible(text)) } }.into_string()
}

/// A message in Markdown: what it has in backticks is code, as is every other word that could be more than a word.
pub fn prose_markdown(text: &str) -> String {
    let is_word = |word: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ",.;:'()-".contains(c);
        word.chars().all(is_plain) && !word.contains("www.")
    };
    let words = |text: &str| {
        let words = text.split(' ').map(|word| {
            if is_word(word) {
                word.to_owned()
            } else {
                code(word)
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let parts = quoted_parts(text).map(|part| match part {
        Part::Quoted(text) => code(text),
        Part::Plain(text) => words(text),
    });
    parts.collect()
}

/// A message in HTML: what it has in backticks is code.
pub fn prose_html(text: &str) -> Markup {
    html! {
        @for part in quoted_parts(text) {
            @match part {
                Part::Quoted(text) => code { (visible(text)) },
                Part::Plain(text) => (visible(text)),
            }
        }
    }
}

/// A part of a message.
enum Part<'t> {
    /// It is in backticks.
    Quoted(&'t str),
    Plain(&'t str),
}

fn quoted_parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| {
        if index % 2 == 0 {
            Part::Plain(part)
        } else {
            Part::Quoted(part)
        }
    })
}

/// `text` with every character as an entity that could be markup.
fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            escaped.push_str(&format!("&#{};", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Lines as a block of code, between fences that no run of backticks in them can end.
pub fn fenced(language: &str, text: &str) -> String {
    // A carriage return ends no line: it is shown.
    let lines: Vec<_> = text.split_terminator('\n').map(visible).collect();
    let text = lines.join("\n");
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_and_code_are_left_of_a_message() {
        let text = "raise `a|b` in x.toml:5, not [in](https://a.b) @team #1 www.a.b";
        assert_eq!(
            prose_markdown(text),
            "raise <code>a&#124;b</code> in x.toml:5, not `[in](https://a.b)` `@team` `#1` `www.a.b`"
        );
        assert_eq!(
            prose_html("run `lls <b>`, not <i>").into_string(),
            "run <code>lls &lt;b&gt;</code>, not &lt;i&gt;"
        );
    }

    #[test]
    fn code_stays_code() {
        assert_eq!(code("<b>@team #1 https://a.b"), "`<b>@team #1 https://a.b`");
        assert_eq!(code("a`|b"), "<code>a&#96;&#124;b</code>");
        assert_eq!(code("a\\"), "<code>a&#92;</code>");
        assert_eq!(fenced("diff", "+ ````x"), "`````diff\n+ ````x\n`````\n");
        assert_eq!(fenced("diff", "-a\r\n+a\n"), "```diff\n-a\\r\n+a\n```\n");
    }
}
