//! Options of `lls build` and `lls lock`.

use std::path::PathBuf;

use clap::Args;

use super::groups::{FormatOption, InputOptions, LayerOptions};

pub(super) const BUILD_EXAMPLES: &str = "\
Examples:
  lls build                     all layers
  lls build numpy --explain     show what takes up space in a layer
  lls build --output-dir dist   write dist/NAME.zip for each layer";

pub(super) const LOCK_EXAMPLES: &str = "\
Examples:
  lls lock                    create missing locks, and update stale ones
  lls lock pandas --upgrade   lock the newest versions for one layer
  lls lock --check            fail if a lock is missing or stale";

/// Options of `lls build`.
#[derive(Debug, Args)]
pub struct BuildOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub format: FormatOption,
    /// Show what takes up space in each layer, and what could be left out
    #[arg(long)]
    pub explain: bool,
    /// Write the archive of each layer to DIR/LAYER.zip
    #[arg(short, long, value_name = "DIR", env = "LLS_OUTPUT_DIR")]
    pub output_dir: Option<PathBuf>,
}

/// Options of `lls lock`.
#[derive(Debug, Args)]
pub struct LockOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    #[command(flatten)]
    pub format: FormatOption,
    /// Lock the newest versions, instead of keeping the locked ones
    #[arg(short = 'U', long)]
    pub upgrade: bool,
    /// Write nothing, and fail if a lock is missing or stale
    #[arg(long, conflicts_with = "upgrade")]
    pub check: bool,
}
