//! What a shell asks while a command line is typed: commands, options, and the names in the manifest.
//!
//! It reads the manifest and lists the folder of a path that is typed. It runs nothing and sends nothing.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _};
use clap_complete::CompletionCandidate;
use clap_complete::engine::ArgValueCandidates;
use clap_complete::env::Shells;

use super::arguments::without_empty_variables;
use super::place::enter;
use crate::cli::{Cli, GlobalOptions};
use crate::input::{Repository, find_above};
use crate::layer::LayerName;
use crate::manifest::{Names, folder_of};

/// The variable in which the script of a shell says which shell asks.
pub(super) const VARIABLE: &str = "LLS_COMPLETE";

/// The variable in which some shells say which word is being typed.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// The arguments that are names of layers in the manifest.
const LAYERS: [&str; 6] = ["named", "layers", "layer", "version", "before", "after"];

/// Prints what can be typed next, if it is a shell that asks.
pub(super) fn complete(arguments: &[OsString]) -> Option<ExitCode> {
    let shell = std::env::var_os(VARIABLE)?;
    let [_, separator, words @ ..] = arguments else {
        return None;
    };
    let shells = Shells::builtins();
    let shell = shells.completer(shell.to_str()?)?;
    if separator != "--" {
        return None;
    }
    let folder = std::env::current_dir().ok();
    let mut text = Vec::new();
    let mut program = program(words);
    let outcome = shell.write_complete(&mut program, words.to_vec(), folder.as_deref(), &mut text);
    // Nothing can be typed next, or the shell is gone: neither is worth a message in the middle of a command line.
    let printed = outcome.and_then(|()| std::io::Write::write_all(&mut std::io::stdout(), &text));
    Some(match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// The command line, with the names that its arguments can have.
fn program(words: &[OsString]) -> Command {
    let index = std::env::var(INDEX)
        .ok()
        .and_then(|index| index.parse().ok());
    let last = words.len().saturating_sub(1);
    let typed = words.get(index.unwrap_or(last)).map(OsString::as_os_str);
    // Hidden options are only offered if there is nothing else.
    let hides_options = !is_option(typed.unwrap_or_default());
    let with_names = |argument: Arg, command: &str| {
        let is_option = argument.get_short().is_some() || argument.get_long().is_some();
        let is_hidden = argument.is_hide_set() || (is_option && hides_options);
        let argument = argument.hide(is_hidden);
        if !argument.get_action().takes_values() {
            return argument;
        }
        let words = words.to_vec();
        match argument.get_id().as_str() {
            "targets" => argument.add(ArgValueCandidates::new(move || targets(&words))),
            // The layer is a new one.
            "layer" if command == "add" => argument,
            id if LAYERS.contains(&id) => {
                argument.add(ArgValueCandidates::new(move || layers(&words)))
            }
            _ => argument,
        }
    };
    let with_options = |command: Command| {
        let name = command.get_name().to_owned();
        let command = command.mut_args(|argument| with_names(argument, &name));
        if hides_options {
            command.disable_help_flag(true).disable_version_flag(true)
        } else {
            command
        }
    };
    with_options(Cli::command()).mut_subcommands(with_options)
}

fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

fn layers(words: &[OsString]) -> Vec<CompletionCandidate> {
    let names = names(words).unwrap_or_default().layers.into_iter();
    let candidate = |(name, description): (LayerName, Option<String>)| {
        let plain = description.filter(|description| is_plain(description));
        CompletionCandidate::new(name.to_string()).help(plain.map(Into::into))
    };
    names.map(candidate).collect()
}

fn targets(words: &[OsString]) -> Vec<CompletionCandidate> {
    let names = names(words).unwrap_or_default().targets.into_iter();
    let names = names.filter(|name| is_plain(name));
    names.map(CompletionCandidate::new).collect()
}

/// Whether a text of the repository means nothing to a shell or a terminal.
fn is_plain(text: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.chars().all(is_plain)
}

/// The names in the manifest that these words lead to.
fn names(words: &[OsString]) -> Option<Names> {
    let command = without_empty_variables(Cli::command()).ignore_errors(true);
    let matches = command.try_get_matches_from(words).ok()?;
    let mut options = GlobalOptions::from_arg_matches(&matches)
        .ok()?
        .without_empty();
    enter(&options).ok()?;
    let folder = std::env::current_dir().ok()?;
    if options.manifest.is_none() {
        options.found_manifest = find_above(options.manifest_path(), &folder);
    }
    let path = options.manifest_path();
    let repository = Repository::around(folder_of(path), &folder, &options.allowed_outside);
    Names::read(path, &repository).ok()
}
