//! Hostile wheels through the real command: refused by name, and nothing is written outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use lls::archive::{ReadEntry, read_entries};
use lls::digest::Sha256;
use lls::ecosystem::python::lock::Lock;

use super::{ALL, sound, verdict};
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
            relocked(&lock, &honest, &hostile),
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

/// A lock that names another wheel, as `lls lock` would write it.
fn relocked(lock: &str, from: &str, to: &str) -> String {
    let lock = lock.replace(from, to).parse::<Lock>();
    lock.expect("a lock").to_string()
}

/// A layer for each hostile wheel, which stands in the cache as the one that is locked, and one for a sound wheel.
fn project_of_all() -> Project {
    let index = PackageIndex::start();
    let sound = sound().bytes();
    index.add("p-1.0-py3-none-any.whl", sound.clone());
    let project = Project::new()
        .file("lock.toml", manifest("\"python3.12\"", ""))
        .file("layers/app/requirements.txt", "p\n")
        .environment(index.environment());
    let cache = project.path("deep/inner/cache");
    let project = project.variable("LLS_CACHE_DIR", cache);
    project.succeed(&["-m", "lock.toml", "lock"]);
    let lock = project.read("layers/app/requirements.lock");
    let locked = Sha256::of(&sound).to_string();
    assert!(lock.contains(&locked), "{lock}");
    let mut manifest = "[targets.local]\ndirectory = \"registry\"\n".to_owned();
    let hostile = ALL.iter().map(|(_, bytes)| bytes);
    for (number, bytes) in hostile.chain([&sound]).enumerate() {
        manifest.push_str(&format!(
            "\n[layers.w{number}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n"
        ));
        let (layer, hash) = (format!("deep/inner/layers/w{number}"), Sha256::of(bytes));
        let lock = relocked(&lock, &locked, &hash.to_string());
        project.write(&format!("{layer}/requirements.txt"), "p\n");
        project.write(&format!("{layer}/requirements.lock"), lock);
        project.write(&format!("deep/inner/cache/wheels/{hash}.whl"), bytes);
    }
    project.file("deep/inner/layers.toml", manifest)
}

/// Why a wheel is refused that the cache brings: its content is verified before anything in it is read.
fn told(bytes: &[u8]) -> String {
    let content =
        read_entries(bytes).and_then(|entries| entries.iter().try_for_each(ReadEntry::verify));
    let content = content.map_err(|error| error.to_string());
    content.and_then(|()| verdict(bytes)).unwrap_err()
}

/// Everything below the project with its content, but for `.lls` and the cache.
fn contents(project: &Project) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let root = project.path("deep/inner");
    let own = [root.join(".lls"), root.join("cache")];
    let walk = walkdir::WalkDir::new(project.path("")).into_iter();
    walk.filter_entry(|entry| !own.contains(&entry.path().to_owned()))
        .map(|entry| entry.unwrap().into_path())
        .map(|path| (path.clone(), std::fs::read(path).ok()))
        .collect()
}

#[test]
fn nothing_is_written_outside_by_any_hostile_wheel() {
    let project = project_of_all();
    let root = project.path("deep/inner");
    let before = contents(&project);
    let arguments = ["-m", "deep/inner/layers.toml", "build", "--locked"];
    let run = project.fail(&arguments);
    // Equal errors are told once.
    let told: BTreeSet<_> = ALL.iter().map(|(_, bytes)| told(bytes)).collect();
    let refused = run.stderr.matches("the wheel of `p 1.0` is refused");
    assert_eq!(refused.count(), told.len(), "{run}");
    assert!(contents(&project) == before);
    assert!(!Path::new("/etc/evil").exists());
    // In the folders of `lls`: one archive, of the sound wheel, and the wheels, each with what is known of it.
    let is_named_by_hash = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (hash, end) = name.split_once('.').unwrap_or((&name, ""));
        let ends = ["zip", "zip.seal", "json", "whl", "whl.seal", "elf.json"];
        Sha256::from_hex(hash).is_some() && ends.contains(&end)
    };
    let mut written = files_below(&root.join(".lls"));
    let others = [".lls/files", ".lls/.gitignore"].map(|path| root.join(path));
    written.retain(|path| !others.contains(path));
    assert_eq!(written.len(), 3, "{written:?}");
    written.extend(files_below(&root.join("cache")));
    let foreign: Vec<_> = written
        .iter()
        .filter(|path| !is_named_by_hash(path))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    let files = entries.filter(|entry| !entry.file_type().is_dir());
    files.map(walkdir::DirEntry::into_path).collect()
}
