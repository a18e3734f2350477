//! Colours by meaning, and the two streams: stdout for results, stderr for everything else.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use supports_hyperlinks::Stream;

use super::annotation::without_commands;
use super::link::ManifestLink;
use super::visible::steers;
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

/// A text in which control characters that were not put there by [`styled`] are written as escapes, so that names and
/// messages of others cannot move the cursor or hide what stands beside them. Line ends stay.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(steers) {
        safe.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = match style_length(rest) {
            Some(length) => {
                safe.push_str(&rest[..length]);
                length
            }
            None => {
                let dangerous = rest.chars().next().unwrap_or_default();
                safe.extend(dangerous.escape_default());
                dangerous.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Cow::Owned(safe + rest)
}

/// The length of the style with which a text begins (ECMA-48, SGR): `ESC [`, numbers, `m`.
fn style_length(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    (numbers[end..].starts_with('m')).then_some("\u{1b}[".len() + end + 1)
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
#[derive(Clone, Debug)]
pub struct Output {
    /// When to use colour.
    pub color: ColorChoice,
    /// Whether messages are left out.
    pub quiet: bool,
    is_github: bool,
    manifest: Option<ManifestLink>,
    has_result: Arc<AtomicBool>,
}

impl Output {
    /// The streams, on which nothing was printed yet.
    pub fn new(color: ColorChoice, quiet: bool, is_github: bool) -> Self {
        Self {
            color,
            quiet,
            is_github,
            manifest: None,
            has_result: Arc::default(),
        }
    }

    /// The same, where places in `manifest`, which is called so in `folder`, are links on terminals that have them.
    #[must_use]
    pub fn with_links_to(mut self, manifest: &Path, folder: &Path) -> Self {
        self.manifest = Some(ManifestLink::new(manifest, folder));
        self
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
        let mut stream = AutoStream::new(std::io::stdout(), self.color);
        self.has_result.store(true, Ordering::Relaxed);
        let written = stream
            .write_all(
                self.linked(&self.harmless(&printable(text)), Stream::Stdout)
                    .as_bytes(),
            )
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
        self.to_stderr(&self.linked(&self.harmless(&printable(text)), Stream::Stderr));
    }

    /// Prints annotations for GitHub Actions to stderr, which it reads as it reads stdout.
    pub fn annotate(&self, lines: &str) {
        self.to_stderr(&printable(lines));
    }

    /// A text that holds no command for GitHub Actions, where that reads along.
    fn harmless<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.is_github {
            true => without_commands(text),
            false => Cow::Borrowed(text),
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
        let mut stream = AutoStream::new(std::io::stderr(), self.color);
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_styles_reach_the_terminal() {
        let ours = format!("{}\n", styled(ADD, "+"));
        assert_eq!(printable(&ours), ours);
        let theirs = "\u{1b}]0;x\u{7}\u{1b}[2J\r\u{202e}\u{9b}1A\t";
        let shown = "\\u{1b}]0;x\\u{7}\\u{1b}[2J\\r\\u{202e}\\u{9b}1A\t";
        assert_eq!(printable(theirs), shown);
        assert_eq!(printable("\u{1b}[3"), r"\u{1b}[3");
    }
}
