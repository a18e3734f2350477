//! The command line: options and arguments, and nothing that happens because of them.

// A flattened field is what its type says, and every other field has its help, which a test sees to.
#![allow(missing_docs)]

mod authoring;
mod diff;
mod global;
mod import;
mod mistake;
mod outputs;
mod removal;
mod report;
mod shell;
mod show;

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::layer::{AccountId, Architecture, Description, LayerName, OrganizationId, Runtime};

use authoring::{ADD_EXAMPLES, BUMP_EXAMPLES, INIT_EXAMPLES};
pub use authoring::{AddOptions, BumpOptions, CiHost, InitOptions, LevelOptions};
use diff::DIFF_EXAMPLES;
pub use diff::{DiffOption, DiffOptions};
pub use global::{ColorWhen, GlobalOptions, RequestOptions};
use import::IMPORT_EXAMPLES;
pub use import::ImportOptions;
pub use mistake::CommandLineError;
use outputs::OUTPUTS_EXAMPLES;
pub use outputs::{OutputsFormat, OutputsOptions};
use removal::{DELETE_EXAMPLES, PRUNE_EXAMPLES, USAGE_EXAMPLES};
pub use removal::{DeleteOptions, PruneOptions, RemovalOptions, UsageOptions};
pub use report::{PlanFormat, ReportFile, ReportFileError, ReportKind, ReportOptions};
use shell::{COMPLETIONS_EXAMPLES, MAN_EXAMPLES, SCHEMA_EXAMPLES};
pub use shell::{CompletionsOptions, ManOptions};
use show::SHOW_EXAMPLES;
pub use show::ShowOptions;

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
    /// Make a manifest with an example layer, and a file for CI; what is there stays as it is
    #[command(after_help = INIT_EXAMPLES)]
    Init(InitOptions),
    /// Add a layer: its folder, requirements with their lock, and a table in the manifest
    #[command(after_help = ADD_EXAMPLES)]
    Add(AddOptions),
    /// Raise a layer's description, so that it can be published
    #[command(after_help = BUMP_EXAMPLES)]
    Bump(BumpOptions),
    /// Check the manifest, offline
    Validate(ValidateOptions),
    /// List the published layers
    List(ListOptions),
    /// List the published versions of a layer
    Versions(VersionsOptions),
    /// Print the published versions' ARNs for those who use them
    #[command(after_help = OUTPUTS_EXAMPLES)]
    Outputs(OutputsOptions),
    /// Print a manifest for the layers that are published
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportOptions),
    /// Show one published version: what describes it, who may use it, and what it holds
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowOptions),
    /// Show what differs between a published version and the manifest's layer, or another version
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffOptions),
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
    /// Print the JSON Schema of the manifest, for completion and checks in editors
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema,
    /// Print the script that completes commands and options in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsOptions),
    /// Print the manual page, or write a page for each command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManOptions),
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

/// How sure to be that layers are what is published.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct RebuildOption {
    /// Build every layer anew, and compare what is published with that instead of believing archives' comments
    #[arg(long, env = "LLS_REBUILD", value_parser = FalseyValueParser::new())]
    pub rebuild: bool,
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

/// What to plan, from what, and how to tell of it.
#[derive(Debug, Args)]
pub struct PlanningOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub rebuild: RebuildOption,
    #[command(flatten)]
    pub report: ReportOptions,
    #[command(flatten)]
    pub diff: DiffOption,
}

/// Options of `lls plan`.
#[derive(Debug, Args)]
pub struct PlanOptions {
    #[command(flatten)]
    pub planning: PlanningOptions,
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
    pub planning: PlanningOptions,
    /// Do not ask before changing anything
    #[arg(short, long, env = "LLS_YES", value_parser = FalseyValueParser::new())]
    pub yes: bool,
}

/// Options of `lls build`.
#[derive(Debug, Args)]
pub struct BuildOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
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
    pub layers: LayerOptions,
    #[command(flatten)]
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
    pub format: FormatOption,
}

/// Options of `lls list`.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only layers for this runtime
    #[arg(long, value_name = "RUNTIME")]
    pub runtime: Option<Runtime>,
    #[command(flatten)]
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
    pub format: FormatOption,
}

/// Options of `lls cache`.
#[derive(Debug, Args)]
pub struct CacheOptions {
    /// Remove the cached wheels, archives and hashes; registries stay
    #[arg(long)]
    pub clear: bool,
    #[command(flatten)]
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
    pub permission: PermissionOptions,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
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
