//! The command line: options and arguments, and nothing that happens because of them.

mod removal;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::layer::{AccountId, Architecture, Description, LayerName, OrganizationId, Runtime};
use crate::registry::RequestLimits;

use removal::{DELETE_EXAMPLES, PRUNE_EXAMPLES, USAGE_EXAMPLES};
pub use removal::{DeleteOptions, PruneOptions, RemovalOptions, UsageOptions};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Keep AWS Lambda layers equal to what a Git repository says they are.
#[derive(Debug, Parser)]
#[command(name = "lls", version, styles = STYLES, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The same with targets, regions and profiles that are empty, as unset variables of a CI job are, left out.
    #[must_use]
    pub fn without_empty_options(mut self) -> Self {
        let GlobalOptions {
            target,
            region,
            profile,
            ..
        } = &mut self.global;
        for option in [target, region, profile] {
            if option.as_deref() == Some("") {
                *option = None;
            }
        }
        self
    }
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// The manifest [default: layers.toml]
    #[arg(short, long, global = true, value_name = "FILE", env = "LLS_MANIFEST")]
    pub manifest: Option<PathBuf>,
    /// The target of the manifest to work on
    #[arg(short, long, global = true, value_name = "NAME", env = "LLS_TARGET")]
    pub target: Option<String>,
    /// The only AWS region to work in
    #[arg(long, global = true, value_name = "REGION", env = "LLS_REGION")]
    pub region: Option<String>,
    /// The profile of the AWS configuration to use
    #[arg(long, global = true, value_name = "PROFILE", env = "LLS_PROFILE")]
    pub profile: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
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
    /// The manifest that is named, or `layers.toml`.
    pub fn manifest_path(&self) -> &Path {
        self.manifest.as_deref().unwrap_or(Path::new("layers.toml"))
    }
}

/// How modest and how patient to be with AWS.
#[derive(Clone, Copy, Debug, Args)]
pub struct RequestOptions {
    /// Requests to Lambda a second, for each region
    #[arg(long, global = true, value_name = "NUMBER", env = "LLS_REQUEST_RATE", default_value_t = RequestLimits::RATE)]
    pub request_rate: NonZeroU32,
    /// Seconds that one request may take; uploads have more, by their size
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_REQUEST_TIMEOUT",
        default_value_t = RequestLimits::TIMEOUT.into(), value_parser = parse_seconds)]
    pub request_timeout: f64,
    /// Seconds to look for a version whose publishing was not answered, before publishing again
    #[arg(long, global = true, value_name = "SECONDS", env = "LLS_SETTLE_TIME",
        default_value_t = RequestLimits::SETTLE_TIME.into(), value_parser = parse_seconds)]
    pub settle_time: f64,
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

/// How to print a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Terminal,
    /// For programs
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what `apply` would publish and grant, and why; change nothing
    Plan(PlanOptions),
    /// Publish and grant what the manifest says and the target lacks
    Apply(ApplyOptions),
    /// Build the layers' archives
    Build(BuildOptions),
    /// Resolve the layers' requirements into requirements.lock
    Lock(LockOptions),
    /// Check the manifest, offline
    Validate(ValidateOptions),
    /// List the published layers
    List(ListOptions),
    /// List the published versions of a layer
    Versions(VersionsOptions),
    /// Show which functions use which layer versions, and how far behind they are
    #[command(after_help = USAGE_EXAMPLES)]
    Usage(UsageOptions),
    /// Delete layer versions that no function uses; without `--yes` only say which
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(DeleteOptions),
    /// Delete old versions of the manifest's layers that no function uses; without `--yes` only say which
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(PruneOptions),
    /// Show what the caches take, or clear them
    Cache(CacheOptions),
    /// Publish one folder as a layer, without a manifest
    #[command(disable_version_flag = true)]
    Publish(PublishOptions),
}

/// Which layers to work on.
#[derive(Clone, Debug, Args)]
pub struct LayerOptions {
    /// Only layers whose name matches; may be given several times
    #[arg(short, long = "layer", value_name = "GLOB")]
    pub layers: Vec<String>,
}

