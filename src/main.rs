//! The `lls` command.

// The futures of `plan` and `apply` hold those of all that they wait for, deeper than the compiler goes by itself.
#![recursion_limit = "256"]

use std::process::ExitCode;

fn main() -> ExitCode {
    lls::process::hide_memory();
    lls::commands::run(std::env::args_os(), lls::commands::Environment::read)
}
