//! Hashes of a project's files by what the file system knows of them, so that a file which did not change is not read.
//!
//! A file is taken for unchanged if its size, modification time, change time and inode are those of the last time.
//! Files that changed shortly before they were noted are left out: another change might not show in their times.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::stamp::Stamp;
use super::{persist, temporary_in};
use crate::digest::Sha256;

/// How long a file must have been left alone before its times are trusted, in nanoseconds.
///
/// File systems keep times as coarse as two seconds (FAT).
const SETTLING: i128 = 2_000_000_000;

/// The head of an index that this version understands.
const HEAD: &str = "lls files 1";

/// What is known of a project's files.
#[derive(Debug, Default)]
pub struct FileIndex {
    path: Option<PathBuf>,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    known: BTreeMap<PathBuf, (Stamp, Sha256)>,
    changed: bool,
}

impl FileIndex {
    /// The index of the project in `project`; empty where there is none or it cannot be understood.
    pub fn load(project: &Path) -> Self {
        let path: PathBuf = project.join(".lls").join("files").components().collect();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let files = Files {
            known: parse(&text).unwrap_or_default(),
            changed: false,
        };
        Self {
            path: Some(path),
            files: Mutex::new(files),
        }
    }

    /// The hash of the file at `path`, if it is known and the file is as it was then.
    pub fn get(&self, path: &Path, metadata: &Metadata) -> Option<Sha256> {
        let files = self.files();
        let (stamp, sha256) = files.known.get(path)?;
        (*stamp == Stamp::of(metadata)).then_some(*sha256)
    }

    /// Notes the hash of a file whose `metadata` was read before its content was.
    pub fn insert(&self, path: &Path, metadata: &Metadata, sha256: Sha256) {
        let mut files = self.files();
        files
            .known
            .insert(path.to_owned(), (Stamp::of(metadata), sha256));
        files.changed = true;
    }

    /// Writes the index, if anything was added and there is a place for it. A failure costs time, nothing else.
    pub fn save(&self) {
        let Some(path) = &self.path else { return };
        let files = self.files();
        if !files.changed {
            return;
        }
        if let Err(error) = write(path, &files.known) {
            tracing::debug!(%error, "the index of files was not written");
        }
    }

    fn files(&self) -> std::sync::MutexGuard<'_, Files> {
        self.files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn write(path: &Path, known: &BTreeMap<PathBuf, (Stamp, Sha256)>) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = temporary_in(folder).map_err(|error| error.source)?;
    // The file system's own clock: that is the one which its files' times come from.
    let now = Stamp::of(&file.as_file().metadata()?).modified;
    let mut text = format!("{HEAD}\n");
    for (path, (stamp, sha256)) in known {
        let settled = stamp.modified.max(stamp.changed) + SETTLING < now;
        let name = path.to_str().filter(|name| !name.contains('\n'));
        if let Some(name) = name.filter(|_| settled) {
            let Stamp {
                size,
                inode,
                modified,
                changed,
            } = stamp;
            text.push_str(&format!(
                "{sha256} {size} {inode} {modified} {changed} {name}\n"
            ));
        }
    }
    file.write_all(text.as_bytes())?;
    persist(file, path).map_err(|error| error.source)
}

fn parse(text: &str) -> Option<BTreeMap<PathBuf, (Stamp, Sha256)>> {
    let mut lines = text.lines();
    lines.next().filter(|head| *head == HEAD)?;
    lines.map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(PathBuf, (Stamp, Sha256))> {
    let mut fields = line.splitn(6, ' ');
    let sha256 = Sha256::from_hex(fields.next()?)?;
    let stamp = Stamp {
        size: fields.next()?.parse().ok()?,
        inode: fields.next()?.parse().ok()?,
        modified: fields.next()?.parse().ok()?,
        changed: fields.next()?.parse().ok()?,
    };
    Some((PathBuf::from(fields.next()?), (stamp, sha256)))
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};
    use std::time::{Duration, SystemTime};

    use super::*;

    fn old_file(folder: &Path, name: &str, content: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn a_file_that_changed_lately_is_not_trusted() {
        let project = tempfile::tempdir().unwrap();
        let path = old_file(project.path(), "a b", "x");
        let index = FileIndex::load(project.path());
        let metadata = path.metadata().unwrap();
        index.insert(&path, &metadata, Sha256::of("x"));
        assert_eq!(index.get(&path, &metadata), Some(Sha256::of("x")));
        index.save();
        assert_eq!(FileIndex::load(project.path()).get(&path, &metadata), None);
    }

    #[test]
    fn only_an_untouched_file_is_known() {
        let project = tempfile::tempdir().unwrap();
        let path = old_file(project.path(), "a b", "x");
        let mut stamp = Stamp::of(&path.metadata().unwrap());
        // As if the file had been left alone for long: its change time cannot be set.
        stamp.modified -= 10 * SETTLING;
        stamp.changed -= 10 * SETTLING;
        let known = BTreeMap::from([(path.clone(), (stamp, Sha256::of("x")))]);
        let index = project.path().join(".lls/files");
        write(&index, &known).unwrap();
        assert_eq!(
            parse(&std::fs::read_to_string(&index).unwrap()),
            Some(known)
        );
        // The times are others, so the file is not the one that was noted.
        assert_eq!(
            FileIndex::load(project.path()).get(&path, &path.metadata().unwrap()),
            None
        );
        let old = SystemTime::now() - Duration::from_mins(1);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_times(FileTimes::new().set_modified(old))
            .unwrap();
        assert_eq!(
            FileIndex::load(project.path()).get(&path, &path.metadata().unwrap()),
            None,
            "its change time gives it away"
        );
    }

    #[test]
    fn a_damaged_index_is_none() {
        let project = tempfile::tempdir().unwrap();
        for text in ["", "lls files 0\n", "lls files 1\nx\n", "\u{0}"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert!(FileIndex::load(project.path()).files().known.is_empty());
    }
}
