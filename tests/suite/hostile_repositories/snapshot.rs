//! What is in folders, to see that nothing was written there, and the search of files for secrets, ZIPs unpacked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use flate2::bufread::DeflateDecoder;
use lls::digest::Sha256;
use rawzip::ZipArchive;
use walkdir::WalkDir;

use super::canaries;

/// Larger files are part of a hostile repository itself, which has no secrets.
const SEARCHED: u64 = 64 << 20;

/// What uv locks in the user's home whenever it looks for credentials there.
pub const LOCK_OF_UV: &str = ".local/share/uv/credentials/credentials.toml.lock";

/// Every name in some folders, with what would show that somebody wrote there.
#[derive(PartialEq)]
pub struct Snapshot(BTreeMap<PathBuf, String>);

impl Snapshot {
    /// What is in `folders` now.
    pub fn of(folders: &[PathBuf]) -> Self {
        let entries = folders
            .iter()
            .flat_map(|folder| WalkDir::new(folder).into_iter().flatten())
            .filter(|entry| !entry.path().ends_with(LOCK_OF_UV));
        Self(
            entries
                .map(|entry| (entry.path().to_owned(), state_of(entry.path())))
                .collect(),
        )
    }

    /// The names that are not as they were `before`.
    pub fn changed_since(&self, before: &Self) -> Vec<PathBuf> {
        let names: BTreeSet<_> = self.0.keys().chain(before.0.keys()).collect();
        let changed = names
            .into_iter()
            .filter(|name| self.0.get(*name) != before.0.get(*name));
        changed.cloned().collect()
    }
}

fn state_of(path: &Path) -> String {
    let Ok(metadata) = path.symlink_metadata() else {
        return "unreadable".to_owned();
    };
    let kind = metadata.file_type();
    let content = match () {
        () if kind.is_file() => fs::read(path).map_or("unreadable".to_owned(), |bytes| {
            Sha256::of(bytes).to_string()
        }),
        () if kind.is_symlink() => fs::read_link(path)
            .unwrap_or_default()
            .display()
            .to_string(),
        () => String::new(),
    };
    let (size, mode) = (metadata.size(), metadata.mode());
    if kind.is_dir() {
        // A temporary file that is gone again may have been in it.
        return format!("{mode:o}");
    }
    format!(
        "{size} {mode:o} {}.{} {content}",
        metadata.mtime(),
        metadata.mtime_nsec()
    )
}

/// The secrets in the regular files below `folder`, but not below those of `skipped`: each with its file.
pub fn secrets_below(folder: &Path, skipped: &[PathBuf]) -> Vec<String> {
    let entries = WalkDir::new(folder).into_iter();
    let entries = entries.filter_entry(|entry| !skipped.contains(&entry.path().to_owned()));
    let mut found = Vec::new();
    for entry in entries
        .flatten()
        .filter(|entry| entry.file_type().is_file())
    {
        let is_small = entry
            .metadata()
            .is_ok_and(|metadata| metadata.len() < SEARCHED);
        if let Some(bytes) = is_small.then(|| fs::read(entry.path()).ok()).flatten() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            found.extend(
                secrets_in(&bytes)
                    .into_iter()
                    .map(|name| format!("{name} in {}", path.display())),
            );
        }
    }
    found
}

/// The secrets in a file's bytes and, if it is a ZIP, in what its entries unpack to.
fn secrets_in(bytes: &[u8]) -> BTreeSet<&'static str> {
    let mut found = canaries::found_in(bytes);
    if let Ok(archive) = ZipArchive::from_slice(bytes) {
        let mut entries = archive.entries();
        while let Ok(Some(entry)) = entries.next_entry() {
            found.extend(canaries::found_in(entry.file_path().as_ref()));
            if let Ok(entry) = archive.get_entry(entry.wayfinder()) {
                let mut content = Vec::new();
                // Of a stream that is broken, what comes before counts.
                let _ = DeflateDecoder::new(entry.data())
                    .take(SEARCHED)
                    .read_to_end(&mut content);
                found.extend(canaries::found_in(&content));
            }
        }
    }
    found
}

/// The regular files below `folder` whose names end with `.zip`, each with the hash over its bytes.
pub fn archives_below(folder: &Path) -> Vec<(PathBuf, Sha256)> {
    let entries = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .flatten();
    let archives = entries.filter(|entry| {
        entry.file_type().is_file() && entry.file_name().to_string_lossy().ends_with(".zip")
    });
    let hash = |path: &Path| Sha256::of(fs::read(path).unwrap_or_default());
    archives
        .map(|entry| (entry.path().to_owned(), hash(entry.path())))
        .collect()
}

#[test]
fn secrets_are_found_in_archives() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("password = {}\n", canaries::secret("netrc")).repeat(3);
    let wheel = crate::support::package_index::wheel("a", "1", &[("a.py", &text)]);
    fs::create_dir(folder.path().join("a")).unwrap();
    fs::write(folder.path().join("a/1.zip"), wheel).unwrap();
    assert_eq!(secrets_below(folder.path(), &[]), ["netrc in a/1.zip"]);
    assert!(secrets_below(folder.path(), &[folder.path().join("a")]).is_empty());
}

#[test]
fn what_was_written_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a"), "x").unwrap();
    let folders = [folder.path().to_owned()];
    let before = Snapshot::of(&folders);
    assert!(Snapshot::of(&folders).changed_since(&before).is_empty());
    fs::write(path("a"), "y").unwrap();
    std::os::unix::fs::symlink("a", path("b")).unwrap();
    let changed = Snapshot::of(&folders).changed_since(&before);
    assert_eq!(changed, [path("a"), path("b")]);
}
