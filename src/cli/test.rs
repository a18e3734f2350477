//! Options of `lls test`.

use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::global::parse_seconds;
use super::groups::{FormatOption, InputOptions, LayerOptions};
use crate::trial::IMPORT_SECONDS;

pub(super) const TEST_EXAMPLES: &str = "\
Examples:
  lls test                      all layers
  lls test numpy                one layer
  lls test --allow-untested     even if a Python version or the architecture is missing

This runs the code of the layers. Do not run it where there are credentials.";

/// Options of `lls test`.
#[derive(Debug, Args)]
pub struct TestOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub format: FormatOption,
    /// Pass layers that cannot be tested here, because a Python version or the architecture is missing
    #[arg(long, env = "LLS_ALLOW_UNTESTED", value_parser = FalseyValueParser::new())]
    pub allow_untested: bool,
    /// Seconds that all imports of a layer may take, for each runtime
    #[arg(long, value_name = "SECONDS", env = "LLS_IMPORT_TIMEOUT",
        default_value_t = IMPORT_SECONDS.into(), value_parser = parse_seconds)]
    pub import_timeout: f64,
}

impl TestOptions {
    /// How long all imports of a layer may take, for each runtime.
    pub fn longest(&self) -> Duration {
        Duration::from_secs_f64(self.import_timeout)
    }
}
