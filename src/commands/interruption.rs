//! Ctrl-C and SIGTERM: stops at once, unless something is being changed, which is brought to its end first.
//!
//! Signals are heard by a thread of their own, whatever the others do. Stopping drops the command's future: temporary
//! files go, and children are killed. Where that does not happen in time, because a thread computes or is blocked, the
//! process ends all the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::error::{Failure, Failures};
use crate::process::Launcher;
use crate::progress::{Event, Progress};

/// How long a downloaded wheel that is being checked when the command is interrupted may take to be finished.
pub const LAST_WORK: Duration = Duration::from_millis(500);

/// How long a command that is interrupted may take to end in order: somewhat longer than its last work.
const GRACE: Duration = LAST_WORK.saturating_add(Duration::from_millis(250));

/// How long it may take to say that the process ends; nothing can be said where nobody reads what stderr holds.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How far an interruption may go.
#[derive(Debug, Default)]
pub struct Interruption {
    phase: Mutex<Phase>,
    /// Whether nothing new is to be started; also known to whoever works.
    pub is_stopping: Arc<AtomicBool>,
    is_told: AtomicBool,
}

/// What a signal finds.
#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    /// Nothing was changed yet.
    #[default]
    Before,
    /// Something is being changed.
    Changing,
    /// What has begun is brought to its end.
    Finishing,
    /// The command is to end now.
    Ending(Interrupted),
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug)]
pub enum Heard {
    /// What has begun is to come to its end.
    Finish,
    /// The command is to end.
    End(Interrupted),
}

impl Interruption {
    /// From now on something is being changed, so that the first signal lets what has begun come to its end.
    ///
    /// # Errors
    /// If a signal came before: then nothing may be changed any more.
    pub fn changes_begin(&self) -> Result<(), Interrupted> {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        match *phase {
            Phase::Before => *phase = Phase::Changing,
            Phase::Changing | Phase::Finishing => {}
            Phase::Ending(interrupted) => return Err(interrupted),
        }
        Ok(())
    }

    /// Takes a signal down.
    fn signal(&self) -> Heard {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let interrupted = match *phase {
            Phase::Before => Interrupted::BeforeChanges,
            Phase::Changing => {
                *phase = Phase::Finishing;
                self.is_stopping.store(true, Ordering::Relaxed);
                return Heard::Finish;
            }
            Phase::Finishing => Interrupted::WhileChanging,
            Phase::Ending(interrupted) => interrupted,
        };
        *phase = Phase::Ending(interrupted);
        Heard::End(interrupted)
    }

    /// Lets just one thread tell why the command failed. Another one waits here for the end of the process.
    pub fn take_the_last_word(&self) {
        if self.is_told.swap(true, Ordering::Relaxed) {
            loop {
                thread::park();
            }
        }
    }
}

/// Starts to hear signals, on a thread that does nothing else. Of a command that does not end in time, `last_words` says
/// why the process ends; the children of `launcher` are killed before.
///
/// # Errors
/// If signals cannot be received.
pub fn hear_signals(
    interruption: Arc<Interruption>,
    launcher: Launcher,
    last_words: impl FnOnce(Failures) + Send + 'static,
) -> Result<UnboundedReceiver<Heard>, Failures> {
    let (sender, heard) = unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(NoSignals)?;
    let signals = {
        let _runtime = runtime.enter();
        Signals::receive()?
    };
    let hear = move || {
        let interrupted = runtime.block_on(heard_to_the_end(signals, &interruption, &sender));
        end(&interruption, interrupted, &launcher, last_words);
    };
    let thread = thread::Builder::new().name("signals".to_owned());
    thread.spawn(hear).map_err(NoSignals)?;
    Ok(heard)
}

/// Passes on what signals ask for; ends where they were not followed in time, or were repeated.
async fn heard_to_the_end(
    mut signals: Signals,
    interruption: &Interruption,
    sender: &UnboundedSender<Heard>,
) -> Interrupted {
    loop {
        signals.next().await;
        let heard = interruption.signal();
        let _ = sender.send(heard); // where nobody listens any more, the command is at its end
        if let Heard::End(interrupted) = heard {
            let _ = tokio::time::timeout(GRACE, signals.next()).await;
            return interrupted;
        }
    }
}

/// Ends the process, whatever its other threads do.
fn end(
    interruption: &Arc<Interruption>,
    interrupted: Interrupted,
    launcher: &Launcher,
    last_words: impl FnOnce(Failures) + Send + 'static,
) {
    let (sender, said) = mpsc::channel();
    let interruption = Arc::clone(interruption);
    let speak = move || {
        interruption.take_the_last_word();
        last_words(interrupted.into());
        let _ = sender.send(());
    };
    // Where there is no thread for it, it ends without a word.
    let _ = thread::Builder::new().spawn(speak);
    let _ = said.recv_timeout(LAST_WORDS);
    launcher.end_children();
    std::process::exit(1);
}

/// Does `work` until it ends or is interrupted.
///
/// # Errors
/// If it fails or is interrupted.
pub async fn interruptible<T>(
    work: impl Future<Output = Result<T, Failures>>,
    heard: UnboundedReceiver<Heard>,
    progress: Arc<dyn Progress>,
) -> Result<T, Failures> {
    tokio::select! {
        biased;
        outcome = work => outcome,
        interrupted = interrupted(heard, progress.as_ref()) => Err(interrupted.into()),
    }
}

async fn interrupted(mut heard: UnboundedReceiver<Heard>, progress: &dyn Progress) -> Interrupted {
    loop {
        match heard.recv().await {
            Some(Heard::End(interrupted)) => return interrupted,
            Some(Heard::Finish) => progress.event(Event::Interrupted),
            None => std::future::pending().await,
        }
    }
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
pub enum Interrupted {
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
                Some("run the command again: it continues where this run stopped".into())
            }
        }
    }
}
