//! `lls build --output-dir`: the archives in a folder that users name.

use std::os::unix::fs::{MetadataExt as _, symlink};

use crate::support::project::Project;

const BUILD: [&str; 3] = ["build", "--output-dir", "out"];

/// The file system's number of the archive, which changes when it is replaced.
fn inode(project: &Project) -> u64 {
    project.path("out/hello.zip").metadata().unwrap().ino()
}

#[test]
fn an_equal_archive_is_left_alone_and_any_other_file_is_replaced() {
    let project = Project::hello();
    project.succeed(&BUILD);
    let (archive, first) = (project.bytes("out/hello.zip"), inode(&project));
    project.succeed(&BUILD);
    assert_eq!(inode(&project), first);

    let mut damaged = archive.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let longer = [&archive[..], b"x"].concat();
    for other in [&damaged[..], &longer, &archive[1..], b""] {
        project.write("out/hello.zip", other);
        let before = inode(&project);
        project.succeed(&BUILD);
        assert!(project.bytes("out/hello.zip") == archive);
        assert_ne!(inode(&project), before);
    }
    let left = std::fs::read_dir(project.path("out")).unwrap();
    assert_eq!(left.count(), 1, "a temporary file is left");
}

/// Whoever changes the copy does not change the cache.
#[test]
fn the_archive_is_a_copy() {
    let project = Project::hello();
    project.succeed(&BUILD);
    let archive = project.bytes("out/hello.zip");
    std::fs::write(project.path("out/hello.zip"), "changed").unwrap();
    project.succeed(&["build", "--output-dir", "other"]);
    assert!(project.bytes("other/hello.zip") == archive);
}

#[test]
fn a_link_is_replaced_and_not_written_through() {
    let project = Project::hello();
    project.succeed(&BUILD);
    let archive = project.bytes("out/hello.zip");
    project.write("kept.zip", &archive);
    std::fs::remove_file(project.path("out/hello.zip")).unwrap();
    symlink("../kept.zip", project.path("out/hello.zip")).unwrap();
    project.succeed(&BUILD);
    assert!(!project.path("out/hello.zip").is_symlink());
    assert!(project.bytes("kept.zip") == archive);
}
