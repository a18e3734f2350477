//! Options of `lls import`.

use std::path::PathBuf;

use clap::Args;

use super::LayerOptions;

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  lls import --output layers.toml               all layers of the account, in the region of the environment
  lls import --region eu-west-1 -l 'acme-*'     print a manifest for some of them";

/// Options of `lls import`.
#[derive(Debug, Args)]
pub struct ImportOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    /// Write the manifest to a new file, instead of printing it
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
