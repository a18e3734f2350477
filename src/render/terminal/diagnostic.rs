//! Failures as people read them: what failed, why, where, and what to do.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::lines::{hint_lines, terminal_width};
use super::style::{BAD, BOLD, styled};
use crate::error::{Error, Failures};
use crate::manifest::{ManifestError, Problem};
use crate::plan::PlanMoved;
use crate::render::wording::{count, visible_lines};

/// How many problems of a manifest are shown: more than anyone reads, and each shows a part of the text.
const MOST_PROBLEMS: usize = 100;

/// Renders failures, each with its causes. Failures with the same hint follow each other, and the hint follows them.
pub fn render_failures(failures: &Failures) -> String {
    let mut groups: Vec<(Option<String>, Vec<&Error>)> = Vec::new();
    for error in &failures.0 {
        let is_manifest = error.downcast_ref::<ManifestError>().is_some();
        let hint = error.hint().filter(|_| !is_manifest);
        let mut known = groups.iter_mut();
        match known.find(|(other, _)| hint.is_some() && *other == hint) {
            Some((_, errors)) => errors.push(error),
            None => groups.push((hint, vec![error])),
        }
    }
    let texts = groups.iter().map(|(hint, errors)| {
        let errors = errors.iter().map(|error| render_failure(error));
        errors.collect::<String>() + &hint.as_deref().map(render_hint).unwrap_or_default()
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn render_hint(hint: &str) -> String {
    let lines = hint_lines("hint: ", hint, &std::io::stderr());
    lines.replacen("hint", &styled(BOLD, "hint"), 1)
}

fn render_failure(error: &Error) -> String {
    if let Some(manifest) = error.downcast_ref::<ManifestError>() {
        return render_manifest_error(manifest);
    }
    let moved = error.downcast_ref::<PlanMoved>();
    let mut chain = error.chain().into_iter();
    let mut text = format!(
        "{}: {}\n",
        styled(BAD.bold(), "error"),
        visible_lines(&chain.next().unwrap_or_default())
    );
    for cause in chain {
        text.push_str(&format!("  caused by: {}\n", visible_lines(&cause)));
    }
    for movement in moved.iter().flat_map(|moved| &moved.movements) {
        text.push_str(&format!("  {}\n", visible_lines(&movement.to_string())));
    }
    text
}

fn render_manifest_error(error: &ManifestError) -> String {
    let mut text = String::new();
    for problem in error.problems.iter().take(MOST_PROBLEMS) {
        text.push_str(&render_problem(error, problem));
        text.push_str("\n\n");
    }
    let count = count(error.problems.len(), "problem");
    let shown = if error.problems.len() > MOST_PROBLEMS {
        format!(", showing the first {MOST_PROBLEMS}")
    } else {
        String::new()
    };
    text.push_str(&format!(
        "{}: {count} in `{}`{shown}\n",
        styled(BAD.bold(), "error"),
        error.path.display()
    ));
    text
}

fn render_problem(error: &ManifestError, problem: &Problem) -> String {
    let path = error.path.display().to_string();
    let (span, message) = (problem.span.clone(), visible_lines(&problem.message));
    // A table's span may be its whole text; its first line says which one it is.
    let first_line = error.text[span.clone()]
        .find('\n')
        .map_or(span.end, |length| span.start + length);
    let snippet = Snippet::source(error.text.as_str())
        .path(path.as_str())
        .annotation(AnnotationKind::Primary.span(span.start..first_line));
    let group = Level::ERROR
        .primary_title(message.as_ref())
        .element(snippet);
    let hint = problem.hint.as_deref().map(visible_lines);
    let hint = hint
        .as_deref()
        .map(|hint| Level::HELP.with_name("hint").message(hint));
    let group = match hint {
        Some(hint) => group.element(hint),
        None => group,
    };
    Renderer::styled()
        .term_width(terminal_width(&std::io::stderr()))
        .render(&[group])
}
