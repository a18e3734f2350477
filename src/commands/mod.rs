//! One file a command: what happens, in the order in which it happens.

mod add;
mod annotate;
mod apply;
mod build;
mod bump;
mod cache;
mod cache_places;
mod completions;
mod contents;
mod context;
mod delete;
mod describe;
mod diff;
mod edited;
mod import;
mod init;
mod interruption;
mod list;
mod lock;
mod man;
mod outputs;
mod plan;
mod planning;
mod prune;
mod publish;
mod published;
mod removal;
mod report;
mod saved_plan;
mod schema;
mod show;
mod targets;
mod texts;
mod tracked;
mod usage;
mod validate;
mod versions;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::{Cli, Command, CommandLineError};
use crate::error::Failures;
use crate::render::{Output, render_failure_document, render_failures};

use interruption::{hear_signals, interruptible};

pub use context::{Context, Environment};

/// How many layers are read or worked on at a time, in each destination.
const PARALLEL: usize = 8;

/// How long a downloaded wheel that is being checked when the command is interrupted may take to be finished.
const LAST_WORK: Duration = Duration::from_millis(500);

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything is fine: 0.
    Success,
    /// Something failed or is blocked: 1.
    Failure,
    /// There are changes, and the caller asked to be told so: 2.
    Changes,
}

impl ExitStatus {
    fn of(is_success: bool) -> Self {
        if is_success {
            Self::Success
        } else {
            Self::Failure
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Success => Self::SUCCESS,
            ExitStatus::Failure => Self::FAILURE,
            ExitStatus::Changes => Self::from(2),
        }
    }
}

/// Runs the program with the given arguments, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: Environment) -> ExitCode {
    let (cli, is_json) = match parse(arguments) {
        Ok(parsed) => parsed,
        Err(Unparsed::Help(help)) => {
            let _ = help.print();
            return ExitStatus::of(!help.use_stderr()).into();
        }
        Err(Unparsed::Mistake(mistake)) => {
            let is_github = environment.github.is_some();
            let output = Output::new(anstream::ColorChoice::Auto, false, is_github);
            output.insist(&render_failures(&mistake.into()));
            return ExitCode::FAILURE;
        }
    };
    let mut context = Context::new(cli.global, environment);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let interruption = Arc::clone(&context.interruption);
    let progress = Arc::clone(&context.progress);
    let output = context.output.clone();
    let launcher = context.environment.launcher.clone();
    let last_words = move |failures: Failures| {
        output.insist(&render_failures(&failures));
        print_failure_document(&output, is_json, &failures);
    };
    let outcome = match runtime {
        Ok(runtime) => {
            hear_signals(Arc::clone(&interruption), launcher, last_words).and_then(|heard| {
                let work = dispatch(cli.command, &mut context);
                let outcome = runtime.block_on(interruptible(work, heard, progress));
                runtime.shutdown_timeout(LAST_WORK);
                outcome
            })
        }
        Err(source) => Err(NoRuntime(source).into()),
    };
    match outcome {
        Ok(status) => status.into(),
        Err(failures) => {
            interruption.take_the_last_word();
            context.report(&failures);
            print_failure_document(&context.output, is_json, &failures);
            ExitCode::FAILURE
        }
    }
}

/// Prints what failed as the result, where the result is to be JSON and there is none.
fn print_failure_document(output: &Output, is_json: bool, failures: &Failures) {
    if is_json && !output.has_result() {
        // What can be done where not even this can be written was done: the failures are told on stderr.
        let _ = output.result(&render_failure_document(failures));
    }
}

/// Arguments that name nothing to be done.
enum Unparsed {
    /// They ask for help, or for the version; help is also the answer to none at all.
    Help(clap::Error),
    /// They are wrong.
    Mistake(CommandLineError),
}

/// The options, and whether the result is to be JSON.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<(Cli, bool), Unparsed> {
    let mut command = without_empty_variables(Cli::command());
    let arguments: Vec<_> = arguments.into_iter().collect();
    let matches = command.try_get_matches_from_mut(&arguments);
    let parsed = matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Unparsed::Help(error),
        _ => {
            let mut arguments = arguments.iter().skip(1);
            let named = arguments.find_map(|argument| command.find_subcommand(argument));
            Unparsed::Mistake(CommandLineError::new(&error, named.unwrap_or(&command)))
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
    Ok((cli, is_json))
}

/// Lets variables that are empty, as unset variables of a CI job are, count as unset.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|argument| match argument.get_env().is_some_and(is_empty) {
        true => argument.env(clap::builder::Resettable::Reset),
        false => argument,
    });
    command.mut_subcommands(without_empty_variables)
}

/// The operating system gives no threads.
#[derive(Debug, thiserror::Error)]
#[error("cannot start worker threads")]
struct NoRuntime(#[source] std::io::Error);

impl crate::error::Failure for NoRuntime {}

async fn dispatch(command: Command, context: &mut Context) -> Result<ExitStatus, Failures> {
    context.check_allowed_outside()?;
    match command {
        Command::Plan(options) => plan::plan(&options, context).await,
        Command::Apply(options) => apply::apply(&options, context).await,
        Command::Build(options) => build::build(&options, context).await,
        Command::Lock(options) => lock::lock(&options, context).await,
        Command::Init(options) => init::init(&options, context).await,
        Command::Add(options) => add::add(&options, context).await,
        Command::Bump(options) => bump::bump(&options, context).await,
        Command::Validate(options) => validate::validate(&options, context),
        Command::List(options) => list::list(&options, context).await,
        Command::Versions(options) => versions::versions(&options, context).await,
        Command::Show(options) => show::show(&options, context).await,
        Command::Diff(options) => diff::diff(&options, context).await,
        Command::Cache(options) => cache::cache(&options, context),
        Command::Outputs(options) => outputs::outputs(&options, context).await,
        Command::Import(options) => import::import(&options, context).await,
        Command::Usage(options) => usage::usage(&options, context).await,
        Command::Delete(options) => delete::delete(&options, context).await,
        Command::Prune(options) => prune::prune(&options, context).await,
        Command::Completions(options) => completions::completions(&options, context),
        Command::Schema => schema::schema(context),
        Command::Man(options) => man::man(&options, context),
        Command::Publish(options) => publish::publish(&options, context).await,
    }
}
