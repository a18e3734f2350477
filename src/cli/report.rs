//! Options of `plan` and `apply` about output: the format of the result, and reports in files.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::DiffOption;
use crate::manifest::nearest;
use crate::plan::TextDetail;
use crate::render::{Depth, FORMATS, ReportFormat};

/// How to print the result of `plan` and `apply`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// The format of the result, and reports.
#[derive(Clone, Debug, Args)]
pub struct ReportOptions {
    /// How to print the result
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "terminal",
        env = "LLS_FORMAT"
    )]
    pub format: PlanFormat,
    #[arg(
        long = "report",
        help = format!(
            "Also write the result to a file. KIND is {}. Can be repeated",
            known_formats("or")
        ),
        value_name = "KIND=FILE",
        env = "LLS_REPORT",
        value_delimiter = ','
    )]
    pub reports: Vec<ReportFile>,
}

impl ReportOptions {
    /// How much to read of changed texts: reports contain diffs, whatever is printed.
    pub fn detail(&self, diff: DiffOption) -> TextDetail {
        let has_diffs = |report: &ReportFile| report.format.depth >= Depth::Diffs;
        if self.format == PlanFormat::Markdown || self.reports.iter().any(has_diffs) {
            TextDetail::Diffs
        } else {
            diff.detail()
        }
    }
}

/// A report to be written.
#[derive(Clone, Debug)]
pub struct ReportFile {
    /// Its format.
    pub format: ReportFormat,
    /// Where to write it.
    pub path: PathBuf,
}

/// Why a text is not a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportFileError {
    /// There is no kind, or no file.
    #[error("a report is KIND=FILE, such as `markdown=plan.md`")]
    Form,
    /// There is no such kind.
    #[error("unknown report kind `{found}`: {}", match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use {}", known_formats("or")),
    })]
    Kind {
        /// The text as given.
        found: String,
        /// The kind that was probably meant.
        near: Option<&'static str>,
    },
    /// It would go to stdout.
    #[error("a report goes to a file; `--format {0}` prints to stdout")]
    Stdout(&'static str),
}

impl FromStr for ReportFile {
    type Err = ReportFileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, path) = text.split_once('=').ok_or(ReportFileError::Form)?;
        let Some(format) = FORMATS.into_iter().find(|format| format.name == kind) else {
            return Err(ReportFileError::Kind {
                found: kind.to_owned(),
                near: nearest(kind, FORMATS.iter().map(|format| format.name)),
            });
        };
        match path {
            "" => Err(ReportFileError::Form),
            "-" => Err(ReportFileError::Stdout(format.name)),
            _ => Ok(Self {
                format,
                path: path.into(),
            }),
        }
    }
}

/// The names of all formats, with `word` before the last.
fn known_formats(word: &str) -> String {
    let [names @ .., last] = FORMATS.map(|format| format.name);
    format!("{}, {word} {last}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_kinds_and_files() {
        let parse = |text: &str| text.parse::<ReportFile>();
        let report = parse("html=a=b.html").unwrap();
        assert_eq!(
            (report.format.name, report.path),
            ("html", "a=b.html".into())
        );
        let wrong = [
            (
                "plan.md",
                "a report is KIND=FILE, such as `markdown=plan.md`",
            ),
            ("html=", "a report is KIND=FILE, such as `markdown=plan.md`"),
            (
                "markdwon=a",
                "unknown report kind `markdwon`: did you mean `markdown`?",
            ),
            (
                "x=a",
                "unknown report kind `x`: use json, markdown, gitlab, or html",
            ),
            (
                "json=-",
                "a report goes to a file; `--format json` prints to stdout",
            ),
        ];
        for (text, message) in wrong {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }
}
