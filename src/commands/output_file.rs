//! Files that whoever runs `lls` names for results: reports and saved plans. Only what `lls` wrote is overwritten,
//! because a name is mistyped easily.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::cache::write_file;
use crate::error::{Error, Failure, Failures, PathContext as _};
use crate::input::{FileKind, Repository};
use crate::manifest::folder_of;

/// A file for a result.
pub struct OutputFile<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// What it is to hold, such as `markdown report`.
    pub what: String,
    /// Whether the text of a file is such a result, which another one can replace.
    pub recognizes: fn(&[u8]) -> bool,
}

impl OutputFile<'_> {
    /// Checks that all of `files` can be written, so that nothing is done whose result would be lost.
    pub fn check_all(files: &[Self], repository: &Repository) -> Result<(), Failures> {
        let mut failures = Failures::default();
        for (index, file) in files.iter().enumerate() {
            failures.keep(file.check(repository).map(drop));
            let mut others = files[..index].iter();
            if let Some(other) = others.find(|other| end_of(other.path) == end_of(file.path)) {
                failures.extend([Twice {
                    path: file.path.to_owned(),
                    first: other.what.clone(),
                    second: file.what.clone(),
                }
                .into()]);
            }
        }
        failures.into_result()
    }

    /// Writes the result: a file appears complete or not at all; a device or pipe is written to.
    pub fn write(&self, text: &str, repository: &Repository) -> Result<(), Error> {
        // Again, because a command can make files itself, such as a lock that was missing.
        match self.check(repository)? {
            End::File(end) => write_file(&end, text.as_bytes())?,
            End::Device(end) => File::options()
                .write(true)
                .open(&end)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .at("write", self.path)?,
        }
        Ok(())
    }

    fn check(&self, repository: &Repository) -> Result<End, Error> {
        repository.check_output(self.path)?;
        let path = || self.path.to_owned();
        let unwritable = |source| Unwritable {
            path: path(),
            source,
        };
        let end = self.path.canonicalize().unwrap_or_else(|_| path());
        match std::fs::metadata(&end) {
            Ok(metadata) if metadata.is_dir() => return Err(Folder(path()).into()),
            Ok(metadata) if metadata.is_file() => {
                let present = repository.read_named(self.path, FileKind::Document)?;
                if !present.is_empty() && !(self.recognizes)(&present) {
                    return Err(OtherFile(path(), self.what.clone()).into());
                }
            }
            // Opening a pipe would wait for its reader.
            Ok(_) => return Ok(End::Device(end)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(error).into()),
        }
        // Missing folders are created with the file.
        let folder = end.ancestors().skip(1).find(|folder| folder.exists());
        let folder = folder.unwrap_or(Path::new("."));
        tempfile::tempfile_in(folder).map_err(unwritable)?;
        Ok(End::File(end))
    }
}

/// Where a path leads.
enum End {
    File(PathBuf),
    Device(PathBuf),
}

/// The file that a path leads to, even if it does not exist. The path of a device is kept.
fn end_of(path: &Path) -> PathBuf {
    let in_folder = || Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    let file = match path.metadata() {
        Ok(metadata) if metadata.is_file() => path.canonicalize().ok(),
        Ok(_) => None,
        Err(_) => in_folder(),
    };
    file.unwrap_or_else(|| path.to_owned())
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", path.display())]
struct Unwritable {
    path: PathBuf,
    source: std::io::Error,
}

impl Failure for Unwritable {
    fn hint(&self) -> Option<String> {
        Some("name a file in a folder that you can write to".into())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot hold both the {first} and the {second}", path.display())]
struct Twice {
    path: PathBuf,
    first: String,
    second: String,
}

impl Failure for Twice {
    fn hint(&self) -> Option<String> {
        Some("give each its own file".into())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: it is a folder", .0.display())]
struct Folder(PathBuf);

impl Failure for Folder {
    fn hint(&self) -> Option<String> {
        Some("name a file in it".into())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`{}` already exists and is not a {}", .0.display(), .1)]
struct OtherFile(PathBuf, String);

impl Failure for OtherFile {
    fn hint(&self) -> Option<String> {
        Some("choose another name, or remove the file".into())
    }
}
