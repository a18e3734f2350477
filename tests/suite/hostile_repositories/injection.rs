//! Texts of a repository that could act in an output: on a terminal, in the log of a runner, in Markdown, in HTML.

/// What of a repository could act in what `lls` prints.
pub fn in_terminal(text: &str, is_github: bool) -> Option<&'static str> {
    let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    match () {
        () if text.contains(acts) => Some("a control character"),
        () if text.contains(hides) && !text.starts_with('{') => {
            Some("a character that hides others")
        }
        () if is_github && text.lines().any(is_command) => Some("a workflow command"),
        () => None,
    }
}

/// Whether the runner of GitHub obeys a line that `lls` does not print for it: `::` at the start, else `##[` anywhere.
fn is_command(line: &str) -> bool {
    let line = line.trim_start();
    let is_own = |line: &str| {
        let own = ["::error", "::warning", "::notice"];
        own.iter().any(|own| line.starts_with(own))
    };
    if line.starts_with("::") {
        !is_own(line)
    } else {
        line.contains("##[")
    }
}

/// What of a repository could act in the report `name`.
pub fn in_report(name: &str, text: &str) -> Option<&'static str> {
    let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(acts) || text.contains(hides) {
        return Some("a character that acts or hides");
    }
    let text = if name.ends_with(".md") {
        without_code(text)
    } else {
        text.to_owned()
    };
    for (part, what) in [
        ("](http", "a link"),
        ("<img", "an image"),
        ("<script", "a script"),
        ("</script", "the end of a script"),
        ("@evil-team", "a mention"),
        ("http://evil", "a link"),
    ] {
        let is_text_in_html = !name.ends_with(".md") && !part.starts_with('<');
        if text.contains(part) && !is_text_in_html {
            return Some(what);
        }
    }
    None
}

/// Characters that change the direction of a text or are not seen.
fn hides(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Markdown without its blocks and spans of code, in which nothing acts.
fn without_code(text: &str) -> String {
    let mut kept = String::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if ticks.len() >= open.len() && line == ticks => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => kept += &(without_spans(line) + "\n"),
        }
    }
    kept
}

/// A line without its spans of code: what stands between two runs of as many backticks.
fn without_spans(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, from) = rest.split_at(start);
        let ticks = from.len() - from.trim_start_matches('`').len();
        kept += before;
        let inside = &from[ticks..];
        let mut runs = inside.match_indices('`').map(|(index, _)| index);
        let closes = |index: &usize| {
            let from = &inside[*index..];
            !inside[..*index].ends_with('`')
                && from.len() - from.trim_start_matches('`').len() == ticks
        };
        match runs.find(closes) {
            Some(end) => rest = &inside[end + ticks..],
            None => {
                kept += &from[..ticks];
                rest = inside;
            }
        }
    }
    kept + rest
}

#[test]
fn what_acts_is_found() {
    for text in ["\u{1b}[2J", "a\rb", "\u{202e}"] {
        assert!(in_terminal(text, false).is_some(), "{text:?}");
    }
    for text in [
        "x\n::set-output name=a::b",
        "  ##[add-path]x",
        "a ##[group]",
    ] {
        assert!(in_terminal(text, true).is_some(), "{text:?}");
        assert!(in_terminal(text, false).is_none(), "{text:?}");
    }
    assert!(in_terminal("::error file=a::b ##[x]\n", true).is_none());
    for text in [
        "[x](http://evil)",
        "<img src=x>",
        "`a` <img src=x>",
        "`` ` <img> ` ``x`<script>",
        "@evil-team",
    ] {
        assert!(in_report("plan.md", text).is_some(), "{text}");
    }
    for text in [
        "`<img src=x>`",
        "````\n```\n<img>\n````\n",
        "`` a`<img `` b",
    ] {
        assert!(in_report("plan.md", text).is_none(), "{text}");
    }
    assert!(in_report("plan.html", "<b><img src=x>").is_some());
    assert!(in_report("plan.html", "@evil-team &lt;img").is_none());
}
