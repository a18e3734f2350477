//! The command line: its commands, options, and arguments. What they do is in `commands`.

// The fields of options have their help instead, which a test checks.
#![allow(missing_docs)]

mod authoring;
mod build;
mod diff;
mod doctor;
mod global;
mod groups;
mod habit;
mod help;
mod import;
mod mistake;
mod outputs;
mod plan;
mod removal;
mod report;
mod shell;
mod show;
mod test;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};

use crate::layer::{AccountId, Architecture, Description, LayerName, OrganizationId, Runtime};

use authoring::{ADD_EXAMPLES, BUMP_EXAMPLES, INIT_EXAMPLES};
pub use authoring::{AddOptions, BumpOptions, CiHost, InitOptions, LevelOptions};
use build::{BUILD_EXAMPLES, LOCK_EXAMPLES};
pub use build::{BuildOptions, LockOptions};
use diff::DIFF_EXAMPLES;
pub use diff::{DiffOption, DiffOptions};
use doctor::DOCTOR_EXAMPLES;
pub use doctor::DoctorOptions;
pub use global::{ColorWhen, GlobalOptions, RequestOptions};
pub use groups::{Format, FormatOption, InputOptions, LayerOptions, RebuildOption};
pub use help::{GROUPS, program};
use import::IMPORT_EXAMPLES;
pub use import::ImportOptions;
pub use mistake::CommandLineError;
use outputs::OUTPUTS_EXAMPLES;
pub use outputs::{OutputsFormat, OutputsOptions};
use plan::{APPLY_EXAMPLES, PLAN_EXAMPLES};
pub use plan::{ApplyOptions, PlanOptions, PlanningOptions};
use removal::{DELETE_EXAMPLES, PRUNE_EXAMPLES, USAGE_EXAMPLES};
pub use removal::{DeleteOptions, PruneOptions, RemovalOptions, UsageOptions};
pub use report::{PlanFormat, ReportFile, ReportFileError, ReportOptions};
use shell::{COMPLETIONS_EXAMPLES, MAN_EXAMPLES, SCHEMA_EXAMPLES};
pub use shell::{CompletionsOptions, ManOptions};
use show::SHOW_EXAMPLES;
pub use show::ShowOptions;
use test::TEST_EXAMPLES;
pub use test::TestOptions;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Keep your AWS Lambda layers in sync with a Git repository.
#[derive(Debug, Parser)]
#[command(name = "lls", version = version(), styles = STYLES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalOptions,
    #[command(subcommand)]
    pub command: Command,
}

/// The version. For a release, it includes the commit and the repository that it was built from.
fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("LLS_COMMIT") {
        Some(commit) if !commit.is_empty() => {
            format!("{version} ({commit} of {})", env!("CARGO_PKG_REPOSITORY"))
        }
        _ => version.to_owned(),
    }
}

/// The commands, in the order and with the texts of `lls --help`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a manifest with an example layer, and a CI file
    #[command(after_help = INIT_EXAMPLES)]
    Init(InitOptions),
    /// Add a layer with its folder, requirements, and lock
    #[command(after_help = ADD_EXAMPLES)]
    Add(AddOptions),
    /// Print a manifest of the layers that are already published
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportOptions),
    /// Lock the layers' requirements in requirements.lock
    #[command(after_help = LOCK_EXAMPLES)]
    Lock(LockOptions),
    /// Bump a layer's description, so that it can be published
    #[command(after_help = BUMP_EXAMPLES)]
    Bump(BumpOptions),
    /// Check the manifest, offline
    Validate(ValidateOptions),
    /// Build the layers' archives
    #[command(after_help = BUILD_EXAMPLES)]
    Build(BuildOptions),
    /// Import the layers' modules in Python. This runs their code
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestOptions),
    /// Show what `apply` would publish and grant, and why
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanOptions),
    /// Publish and grant what the manifest declares
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(ApplyOptions),
    /// Compare a published version with the manifest or another version
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffOptions),
    /// Publish one folder as a layer, without a manifest
    #[command(disable_version_flag = true)]
    Publish(PublishOptions),
    /// Print the ARNs of the manifest's layers, for functions
    #[command(after_help = OUTPUTS_EXAMPLES)]
    Outputs(OutputsOptions),
    /// List the published layers
    List(ListOptions),
    /// List the published versions of a layer
    Versions(VersionsOptions),
    /// Show a published version: permissions, packages, and sizes
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowOptions),
    /// Show which functions use which versions of layers
    #[command(after_help = USAGE_EXAMPLES)]
    Usage(UsageOptions),
    /// Delete old versions that no function uses
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(PruneOptions),
    /// Delete the named versions, if no function uses them
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(DeleteOptions),
    /// Check what a run needs: uv, locks, credentials, and permissions
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorOptions),
    /// Show the size of the caches, or clear them
    Cache(CacheOptions),
    /// Print the JSON Schema of the manifest, for editors
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema,
    /// Print the script that completes commands in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsOptions),
    /// Print the manual page, or write a page for each command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManOptions),
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
    /// List only layers for this runtime
    #[arg(long, value_name = "RUNTIME")]
    pub runtime: Option<Runtime>,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Options of `lls versions`.
#[derive(Debug, Args)]
pub struct VersionsOptions {
    /// The name of the layer
    #[arg(value_name = "LAYER", required_unless_present = "layer")]
    pub named: Option<LayerName>,
    /// The same as LAYER
    #[arg(short, long, value_name = "NAME", conflicts_with = "named")]
    pub layer: Option<LayerName>,
    /// List only versions for this runtime
    #[arg(long, value_name = "RUNTIME")]
    pub runtime: Option<Runtime>,
    #[command(flatten)]
    pub format: FormatOption,
}

impl VersionsOptions {
    /// The layer, whichever way it is given.
    ///
    /// # Panics
    /// If no layer is given, which the parser refuses.
    pub fn layer(&self) -> &LayerName {
        let layer = self.named.as_ref().or(self.layer.as_ref());
        layer.expect("clap requires one of them")
    }
}

/// Options of `lls cache`.
#[derive(Debug, Args)]
pub struct CacheOptions {
    /// Remove cached wheels, archives, and hashes. Registries are kept
    #[arg(long)]
    pub clear: bool,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Options of `lls publish`. They are those of the tool that `lls` replaces.
#[derive(Debug, Args)]
pub struct PublishOptions {
    /// The name of the layer
    #[arg(long, value_name = "NAME")]
    pub layer: LayerName,
    /// The layer's folder. Its own files go under python/ in the archive
    #[arg(long, value_name = "DIR")]
    pub layer_path: PathBuf,
    /// The runtimes of the layer
    #[arg(long, value_name = "RUNTIME", num_args = 1.., required = true)]
    pub runtimes: Vec<Runtime>,
    /// The architecture of the layer
    #[arg(long, value_name = "ARCHITECTURE", default_value = "x86_64")]
    pub architecture: Architecture,
    /// The version, which is published as the description
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

/// Parses an account. In the tool that `lls` replaces, `*` means everyone.
fn parse_account(text: &str) -> Result<AccountId, String> {
    match text {
        "*" => Err("use `--public` to let everyone use it".to_owned()),
        _ => text
            .parse()
            .map_err(|error: crate::layer::GranteeError| error.to_string()),
    }
}
