//! Reads requirements files with all that they include.

use std::path::{Path, PathBuf};

use super::place::RequirementPlace;
use super::reach::{ReachError, check_reach};
use super::read::{Line, read_line};
use super::source_file::{SourceFile, lines};
use crate::error::Failure;
use crate::input::{CheckedFolders, InputError, Repository, without_mark};
use crate::process::Launcher;

/// How many files the requirements of a layer may be in.
const MAX_FILES: usize = 256;

/// How many lines they may have, comments included.
const MAX_LINES: usize = 100_000;

/// How many bytes they may have together.
const MAX_BYTES: usize = 16 << 20;

/// How long one of them may be, in bytes, with those that continue it: enough for the hashes of 3,000 files.
const MAX_LINE: usize = 256 << 10;

/// Why a requirements file, or one that it includes, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IncludeError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] InputError),
    /// It is included, and cannot be read.
    #[error("{place} includes a file that cannot be read")]
    Included {
        place: RequirementPlace,
        source: InputError,
    },
    /// More files are included than anyone writes.
    #[error("{place} includes one file more than the {MAX_FILES} that a layer may have")]
    TooMany { place: RequirementPlace },
    /// They have more lines or bytes than anyone writes.
    #[error(
        "`{}` takes the requirements of the layer over the limit of {MAX_LINES} lines or {} MiB",
        path.display(), MAX_BYTES >> 20
    )]
    TooLong {
        /// The file that goes over the limit.
        path: PathBuf,
    },
    /// A line is longer than anyone writes.
    #[error("{place} is longer than the {MAX_LINE} bytes allowed for a line")]
    LongLine {
        /// Where it begins.
        place: RequirementPlace,
    },
    /// A line of it reaches for what whoever runs `lls` has not given.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// It is included, and not there.
    #[error("{place} includes `{file}`, which is not there")]
    Missing {
        place: RequirementPlace,
        /// How it is named there.
        file: String,
    },
}

impl Failure for IncludeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read(error) | Self::Included { source: error, .. } => error.hint(),
            Self::TooMany { .. } => Some("join the files".into()),
            Self::TooLong { .. } => Some("make the file smaller".into()),
            Self::LongLine { .. } => Some("shorten the line".into()),
            Self::Reach(error) => error.hint(),
            Self::Missing { .. } => {
                Some("correct the name, which is relative to the file that it stands in, or add the file".into())
            }
        }
    }
}

/// Reads the requirements and everything that they include, each file once.
///
/// Fails at the first line that uses a variable, or would get credentials, which are not for it.
pub fn read_sources(
    requirements: &Path,
    (repository, launcher): (&Repository, &Launcher),
) -> Result<Vec<SourceFile>, IncludeError> {
    let first = Included {
        name: "requirements.txt".to_owned(),
        path: requirements.to_owned(),
        place: None,
    };
    let (mut sources, mut pending) = (Vec::<SourceFile>::new(), vec![first]);
    let (mut lines, mut bytes) = (0, 0);
    let mut checked = CheckedFolders::default();
    while let Some(included) = pending.pop() {
        if sources.iter().any(|source| source.path == included.path) {
            continue;
        }
        let place = included.place.clone();
        if let Some(place) = place.filter(|_| sources.len() >= MAX_FILES) {
            return Err(IncludeError::TooMany { place });
        }
        let text = included.read(repository)?;
        lines += line_ends(&text);
        bytes += text.len();
        if lines > MAX_LINES || bytes > MAX_BYTES {
            let path = included.path;
            return Err(IncludeError::TooLong { path });
        }
        let source = included.source(&text);
        check_lines(&source)?;
        check_reach(&source, (repository, launcher), &mut checked)?;
        for line in source.logical_lines() {
            if let Line::Include(_, file) = read_line(&line.text)
                && let Some(path) = source.included(file)
            {
                let (name, place) = (file.to_owned(), Some(source.place(line.number)));
                pending.push(Included { name, path, place });
            }
        }
        sources.push(source);
    }
    Ok(sources)
}

/// Refuses lines that are longer than anyone writes, which would take long to read.
pub fn check_lines(source: &SourceFile) -> Result<(), IncludeError> {
    let lines = source.logical_lines();
    let long = lines.iter().find(|line| line.text.len() > MAX_LINE);
    long.map_or(Ok(()), |line| {
        let place = source.place(line.number);
        Err(IncludeError::LongLine { place })
    })
}

/// How many lines end in a text. Counted before it is split into lines, which takes far more memory.
fn line_ends(text: &str) -> usize {
    text.matches(['\n', '\r']).count() - text.matches("\r\n").count()
}

/// Refuses a file of another kind that has more lines or bytes than requirements may have.
pub fn check_size(path: &Path, text: &str) -> Result<(), IncludeError> {
    if line_ends(text) > MAX_LINES || text.len() > MAX_BYTES {
        let path = path.to_owned();
        return Err(IncludeError::TooLong { path });
    }
    Ok(())
}

/// A file that is to be read.
struct Included {
    name: String,
    path: PathBuf,
    /// Where it is included; `None` for the first one.
    place: Option<RequirementPlace>,
}

impl Included {
    fn read(&self, repository: &Repository) -> Result<String, IncludeError> {
        let place = self.place.clone();
        match (repository.read_text(&self.path), place) {
            (Ok(text), _) => Ok(text),
            (Err(error), None) => Err(error.into()),
            (Err(error), Some(place)) if error.is_missing() => {
                let file = self.name.clone();
                Err(IncludeError::Missing { place, file })
            }
            (Err(source), Some(place)) => Err(IncludeError::Included { place, source }),
        }
    }

    fn source(self, text: &str) -> SourceFile {
        let Self { name, path, .. } = self;
        SourceFile {
            lines: lines(without_mark(text)),
            numbers: Vec::new(),
            name,
            path,
        }
    }
}
