//! What every failure has: one line that says what failed, its causes, and a hint that says what to do.
//!
//! Modules define their own error enums; this module only joins them for the commands.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

/// A failure that a user is told about.
///
/// `Display` says only what failed: lowercase, values in backticks, no period.
pub trait Failure: StdError + Any + Send + Sync {
    /// What the user can do about it.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// Any failure of the program.
pub struct Error(Box<dyn Failure>);

/// A result whose error is one that a user is told about.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        self.0.hint()
    }

    /// The failure itself, if it is of type `F`.
    pub fn downcast_ref<F: Failure>(&self) -> Option<&F> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    /// What failed, then each cause in turn, outermost first, without repetitions.
    pub fn chain(&self) -> Vec<String> {
        Self::chain_of(&*self.0)
    }

    /// The same of any failure.
    pub fn chain_of(failure: &dyn Failure) -> Vec<String> {
        let mut lines = vec![without_error_numbers(&failure.to_string())];
        let mut cause = failure.source();
        while let Some(error) = cause {
            let line = without_error_numbers(&error.to_string());
            if !lines.iter().any(|known| known.contains(&line)) {
                lines.push(line);
            }
            cause = error.source();
        }
        lines
    }
}

/// A message without the numbers of the operating system's errors, which stand behind their names, and without the name
/// of a temporary file behind those: the file that it was to become is named.
fn without_error_numbers(message: &str) -> String {
    let mut parts = message.split(" (os error ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once(')').map_or("", |(_, rest)| rest);
        let path = rest.strip_prefix(" at path \"");
        let behind = path.and_then(|path| path.split_once('"'));
        text + behind.map_or(rest, |(_, rest)| rest)
    })
}

impl<F: Failure> From<F> for Error {
    fn from(failure: F) -> Self {
        Self(Box::new(failure))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain().join(": "))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A file or folder that could not be read, written or walked.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} `{}`", path.display())]
pub struct PathError {
    /// What was attempted, as a verb: `read`, `write`, `list`.
    pub operation: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: std::io::Error,
}

impl Failure for PathError {
    fn hint(&self) -> Option<String> {
        use std::io::ErrorKind;
        match self.source.kind() {
            ErrorKind::PermissionDenied => {
                Some("check the permissions of the file and of its folders".into())
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Some("free some disk space and run the command again".into())
            }
            ErrorKind::FileTooLarge => {
                Some("raise the limit on the size of files (`ulimit -f`)".into())
            }
            ErrorKind::InvalidFilename => Some("shorten the path".into()),
            ErrorKind::NotADirectory => Some(
                "a file stands where a folder has to be: remove it, or name another place".into(),
            ),
            ErrorKind::AlreadyExists if self.operation == "create the folder" => Some(
                "a file stands where a folder has to be: remove it, or name another place".into(),
            ),
            // Folders are made before they are written to.
            ErrorKind::NotFound if self.operation.starts_with("write") => {
                Some("its folder was removed meanwhile: run the command again".into())
            }
            _ => None,
        }
    }
}

/// Adds the path and the operation to an I/O error.
pub trait PathContext<T> {
    /// Names what was attempted (a verb) and on which path.
    fn at(self, operation: &'static str, path: &Path) -> Result<T, PathError>;
}

impl<T> PathContext<T> for std::io::Result<T> {
    fn at(self, operation: &'static str, path: &Path) -> Result<T, PathError> {
        self.map_err(|source| PathError {
            operation,
            path: path.to_owned(),
            source,
        })
    }
}

/// Several independent failures, each told to the user; never empty where it is an error.
#[derive(Debug, Default)]
pub struct Failures(pub Vec<Error>);

impl<E: Into<Error>> From<E> for Failures {
    fn from(failure: E) -> Self {
        Self(vec![failure.into()])
    }
}

impl Failures {
    /// The value, or nothing after adding the failure to these.
    pub fn keep<T, E: Into<Error>>(&mut self, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.extend([error.into()]);
                None
            }
        }
    }

    /// Adds failures; repetitions are left out.
    pub fn extend(&mut self, failures: impl IntoIterator<Item = Error>) {
        for failure in failures {
            let text = failure.to_string();
            if self.0.iter().all(|known| known.to_string() != text) {
                self.0.push(failure);
            }
        }
    }

    /// An error, if there are failures.
    pub fn into_result(self) -> std::result::Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The values, or all failures among them; repetitions are left out.
    ///
    /// # Errors
    /// If one of the outcomes is a failure.
    pub fn collect<T>(
        outcomes: impl IntoIterator<Item = Result<T>>,
    ) -> std::result::Result<Vec<T>, Self> {
        let mut failures = Self::default();
        let kept = outcomes.into_iter().map(|outcome| failures.keep(outcome));
        let values = kept.collect::<Vec<_>>();
        failures.into_result()?;
        Ok(values.into_iter().flatten().collect())
    }
}
