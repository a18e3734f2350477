//! Options of `lls plan` and `lls apply`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::groups::{InputOptions, LayerOptions, RebuildOption};
use super::{DiffOption, ReportOptions};

pub(super) const PLAN_EXAMPLES: &str = "\
Examples:
  lls plan                             all layers
  lls plan numpy 'pg*' --diff          some layers, with the changed lines of own files
  lls plan --out plan.json             save the plan, for `lls apply plan.json`
  lls plan --report markdown=plan.md   write a comment for a pull request";

pub(super) const APPLY_EXAMPLES: &str = "\
Examples:
  lls apply               plan, ask, publish, and grant
  lls apply numpy --yes   one layer, without asking
  lls apply plan.json     a saved plan";

/// The options that `lls plan` and `lls apply` have in common.
#[derive(Debug, Args)]
pub struct PlanningOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub rebuild: RebuildOption,
    #[command(flatten)]
    pub report: ReportOptions,
    #[command(flatten)]
    pub diff: DiffOption,
}

/// Options of `lls plan`.
#[derive(Debug, Args)]
pub struct PlanOptions {
    #[command(flatten)]
    pub planning: PlanningOptions,
    /// Exit with 2 if there are changes, 0 if there are none, and 1 if a layer fails or is blocked
    #[arg(long, env = "LLS_DETAILED_EXITCODE", value_parser = FalseyValueParser::new())]
    pub detailed_exitcode: bool,
    /// Save the plan to a file, for `lls apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The help of the arguments of `lls apply`.
const APPLY_ARGUMENTS: &str = "\
Layers to apply, by name or glob, such as 'pg*' [default: all layers]. \
Or a plan that `lls plan --out` saved: an existing file, or a name that ends in .json or contains a /. \
A saved plan is applied without asking, if planning again gives the same result";

/// Options of `lls apply`.
#[derive(Debug, Args)]
#[command(mut_arg("named", |argument| argument
    .value_name("LAYER|PLAN")
    .help(APPLY_ARGUMENTS)))]
pub struct ApplyOptions {
    #[command(flatten)]
    pub planning: PlanningOptions,
    /// Do not ask for confirmation
    #[arg(short, long, env = "LLS_YES", value_parser = FalseyValueParser::new())]
    pub yes: bool,
}
