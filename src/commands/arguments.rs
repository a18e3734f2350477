//! From arguments to a command with its options, or to a mistake.

use std::ffi::{OsStr, OsString};

use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use crate::cli::{Cli, CommandLineError, Format, program};

/// Why there is no command to run.
pub(super) enum Unparsed {
    /// They ask for help or the version. Without arguments, help is shown.
    Help(clap::Error),
    /// They are wrong.
    Mistake(CommandLineError),
}

/// The options, and the format of the result, which is JSON or not.
pub(super) fn parse(arguments: &[OsString]) -> Result<(Cli, Format), Unparsed> {
    let mut command = without_empty_variables(program());
    let matches = command.try_get_matches_from_mut(arguments);
    let parsed = matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Unparsed::Help(error),
        _ => {
            let mut words = arguments.iter().skip(1);
            let named = words.find_map(|argument| command.find_subcommand(argument));
            let mistake = CommandLineError::new(&error, named.unwrap_or(&command), arguments);
            Unparsed::Mistake(mistake)
        }
    })?;
    let subcommand = matches.subcommand();
    let is_json = subcommand.is_some_and(|(_, options)| {
        let format = options.try_get_raw("format").ok().flatten();
        format.is_some_and(|mut format| format.any(|format| format == "json"))
    });
    let cli = Cli {
        global: cli.global.without_empty(),
        ..cli
    };
    let format = if is_json {
        Format::Json
    } else {
        Format::Terminal
    };
    Ok((cli, format))
}

/// Makes empty variables count as unset, because a CI job passes unset variables on as empty ones.
pub(super) fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|argument| {
        if argument.get_env().is_some_and(is_empty) {
            argument.env(clap::builder::Resettable::Reset)
        } else {
            argument
        }
    });
    command.mut_subcommands(without_empty_variables)
}
