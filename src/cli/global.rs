//! The options of every command: manifest, target, limits of requests, and output.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use crate::http::Patience;
use crate::process::VariableName;
use crate::registry::RequestLimits;

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Run as if `lls` was started in this folder
    // Without a long name: `lls add --directory` names the folder of a layer.
    #[arg(short = 'C', global = true, value_name = "DIR")]
    pub working_directory: Option<PathBuf>,
    /// The manifest [default: layers.toml, in this folder or in a parent folder in the repository]
    #[arg(short, long, global = true, value_name = "FILE", env = "LLS_MANIFEST")]
    pub manifest: Option<PathBuf>,
    // Set by the command that looks for it.
    #[arg(skip)]
    pub found_manifest: Option<PathBuf>,
    /// A folder outside the repository from which layers and included files may be read
    #[arg(
        long = "allow-outside",
        global = true,
        value_name = "DIR",
        env = "LLS_ALLOW_OUTSIDE",
        value_delimiter = ','
    )]
    pub allowed_outside: Vec<PathBuf>,
    /// The target to work on. `plan`, `apply`, and `outputs` take several, separated by commas
    #[arg(
        short,
        long = "target",
        global = true,
        value_name = "NAME",
        env = "LLS_TARGET",
        value_delimiter = ','
    )]
    pub targets: Vec<String>,
    /// Work only in this AWS region
    #[arg(long, global = true, value_name = "REGION", env = "LLS_REGION")]
    pub region: Option<String>,
    /// The AWS profile to use, instead of the target's
    #[arg(long, global = true, value_name = "PROFILE", env = "LLS_PROFILE")]
    pub profile: Option<String>,
    /// A variable that requirements may use as `${NAME}`, and that builds of packages see
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "LLS_ALLOW_ENV",
        value_delimiter = ','
    )]
    pub allow_env: Vec<VariableName>,
    #[command(flatten)]
    pub requests: RequestOptions,
    /// When to use color
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        env = "LLS_COLOR",
        default_value = "auto"
    )]
    pub color: ColorWhen,
    /// Show each step and each request, without secrets
    #[arg(
        short,
        long,
        global = true,
        env = "LLS_DEBUG", value_parser = FalseyValueParser::new(),
        conflicts_with = "quiet"
    )]
    pub debug: bool,
    /// Show only the result and errors
    #[arg(short, long, global = true, env = "LLS_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,
}

impl GlobalOptions {
    /// Leaves out empty targets, regions, and profiles, which unset variables of a CI job give.
    #[must_use]
    pub fn without_empty(mut self) -> Self {
        let is_given = |option: &String| !option.is_empty();
        self.targets.retain(is_given);
        self.allowed_outside
            .retain(|folder| !folder.as_os_str().is_empty());
        self.region = self.region.filter(is_given);
        self.profile = self.profile.filter(is_given);
        self
    }

    /// The manifest that is named, or the one that was found, or `layers.toml`.
    pub fn manifest_path(&self) -> &Path {
        let path = self.manifest.as_deref().or(self.found_manifest.as_deref());
        path.unwrap_or(Path::new("layers.toml"))
    }
}

/// Limits of requests to AWS and to package indexes.
#[derive(Clone, Copy, Debug, Args)]
pub struct RequestOptions {
    /// Requests to Lambda per second, in each region
    #[arg(long, global = true, value_name = "NUMBER", env = "LLS_REQUEST_RATE",
        default_value_t = RequestLimits::RATE, value_parser = parse_rate)]
    pub request_rate: NonZeroU32,
    /// Seconds that a request may take. An upload may take longer, depending on its size
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_REQUEST_TIMEOUT",
        default_value_t = RequestLimits::TIMEOUT.into(), value_parser = parse_seconds)]
    pub request_timeout: f64,
    /// Seconds to look for a version after a lost reply, before it is published again
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_SETTLE_TIME",
        default_value_t = RequestLimits::SETTLE_TIME.into(), value_parser = parse_seconds)]
    pub settle_time: f64,
    /// Seconds that a package index may be silent. Searches may take 20 times as long, and downloads 60 times
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_DOWNLOAD_TIMEOUT",
        default_value_t = Patience::SECONDS.into(), value_parser = parse_seconds)]
    pub download_timeout: f64,
}

impl RequestOptions {
    /// The limits of requests to AWS.
    pub fn limits(&self) -> RequestLimits {
        RequestLimits {
            rate: self.request_rate,
            timeout: Duration::from_secs_f64(self.request_timeout),
            settle_time: Duration::from_secs_f64(self.settle_time),
        }
    }

    /// How long to wait for package indexes.
    pub fn patience(&self) -> Patience {
        Patience::of(Duration::from_secs_f64(self.download_timeout))
    }
}

fn parse_rate(text: &str) -> Result<NonZeroU32, String> {
    let not = |_| "not a whole number of requests, 1 or more".to_owned();
    text.parse().map_err(not)
}

pub(super) fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("not a number of seconds from 0.01 to 3600".to_owned()),
    }
}

/// When to use color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
