//! The `lls` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    lls::commands::run(std::env::args_os(), lls::commands::Environment::read())
}
