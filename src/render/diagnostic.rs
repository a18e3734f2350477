//! Failures as people read them: what failed, why, where, and what to do.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::style::{BAD, BOLD, styled};
use super::text::{hint_lines, terminal_width};
use super::visible::visible_lines;
use crate::error::{Error, Failures};
use crate::manifest::{ManifestError, Problem};
use crate::plan::PlanMoved;

/// How many problems of a manifest are shown: more than anyone reads, and each shows a part of the text.
const MOST_PROBLEMS: usize = 100;

/// Renders failures, each with its causes and its hint.
pub fn render_failures(failures: &Failures) -> String {
    let texts: Vec<_> = failures.0.iter().map(render_failure).collect();
    texts.join("\n")
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
    if let Some(hint) = error.hint() {
        let lines = hint_lines("hint: ", &hint, &std::io::stderr());
        text.push_str(&lines.replacen("hint", &styled(BOLD, "hint"), 1));
    }
    text
}

fn render_manifest_error(error: &ManifestError) -> String {
    let mut text = String::new();
    for problem in error.problems.iter().take(MOST_PROBLEMS) {
        text.push_str(&render_problem(error, problem));
        text.push_str("\n\n");
    }
    let count = super::text::count(error.problems.len(), "problem");
    let shown = match error.problems.len() > MOST_PROBLEMS {
        true => format!(", of which the first {MOST_PROBLEMS} are shown"),
        false => String::new(),
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
