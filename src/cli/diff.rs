//! Options about what differs: how much of it to show, and between which versions.

use clap::Args;
use clap::builder::FalseyValueParser;

use crate::plan::TextDetail;

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
