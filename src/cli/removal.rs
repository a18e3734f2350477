//! Options of the commands about old versions: `lls usage`, `lls delete`, and `lls prune`.

use std::num::NonZero;

use clap::Args;

use super::groups::{FormatOption, LayerOptions};
use crate::layer::LayerVersion;

pub(super) const USAGE_EXAMPLES: &str = "\
Examples:
  lls usage                        in all regions of the manifest's target
  lls usage --region eu-west-1     in one region";

pub(super) const DELETE_EXAMPLES: &str = "\
Examples:
  lls delete hello:3 --region eu-west-1          show what would be deleted
  lls delete hello:3 --region eu-west-1 --yes    delete it";

pub(super) const PRUNE_EXAMPLES: &str = "\
Examples:
  lls prune                               show what would be deleted
  lls prune --keep 10 --keep-days 90      keep more versions
  lls prune 'numpy*' --yes                delete old versions of some layers";

/// Options of `lls usage`.
#[derive(Debug, Args)]
pub struct UsageOptions {
    #[command(flatten)]
    pub format: FormatOption,
}

/// Options of the commands that delete versions.
#[derive(Debug, Args)]
pub struct RemovalOptions {
    // It has no variable, because a variable that is set for `apply` must not delete anything.
    /// Delete the listed versions. This cannot be undone
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Options of `lls delete`.
#[derive(Debug, Args)]
pub struct DeleteOptions {
    /// A version to delete. Can be repeated
    #[arg(value_name = "LAYER:VERSION", required = true)]
    pub versions: Vec<LayerVersion>,
    #[command(flatten)]
    pub removal: RemovalOptions,
}

/// Options of `lls prune`.
#[derive(Debug, Args)]
pub struct PruneOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    /// How many of the newest versions of each layer to keep, at least 1
    #[arg(long, value_name = "N", default_value = "5", value_parser = one_or_more)]
    pub keep: NonZero<usize>,
    /// Keep versions that are younger than this number of days
    #[arg(long, value_name = "DAYS", default_value = "30", value_parser = days)]
    pub keep_days: u32,
    #[command(flatten)]
    pub removal: RemovalOptions,
}

fn one_or_more(text: &str) -> Result<NonZero<usize>, &'static str> {
    text.parse().map_err(|_| "not a whole number of 1 or more")
}

fn days(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "not a whole number of days")
}
