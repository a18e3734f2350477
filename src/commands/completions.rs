//! `lls completions`: the script that lets a shell complete commands, options and their values.

use clap::CommandFactory as _;

use super::{Context, ExitStatus};
use crate::cli::{Cli, CompletionsOptions};
use crate::error::Failures;

pub(super) fn completions(
    options: &CompletionsOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "lls", &mut script);
    context.output.result(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
