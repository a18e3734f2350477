//! Results and progress on a terminal, and the streams that they go to.

mod bars;
mod detail;
mod diagnostic;
mod hints;
mod lines;
mod link;
mod output;
mod plan;
mod progress;
mod row;
mod shared;
mod style;
mod summary;

pub use detail::detail_lines;
pub use diagnostic::render_failures;
pub use hints::{SharedHints, render_error};
pub use lines::{table, wrapped};
pub use output::{Messages, Output, OutputError, Reader};
pub use plan::{render_plan, render_plans};
pub use progress::TerminalProgress;
pub use style::{BAD, BOLD, CHANGE, styled};
pub use summary::{render_summaries, render_summary};
