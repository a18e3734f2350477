//! Options of `lls import`.

use std::path::PathBuf;

use clap::Args;

use super::groups::LayerOptions;

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  lls import --output layers.toml               write a manifest of all layers
  lls import 'acme-*' --region eu-west-1        print a manifest of some layers";

/// Options of `lls import`.
#[derive(Debug, Args)]
pub struct ImportOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    /// Write the manifest to a new file, instead of printing it
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
