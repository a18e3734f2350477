//! Mistakes on the command line, as errors with a hint.
//!
//! clap finds them. Its findings are kept, but not its wording, because other errors look different.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::habit::{command_hint, option_hint, typed};
use crate::error::Failure;
use crate::process::VariableNameError;

/// A mistake on the command line.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CommandLineError {
    message: String,
    hint: String,
}

impl Failure for CommandLineError {
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

impl CommandLineError {
    /// Describes what clap found in the arguments of `command`, which is one of the commands or the whole program.
    /// `arguments` is everything that was typed.
    pub fn new(error: &clap::Error, command: &clap::Command, arguments: &[OsString]) -> Self {
        let program = match command.get_name() {
            "lls" => "lls".to_owned(),
            name => format!("lls {name}"),
        };
        if let Some((message, hint)) = habit(error, command, &program, arguments) {
            return Self { message, hint };
        }
        Self {
            message: message(error, command, &program),
            hint: hint(error, &program),
        }
    }
}

/// What is wrong, and what to type instead, if this is a habit from other tools.
fn habit(
    error: &clap::Error,
    command: &clap::Command,
    program: &str,
    arguments: &[OsString],
) -> Option<(String, String)> {
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand)?;
            let hint = command_hint(&name)?;
            Some((format!("there is no command `{name}`"), hint.to_owned()))
        }
        ErrorKind::UnknownArgument => {
            let option = text(error, ContextKind::InvalidArg)?;
            let (typed, next) = typed(arguments, &option)?;
            let hint = option_hint(command.get_name(), typed, next)?;
            let typed = typed.split('=').next().unwrap_or(typed);
            Some((format!("`{program}` has no option `{typed}`"), hint))
        }
        _ => None,
    }
}

fn message(error: &clap::Error, command: &clap::Command, program: &str) -> String {
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    let argument = name(&argument);
    let argument = variable(command, argument, &value).unwrap_or(argument);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("there is no command `{name}`")
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("`{program}` has no option `{argument}`")
        }
        ErrorKind::UnknownArgument => format!("`{program}` does not take `{argument}`"),
        ErrorKind::InvalidValue if value.is_empty() => format!("`{argument}` needs a value"),
        ErrorKind::InvalidValue => format!("`{argument}` cannot be `{value}`"),
        ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error).map(ToString::to_string);
            format!(
                "`{argument}` cannot be `{value}`: {}",
                reason.unwrap_or_default()
            )
        }
        ErrorKind::TooManyValues => format!("`{argument}` does not take `{value}`"),
        ErrorKind::MissingRequiredArgument => {
            let missing = texts(error, ContextKind::InvalidArg);
            let missing: Vec<_> = missing.iter().map(|argument| bare(argument)).collect();
            format!("`{program}` needs {}", quoted(&missing))
        }
        ErrorKind::ArgumentConflict if !argument.is_empty() => {
            let others = texts(error, ContextKind::PriorArg);
            let others: Vec<_> = others.iter().map(|other| name(other)).collect();
            match others.as_slice() {
                [other] if *other == argument => format!("`{argument}` is given twice"),
                _ => format!("`{argument}` cannot be used with {}", quoted(&others)),
            }
        }
        _ => {
            let said = error.to_string();
            let line = said.lines().next().unwrap_or_default();
            line.trim_start_matches("error: ").to_owned()
        }
    }
}

fn hint(error: &clap::Error, program: &str) -> String {
    let suggested = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let mut suggested = suggested.into_iter().flat_map(|kind| texts(error, kind));
    if let Some(suggestion) = suggested.next() {
        return format!("did you mean `{}`?", name(&suggestion));
    }
    let source = std::error::Error::source(error);
    let refused = source.and_then(|error| error.downcast_ref::<VariableNameError>());
    if let Some(hint) = refused.and_then(Failure::hint) {
        return hint;
    }
    match error.kind() {
        ErrorKind::InvalidSubcommand => "run `lls help` to list the commands".to_owned(),
        ErrorKind::ArgumentConflict => "leave one of them out".to_owned(),
        _ => match texts(error, ContextKind::ValidValue).as_slice() {
            [] => format!("run `{program} --help` to see what it takes"),
            values => format!("possible values: {}", values.join(", ")),
        },
    }
}

/// The variable that gives an option its value, if one does.
fn variable<'c>(command: &'c clap::Command, option: &str, value: &str) -> Option<&'c str> {
    let long = option.strip_prefix("--")?;
    let mut options = command.get_arguments();
    let variable = options.find(|option| option.get_long() == Some(long))?;
    let variable = variable.get_env()?.to_str()?;
    let held = std::env::var(variable).ok()?;
    // In a list, only the wrong part is the value.
    (!value.is_empty() && held.split(',').any(|part| part == value)).then_some(variable)
}

/// `--format` of `--format <FORMAT>`, `LAYER` of `<LAYER>...`.
fn name(argument: &str) -> &str {
    let name = argument.split_whitespace().next().unwrap_or_default();
    bare(name.trim_end_matches("..."))
}

/// An argument without the brackets that enclose it.
fn bare(argument: &str) -> &str {
    let enclosed = argument.strip_prefix(['<', '[']);
    let inner = enclosed.and_then(|argument| argument.strip_suffix(['>', ']']));
    inner.unwrap_or(argument)
}

/// A list, each item in backticks.
fn quoted(items: &[impl AsRef<str>]) -> String {
    let quoted = items.iter().map(|item| format!("`{}`", item.as_ref()));
    quoted.collect::<Vec<_>>().join(", ")
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    texts(error, kind).into_iter().next()
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
