//! What the runner of GitHub Actions reads: annotations, and nothing that it would take for a command by mistake.

mod annotation;
mod commands;

pub use annotation::{annotate_failures, annotate_report, annotate_warning};
pub use commands::without_commands;
