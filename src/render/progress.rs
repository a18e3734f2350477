//! Progress on stderr: bars on a terminal while something is done, and a line for every step that was finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bars::Bars;
use super::style::Output;
use super::text::{count, size};
use super::visible::visible_lines;
use crate::progress::{Ending, Event, Progress, Step};

/// Shows progress on stderr.
pub struct TerminalProgress {
    output: Output,
    is_stopping: Arc<AtomicBool>,
    /// Only on a terminal.
    bars: Option<Bars>,
}

impl TerminalProgress {
    /// Shows progress through `output`, which also says whether there is to be any; passes on `is_stopping`. Messages
    /// for debugging leave no place for bars.
    pub fn new(output: Output, is_stopping: Arc<AtomicBool>, debug: bool) -> Self {
        let has_bars = !output.quiet && !debug;
        Self {
            output,
            is_stopping,
            bars: has_bars.then(Bars::on_stderr).flatten(),
        }
    }

    fn line(&self, text: &str) {
        let print = || self.output.message(&format!("{}\n", visible_lines(text)));
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }
}

impl Progress for TerminalProgress {
    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    fn event(&self, event: Event<'_>) {
        if let Some(bars) = &self.bars {
            bars.event(event);
        }
        match event {
            Event::Ended(step, Ending::Done { bytes }) => {
                if let Some(line) = finished(step, bytes) {
                    self.line(&line);
                }
            }
            Event::Began(_)
            | Event::Ended(_, Ending::GivenUp)
            | Event::Downloaded { .. }
            | Event::Uploaded { .. } => {}
            Event::RemovedWheel { path } => self.line(&format!(
                "Removed {}, which the lock does not name",
                path.display()
            )),
            Event::Waiting { lock } => self.line(&format!(
                "Waiting for another process, which holds {}",
                lock.display()
            )),
            Event::Interrupted => self
                .line("Interrupted: what has begun is finished; interrupt again to stop at once"),
            Event::Warning { message } => self.line(&format!("warning: {message}")),
        }
    }
}

/// What is said of a step that was done; `None` where the result says it, or another step does.
fn finished(step: Step<'_>, bytes: u64) -> Option<String> {
    let line = match step {
        Step::Install { tool } => format!("Installed {tool} into the cache"),
        Step::Lock { layer, reason } => {
            format!("Locked {layer}: its requirements.lock was {}", reason?)
        }
        Step::BuildWheel { layer, package } => format!("Built {package} from source for {layer}"),
        Step::Locate { .. } => return None,
        Step::Download { wheels, .. } => {
            format!("Downloaded {}, {}", count(wheels, "wheel"), size(bytes))
        }
        Step::Build { layer } => format!("Built {layer}, {}", size(bytes)),
        Step::Publish {
            layer, destination, ..
        } => format!("Published {layer} to {destination}, {}", size(bytes)),
    };
    Some(line)
}
