//! The folders that a manifest names: those of layers, and those of targets that are folders.
//!
//! Each is in the repository, unless whoever runs `lls` allows another place.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::problem::{Problem, Problems};
use super::table::{Located, Table};
use crate::error::{Error, Failure as _};
use crate::input::{InputError, Repository};

/// The layer's folder. `None` if the value is not a folder, which is reported.
pub(super) fn read_directory(
    name: &Located<String>,
    table: &mut Table<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<Located<PathBuf>> {
    let is_given = table.span_of("directory").is_some();
    let (relative, span) = match table.text("directory", problems) {
        Some(given) => (PathBuf::from(given.value), given.span),
        None if is_given => return None,
        None => (Path::new("layers").join(&name.value), name.span.clone()),
    };
    let directory = join(context.folder, &relative);
    check_directory(&directory, span.clone(), context.repository, problems);
    Some(Located {
        value: directory,
        span,
    })
}

/// `folder` joined with `path`, without a leading `./`, so that messages show what the user wrote.
fn join(folder: &Path, path: &Path) -> PathBuf {
    let joined = if folder == Path::new(".") {
        path.to_owned()
    } else {
        folder.join(path)
    };
    joined.components().collect()
}

fn check_directory(
    directory: &Path,
    span: Range<usize>,
    repository: &Repository,
    problems: &mut Problems,
) {
    let shown = directory.display();
    let (message, hint) = match repository.check_folder(directory) {
        Ok(()) => return,
        Err(InputError::Path(error)) if error.source.kind() == ErrorKind::NotADirectory => (
            format!("`{shown}` is not a folder"),
            "set `directory` to the layer's folder".to_owned(),
        ),
        Err(error) if error.is_missing() => (
            format!("there is no folder `{shown}`"),
            "create it, or set `directory` to the layer's folder".to_owned(),
        ),
        Err(error) => return problems.add(refused(span, &error)),
    };
    problems.add(Problem::new(span, message).hint(hint));
}

/// Reports the folder of a target that is not in the repository. It need not be there yet.
pub(super) fn check_registry(
    directory: &Located<String>,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    if let Err(error) = context
        .repository
        .check_inside(&context.folder.join(&directory.value))
    {
        problems.add(refused(directory.span.clone(), &error));
    }
}

fn refused(span: Range<usize>, error: &InputError) -> Problem {
    let message = Error::chain_of(error).join(": ");
    Problem::new(span, message).hint(error.hint().unwrap_or_default())
}
