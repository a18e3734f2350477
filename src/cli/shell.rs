//! Options of the commands that print files for shells, editors, and `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(lls completions bash)       in ~/.bashrc
  source <(lls completions zsh)        in ~/.zshrc, after compinit
  lls completions fish | source        in ~/.config/fish/config.fish
  lls completions powershell | Out-String | Invoke-Expression      in $PROFILE

The script runs `lls` to complete commands, options, and the layers and targets of the manifest.
A new shell gets the script of the `lls` that is installed then.";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  lls man | man -l -                    read it
  lls man --output-dir share/man/man1   a page for each command";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  lls schema > layers.schema.json   and, as the first line of layers.toml,
                                    `#:schema layers.schema.json`";

/// Options of `lls completions`.
#[derive(Debug, Args)]
pub struct CompletionsOptions {
    /// The shell to complete commands in
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Options of `lls man`.
#[derive(Debug, Args)]
pub struct ManOptions {
    /// Write a page for `lls` and one for each command into this folder
    #[arg(short, long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,
}
