//! What is wrong in a manifest: a place in the text, what is wrong there, and what to do.

use std::ops::Range;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// One thing that is wrong in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The offending bytes of the text.
    pub span: Range<usize>,
    /// What is wrong: lowercase, values in backticks, no period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Everything that is wrong in a manifest.
#[derive(Debug, thiserror::Error)]
#[error("`{}` has {} problem{}", path.display(), problems.len(), if problems.len() == 1 { "" } else { "s" })]
pub struct ManifestError {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
    /// What is wrong, in the order of the text; never empty.
    pub problems: Vec<Problem>,
}

/// A place in a text, both numbers from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Failure for ManifestError {}

impl ManifestError {
    /// Each problem on one line, with its place in front: `layers.toml:3:1: `.
    pub fn problems_with_places(&self) -> Vec<String> {
        let line = |(problem, place): (&Problem, Position)| {
            let Position { line, column } = place;
            let (path, message) = (self.path.display(), &problem.message);
            format!("{path}:{line}:{column}: {message}")
        };
        self.problems.iter().zip(self.places()).map(line).collect()
    }

    /// Where the problems are, in their order.
    pub fn places(&self) -> Vec<Position> {
        let lines = Lines::of(&self.text);
        let problems = self.problems.iter();
        let places = problems.map(|problem| lines.position(problem.span.start));
        places.collect()
    }
}

impl Position {
    /// The place of the byte `offset` in `text`.
    pub fn of(text: &str, offset: usize) -> Self {
        Lines::of(text).position(offset)
    }
}

/// The offsets where lines start, to convert many byte offsets to positions.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// Sorted; without the first line, which begins at 0.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(index, _)| index + 1);
        Self {
            text,
            starts: starts.collect(),
        }
    }

    /// The place of the byte `offset`.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let above = self.starts.partition_point(|start| *start <= offset);
        let start = above.checked_sub(1).map_or(0, |last| self.starts[last]);
        Position {
            line: above + 1,
            column: self.text[start..offset].chars().count() + 1,
        }
    }
}

impl Problem {
    /// A problem at `span`.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            hint: None,
        }
    }

    /// The same problem with advice.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// What the TOML parser could not read.
    pub fn syntax(error: &toml::de::Error, text_length: usize) -> Self {
        let span = error.span().unwrap_or(text_length..text_length);
        let message = error.message().trim().replace('\n', ", ");
        let hint = match message.as_str() {
            "duplicate key" => "remove one of the two: a key may appear only once in a table",
            _ => "correct the TOML; https://toml.io describes the format",
        };
        Self::new(span, message).hint(hint)
    }

    /// A name that is not among the `known` ones; suggests the nearest.
    pub fn unknown<'a>(
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a String> + Clone,
        span: Range<usize>,
    ) -> Self {
        let problem = Self::new(span, format!("unknown {what} `{name}`"));
        match nearest(name, known.clone().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if known.clone().next().is_none() => {
                problem.hint(format!("no {what} is declared"))
            }
            None => {
                let known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
                problem.hint(format!("known: {}", known.join(", ")))
            }
        }
    }
}

/// The candidate that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The problems found so far, and what is only dubious.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>, Vec<Problem>);

impl Problems {
    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds something that is dubious, but no reason to stop.
    pub fn warn(&mut self, problem: Problem) {
        self.1.push(problem);
    }

    /// What is dubious, with its place in the text of the file at `path`.
    pub fn take_warnings(&mut self, path: &Path, text: &str) -> Vec<String> {
        let lines = Lines::of(text);
        let warnings = std::mem::take(&mut self.1).into_iter().map(|problem| {
            let line = lines.position(problem.span.start).line;
            let hint = problem.hint.map(|hint| format!(": {hint}"));
            let (path, message) = (path.display(), problem.message);
            format!("{path}:{line}: {message}{}", hint.unwrap_or_default())
        });
        warnings.collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_error(mut self, path: &Path, text: String) -> ManifestError {
        self.0.sort_by_key(|problem| problem.span.start);
        ManifestError {
            path: path.to_owned(),
            text,
            problems: self.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(Position::of("a\nüx", 4), Position { line: 2, column: 2 });
        assert_eq!(Position::of("", 0), Position { line: 1, column: 1 });
        let lines = Lines::of("a\n\nb\n");
        let places = (0..7).map(|offset| {
            let Position { line, column } = lines.position(offset);
            (line, column)
        });
        let expected = [(1, 1), (1, 2), (2, 1), (3, 1), (3, 2), (4, 1), (4, 1)];
        assert_eq!(places.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_near_names_are_suggested() {
        let known = ["runtimes", "permission"];
        assert_eq!(nearest("runtime", known.into_iter()), Some("runtimes"));
        assert_eq!(nearest("colour", known.into_iter()), None);
    }
}
