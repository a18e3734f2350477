//! Where paths lead, whether or not there is something yet.

use std::path::{Component, Path, PathBuf};

/// How many links are followed on the way (`MAXSYMLINKS` of Linux).
const MAX_LINKS: usize = 40;

/// The path without links: of what is there by the file system, of what is not there yet by its names.
///
/// Links to nothing are followed too, for whoever writes there would write where they lead.
pub(super) fn resolved(path: &Path) -> PathBuf {
    resolve(path, MAX_LINKS)
}

fn resolve(path: &Path, links: usize) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let Some(parent) = path.parent() else {
        return path.to_owned();
    };
    let parent = resolve(parent, links);
    let Some(name) = path.components().next_back() else {
        return parent;
    };
    match name {
        Component::ParentDir => parent.parent().unwrap_or(&parent).to_owned(),
        Component::Normal(name) => {
            let path = parent.join(name);
            match path.read_link() {
                Ok(target) if links > 0 => resolve(&parent.join(target), links - 1),
                _ => path,
            }
        }
        _ => parent,
    }
}

/// An absolute path with `.` and `..` taken by their names alone.
pub(super) fn by_names(path: &Path) -> PathBuf {
    let mut names = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(names.pop()),
            Component::CurDir => {}
            component => names.push(component),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_to_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::os::unix::fs::symlink("../elsewhere/new", root.join("link")).unwrap();
        std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
        let above = root.parent().unwrap();
        for (path, expected) in [
            ("a/b", root.join("a/b")),
            ("a/../b", root.join("b")),
            ("link", above.join("elsewhere/new")),
            ("link/x", above.join("elsewhere/new/x")),
            ("loop", root.join("loop")),
        ] {
            assert_eq!(resolved(&root.join(path)), expected, "{path}");
        }
        assert_eq!(by_names(Path::new("/a/./b/../../../c")), Path::new("/c"));
    }
}
