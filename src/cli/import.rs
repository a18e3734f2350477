//! Options of `lls import`.

use clap::Args;

use super::LayerOptions;

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  lls import > layers.toml                      all layers of the account, in the region of the environment
  lls import --region eu-west-1 -l 'acme-*'     print a manifest for some of them";

/// Options of `lls import`.
#[derive(Debug, Args)]
pub struct ImportOptions {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub layers: LayerOptions,
}