/// What to trust of what stands on disk.
#[derive(Clone, Copy, Debug, Args)]
pub struct InputOptions {
    /// Stop where a requirements.lock is missing or stale, instead of making it
    #[arg(long, env = "LLS_LOCKED", value_parser = FalseyValueParser::new())]
    pub locked: bool,
    /// Read every file, also those that seem unchanged since the last time
    #[arg(long, env = "LLS_NO_CACHE", value_parser = FalseyValueParser::new())]
    pub no_cache: bool,
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

/// Options of `lls plan`.
#[derive(Debug, Args)]
pub struct PlanOptions {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub layers: LayerOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
    /// Exit with 2 where there are changes, 0 where there are none, 1 on failures and blocked layers
    #[arg(long, env = "LLS_DETAILED_EXITCODE", value_parser = FalseyValueParser::new())]
    pub detailed_exitcode: bool,
    /// Save the plan, to be applied with `lls apply FILE`
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `lls apply`.
#[derive(Debug, Args)]
pub struct ApplyOptions {
    /// A plan that `lls plan --out` saved: applied without asking, if planning again says the same
    #[arg(conflicts_with = "layers")]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub layers: LayerOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
    /// Do not ask before changing anything
    #[arg(short, long, env = "LLS_YES", value_parser = FalseyValueParser::new())]
    pub yes: bool,
}

/// Options of `lls build`.
#[derive(Debug, Args)]
pub struct BuildOptions {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub layers: LayerOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
    /// Show what fills each layer, and what could be left out
    #[arg(long)]
    pub explain: bool,
    /// Where to write `<layer>.zip` for each layer
    #[arg(short, long, value_name = "DIR", env = "LLS_OUTPUT_DIR")]
    pub output_dir: Option<PathBuf>,
}

/// Options of `lls lock`.
#[derive(Debug, Args)]
pub struct LockOptions {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub layers: LayerOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
    /// Take the newest versions instead of keeping the locked ones
    #[arg(short = 'U', long)]
    pub upgrade: bool,
    /// Write nothing; fail where a lock is missing or stale
    #[arg(long, conflicts_with = "upgrade")]
    pub check: bool,
}

/// Options of `lls validate`.
#[derive(Debug, Args)]
pub struct ValidateOptions {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
}

/// Options of `lls list`.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only layers for this runtime
    #[arg(long, value_name = "RUNTIME")]
    pub runtime: Option<Runtime>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
}

/// Options of `lls versions`.
#[derive(Debug, Args)]
pub struct VersionsOptions {
    /// The layer
    #[arg(long, value_name = "NAME")]
    pub layer: LayerName,
    /// Only versions for this runtime
    #[arg(long, value_name = "RUNTIME")]
    pub runtime: Option<Runtime>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
}

/// Options of `lls cache`.
#[derive(Debug, Args)]
pub struct CacheOptions {
    /// Remove the cached wheels, archives and hashes; registries stay
    #[arg(long)]
    pub clear: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
}

/// Options of `lls publish`, those of the tool that `lls` succeeds.
#[derive(Debug, Args)]
pub struct PublishOptions {
    /// The name of the layer
    #[arg(long, value_name = "NAME")]
    pub layer: LayerName,
    /// The layer's folder; its own files go under python/ in the archive
    #[arg(long, value_name = "DIR")]
    pub layer_path: PathBuf,
    /// The runtimes that the layer is for
    #[arg(long, value_name = "RUNTIME", num_args = 1.., required = true)]
    pub runtimes: Vec<Runtime>,
    /// The architecture that the layer is for
    #[arg(long, value_name = "ARCHITECTURE", default_value = "x86_64")]
    pub architecture: Architecture,
    /// The version, published as the description
    #[arg(long = "version", value_name = "VERSION")]
    pub description: Description,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub permission: PermissionOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputOptions,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub format: FormatOption,
}

/// Who may use a published layer.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct PermissionOptions {
    /// Let the publishing account use it
    #[arg(long)]
    pub my_account: bool,
    /// Let the organization of the publishing account use it
    #[arg(long)]
    pub my_organization: bool,
    /// Let this account use it
    #[arg(long, value_name = "ID", value_parser = parse_account)]
    pub account: Option<AccountId>,
    /// Let this organization use it
    #[arg(long, value_name = "ID")]
    pub organization: Option<OrganizationId>,
    /// Let everyone use it
    #[arg(long)]
    pub public: bool,
}

/// Parses an account; the tool that `lls` succeeds took `*` for everyone.
fn parse_account(text: &str) -> Result<AccountId, String> {
    match text {
        "*" => Err("`*` is everyone, which is asked for with `--public`".to_owned()),
        _ => text
            .parse()
            .map_err(|error: crate::layer::GranteeError| error.to_string()),
    }
}
