//! Ctrl-C and SIGTERM: stops at once, unless something is being changed, which is brought to its end first.
//!
//! Stopping drops the command's future: temporary files go, and `uv` ends with whoever waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Failure, Failures};
use crate::progress::{Event, Progress};

/// How far an interruption may go.
#[derive(Debug, Default)]
pub struct Interruption {
    is_changing: AtomicBool,
    /// Whether nothing new is to be started; also known to whoever works.
    pub is_stopping: Arc<AtomicBool>,
}

impl Interruption {
    /// From now on something is being changed, so that the first signal lets what has begun come to its end.
    pub fn changes_begin(&self) {
        self.is_changing.store(true, Ordering::Relaxed);
    }
}

/// Does `work` until it ends or is interrupted.
///
/// # Errors
/// If it fails or is interrupted, or if signals cannot be received.
pub async fn interruptible<T>(
    work: impl Future<Output = Result<T, Failures>>,
    interruption: Arc<Interruption>,
    progress: Arc<dyn Progress>,
) -> Result<T, Failures> {
    let signals = Signals::receive()?;
    tokio::select! {
        biased;
        outcome = work => outcome,
        interrupted = interrupted(signals, &interruption, progress.as_ref()) => Err(interrupted.into()),
    }
}

async fn interrupted(
    mut signals: Signals,
    interruption: &Interruption,
    progress: &dyn Progress,
) -> Interrupted {
    signals.next().await;
    if !interruption.is_changing.load(Ordering::Relaxed) {
        return Interrupted::BeforeChanges;
    }
    interruption.is_stopping.store(true, Ordering::Relaxed);
    progress.event(Event::Interrupted);
    signals.next().await;
    Interrupted::WhileChanging
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn receive() -> Result<Self, NoSignals> {
        let receive = |kind| signal(kind).map_err(NoSignals);
        Ok(Self {
            interrupt: receive(SignalKind::interrupt())?,
            terminate: receive(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The operating system passes no signals on.
#[derive(Debug, thiserror::Error)]
#[error("cannot receive signals")]
struct NoSignals(#[source] std::io::Error);

impl Failure for NoSignals {}

/// Somebody stopped the program.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Interrupted {
    /// Before anything was changed.
    #[error("interrupted: no registry was changed")]
    BeforeChanges,
    /// In the middle of changes, by a second signal.
    #[error("interrupted again, while changes were being made")]
    WhileChanging,
}

impl Failure for Interrupted {
    fn hint(&self) -> Option<String> {
        match self {
            Self::BeforeChanges => None,
            Self::WhileChanging => {
                Some("run the command again: it finds out what was done, and does the rest".into())
            }
        }
    }
}
