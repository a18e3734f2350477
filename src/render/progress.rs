//! Progress on stderr: a bar while wheels are downloaded to a terminal, a line for everything that takes a while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::Output;
use super::text::{count, size};
use crate::progress::{Event, Progress};

/// Shows progress on stderr.
pub struct TerminalProgress {
    output: Output,
    is_stopping: Arc<AtomicBool>,
    downloads: Mutex<Downloads>,
}

/// The bar of all layers' downloads together.
#[derive(Default)]
struct Downloads {
    bar: Option<ProgressBar>,
    running: usize,
}

impl TerminalProgress {
    /// Shows progress through `output`, which also says whether there is to be any; passes on `is_stopping`.
    pub fn new(output: Output, is_stopping: Arc<AtomicBool>) -> Self {
        Self {
            output,
            is_stopping,
            downloads: Mutex::default(),
        }
    }

    fn downloads(&self) -> MutexGuard<'_, Downloads> {
        self.downloads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, text: &str) {
        match &self.downloads().bar {
            Some(bar) => bar.suspend(|| self.output.message(&format!("{text}\n"))),
            None => self.output.message(&format!("{text}\n")),
        }
    }
}

impl Downloads {
    fn start(&mut self, bytes: u64) {
        self.running += 1;
        self.bar.get_or_insert_with(new_bar).inc_length(bytes);
    }

    fn end(&mut self) {
        self.running = self.running.saturating_sub(1);
        if self.running == 0 {
            self.bar
                .take()
                .iter()
                .for_each(ProgressBar::finish_and_clear);
        }
    }
}

/// A bar over bytes, which is hidden where stderr is no terminal.
fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let template = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}

impl Progress for TerminalProgress {
    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    fn event(&self, event: Event<'_>) {
        match event {
            Event::Installing { tool } => self.line(&format!("Installing {tool} into the cache")),
            Event::Locking { layer, reason } => self.line(&format!(
                "Locking {layer}: its requirements.lock is {reason}"
            )),
            Event::BuildingWheel { layer, package } => {
                self.line(&format!("Building {package} from source for {layer}"));
            }
            Event::RemovedWheel { path } => self.line(&format!(
                "Removed {}, which the lock does not name",
                path.display()
            )),
            Event::Downloading { wheels, bytes } => {
                let total = if bytes > 0 {
                    format!(", {}", size(bytes))
                } else {
                    String::new()
                };
                self.line(&format!("Downloading {}{total}", count(wheels, "wheel")));
                if !self.output.quiet {
                    self.downloads().start(bytes);
                }
            }
            Event::Downloaded { bytes } => {
                self.downloads().bar.iter().for_each(|bar| bar.inc(bytes));
            }
            Event::DownloadsEnded => self.downloads().end(),
            Event::Building { layer } => self.line(&format!("Building {layer}")),
            Event::Publishing {
                layer,
                destination,
                bytes,
            } => {
                self.line(&format!(
                    "Publishing {layer} to {destination}, {}",
                    size(bytes)
                ));
            }
            Event::Waiting { lock } => self.line(&format!(
                "Waiting for another process, which holds {}",
                lock.display()
            )),
            Event::Warning { message } => self.line(&format!("warning: {message}")),
        }
    }
}
