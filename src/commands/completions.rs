//! `lls completions`: the script that lets a shell ask what can be typed next.

use clap_complete::env::Shells;

use super::complete::VARIABLE;
use super::{Context, ExitStatus};
use crate::cli::CompletionsOptions;
use crate::error::{Failure, Failures};

/// The script could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the script for the shell")]
struct NoScript(#[source] std::io::Error);

impl Failure for NoScript {}

pub(super) fn completions(
    options: &CompletionsOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let shells = Shells::builtins();
    let name = options.shell.to_string();
    let shell = shells.completer(&name);
    let shell = shell.expect("clap completes in each shell that it has a name for");
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, "lls", "lls", "lls", &mut script)
        .map_err(NoScript)?;
    context.output.result(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
