//! Options about what differs: how much of it to show, and between which versions.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{FormatOption, InputOptions};
use crate::layer::NamedVersion;
use crate::plan::TextDetail;

pub(super) const DIFF_EXAMPLES: &str = "\
Examples:
  lls diff hello                  from the newest published version to what layers.toml says
  lls diff hello:3                from version 3 to what layers.toml says
  lls diff hello:2 hello:5        from one published version to another
  lls diff hello:2 hello --stat   to the newest published version, only counting lines";

/// How much to show of texts that change.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct DiffOption {
    /// Show what changes in the lines of own files
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
    /// The published version to start from: the newest of LAYER, a numbered one, or one named by its ARN
    #[arg(value_name = "LAYER[:VERSION]|ARN")]
    pub before: NamedVersion,
    /// The published version to compare it with, instead of the manifest's layer
    #[arg(value_name = "LAYER[:VERSION]|ARN")]
    pub after: Option<NamedVersion>,
    /// Only count the lines that change in own files
    #[arg(long, visible_alias = "no-diff")]
    pub stat: bool,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub format: FormatOption,
    /// Exit with 2 where the versions differ, 0 where they do not, 1 on failures
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
