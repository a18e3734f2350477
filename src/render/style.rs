//! Colours by meaning, and the two streams: stdout for results, stderr for everything else.

use std::borrow::Cow;
use std::io::Write as _;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::annotation::without_commands;
use crate::error::Failure;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const ADD: Style = AnsiColor::Green.on_default();
pub(super) const CHANGE: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const HUNK: Style = AnsiColor::Cyan.on_default();

/// `text` in `style`, reset behind it.
pub(super) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The result could not be written to stdout.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the result to stdout")]
pub struct OutputError(#[source] std::io::Error);

impl Failure for OutputError {
    fn hint(&self) -> Option<String> {
        Some("make room where stdout goes to, and run the command again".into())
    }
}

/// The two streams of the program.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// When to use colour.
    pub color: ColorChoice,
    /// Whether messages are left out.
    pub quiet: bool,
    /// Whether GitHub Actions reads along, which takes some lines for commands.
    pub is_github: bool,
}

impl Output {
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
        let mut stream = AutoStream::new(std::io::stdout(), self.color);
        let written = stream
            .write_all(self.harmless(text).as_bytes())
            .and_then(|()| stream.flush());
        match written {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(OutputError(error)),
            _ => Ok(()),
        }
    }

    /// Prints a message, unless there should be none.
    pub fn message(&self, text: &str) {
        if !self.quiet {
            self.insist(text);
        }
    }

    /// Prints to stderr whatever the options say: failures and questions.
    pub fn insist(&self, text: &str) {
        self.to_stderr(&self.harmless(text));
    }

    /// Prints annotations for GitHub Actions to stderr, which it reads as it reads stdout.
    pub fn annotate(&self, lines: &str) {
        self.to_stderr(lines);
    }

    /// A text that holds no command for GitHub Actions, where that reads along.
    fn harmless(self, text: &str) -> Cow<'_, str> {
        match self.is_github {
            true => without_commands(text),
            false => Cow::Borrowed(text),
        }
    }

    fn to_stderr(self, text: &str) {
        let mut stream = AutoStream::new(std::io::stderr(), self.color);
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
    }
}
