//! Requirements files: reads them with all that they include, and makes the copy that uv is given.
//!
//! uv never reads the files themselves, so it cannot see a line that was not seen here.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::RequirementPlace;
use super::reach::{ReachError, check_reach};
use super::read::{Line, LogicalLine, is_address, logical_lines, read_line};
use crate::error::{Failure, PathContext as _, PathError};
use crate::input::{InputError, Repository, without_mark};
use crate::process::Launcher;
use crate::uv::index_folder;

/// How many files the requirements of a layer may be in.
const MAX_FILES: usize = 256;

/// How many lines they may have, comments included.
const MAX_LINES: usize = 100_000;

/// How many bytes they may have together.
const MAX_BYTES: usize = 16 << 20;

/// How long one of them may be, in bytes, with those that continue it: enough for the hashes of 3,000 files.
const MAX_LINE: usize = 256 << 10;

/// A requirements file.
pub(in crate::build) struct SourceFile {
    /// How it was named where it is included.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its lines, without their ends; of a file of another kind, those that were made of it.
    pub lines: Vec<String>,
    /// The lines of the file that lines were made of; empty where they are its own.
    pub numbers: Vec<usize>,
}

impl SourceFile {
    pub(super) fn logical_lines(&self) -> Vec<LogicalLine> {
        logical_lines(&self.lines)
    }

    pub(super) fn place(&self, line: usize) -> RequirementPlace {
        let of_file = line
            .checked_sub(1)
            .and_then(|index| self.numbers.get(index));
        RequirementPlace {
            path: self.path.clone(),
            line: of_file.copied().unwrap_or(line),
        }
    }

    /// Where a file is that this one includes; `None` for an address. A file that is included in a circle has the same
    /// path each time.
    fn included(&self, file: &str) -> Option<PathBuf> {
        (!is_address(file)).then(|| shortened(self.folder().join(file)))
    }

    /// Refuses lines that are longer than anyone writes, which would take long to read.
    fn check_lines(&self) -> Result<(), IncludeError> {
        let lines = self.logical_lines();
        let long = lines.iter().find(|line| line.text.len() > MAX_LINE);
        long.map_or(Ok(()), |line| {
            let place = self.place(line.number);
            Err(IncludeError::LongLine { place })
        })
    }

