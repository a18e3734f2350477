//! `lls man`: the manual, as one page or as a page for each command.

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{Context, ExitStatus};
use crate::cache::write_file;
use crate::cli::{Cli, ManOptions};
use crate::error::{Failure, Failures};

/// A page could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot create the manual page `{name}`")]
struct NoPage {
    name: String,
    source: std::io::Error,
}

impl Failure for NoPage {}

pub(super) fn man(options: &ManOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &options.output_dir else {
        context.output.result(&page(command)?)?;
        return Ok(ExitStatus::Success);
    };
    let subcommands = command.get_subcommands().cloned();
    // What `lls help` says is what `lls --help` says.
    let subcommands: Vec<_> = subcommands
        .filter(|command| command.get_name() != "help")
        .collect();
    for command in std::iter::once(command).chain(subcommands) {
        let name = command.get_display_name().unwrap_or("lls").to_owned();
        let path = folder.join(format!("{name}.1"));
        context.repository().check_output(&path)?;
        write_file(&path, page(command)?.as_bytes())?;
        context.output.result(&format!("{}\n", path.display()))?;
    }
    Ok(ExitStatus::Success)
}

fn page(command: clap::Command) -> Result<String, NoPage> {
    let name = command.get_display_name().unwrap_or("lls").to_owned();
    let mut page = Vec::new();
    match Man::new(command).render(&mut page) {
        Ok(()) => Ok(String::from_utf8_lossy(&page).into_owned()),
        Err(source) => Err(NoPage { name, source }),
    }
}
