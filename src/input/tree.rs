//! Folders of a repository that other programs read: their content is checked first.

use std::collections::BTreeSet;
use std::fs::{DirEntry, FileType};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::resolve::resolved;
use super::{InputError, Repository};
use crate::error::PathContext as _;

/// How many files and folders may be in such a folder: a hundred times the wheels of a large layer.
const MOST_ENTRIES: usize = 100_000;

/// The folders that were checked, with all in them.
#[derive(Default)]
pub struct CheckedFolders(BTreeSet<PathBuf>);

impl Repository {
    /// Checks that nothing in a folder leads out of the repository: at any depth, it holds only regular files, folders, and
    /// links to these below the root. A `.git` is not searched, and the folder may be missing.
    ///
    /// # Errors
    /// If anything in it is something else, leads elsewhere or cannot be read, or if it holds too many files.
    pub fn check_tree(&self, folder: &Path) -> Result<(), InputError> {
        self.check_trees(folder, &mut CheckedFolders::default())
    }

    /// The same for several folders, none of which is read twice.
    ///
    /// # Errors
    /// As for one.
    pub fn check_trees(
        &self,
        folder: &Path,
        checked: &mut CheckedFolders,
    ) -> Result<(), InputError> {
        self.check_inside(folder)?;
        let mut tree = Tree {
            entries: 0,
            folders: &mut checked.0,
            pending: Vec::new(),
        };
        tree.add_folder(resolved(&self.absolute(folder)));
        while let Some(folder) = tree.pending.pop() {
            // What is not there, or no folder, has nothing in it.
            if !folder.is_dir() {
                continue;
            }
            for entry in folder.read_dir().at("read", &folder)? {
                let entry = entry.at("read", &folder)?;
                if tree.entries == MOST_ENTRIES {
                    return Err(InputError::TooMany {
                        path: folder,
                        limit: MOST_ENTRIES,
                    });
                }
                tree.entries += 1;
                self.check_entry(&entry, &mut tree)?;
            }
        }
        Ok(())
    }

    fn check_entry(&self, entry: &DirEntry, tree: &mut Tree<'_>) -> Result<(), InputError> {
        if entry.file_name().eq_ignore_ascii_case(".git") {
            return Ok(());
        }
        let path = entry.path();
        let found = entry.file_type().at("read", &path)?;
        if !found.is_symlink() {
            return tree.add(found, &path, &path);
        }
        let end = resolved(&path);
        self.place_of(&path, &end)?;
        match end.symlink_metadata() {
            Ok(metadata) => tree.add(metadata.file_type(), &path, &end),
            Err(_) => Ok(()), // it leads to nothing
        }
    }
}

/// What was seen of a folder.
struct Tree<'a> {
    entries: usize,
    /// The folders that were found, without links.
    folders: &'a mut BTreeSet<PathBuf>,
    /// Those of them that are still to be read.
    pending: Vec<PathBuf>,
}

impl Tree<'_> {
    /// Adds what was found at `path`, which leads to `end`.
    fn add(&mut self, found: FileType, path: &Path, end: &Path) -> Result<(), InputError> {
        let what = match () {
            () if found.is_file() => return Ok(()),
            () if found.is_dir() => {
                self.add_folder(end.to_owned());
                return Ok(());
            }
            () if found.is_fifo() => "a pipe",
            () if found.is_socket() => "a socket",
            () => "a device",
        };
        Err(InputError::NotAFile {
            path: path.to_owned(),
            what,
        })
    }

    fn add_folder(&mut self, folder: PathBuf) {
        if self.folders.insert(folder.clone()) {
            self.pending.push(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// What is said of the folder `w` of a repository that was laid out so, with `other/x` beside it.
    fn check(lay_out: impl Fn(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let root = top.join("repo");
        for path in ["repo/.git", "repo/w/a", "repo/own", "other"] {
            std::fs::create_dir_all(top.join(path)).unwrap();
        }
        std::fs::write(top.join("other/x"), "").unwrap();
        lay_out(&root);
        let checked = Repository::around(&root, &root, &[]).check_tree(Path::new("w"));
        let message = checked.map_or_else(|error| error.to_string(), |()| String::new());
        message.replace(&top.display().to_string(), "")
    }

    #[test]
    fn what_a_folder_holds_leads_nowhere_else() {
        let link = |target: &'static str, path: &'static str| {
            check(|root| symlink(target, root.join(path)).unwrap())
        };
        for (target, path) in [
            ("../own", "w/in"),
            ("a", "w/twin"),
            ("..", "w/a/up"),
            ("none", "w/dangling"),
        ] {
            assert_eq!(link(target, path), "", "{path}");
        }
        let outside = "`/repo/w/out` resolves to `/other/x`, outside the repository";
        assert_eq!(link("../../other/x", "w/out"), outside);
        let behind = |root: &Path| {
            symlink("../../own", root.join("w/a/in")).unwrap();
            symlink("../../other", root.join("own/out")).unwrap();
        };
        let outside = "`/repo/own/out` resolves to `/other`, outside the repository";
        assert_eq!(check(behind), outside);
        let git = "`/repo/w/git` is part of a Git folder";
        assert_eq!(link("../.git", "w/git"), git);
        let socket = |root: &Path| drop(UnixListener::bind(root.join("w/a/s")).unwrap());
        let socket = check(socket);
        assert_eq!(socket, "`/repo/w/a/s` is a socket, not a regular file");
        let device = "`/repo/w/null` resolves to `/dev/null`, outside the repository";
        assert_eq!(link("/dev/null", "w/null"), device);
        assert_eq!(
            check(|root| std::fs::remove_dir(root.join("w/a")).unwrap()),
            ""
        );
    }

    #[test]
    fn a_folder_that_was_checked_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("w/a")).unwrap();
        std::fs::create_dir_all(root.join("other")).unwrap();
        symlink("../other", root.join("w/in")).unwrap();
        let repository = Repository::around(&root, &root, &[]);
        let mut checked = CheckedFolders::default();
        let mut check = |path: &str| repository.check_trees(Path::new(path), &mut checked);
        check("w").unwrap();
        let _socket = UnixListener::bind(root.join("w/a/s")).unwrap();
        for path in ["w", "w/a", "other", "./w/../w"] {
            check(path).unwrap();
        }
        assert!(repository.check_tree(Path::new("w")).is_err());
    }
}
