//! Options of every command: the manifest, where to work, how modest and how patient with servers, and the streams.

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
    /// The manifest [default: layers.toml]
    #[arg(short, long, global = true, value_name = "FILE", env = "LLS_MANIFEST")]
    pub manifest: Option<PathBuf>,
    /// A folder outside the repository that the manifest and requirements may name
    #[arg(
        long = "allow-outside",
        global = true,
        value_name = "FOLDER",
        env = "LLS_ALLOW_OUTSIDE",
        value_delimiter = ','
    )]
    pub allowed_outside: Vec<PathBuf>,
    /// The target of the manifest to work on; `plan`, `apply` and `outputs` work on several
    #[arg(
        short,
        long = "target",
        global = true,
        value_name = "NAME",
        env = "LLS_TARGET",
        value_delimiter = ','
    )]
    pub targets: Vec<String>,
    /// The only AWS region to work in
    #[arg(long, global = true, value_name = "REGION", env = "LLS_REGION")]
    pub region: Option<String>,
    /// The profile of the AWS configuration to use
    #[arg(long, global = true, value_name = "PROFILE", env = "LLS_PROFILE")]
    pub profile: Option<String>,
    /// Variables that requirements may use, as `${NAME}`, and that builds of packages see
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
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        env = "LLS_COLOR",
        default_value = "auto"
    )]
    pub color: ColorWhen,
    /// Show what is done and asked for, without secrets
    #[arg(
        short,
        long,
        global = true,
        env = "LLS_DEBUG", value_parser = FalseyValueParser::new(),
        conflicts_with = "quiet"
    )]
    pub debug: bool,
    /// Show nothing but the result
    #[arg(short, long, global = true, env = "LLS_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,
}

impl GlobalOptions {
    /// The same with targets, regions and profiles that are empty, as unset variables of a CI job are, left out.
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

    /// The manifest that is named, or `layers.toml`.
    pub fn manifest_path(&self) -> &Path {
        self.manifest.as_deref().unwrap_or(Path::new("layers.toml"))
    }
}

/// How modest and how patient to be with AWS and with package indexes.
#[derive(Clone, Copy, Debug, Args)]
pub struct RequestOptions {
    /// Requests to Lambda a second, for each region
    #[arg(long, global = true, value_name = "NUMBER", env = "LLS_REQUEST_RATE",
        default_value_t = RequestLimits::RATE, value_parser = parse_rate)]
    pub request_rate: NonZeroU32,
    /// Seconds that one request may take; uploads have more, by their size
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_REQUEST_TIMEOUT",
        default_value_t = RequestLimits::TIMEOUT.into(), value_parser = parse_seconds)]
    pub request_timeout: f64,
    /// Seconds to look for a version whose publishing was not answered, before publishing again
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_SETTLE_TIME",
        default_value_t = RequestLimits::SETTLE_TIME.into(), value_parser = parse_seconds)]
    pub settle_time: f64,
    /// Seconds that a package index may be silent; searches may take 20 times as long, downloads 60 times
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_DOWNLOAD_TIMEOUT",
        default_value_t = Patience::SECONDS.into(), value_parser = parse_seconds)]
    pub download_timeout: f64,
}

impl RequestOptions {
    /// The same as the registries take it.
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

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("not a number of seconds from 0.01 to 3600".to_owned()),
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
