//! The two streams: stdout for results, stderr for everything else.

use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anstream::{AutoStream, ColorChoice};
use supports_hyperlinks::Stream;

use super::bars::Bars;
use super::link::ManifestLink;
use super::style::printable;
use crate::error::Failure;
use crate::render::github::without_commands;

/// The result could not be written to stdout.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the result to stdout")]
pub struct OutputError(#[source] std::io::Error);

impl Failure for OutputError {
    fn hint(&self) -> Option<String> {
        Some("free space where stdout is written to, and run the command again".into())
    }
}

/// Whether messages are printed; failures and questions are in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    /// They are.
    Shown,
    /// They are not.
    LeftOut,
}

/// Who reads along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The runner of GitHub Actions, which takes some lines for commands.
    GithubActions,
    /// Nobody who obeys what is printed.
    Other,
}

/// The two streams of the program.
#[derive(Clone, Debug)]
pub struct Output {
    color: ColorChoice,
    messages: Messages,
    reader: Reader,
    manifest: Option<ManifestLink>,
    has_result: Arc<AtomicBool>,
    /// What is drawn meanwhile: whatever is written appears above it.
    bars: Arc<OnceLock<Bars>>,
}

impl Output {
    /// The streams, on which nothing was printed yet.
    pub fn new(color: ColorChoice, messages: Messages, reader: Reader) -> Self {
        Self {
            color,
            messages,
            reader,
            manifest: None,
            has_result: Arc::default(),
            bars: Arc::default(),
        }
    }

    /// The same, where places in `manifest`, which is called so in `folder`, are links on terminals that have them.
    #[must_use]
    pub fn with_links_to(mut self, manifest: &Path, folder: &Path) -> Self {
        self.manifest = Some(ManifestLink::new(manifest, folder));
        self
    }

    /// Draws bars on stderr from now on, if messages are shown there and they can be drawn.
    pub fn draw_bars(&self) {
        if self.messages == Messages::Shown
            && let Some(bars) = Bars::on_stderr()
        {
            self.bars.get_or_init(|| bars);
        }
    }

    /// The bars that are drawn.
    pub fn bars(&self) -> Option<&Bars> {
        self.bars.get()
    }

    /// Whether a result was printed.
    pub fn has_result(&self) -> bool {
        self.has_result.load(Ordering::Relaxed)
    }

    /// Whether a stream is to be coloured.
    pub fn has_color(&self, stream: &impl anstream::stream::RawStream) -> bool {
        match self.color {
            ColorChoice::Auto => AutoStream::choice(stream) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        }
    }

    /// Prints a result. A reader that went away is no failure of ours.
    ///
    /// # Errors
    /// If it cannot be written, for example because the disk is full that stdout goes to.
    pub fn result(&self, text: &str) -> Result<(), OutputError> {
        self.has_result.store(true, Ordering::Relaxed);
        let text = printable(text);
        let text = self.harmless(&text);
        let text = self.linked(&text, Stream::Stdout);
        match self.write(AutoStream::new(std::io::stdout(), self.color), &text) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(OutputError(error)),
            _ => Ok(()),
        }
    }

    /// Prints a message, unless there should be none.
    pub fn message(&self, text: &str) {
        if self.messages == Messages::Shown {
            self.insist(text);
        }
    }

    /// Prints to stderr whatever the options say: failures and questions.
    pub fn insist(&self, text: &str) {
        self.to_stderr(&self.linked(&self.harmless(&printable(text)), Stream::Stderr));
    }

    /// Prints annotations for GitHub Actions to stderr, which it reads as it reads stdout.
    pub fn annotate(&self, lines: &str) {
        self.to_stderr(&printable(lines));
    }

    /// A text that holds no command for GitHub Actions, where that reads along.
    fn harmless<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.reader == Reader::GithubActions {
            without_commands(text)
        } else {
            Cow::Borrowed(text)
        }
    }

    /// A text with links, where the terminal has them. Where there is no colour they are taken out again.
    fn linked<'t>(&self, text: &'t str, stream: Stream) -> Cow<'t, str> {
        match &self.manifest {
            Some(manifest) if supports_hyperlinks::on(stream) => manifest.link(text),
            _ => Cow::Borrowed(text),
        }
    }

    fn to_stderr(&self, text: &str) {
        let _ = self.write(AutoStream::new(std::io::stderr(), self.color), text);
    }

    fn write(&self, mut stream: impl std::io::Write, text: &str) -> std::io::Result<()> {
        let mut write = || {
            stream
                .write_all(text.as_bytes())
                .and_then(|()| stream.flush())
        };
        match self.bars() {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }
}
