//! Hostile wheels through the real command: refused by name, and nothing is written outside.

use std::collections::BTreeSet;
use std::path::PathBuf;

use expect_test::expect_file;
use lls::digest::Sha256;

use super::{ALL, sound};
use crate::building::manifest;
use crate::support::package_index::PackageIndex;
use crate::support::project::Project;

const CASES: [&str; 14] = [
    "parent",
    "absolute",
    "parents below .data",
    "parent in the local header only",
    "symlink",
    "case twins",
    "encrypted",
    "descriptor with another size",
    "entry inside another",
    "bytes after the archive",
    "end record in the comment",
    "bomb by all sizes",
    "RECORD with a parent",
    "METADATA of another version",
];

/// Everything below the project but the caches, which are named by hash.
fn files(project: &Project) -> BTreeSet<PathBuf> {
    let walk = walkdir::WalkDir::new(project.path("")).into_iter();
    walk.filter_entry(|entry| entry.file_name() != "cache")
        .map(|entry| entry.unwrap().into_path())
        .collect()
}

#[test]
fn nothing_of_a_hostile_wheel_is_built() {
    let mut report = String::new();
    for case in CASES {
        let (_, bytes) = ALL.iter().find(|(name, _)| *name == case).unwrap();
        let index = PackageIndex::start();
        let file = "p-1.0-py3-none-any.whl";
        index.add(file, sound().bytes());
        let project = Project::new()
            .file(
                "inner/layers.toml",
                manifest("\"python3.12\"", "prefix = \"python\""),
            )
            .file("inner/layers/app/requirements.txt", "p\n")
            .environment(index.environment());
        let project = {
            let cache = project.path("cache");
            project.variable("LLS_CACHE_DIR", cache)
        };
        project.succeed(&["-m", "inner/layers.toml", "lock"]);
        let lock = project.read("inner/layers/app/requirements.lock");
        let honest = Sha256::of(sound().bytes()).to_string();
        assert!(lock.contains(&honest), "{lock}");
        let hostile = Sha256::of(bytes).to_string();
        project.write(
            "inner/layers/app/requirements.lock",
            lock.replace(&honest, &hostile),
        );
        index.add(file, bytes.clone());
        let before = files(&project);
        let run = project.fail(&["-m", "inner/layers.toml", "build", "--locked"]);
        let after: Vec<_> = files(&project).difference(&before).cloned().collect();
        let outside: Vec<_> = after
            .iter()
            .filter(|path| !path.starts_with(project.path("inner/.lls")))
            .collect();
        assert!(outside.is_empty(), "{case}: {outside:?}");
        assert!(
            after
                .iter()
                .all(|path| path.extension().is_none_or(|end| end != "zip")),
            "{case}: {after:?}"
        );
        report.push_str(&format!("{case}:\n{}\n", run.stderr));
    }
    expect_file!["built.txt"].assert_eq(&report);
}
