//! Annotations of GitHub Actions: lines that its runner reads and shows beside the file.
//!
//! The form and what is escaped in it: "Workflow commands for GitHub Actions" in GitHub's documentation, and
//! `command.ts` of its toolkit.

use crate::error::{Error, Failures};
use crate::manifest::{ManifestError, Position};
use crate::render::report::Report;
use crate::render::wording::{groups, headline, hint, lowered, visible};

/// How grave what is annotated is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// Something failed or is blocked.
    Error,
    /// Something deserves attention.
    Warning,
}

/// Something to be shown beside a file.
struct Annotation<'a> {
    gravity: Gravity,
    /// The file from the root of the repository, and the place in it.
    place: Option<(&'a str, Option<Position>)>,
    title: &'a str,
    message: &'a str,
}

impl Annotation<'_> {
    fn line(&self) -> String {
        let mut properties = Vec::new();
        if let Some((file, position)) = self.place {
            properties.push(format!("file={}", property(file)));
            if let Some(Position { line, column }) = position {
                properties.push(format!("line={line},col={column}"));
            }
        }
        properties.push(format!("title={}", property(self.title)));
        let command = match self.gravity {
            Gravity::Error => "error",
            Gravity::Warning => "warning",
        };
        format!(
            "::{command} {}::{}\n",
            properties.join(","),
            data(self.message)
        )
    }
}

/// A message as the runner unescapes it.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(visible).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// A property as the runner unescapes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The annotations of failures; `manifest` is how the manifest is called from the root of the repository.
pub fn annotate_failures(failures: &Failures, manifest: &str) -> String {
    let lines = failures
        .0
        .iter()
        .map(|error| annotate_failure(error, manifest));
    lines.collect()
}

fn annotate_failure(error: &Error, manifest: &str) -> String {
    if let Some(wrong) = error.downcast_ref::<ManifestError>() {
        let problems = wrong.problems.iter().zip(wrong.places());
        let lines = problems.map(|(problem, position)| {
            Annotation {
                gravity: Gravity::Error,
                place: Some((manifest, Some(position))),
                title: "lls: manifest",
                message: &with_hint(&problem.message, problem.hint.as_deref()),
            }
            .line()
        });
        return lines.collect();
    }
    let causes = error.chain().join("\ncaused by: ");
    Annotation {
        gravity: Gravity::Error,
        place: None,
        title: "lls",
        message: &with_hint(&causes, error.hint().as_deref()),
    }
    .line()
}

/// The annotation of a warning.
pub fn annotate_warning(message: &str) -> String {
    Annotation {
        gravity: Gravity::Warning,
        place: None,
        title: "lls",
        message,
    }
    .line()
}

/// The annotations of what a report is about: blocked layers, descriptions that go down, and what failed when the plan
/// was applied.
pub fn annotate_report(report: &Report<'_>, manifest: &str) -> String {
    let mut lines = String::new();
    for target in &report.targets {
        for (plan, layer) in (target.plan.result.iter())
            .flat_map(|plan| plan.layers.iter().map(move |layer| (plan, layer)))
        {
            for group in groups(layer) {
                let annotated = if group.first().is_blocked() {
                    let what = headline(&group, plan.destinations.len());
                    let message = with_hint(&what, Some(&hint(layer, report.manifest)));
                    Some((Gravity::Error, "is blocked", message))
                } else {
                    let lowered = lowered(layer, &group.first().action);
                    lowered.map(|message| (Gravity::Warning, "lowers its description", message))
                };
                lines.extend(annotated.map(|(gravity, what, message)| {
                    Annotation {
                        gravity,
                        place: Some((manifest, layer.description_position)),
                        title: &format!("layer {} {what}", layer.layer),
                        message: &message,
                    }
                    .line()
                }));
            }
        }
        let summaries = target.summary.iter().flat_map(|summary| &summary.layers);
        for layer in summaries {
            for destination in &layer.destinations {
                let Some(error) = &destination.error else {
                    continue;
                };
                let annotation = Annotation {
                    gravity: Gravity::Error,
                    place: None,
                    title: &format!("layer {} in {}", layer.layer, destination.destination),
                    message: &with_hint(&error.to_string(), error.hint().as_deref()),
                };
                lines.push_str(&annotation.line());
            }
        }
    }
    lines
}

fn with_hint(message: &str, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("{message}\nhint: {hint}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_annotated_stays_one_command() {
        let annotation = Annotation {
            gravity: Gravity::Error,
            place: Some(("a,b:c.toml", Some(Position { line: 2, column: 5 }))),
            title: "50% :: x",
            message: "a: b, 100%\n::error::no",
        };
        assert_eq!(
            annotation.line(),
            "::error file=a%2Cb%3Ac.toml,line=2,col=5,title=50%25 %3A%3A x::a: b, 100%25%0A::error::no\n"
        );
    }
}
