//! Options that several commands have.

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use crate::reconcile::Rebuild;

/// How to print a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Terminal,
    /// For programs
    Json,
}

/// Which layers to work on.
#[derive(Clone, Debug, Args)]
pub struct LayerOptions {
    /// Layers to work on, by name or glob, such as 'pg*' [default: all layers]
    #[arg(value_name = "LAYER")]
    pub named: Vec<String>,
    /// The same as LAYER. Can be repeated
    #[arg(short, long = "layer", value_name = "GLOB")]
    pub layers: Vec<String>,
}

impl LayerOptions {
    /// The globs, whichever way they are given. Empty for all layers.
    pub fn globs(&self) -> Vec<String> {
        self.named.iter().chain(&self.layers).cloned().collect()
    }
}

/// Which files on disk to trust.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct InputOptions {
    /// Fail if a requirements.lock is missing or stale, instead of updating it
    #[arg(long, env = "LLS_LOCKED", value_parser = FalseyValueParser::new())]
    pub locked: bool,
    /// Read every file again, even if it seems unchanged
    #[arg(long, env = "LLS_NO_CACHE", value_parser = FalseyValueParser::new())]
    pub no_cache: bool,
}

impl InputOptions {
    /// For commands that only look: a lock that is missing is not made.
    pub const LOOKING: Self = Self {
        locked: true,
        no_cache: false,
    };
}

/// Whether to trust the comments of archives.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct RebuildOption {
    /// Build every layer again and compare the contents, without trusting any archive's comment
    #[arg(long, env = "LLS_REBUILD", value_parser = FalseyValueParser::new())]
    pub rebuild: bool,
}

impl RebuildOption {
    /// Which layers to build.
    pub fn layers(self) -> Rebuild {
        if self.rebuild {
            Rebuild::All
        } else {
            Rebuild::Unrecognised
        }
    }
}

/// How to print the result.
#[derive(Clone, Copy, Debug, Args)]
pub struct FormatOption {
    /// How to print the result
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "terminal",
        env = "LLS_FORMAT"
    )]
    pub format: Format,
}
