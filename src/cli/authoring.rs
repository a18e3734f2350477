//! Options of the commands that write the manifest: a first one, a new layer, a raised description.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::{FormatOption, InputOptions};
use crate::layer::{
    AccountId, Architecture, Description, LayerName, Level, License, OrganizationId, Permission,
    Runtime,
};

pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  lls init                  in the folder of a new or an old project
  lls init --ci none        without a file for CI";

pub(super) const ADD_EXAMPLES: &str = "\
Examples:
  lls add tools                              a layer of own files
  lls add pandas 'pandas>=2' numpy           a layer of packages
  lls add data -r python3.13 --license MIT   with settings of its own";

pub(super) const BUMP_EXAMPLES: &str = "\
Examples:
  lls bump numpy             as much as the difference from what is published asks for
  lls bump numpy --major     without a look at what is published";

/// Options of `lls init`.
#[derive(Debug, Args)]
pub struct InitOptions {
    /// The host whose CI is to run `lls` [default: the one of the Git repository]
    #[arg(long, value_name = "HOST")]
    pub ci: Option<CiHost>,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Whose CI runs `lls`.
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
    /// The packages in it, as in a requirements.txt
    #[arg(value_name = "REQUIREMENT", value_parser = parse_requirement)]
    pub requirements: Vec<String>,
    /// A runtime that the layer is for; may be given several times [default: those of `[defaults]`]
    #[arg(short, long = "runtime", value_name = "RUNTIME")]
    pub runtimes: Vec<Runtime>,
    /// The architecture that the layer is for [default: that of `[defaults]`]
    #[arg(long, value_name = "ARCHITECTURE")]
    pub architecture: Option<Architecture>,
    /// Who may use it: my-account, my-organization, public, none, an account or an organization
    #[arg(long, value_name = "PERMISSION", value_parser = parse_permission)]
    pub permission: Option<Permission>,
    /// The version to publish it as
    #[arg(long, value_name = "VERSION", default_value = "v1.0.0")]
    pub description: Description,
    /// Its folder, relative to the manifest's; one with files is taken as it is [default: layers/NAME]
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub directory: Option<String>,
    /// Its licence, such as BSD-3-Clause
    #[arg(long, value_name = "LICENSE")]
    pub license: Option<License>,
    #[command(flatten)]
    pub format: FormatOption,
}

fn parse_requirement(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a requirement is not empty".to_owned()),
        line if line.contains(['\n', '\r']) => Err("a requirement is one line".to_owned()),
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
                "not my-account, my-organization, public, none, an account of 12 digits or an organization `o-...`".to_owned()
            })?)
        }
    })
}

/// Options of `lls bump`.
#[derive(Debug, Args)]
pub struct BumpOptions {
    /// The layer
    #[arg(value_name = "LAYER")]
    pub layer: LayerName,
    #[command(flatten)]
    pub level: LevelOptions,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub inputs: InputOptions,
    #[command(flatten)]
    pub format: FormatOption,
}

/// How much to raise a description.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub struct LevelOptions {
    /// Something that functions rely on goes, or works otherwise
    #[arg(long)]
    pub major: bool,
    /// Something comes
    #[arg(long)]
    pub minor: bool,
    /// Neither
    #[arg(long)]
    pub patch: bool,
}

impl LevelOptions {
    /// The level that is asked for, if one is.
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
