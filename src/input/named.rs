//! Paths on the command line: they may lead anywhere, but no link in a repository may take them out of it.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use super::resolve::resolved;

/// The bit of folders in which everyone can create files, but remove only their own (`S_ISVTX`).
const STICKY: u32 = 0o1000;

/// Where an absolute path leads, resolved as the file system does: `..` is the parent of the folder reached so far.
///
/// `root_of` gives the root of the repository that a folder without links is in.
///
/// # Errors
/// The target of the first link that leads out of the repository in which it lies.
pub(super) fn follow(
    path: &Path,
    root_of: impl Fn(&Path) -> Option<PathBuf>,
) -> Result<PathBuf, PathBuf> {
    let mut reached = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::ParentDir => drop(reached.pop()),
            Component::Normal(name) => {
                let next = resolved(&reached.join(name));
                if root_of(&reached).is_some_and(|root| !next.starts_with(root)) {
                    return Err(next);
                }
                reached = next;
            }
            _ => {}
        }
    }
    Ok(reached)
}

/// The nearest folder at or above `folder` that has a `.git`.
pub(super) fn git_root(folder: &Path) -> Option<&Path> {
    let has_git = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
    folder.ancestors().find(has_git)
}

/// The nearest file `name` in a folder above `current`, up to the root of the Git repository, as a path from `current`.
///
/// Outside a repository, nothing is looked for. Neither is anything in or above a folder that is shared by all users,
/// such as `/tmp`: somebody else could have put a file there.
pub fn find_above(name: &Path, current: &Path) -> Option<PathBuf> {
    let is_there = |folder: &Path| folder.join(name).symlink_metadata().is_ok();
    if is_there(current) {
        return None;
    }
    let root = git_root(current)?;
    let is_shared = |folder: &Path| {
        let metadata = folder.metadata();
        metadata.is_ok_and(|metadata| metadata.mode() & STICKY != 0)
    };
    let above = current.ancestors().skip(1);
    let mut above = above.take_while(|folder| folder.starts_with(root) && !is_shared(folder));
    let steps = above.position(is_there)? + 1;
    let up: PathBuf = std::iter::repeat_n("..", steps).collect();
    Some(up.join(name))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn links_of_a_repository_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(top.join("repo/.git")).unwrap();
        std::fs::create_dir_all(top.join("repo/sub")).unwrap();
        std::fs::create_dir_all(top.join("other")).unwrap();
        symlink("../other", top.join("repo/out")).unwrap();
        symlink("sub", top.join("repo/in")).unwrap();
        symlink("repo", top.join("alias")).unwrap();
        let follow = |path: &str| follow(&top.join(path), |at| git_root(at).map(Path::to_owned));
        for (path, end) in [
            ("repo/in/x", "repo/sub/x"),
            ("repo/in/../x", "repo/x"),
            ("repo/../other/x", "other/x"),
            ("alias/in", "repo/sub"),
            ("repo/sub/../../x", "x"),
        ] {
            assert_eq!(follow(path), Ok(top.join(end)), "{path}");
        }
        for path in [
            "repo/out/x",
            "alias/out",
            "other/../repo/out",
            "repo/out/../x",
        ] {
            assert_eq!(follow(path), Err(top.join("other")), "{path}");
        }
    }

    #[test]
    fn a_file_is_found_above_but_not_above_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(top.join("repo/a/b")).unwrap();
        let find = |from: &str| find_above(Path::new("f"), &top.join(from));
        let found = |path: &str| Some(PathBuf::from(path));
        std::fs::write(top.join("repo/f"), "").unwrap();
        assert_eq!(find("repo/a/b"), None, "there is no repository");
        std::fs::create_dir(top.join("repo/.git")).unwrap();
        assert_eq!(find("repo/a/b"), found("../../f"));
        assert_eq!(find("repo"), None, "it is here");
        std::fs::write(top.join("repo/a/f"), "").unwrap();
        assert_eq!(find("repo/a/b"), found("../f"));
        std::fs::remove_file(top.join("repo/a/f")).unwrap();
        let shared = std::fs::Permissions::from_mode(0o1777);
        std::fs::set_permissions(top.join("repo/a"), shared).unwrap();
        assert_eq!(find("repo/a/b"), None, "it is behind a shared folder");
        std::fs::remove_file(top.join("repo/f")).unwrap();
        std::fs::write(top.join("f"), "").unwrap();
        assert_eq!(find("repo/a"), None, "it is above the repository");
    }
}
