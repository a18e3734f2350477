//! What is in a project's files, by what the file system knows of them, so that a file which did not change is not read.
//!
//! A file is taken for unchanged if its size, modification time, change time and inode are those of the last time.
//! Files that changed shortly before they were noted are left out: another change might not show in their times.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Metadata;
use std::path::Path;
use std::sync::Mutex;

use super::note::{Note, Subject, write_note};
use super::project::{ProjectCache, remove_stale};
use super::stamp::Stamp;
use super::whole::temporary_in;
use crate::digest::Sha256;
use crate::error::{PathContext as _, PathError};

/// How long a file must have been left alone before its times are trusted, in nanoseconds.
///
/// File systems keep times as coarse as two seconds (FAT).
const SETTLING: i128 = 2_000_000_000;

/// How the head of an index begins that this version understands; the version of the rules for secrets follows.
const HEAD: &str = "lls files 2";

/// The name of its file.
const NAME: &str = "files";

/// What is known of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    /// Hash over it.
    pub sha256: Sha256,
    /// What in it looks like a secret: the kind, never the secret.
    pub secret: Option<String>,
}

/// What is known of a project's files.
#[derive(Debug, Default)]
pub struct FileIndex {
    /// Where it is kept, if it is.
    cache: Option<ProjectCache>,
    head: String,
    files: Mutex<Files>,
}

/// Files as they were when they were read, and what was in them. Their paths are compared as texts, which is much
/// sooner done than by their parts.
type Known = BTreeMap<OsString, (Stamp, FileContent)>;

#[derive(Debug, Default)]
struct Files {
    known: Known,
    changed: bool,
}

impl FileIndex {
    /// The index of a project; empty where there is none, or none that can be understood or believed, or one that was
    /// made by another version of the `rules` for secrets.
    pub(super) fn load(cache: ProjectCache, rules: u32) -> Self {
        let head = format!("{HEAD} {rules}");
        let known = Note::read(&cache.path(NAME), subject(&cache), &cache.key)
            .sound()
            .and_then(|text| parse(std::str::from_utf8(&text).ok()?, &head));
        let files = Files {
            known: known.unwrap_or_default(),
            changed: false,
        };
        Self {
            cache: Some(cache),
            head,
            files: Mutex::new(files),
        }
    }

    /// What is in the file at `path`, if it is known and the file is as it was then.
    pub fn get(&self, path: &Path, metadata: &Metadata) -> Option<FileContent> {
        let files = self.files();
        let (stamp, content) = files.known.get(path.as_os_str())?;
        (*stamp == Stamp::of(metadata)).then(|| content.clone())
    }

    /// Notes what is in a file whose `metadata` was read before its content was.
    pub fn insert(&self, path: &Path, metadata: &Metadata, content: FileContent) {
        let mut files = self.files();
        let stamp = Stamp::of(metadata);
        files.known.insert(path.into(), (stamp, content));
        files.changed = true;
    }

    /// Writes the index, if anything was added and there is a place for it. A failure costs time, nothing else.
    ///
    /// Files that are gone are left out, so that it does not grow for ever.
    pub fn save(&self) {
        let Some(cache) = &self.cache else { return };
        let mut files = self.files();
        if !files.changed {
            return;
        }
        files.known.retain(|path, _| Path::new(path).exists());
        if let Err(error) = write(cache, &self.head, &files.known) {
            tracing::debug!(%error, "the index of files was not written");
        }
    }

    fn files(&self) -> std::sync::MutexGuard<'_, Files> {
        self.files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A note about the files of a project. Elsewhere their paths may be those of other files.
fn subject(cache: &ProjectCache) -> Subject<'_> {
    Subject {
        kind: "files",
        name: &cache.name,
    }
}

fn write(cache: &ProjectCache, head: &str, known: &Known) -> Result<(), PathError> {
    cache.make()?;
    let path = cache.path(NAME);
    let folder = path.parent().unwrap_or(Path::new("."));
    remove_stale(folder);
    let clock = temporary_in(folder)?;
    // The file system's own clock: that is the one which its files' times come from.
    let metadata = clock.as_file().metadata().at("read", clock.path())?;
    let now = Stamp::of(&metadata).modified;
    let mut text = format!("{head}\n");
    for (path, (stamp, content)) in known {
        let settled = stamp.modified.max(stamp.changed) + SETTLING < now;
        let name = path.to_str().filter(|name| !name.contains('\n'));
        if let Some(name) = name.filter(|_| settled) {
            let Stamp {
                size,
                inode,
                modified,
                changed,
            } = stamp;
            let FileContent { sha256, secret } = content;
            let secret = secret.as_deref().unwrap_or_default();
            text.push_str(&format!(
                "{sha256} {size} {inode} {modified} {changed} {secret}\t{name}\n"
            ));
        }
    }
    write_note(&path, subject(cache), text.as_bytes(), &cache.key)
}

