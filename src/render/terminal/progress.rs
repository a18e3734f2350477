//! Progress on stderr: bars on a terminal while something is done, and a line for every step that was finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::output::Output;
use crate::progress::{Ending, Event, Progress, Step};
use crate::render::wording::{count, size, visible_lines};

/// Shows progress on stderr.
pub struct TerminalProgress {
    output: Output,
    is_stopping: Arc<AtomicBool>,
}

impl TerminalProgress {
    /// Shows progress through `output`, with bars if it draws them; passes on `is_stopping`.
    pub fn new(output: Output, is_stopping: Arc<AtomicBool>) -> Self {
        Self {
            output,
            is_stopping,
        }
    }

    fn line(&self, text: &str) {
        self.output.message(&format!("{}\n", visible_lines(text)));
    }
}

impl Progress for TerminalProgress {
    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    fn event(&self, event: Event<'_>) {
        if let Some(bars) = self.output.bars() {
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
                "Removed {}, which is not in the lock",
                path.display()
            )),
            Event::Waiting { lock } => self.line(&format!(
                "Waiting for another process that holds {}",
                lock.display()
            )),
            Event::Interrupted => self.line(
                "Interrupted: finishing the current steps; interrupt again to stop immediately",
            ),
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
        Step::Locate { .. } | Step::Import { .. } => return None,
        Step::Download { layer, wheels, .. } => {
            let wheels = count(wheels, "wheel");
            format!("Downloaded {wheels} for {layer}, {}", size(bytes))
        }
        Step::Build { layer } => format!("Built {layer}, {}", size(bytes)),
        Step::Publish {
            layer, destination, ..
        } => format!("Published {layer} to {destination}, {}", size(bytes)),
    };
    Some(line)
}
