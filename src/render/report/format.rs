//! What makes a format of reports: its name, how much it shows, who writes it, and how it is recognized.

use super::content::Report;

/// A format of reports. To add one, declare it in a file of its own, and list it in [`FORMATS`](super::FORMATS).
#[derive(Clone, Copy, Debug)]
pub struct ReportFormat {
    /// The name in `--report NAME=FILE`.
    pub name: &'static str,
    /// How much it shows.
    pub depth: Depth,
    /// Writes a report.
    pub render: fn(&Report<'_>) -> String,
    /// Whether the text of a file is a report in this format, which another one can replace.
    pub recognizes: fn(&[u8]) -> bool,
}

/// How much a report shows, and so how much must be read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Numbers only.
    Numbers,
    /// The plan, with the lines that change in files.
    Diffs,
    /// The plan, and what fills each layer.
    Contents,
}