    /// The folder of this machine that an index is; `None` for one on the web.
    pub(super) fn index_folder(&self, index: &str) -> Option<PathBuf> {
        index_folder(index).map(|folder| self.folder().join(folder))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

/// Why a requirements file, or one that it includes, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IncludeError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] InputError),
    /// It is included, and cannot be read.
    #[error("{place} includes a file that cannot be read")]
    Included {
        /// Where it is included.
        place: RequirementPlace,
        /// Why.
        source: InputError,
    },
    /// More files are included than anyone writes.
    #[error("{place} includes one file more than the {MAX_FILES} that a layer may have")]
    TooMany {
        /// Where it is included.
        place: RequirementPlace,
    },
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
    #[error("{place} is longer than the {MAX_LINE} bytes that a line may have")]
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
        /// Where it is included.
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
pub(in crate::build) fn read_sources(
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
    while let Some(included) = pending.pop() {
        if sources.iter().any(|source| source.path == included.path) {
            continue;
        }
        let place = included.place.clone();
        if let Some(place) = place.filter(|_| sources.len() >= MAX_FILES) {
            return Err(IncludeError::TooMany { place });
        }
        let text = included.read(repository)?;
        // Counted before it is split into lines, which takes far more memory.
        lines += text.matches(['\n', '\r']).count() - text.matches("\r\n").count();
        bytes += text.len();
        if lines > MAX_LINES || bytes > MAX_BYTES {
            let path = included.path;
            return Err(IncludeError::TooLong { path });
        }
        let source = included.source(&text);
        source.check_lines()?;
        check_reach(&source, (repository, launcher))?;
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

/// The path without `..`, where that leads to the same file: no link is on the way.
fn shortened(path: PathBuf) -> PathBuf {
    let mut short = PathBuf::new();
    for component in path.components() {
        match (component, short.components().next_back()) {
            (Component::ParentDir, Some(Component::Normal(_))) => drop(short.pop()),
            (component, _) => short.push(component),
        }
    }
    let is_same = short.canonicalize().ok() == path.canonicalize().ok();
    if is_same { short } else { path }
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

/// Lines as uv splits them: they end with `\n`, `\r` or both.
fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let lines = text.split_terminator(['\n', '\r']);
    lines.map(str::to_owned).collect()
}

/// The options that say where packages are looked for, which hold for finding the locked wheels as well.
pub(in crate::build) fn index_options(sources: &[SourceFile]) -> Vec<String> {
    let mut options = Vec::new();
    for source in sources {
        for line in source.logical_lines() {
            if let Line::Index(option, value) = read_line(&line.text) {
                options.push(index_option(source, option, value));
            }
        }
    }
    options
}

/// The option with an absolute path, so that it means the same wherever the line stands.
fn index_option(source: &SourceFile, option: &str, value: &str) -> String {
    // `${NAME}` is replaced by uv.
    if value.is_empty() || is_address(value) || value.starts_with('$') {
        return format!("{option} {value}").trim_end().to_owned();
    }
    let path = source.folder().join(value);
    let path = std::path::absolute(&path).unwrap_or(path);
    format!("{option} {}", path.display())
}

/// A copy of requirements files in a temporary folder, line by line as they were read.
pub(in crate::build) struct RequirementsCopy {
    folder: tempfile::TempDir,
    originals: Vec<PathBuf>,
}

impl RequirementsCopy {
    /// Copies files that were checked; the first one is the `requirements.txt`.
    pub fn of(sources: &[SourceFile]) -> Result<Self, PathError> {
        let folder = tempfile::Builder::new().prefix("lls-").tempdir();
        let folder = folder.at("write to", &std::env::temp_dir())?;
        let numbers = sources.iter().enumerate();
        let numbers: BTreeMap<_, _> = numbers
            .map(|(number, source)| (source.path.as_path(), number))
            .collect();
        let copy = Self {
            folder,
            originals: sources.iter().map(|source| source.path.clone()).collect(),
        };
        for (number, source) in sources.iter().enumerate() {
            let path = copy.path(number);
            std::fs::write(&path, copied_text(source, &numbers)).at("write", &path)?;
        }
        Ok(copy)
    }

    /// The copy of the `requirements.txt`.
    pub fn requirements(&self) -> PathBuf {
        self.path(0)
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number}.txt"))
    }

    /// What uv said of the copy, as if of the files themselves. uv leaves out the `/` that paths begin with.
    pub fn in_terms_of_originals(&self, message: &str) -> String {
        let mut message = message.to_owned();
        for (number, original) in self.originals.iter().enumerate() {
            let (copy, original) = (self.path(number), original.display().to_string());
            let copy = copy.display().to_string();
            for name in [copy.as_str(), copy.trim_start_matches('/')] {
                message = message.replace(name, &original);
            }
        }
        message
    }
}

/// The lines of a file, each with its number, and with what they include named as in the copy.
fn copied_text(source: &SourceFile, numbers: &BTreeMap<&Path, usize>) -> String {
    let mut lines = vec![String::new(); source.lines.len()];
    for LogicalLine { number, text } in source.logical_lines() {
        lines[number - 1] = match read_line(&text) {
            Line::Include(option, file) => {
                let included = source.included(file);
                let number = included.and_then(|path| numbers.get(path.as_path()).copied());
                number.map_or(String::new(), |number| format!("{option} {number}.txt"))
            }
            Line::Index(option, value) => index_option(source, option, value),
            Line::TrustedHost(_) | Line::Nothing => String::new(),
            _ => text,
        };
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> SourceFile {
        SourceFile {
            name: path.to_owned(),
            path: path.into(),
            lines: lines(text),
            numbers: Vec::new(),
        }
    }

    #[test]
    fn lines_end_where_uv_ends_them() {
        assert_eq!(lines("a\r\nb\rc\n\nd \n"), ["a", "b", "c", "", "d "]);
    }

    #[test]
    fn copies_hold_what_was_read_at_the_same_lines() {
        let text = "# x \\\na \\\n  >1 # y\r-r  sub/b.in\n--only-binary :none:\n  -f ./w\n";
        let sources = [
            source("/l/requirements.txt", text),
            source("/l/sub/b.in", "-f w"),
        ];
        let numbers = [(Path::new("/l/sub/b.in"), 1)].into();
        let copied = copied_text(&sources[0], &numbers);
        assert_eq!(copied, "\na   >1\n\n-r 1.txt\n\n-f /l/w\n");
        assert_eq!(index_options(&sources), ["-f /l/w", "-f /l/sub/w"]);
    }

    #[test]
    fn messages_name_the_originals() {
        let sources = [source("/l/requirements.txt", "a")];
        let copy = RequirementsCopy::of(&sources).unwrap();
        let path = copy.requirements().display().to_string();
        let message = format!("in `{path}` and `{}`", &path[1..]);
        let expected = "in `/l/requirements.txt` and `/l/requirements.txt`";
        assert_eq!(copy.in_terms_of_originals(&message), expected);
    }
}
