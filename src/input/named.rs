//! Paths on the command line: they may lead anywhere, but no link in a repository may take them out of it.

use std::path::{Component, Path, PathBuf};

use super::resolve::resolved;

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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

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
}
