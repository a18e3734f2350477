//! Options of the commands that write the manifest: `lls init`, `lls add`, and `lls bump`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::groups::{FormatOption, InputOptions};
use crate::layer::{
    AccountId, Architecture, Description, LayerName, Level, License, OrganizationId, PackageName,
    Permission, Runtime,
};

pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  lls init                  in the folder of a new or existing project
  lls init --ci none        without a CI file";

pub(super) const ADD_EXAMPLES: &str = "\
Examples:
  lls add tools                              a layer of your own files
  lls add pandas 'pandas>=2' numpy           a layer of packages
  lls add data -r python3.13 --license MIT   with its own settings";

pub(super) const BUMP_EXAMPLES: &str = "\
Examples:
  lls bump numpy             as far as the changes since the published version require
  lls bump numpy --major     without comparing anything";

/// Options of `lls init`.
#[derive(Debug, Args)]
pub struct InitOptions {
    /// The host whose CI runs `lls` [default: the host of the Git repository]
    #[arg(long, value_name = "HOST")]
    pub ci: Option<CiHost>,
    #[command(flatten)]
    pub format: FormatOption,
}

/// A host with CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CiHost {
    /// GitHub Actions: .github/workflows/layers.yml
    Github,
    /// GitLab CI: .gitlab-ci.yml
    Gitlab,
    /// No CI
    None,
}

/// Options of `lls add`.
#[derive(Debug, Args)]
pub struct AddOptions {
    /// The name of the layer
    #[arg(value_name = "NAME")]
    pub layer: LayerName,
    /// A package of the layer, as in a requirements.txt
    #[arg(value_name = "REQUIREMENT", value_parser = parse_requirement)]
    pub requirements: Vec<String>,
    /// A package to build from source, which runs its code. Can be repeated
    #[arg(long, value_name = "PACKAGE")]
    pub build: Vec<PackageName>,
    /// A runtime of the layer. Can be repeated [default: those in `[defaults]`]
    #[arg(short, long = "runtime", value_name = "RUNTIME")]
    pub runtimes: Vec<Runtime>,
    /// The architecture of the layer [default: the one in `[defaults]`]
    #[arg(long, value_name = "ARCHITECTURE")]
    pub architecture: Option<Architecture>,
    /// Who may use it: my-account, my-organization, public, none, an account, or an organization
    #[arg(long, value_name = "PERMISSION", value_parser = parse_permission)]
    pub permission: Option<Permission>,
    /// Its version, which is published as the description
    #[arg(long, value_name = "VERSION", default_value = "v1.0.0")]
    pub description: Description,
    /// Its folder, relative to the manifest. A folder with files is used as it is [default: layers/NAME]
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub directory: Option<String>,
    /// Its license, such as BSD-3-Clause
    #[arg(long, value_name = "LICENSE")]
    pub license: Option<License>,
    #[command(flatten)]
    pub format: FormatOption,
}

fn parse_requirement(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a requirement cannot be empty".to_owned()),
        line if line.contains(['\n', '\r']) => {
            Err("a requirement cannot have several lines".to_owned())
        }
        line => Ok(line.to_owned()),
    }
}

fn parse_permission(text: &str) -> Result<Permission, String> {
    Ok(match text {
        "my-account" => Permission::MyAccount,
        "my-organization" => Permission::MyOrganization,
        "public" => Permission::Public,
        "none" => Permission::None,
        _ if text.starts_with("o-") => {
            let id = text.parse::<OrganizationId>();
            Permission::Organization(id.map_err(|error| error.to_string())?)
        }
        _ => {
            let account = text.parse::<AccountId>();
            Permission::Account(account.map_err(|_| {
                "not my-account, my-organization, public, none, an account of 12 digits, or an organization `o-...`".to_owned()
            })?)
        }
    })
}

/// Options of `lls bump`.
#[derive(Debug, Args)]
pub struct BumpOptions {
    /// The name of the layer
    #[arg(value_name = "LAYER")]
    pub layer: LayerName,
    #[command(flatten)]
    pub level: LevelOptions,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Which part of a description to bump.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub struct LevelOptions {
    /// Bump the major version: functions can break
    #[arg(long)]
    pub major: bool,
    /// Bump the minor version: something is added
    #[arg(long)]
    pub minor: bool,
    /// Bump the patch version
    #[arg(long)]
    pub patch: bool,
}

impl LevelOptions {
    /// The level, if one is given.
    pub fn level(self) -> Option<Level> {
        // Destructured, so that a new option is not forgotten. At most one of them is given.
        let Self {
            major,
            minor,
            patch,
        } = self;
        match (major, minor, patch) {
            (true, _, _) => Some(Level::Major),
            (_, true, _) => Some(Level::Minor),
            (_, _, true) => Some(Level::Patch),
            _ => None,
        }
    }
}
