//! Options of `lls show`.

use clap::Args;

use super::groups::FormatOption;
use crate::layer::NamedVersion;

pub(super) const SHOW_EXAMPLES: &str = "\
Examples:
  lls show hello                          the newest version in each region
  lls show hello:3 --region eu-west-1     version 3 in one region";

/// Options of `lls show`.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// The published version: the newest one, a number, or an ARN
    #[arg(value_name = "LAYER[:VERSION]|ARN")]
    pub version: NamedVersion,
    #[command(flatten)]
    pub format: FormatOption,
}
