//! What the caches promise: damage is found and healed, a full disk leaves nothing wrong, many processes get along.

#![expect(
    clippy::print_stdout,
    reason = "a failed test shows its seed and what it damaged"
)]

pub mod confined;
mod file_sizes;
mod flips;
mod processes;
mod small_disk;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

/// A directory target and a layer with a wheel and own files; only the wheel is left to be downloaded.
const MANIFEST: &str = r#"[targets.local]
directory = "registry"

[layers.app]
description = "v1.0.0"
runtimes = ["python3.12"]
prefix = "python"
permission = "my-account"
"#;

/// An index with one small wheel whose content hardly compresses.
fn index() -> PackageIndex {
    let mut random = Random(7);
    let text: String = (0..9000)
        .map(|_| char::from(b' ' + (random.next() % 95) as u8))
        .collect();
    let index = PackageIndex::start();
    let wheel = wheel("alpha", "1.0", &[("alpha/__init__.py", text.as_str())]);
    index.add("alpha-1.0-py3-none-any.whl", wheel);
    index
}

/// A project of one layer with the wheel of `index` and an own file, where nothing is locked, cached or built.
/// One file is deflated on one thread, so that the order of writes is the same on every machine.
fn fresh(index: &PackageIndex) -> Project {
    Project::new()
        .manifest(MANIFEST)
        .file("layers/app/requirements.txt", "alpha\n")
        .file("layers/app/own.py", "x = 1\n".repeat(50))
        .environment(index.environment())
        .cold_cache()
}

/// The regular files below `folder`, sorted; none where there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Files of the caches and registries that are not under their final names.
fn unfinished(project: &Project) -> Vec<PathBuf> {
    let mut files = files(&project.path(""));
    files.retain(|path| path.to_string_lossy().contains(".tmp-"));
    files
}

/// What a failed run gave as its reasons, in one line; hashes and the names of temporary files are left out.
fn reasons(said: &str) -> String {
    let told = |line: &&str| line.contains("cannot ") || line.contains("caused by");
    let lines: Vec<_> = said.lines().filter(told).map(str::trim).collect();
    let names =
        regex::Regex::new(r"[0-9a-f]{64}|\.tmp-[0-9A-Za-z]+|[^`]*/lls-[0-9A-Za-z]{6}").unwrap();
    names.replace_all(&lines.join(" / "), "*").into_owned()
}

fn lines(said: &BTreeSet<String>) -> String {
    said.iter().map(|line| format!("{line}\n")).collect()
}

/// Random numbers that a seed decides (SplitMix64).
struct Random(u64);

impl Random {
    /// A generator whose seed is new in every run, and printed: `LLS_TEST_SEED` repeats a run that failed.
    fn seeded() -> Self {
        let seed = std::env::var("LLS_TEST_SEED").map_or_else(
            |_| std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0),
            |seed| seed.parse().expect("LLS_TEST_SEED is a number"),
        );
        println!("LLS_TEST_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
