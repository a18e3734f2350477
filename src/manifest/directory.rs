//! The folders that a manifest names: those of layers, and those of targets that are folders.
//!
//! Each is in the repository, unless whoever runs `lls` allows another place.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::layer::{Context, LayerSettings};
use super::problem::{Problem, Problems};
use super::table::{Located, Table};
use crate::error::{Error, Failure as _};
use crate::input::{InputError, Repository};
use crate::layer::LayerName;

/// The layer's folder; `None` where the key has a value that is none, which is reported.
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

/// Reports layers that share a folder: their locks would overwrite each other.
pub(super) fn check_folders(layers: &BTreeMap<LayerName, LayerSettings>, problems: &mut Problems) {
    let mut owners: BTreeMap<(u64, u64), &LayerName> = BTreeMap::new();
    for (name, layer) in layers {
        // By what the file system says, for `..` and links give a folder many names. One that is missing is reported.
        let Ok(folder) = layer.directory.metadata() else {
            continue;
        };
        if let Some(owner) = owners.insert((folder.dev(), folder.ino()), name) {
            let folder = layer.directory.display();
            let message =
                format!("layers `{owner}` and `{name}` have the same directory `{folder}`");
            problems.add(
                Problem::new(layer.span.clone(), message)
                    .hint("give each layer a directory of its own"),
            );
        }
    }
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
            "say in which folder the layer is with `directory`".to_owned(),
        ),
        Err(error) if error.is_missing() => (
            format!("there is no folder `{shown}`"),
            "create it, or say where the layer is with `directory`".to_owned(),
        ),
        Err(error) => return problems.add(refused(span, &error)),
    };
    problems.add(Problem::new(span, message).hint(hint));
}

/// Reports the folder of a target that is not in the repository. It need not be there yet.
pub(super) fn check_registry(
    folder: &Path,
    directory: &Located<String>,
    repository: &Repository,
    problems: &mut Problems,
) {
    if let Err(error) = repository.check_inside(&folder.join(&directory.value)) {
        problems.add(refused(directory.span.clone(), &error));
    }
}

fn refused(span: Range<usize>, error: &InputError) -> Problem {
    let message = Error::chain_of(error).join(": ");
    Problem::new(span, message).hint(error.hint().unwrap_or_default())
}
