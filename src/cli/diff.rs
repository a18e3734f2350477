//! Options about differences: between which versions, and how much of them to show.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::groups::{FormatOption, InputOptions};
use crate::layer::NamedVersion;
use crate::plan::TextDetail;

pub(super) const DIFF_EXAMPLES: &str = "\
Examples:
  lls diff hello                  from the newest published version to layers.toml
  lls diff hello:3                from version 3 to layers.toml
  lls diff hello:2 hello:5        from one published version to another
  lls diff hello:2 hello --stat   to the newest published version, with counts of lines only";

/// Whether to show changed lines.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct DiffOption {
    /// Show the changed lines of own files
    #[arg(long, env = "LLS_DIFF", value_parser = FalseyValueParser::new())]
    pub diff: bool,
}

impl DiffOption {
    /// What the option asks for.
    pub fn detail(self) -> TextDetail {
        if self.diff {
            TextDetail::Diffs
        } else {
            TextDetail::Counts
        }
    }
}

/// Options of `lls diff`.
#[derive(Debug, Args)]
pub struct DiffOptions {
    /// The published version to start from: the newest one, a number, or an ARN
    #[arg(value_name = "LAYER[:VERSION]|ARN")]
    pub before: NamedVersion,
    /// The published version to compare it with [default: the layer in the manifest]
    #[arg(value_name = "LAYER[:VERSION]|ARN")]
    pub after: Option<NamedVersion>,
    /// Only count the changed lines of own files
    #[arg(long, visible_alias = "no-diff")]
    pub stat: bool,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub format: FormatOption,
    /// Exit with 2 if the versions differ, 0 if they are equal, and 1 if the command fails
    #[arg(long, env = "LLS_DETAILED_EXITCODE", value_parser = FalseyValueParser::new())]
    pub detailed_exitcode: bool,
}

impl DiffOptions {
    /// How much to tell of texts.
    pub fn detail(&self) -> TextDetail {
        if self.stat {
            TextDetail::Counts
        } else {
            TextDetail::Diffs
        }
    }
}
