//! Options of the commands that write what shells, readers of manuals and editors use.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  lls completions bash > ~/.local/share/bash-completion/completions/lls
  lls completions zsh > ~/.zfunc/_lls            with ~/.zfunc in $fpath
  lls completions fish > ~/.config/fish/completions/lls.fish
  lls completions powershell >> $PROFILE";

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
    /// The shell
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
