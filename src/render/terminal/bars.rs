//! Bars for what is being done, on a terminal: one for each kind of work, over all layers together.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::lines::terminal_width;
use crate::progress::{Ending, Event, Step};

/// Below this width, in columns, only numbers are shown.
const ENOUGH_FOR_BARS: usize = 76;

/// How often a sign of life turns.
const TICK: Duration = Duration::from_millis(120);

/// How often bars are drawn, in a second, at most.
const DRAWINGS: u8 = 20;

/// The bars that are shown.
#[derive(Debug)]
pub struct Bars {
    screen: MultiProgress,
    shown: Mutex<BTreeMap<Kind, Shown>>,
}

/// What is shown in one bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Nobody knows how long it takes: tools, locks, and where wheels are.
    Preparing,
    Downloading,
    Building,
    Uploading,
}

/// A bar, and the steps that it is there for.
#[derive(Debug)]
struct Shown {
    bar: ProgressBar,
    running: Vec<String>,
}

impl Bars {
    /// Bars on stderr, unless that is no terminal that can draw them.
    pub fn on_stderr() -> Option<Self> {
        let terminal = Term::buffered_stderr();
        let can_draw = terminal.features().is_attended() && !console::is_dumb();
        can_draw.then(|| {
            let column = AtomicUsize::new(0);
            let screen = Box::new(Screen { terminal, column });
            let target = ProgressDrawTarget::term_like_with_hz(screen, DRAWINGS);
            Self {
                screen: MultiProgress::with_draw_target(target),
                shown: Mutex::default(),
            }
        })
    }

    /// Prints something above the bars.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.screen.suspend(print)
    }

    /// Takes note of an event.
    pub fn event(&self, event: Event<'_>) {
        match event {
            Event::Began(step) => self.begin(step),
            Event::Ended(step, ending) => self.end(step, ending),
            Event::Downloaded { bytes } => self.advance(Kind::Downloading, bytes),
            Event::Uploaded { bytes } => self.advance(Kind::Uploading, bytes),
            Event::RemovedWheel { .. }
            | Event::Waiting { .. }
            | Event::Interrupted
            | Event::Warning { .. } => {}
        }
    }

    fn shown(&self) -> MutexGuard<'_, BTreeMap<Kind, Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, step: Step<'_>) {
        let (kind, label, length) = meaning(step);
        let mut all = self.shown();
        if let Some(shown) = all.get_mut(&kind) {
            shown.running.push(label);
            shown.bar.set_message(shown.running.join(", "));
            shown.bar.inc_length(length);
            return;
        }
        let bar = self.screen.add(match kind {
            Kind::Preparing => ProgressBar::new_spinner(),
            _ => ProgressBar::new(length),
        });
        bar.set_style(style(kind));
        bar.set_message(label.clone());
        bar.enable_steady_tick(TICK);
        let running = vec![label];
        all.insert(kind, Shown { bar, running });
    }

    fn end(&self, step: Step<'_>, ending: Ending) {
        let (kind, label, _) = meaning(step);
        let mut all = self.shown();
        let Some(shown) = all.get_mut(&kind) else {
            return;
        };
        if let Some(position) = shown.running.iter().position(|running| *running == label) {
            shown.running.remove(position);
        }
        if kind == Kind::Building && ending != Ending::GivenUp {
            shown.bar.inc(1);
        }
        shown.bar.set_message(shown.running.join(", "));
        if shown.running.is_empty() {
            shown.bar.finish_and_clear();
            all.remove(&kind);
        }
    }

    fn advance(&self, kind: Kind, bytes: u64) {
        if let Some(shown) = self.shown().get(&kind) {
            shown.bar.inc(bytes);
            // Not every index says how large its files are.
            if shown.bar.length() < Some(shown.bar.position()) {
                shown.bar.set_length(shown.bar.position());
            }
        }
    }
}

/// The bar of a step, its name there, and what it adds to the bar's length.
fn meaning(step: Step<'_>) -> (Kind, String, u64) {
    match step {
        Step::Install { tool } => (Kind::Preparing, format!("installing {tool}"), 0),
        Step::Lock { layer, .. } => (Kind::Preparing, format!("locking {layer}"), 0),
        Step::BuildWheel { package, .. } => (Kind::Preparing, format!("building {package}"), 0),
        Step::Locate { layer } => (Kind::Preparing, format!("finding wheels of {layer}"), 0),
        Step::Import { layer } => (Kind::Preparing, format!("importing {layer}"), 0),
        Step::Download { layer, bytes, .. } => (Kind::Downloading, layer.to_string(), bytes),
        Step::Build { layer } => (Kind::Building, layer.to_string(), 1),
        Step::Publish {
            layer,
            destination,
            bytes,
        } => (Kind::Uploading, format!("{layer} {destination}"), bytes),
    }
}

fn style(kind: Kind) -> ProgressStyle {
    let is_wide = terminal_width(&std::io::stderr()) >= ENOUGH_FOR_BARS;
    let template = match (kind, is_wide) {
        (Kind::Preparing, _) => "{spinner} {wide_msg}",
        (Kind::Downloading, true) => {
            "Downloading {bar:20} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}"
        }
        (Kind::Downloading, false) => "Downloading {decimal_bytes} of {decimal_total_bytes}",
        (Kind::Building, true) => "Building    {bar:20} {pos} of {len}: {wide_msg}",
        (Kind::Building, false) => "Building {pos} of {len}",
        (Kind::Uploading, true) => {
            "Uploading   {bar:20} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}"
        }
        (Kind::Uploading, false) => "Uploading {decimal_bytes} of {decimal_total_bytes}",
    };
    let style = match kind {
        Kind::Preparing => ProgressStyle::default_spinner(),
        _ => ProgressStyle::default_bar(),
    };
    style.clone().template(template).unwrap_or(style)
}

/// The terminal on stderr without its last columns. They are kept for the `^C` with which terminals answer Ctrl-C: in a
/// full line it would begin another one, which would stay.
///
/// indicatif fills each line with blanks, and relies on the terminal to begin another one behind the last column. Here
/// that column is not the terminal's last, so that lines are broken by [`Screen::write_str`].
#[derive(Debug)]
struct Screen {
    terminal: Term,
    /// How many columns of the current line are written.
    column: AtomicUsize,
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.terminal.size().1.saturating_sub(3)
    }

    fn height(&self) -> u16 {
        self.terminal.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.column.store(0, Ordering::Relaxed);
        self.terminal.write_line("")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let is_full = self.column.load(Ordering::Relaxed) >= usize::from(self.width());
        match text {
            "" => return Ok(()),
            "\r" => self.column.store(0, Ordering::Relaxed),
            _ if is_full => self.write_line("")?,
            _ => {}
        }
        let width = console::measure_text_width(text);
        self.column.fetch_add(width, Ordering::Relaxed);
        self.terminal.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.column.store(0, Ordering::Relaxed);
        self.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.terminal.flush()
    }
}