fn parse(text: &str, head: &str) -> Option<Known> {
    let mut lines = text.lines();
    lines.next().filter(|line| *line == head)?;
    lines.map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(OsString, (Stamp, FileContent))> {
    let mut fields = line.splitn(6, ' ');
    let sha256 = Sha256::from_hex(fields.next()?)?;
    let stamp = Stamp {
        size: fields.next()?.parse().ok()?,
        inode: fields.next()?.parse().ok()?,
        modified: fields.next()?.parse().ok()?,
        changed: fields.next()?.parse().ok()?,
    };
    let (secret, name) = fields.next()?.split_once('\t')?;
    let secret = (!secret.is_empty()).then(|| secret.to_owned());
    Some((
        OsString::from(name),
        (stamp, FileContent { sha256, secret }),
    ))
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::cache::NoteKey;

    fn old_file(folder: &Path, name: &str, content: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn cache(project: &Path) -> ProjectCache {
        let key = NoteKey::load(&project.join("state")).unwrap();
        ProjectCache::open(project, key).unwrap()
    }

    fn load(project: &Path) -> FileIndex {
        FileIndex::load(cache(project), 7)
    }

    fn content() -> FileContent {
        FileContent {
            sha256: Sha256::of("x"),
            secret: Some("a private key".to_owned()),
        }
    }

    /// A stamp of `path` as if the file had been left alone for long: its change time cannot be set.
    fn old_stamp(path: &Path) -> Stamp {
        let mut stamp = Stamp::of(&path.metadata().unwrap());
        stamp.modified -= 10 * SETTLING;
        stamp.changed -= 10 * SETTLING;
        stamp
    }

    #[test]
    fn what_is_gone_or_found_by_other_rules_is_forgotten() {
        let project = tempfile::tempdir().unwrap();
        let paths = ["a", "b", "c"].map(|name| old_file(project.path(), name, "x"));
        let index = load(project.path());
        for path in &paths {
            let known = (old_stamp(path), content());
            index.files().known.insert(path.into(), known);
        }
        index.files().changed = true;
        index.save();
        let known = |rules| {
            let index = FileIndex::load(cache(project.path()), rules);
            let known = &index.files().known;
            known.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(known(7), paths);
        assert_eq!(known(8), [""; 0]);
        std::fs::remove_file(&paths[1]).unwrap();
        let index = load(project.path());
        let metadata = paths[0].metadata().unwrap();
        index.insert(&paths[0], &metadata, content());
        index.save();
        assert_eq!(known(7), [paths[2].clone()]);
    }

    #[test]
    fn a_file_that_changed_lately_is_not_trusted() {
        let project = tempfile::tempdir().unwrap();
        let path = old_file(project.path(), "a b", "x");
        let index = load(project.path());
        let metadata = path.metadata().unwrap();
        index.insert(&path, &metadata, content());
        assert_eq!(index.get(&path, &metadata), Some(content()));
        index.save();
        assert_eq!(load(project.path()).get(&path, &metadata), None);
    }

    #[test]
    fn only_an_untouched_file_is_known() {
        let project = tempfile::tempdir().unwrap();
        let path = old_file(project.path(), "a b", "x");
        let stamp = old_stamp(&path);
        let known = BTreeMap::from([(path.clone().into(), (stamp, content()))]);
        let cache = cache(project.path());
        write(&cache, "head", &known).unwrap();
        let note = Note::read(&cache.path(NAME), subject(&cache), &cache.key);
        let text = String::from_utf8(note.sound().unwrap()).unwrap();
        assert_eq!(parse(&text, "head"), Some(known));
        // The times are others, so the file is not the one that was noted.
        assert_eq!(
            load(project.path()).get(&path, &path.metadata().unwrap()),
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
            load(project.path()).get(&path, &path.metadata().unwrap()),
            None,
            "its change time gives it away"
        );
    }

    #[test]
    fn a_damaged_index_is_none() {
        let project = tempfile::tempdir().unwrap();
        for text in ["", "tail\n", "head\nx\n", "\u{0}"] {
            assert_eq!(parse(text, "head"), None, "{text:?}");
        }
        assert!(load(project.path()).files().known.is_empty());
    }
}
