//! Options of `lls outputs`.

use clap::{Args, ValueEnum};

use super::groups::LayerOptions;

pub(super) const OUTPUTS_EXAMPLES: &str = "\
Examples:
  lls outputs                                          a table
  lls outputs --format json | jq -r '.layers[].arn'    for programs
  lls outputs --format env --region eu-west-1 > layers.env
  lls outputs --format tfvars > layers.auto.tfvars
  lls outputs 'pg*' --format cloudformation            a `Mappings` section";

/// Options of `lls outputs`.
#[derive(Debug, Args)]
pub struct OutputsOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    // It has no variable, because `LLS_FORMAT` can only be a format that every command has.
    /// How to print the result
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: OutputsFormat,
    /// Print the newest published version of each layer, whatever the manifest declares
    #[arg(long)]
    pub newest: bool,
}

/// How to print the published versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputsFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
    /// Variables: `LLS_LAYER_<NAME>_ARN=...`, or `LLS_LAYER_<NAME>_ARN_<REGION>=...` for several regions
    Env,
    /// Values for Terraform: the map `layer_arns`, by region and layer
    Tfvars,
    /// A `Mappings` section for a CloudFormation template, by region and layer
    #[value(name = "cloudformation")]
    CloudFormation,
    /// A table in Markdown
    Markdown,
}
