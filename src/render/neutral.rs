//! Text of others, made harmless: what must not act in Markdown or HTML, and what must not hide.

use maud::html;

use crate::render::visible::visible;

/// `text` as code in a line of Markdown, also in a table. In code GitHub and GitLab see no markup, no mention, no
/// reference and no link.
pub(in crate::render) fn code(text: &str) -> String {
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
pub(in crate::render) fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// `text` as code in a line of HTML, where there is no Markdown.
pub(in crate::render) fn html_code(text: &str) -> String {
    html! { code { (visible(text)) } }.into_string()
}

/// `text` with every character as an entity that could be markup.
fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii_punctuation() {
            true => escaped.push_str(&format!("&#{};", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}

/// Lines as a block of code, between fences that no run of backticks in them can end.
pub(in crate::render) fn fenced(language: &str, text: &str) -> String {
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
    fn code_stays_code() {
        assert_eq!(code("<b>@team #1 https://a.b"), "`<b>@team #1 https://a.b`");
        assert_eq!(code("a`|b"), "<code>a&#96;&#124;b</code>");
        assert_eq!(code("a\\"), "<code>a&#92;</code>");
        assert_eq!(fenced("diff", "+ ````x"), "`````diff\n+ ````x\n`````\n");
        assert_eq!(fenced("diff", "-a\r\n+a\n"), "```diff\n-a\\r\n+a\n```\n");
    }
}
