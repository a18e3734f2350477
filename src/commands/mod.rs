//! One file a command: what happens, in the order in which it happens.

mod add;
mod annotate;
mod apply;
mod arguments;
mod build;
mod bump;
mod cache;
mod cache_places;
mod ci_file;
mod complete;
mod completions;
mod connection;
mod context;
mod delete;
mod diff;
mod doctor;
mod exit_status;
mod github;
mod import;
mod init;
mod interruption;
mod list;
mod lock;
mod man;
mod output_file;
mod outputs;
mod place;
mod plan;
mod prune;
mod publish;
mod region;
mod removal;
mod report;
mod saved_plan;
mod schema;
mod show;
mod test;
mod usage;
mod validate;
mod versions;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::{Command, Format};
use crate::error::{Error, Failures};
use crate::render::{Messages, Output, render_failure_document, render_failures};

use arguments::{Unparsed, parse};
use interruption::{LAST_WORK, hear_signals, interruptible};
use place::{enter, find_manifest};

pub use context::{Context, Environment};
pub use exit_status::ExitStatus;

/// Runs the program with the given arguments, the program's name first.
///
/// The environment is read after the arguments, because its relative paths depend on `-C`.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn() -> Environment,
) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if let Some(status) = complete::complete(&arguments) {
        return status;
    }
    let refuse = |error: Error| {
        let reader = environment().reader();
        let output = Output::new(anstream::ColorChoice::Auto, Messages::Shown, reader);
        output.insist(&render_failures(&error.into()));
        ExitCode::FAILURE
    };
    let (mut cli, format) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(Unparsed::Help(help)) => {
            let _ = help.print();
            return ExitStatus::of(!help.use_stderr()).into();
        }
        Err(Unparsed::Mistake(mistake)) => return refuse(mistake.into()),
    };
    if let Err(error) = enter(&cli.global) {
        return refuse(error);
    }
    let environment = environment();
    find_manifest(&mut cli.global, &cli.command, &environment);
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
        print_failure_document(&output, format, &failures);
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
            print_failure_document(&context.output, format, &failures);
            ExitCode::FAILURE
        }
    }
}

/// Prints the failures as the result, if the result must be JSON and there is none yet.
fn print_failure_document(output: &Output, format: Format, failures: &Failures) {
    if format == Format::Json && !output.has_result() {
        // What can be done where not even this can be written was done: the failures are told on stderr.
        let _ = output.result(&render_failure_document(failures));
    }
}

/// The operating system gives no threads.
#[derive(Debug, thiserror::Error)]
#[error("cannot start worker threads")]
struct NoRuntime(#[source] std::io::Error);

impl crate::error::Failure for NoRuntime {}

/// Whether a command starts programs, sends requests or looks for credentials.
fn reaches_out(command: &Command) -> bool {
    !matches!(
        command,
        Command::Cache(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Schema
            | Command::Validate(_)
    )
}

async fn dispatch(command: Command, context: &mut Context) -> Result<ExitStatus, Failures> {
    context.check_allowed_outside()?;
    if reaches_out(&command) {
        let launcher = &context.environment.launcher;
        launcher
            .check_variables(&context.repository())
            .map_err(Error::from)?;
    }
    match command {
        Command::Plan(options) => plan::plan(&options, context).await,
        Command::Apply(options) => apply::apply(&options, context).await,
        Command::Build(options) => build::build(&options, context).await,
        Command::Test(options) => test::test(&options, context).await,
        Command::Lock(options) => lock::lock(&options, context).await,
        Command::Init(options) => init::init(&options, context).await,
        Command::Add(options) => add::add(&options, context).await,
        Command::Bump(options) => bump::bump(&options, context).await,
        Command::Validate(options) => validate::validate(&options, context),
        Command::Doctor(options) => doctor::doctor(&options, context).await,
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
