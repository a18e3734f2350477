//! Options of `plan` and `apply` about what they tell: the format of the result, and reports in files.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::DiffOption;
use crate::manifest::nearest;
use crate::plan::TextDetail;

/// How to print a plan, or what applying it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// What `plan` and `apply` tell, and where.
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
    /// Also write the result to a file: KIND is json, markdown, gitlab or html; may be given several times
    #[arg(
        long = "report",
        value_name = "KIND=FILE",
        env = "LLS_REPORT",
        value_delimiter = ','
    )]
    pub reports: Vec<ReportFile>,
}

impl ReportOptions {
    /// How much to tell of texts that change: reports hold diffs, whatever is printed.
    pub fn detail(&self, diff: DiffOption) -> TextDetail {
        let has_diffs = |report: &ReportFile| report.kind != ReportKind::Gitlab;
        match self.format == PlanFormat::Markdown || self.reports.iter().any(has_diffs) {
            true => TextDetail::Diffs,
            false => diff.detail(),
        }
    }
}

/// A kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// The JSON document that `--format json` prints.
    Json,
    /// Markdown for a comment on a pull request.
    Markdown,
    /// The numbers that GitLab shows in a merge request, as its `terraform` report.
    Gitlab,
    /// A page with everything, and maps of what fills the layers.
    Html,
}

/// A report to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its kind.
    pub kind: ReportKind,
    /// Where to write it.
    pub path: PathBuf,
}

/// Why a text names no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportFileError {
    /// There is no kind, or no file.
    #[error("a report is KIND=FILE, such as `markdown=plan.md`")]
    Form,
    /// There is no such kind.
    #[error("`{found}` is no kind of report: {}", match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "known are json, markdown, gitlab and html".to_owned(),
    })]
    Kind {
        /// The text as given.
        found: String,
        /// The kind that was probably meant.
        near: Option<ReportKind>,
    },
    /// It would go to stdout.
    #[error("a report goes to a file; `--format {0}` prints to stdout")]
    Stdout(ReportKind),
}

impl ReportKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Json, Self::Markdown, Self::Gitlab, Self::Html];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Gitlab => "gitlab",
            Self::Html => "html",
        }
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReportFile {
    type Err = ReportFileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, path) = text.split_once('=').ok_or(ReportFileError::Form)?;
        let named = |name: &str| {
            ReportKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == name)
        };
        let Some(kind) = named(kind) else {
            let names = ReportKind::ALL.into_iter().map(ReportKind::as_str);
            return Err(ReportFileError::Kind {
                found: kind.to_owned(),
                near: nearest(kind, names).and_then(named),
            });
        };
        match path {
            "" => Err(ReportFileError::Form),
            "-" => Err(ReportFileError::Stdout(kind)),
            _ => Ok(Self {
                kind,
                path: path.into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_kinds_and_files() {
        let parse = |text: &str| text.parse::<ReportFile>();
        let report = parse("html=a=b.html").unwrap();
        assert_eq!(
            (report.kind, report.path),
            (ReportKind::Html, "a=b.html".into())
        );
        let wrong = [
            (
                "plan.md",
                "a report is KIND=FILE, such as `markdown=plan.md`",
            ),
            ("html=", "a report is KIND=FILE, such as `markdown=plan.md`"),
            (
                "markdwon=a",
                "`markdwon` is no kind of report: did you mean `markdown`?",
            ),
            (
                "x=a",
                "`x` is no kind of report: known are json, markdown, gitlab and html",
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
