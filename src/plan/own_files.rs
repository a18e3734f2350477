//! A layer's own files in short: the files and folders at their top, and the executables.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::archive::{EntryPath, Listing, Mode};

/// How many files and folders are named. If there are more, the folder that they are all in is named instead.
const MOST_NAMED: usize = 8;

/// A layer's own files in an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnFiles {
    /// The files and folders in the folder that all own files are in, or that folder itself if they are many.
    pub top: Vec<OwnPath>,
    /// The executable files.
    pub executables: Vec<EntryPath>,
}

/// A file or a folder of a layer's own files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnPath {
    /// Its path in the archive. The path of a folder ends with `/`.
    pub path: String,
    /// The number of own files in it, or 1 for a file.
    pub files: usize,
}

impl OwnFiles {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.top.is_empty()
    }

    /// Those of `own` that are in an archive with this listing.
    pub(super) fn of(listing: &Listing, own: &BTreeSet<EntryPath>) -> Self {
        let entries = listing.0.iter().filter(|entry| own.contains(&entry.path));
        let paths: Vec<_> = entries.clone().map(|entry| entry.path.as_str()).collect();
        let executable = entries.filter(|entry| entry.mode == Mode::Executable);
        Self {
            top: top(&paths),
            executables: executable.map(|entry| entry.path.clone()).collect(),
        }
    }
}

fn top(paths: &[&str]) -> Vec<OwnPath> {
    let common = common_folder(paths);
    let mut counts = BTreeMap::new();
    for path in paths {
        let end = path[common.len()..].find('/');
        let end = end.map_or(path.len(), |end| common.len() + end + 1);
        *counts.entry(&path[..end]).or_insert(0) += 1;
    }
    if counts.len() > MOST_NAMED && !common.is_empty() {
        counts = [(common, paths.len())].into();
    }
    let named = counts.into_iter().map(|(path, files)| OwnPath {
        path: path.to_owned(),
        files,
    });
    named.collect()
}

/// The longest folder, with a `/` at its end, that all paths are in.
fn common_folder<'a>(paths: &[&'a str]) -> &'a str {
    let Some((first, others)) = paths.split_first() else {
        return "";
    };
    let is_shared = |folder: &str| others.iter().all(|path| path.starts_with(folder));
    let ends = first.rmatch_indices('/').map(|(end, _)| &first[..=end]);
    ends.into_iter()
        .find(|folder| is_shared(folder))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> Vec<(String, usize)> {
        let named = top(paths).into_iter();
        named.map(|named| (named.path, named.files)).collect()
    }

    #[test]
    fn files_and_folders_at_the_top_are_counted() {
        let of = |path: &str, files| (path.to_owned(), files);
        assert_eq!(named(&[]), []);
        assert_eq!(named(&["python/a.py"]), [of("python/a.py", 1)]);
        assert_eq!(
            named(&["python/a.py", "python/app/b.py", "python/app/c/d.py"]),
            [of("python/a.py", 1), of("python/app/", 2)]
        );
        assert_eq!(
            named(&["bin/run", "python/app/b.py", "python/c.py"]),
            [of("bin/", 1), of("python/", 2)]
        );
        // A name that begins like another one is not in its folder.
        assert_eq!(
            named(&["python/app/a", "python/apple/a"]),
            [of("python/app/", 1), of("python/apple/", 1)]
        );
        let many: Vec<_> = (0..9).map(|number| format!("python/{number}.py")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(named(&many), [of("python/", 9)]);
        assert_eq!(named(&many[1..]).len(), 8);
    }
}
