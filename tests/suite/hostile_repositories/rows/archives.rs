//! Caches that a repository, or a CI cache that others can fill, brings along: none of them is evidence of anything.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use lls::archive::{ArchiveComment, ArchiveLayout, Mode, NewEntry, Stream};
use lls::digest::Sha256;
use walkdir::WalkDir;

use crate::hostile_repositories::listener::{evil_hash, evil_wheel, honest_hash};
use crate::hostile_repositories::row::{PLAN_AND_APPLY, Row};
use crate::hostile_repositories::site::Site;

const OWN: &str = "layers/hello/hello.py";

pub fn rows() -> Vec<Row> {
    let mut rows = forged();
    rows.extend(out_of_place());
    rows.extend(caches_in_the_repository());
    rows
}

fn forged() -> Vec<Row> {
    vec![
        Row::hello("archives: an evil archive under the fingerprint of the sources, with its hash")
            .with(|site| forge(site, Seal::Absent))
            .accepted(&["hello"]),
        Row::hello("archives: the same, sealed as the file that stands there")
            .with(|site| forge(site, Seal::Fitting))
            .accepted(&["hello"]),
        Row::hello("archives: the same where only apply runs")
            .with(|site| forge(site, Seal::Fitting))
            .commands(&[&["apply", "--yes"], &["plan", "--detailed-exitcode"]])
            .accepted(&["hello"]),
        Row::hello("archives: all of .lls of a build of other sources, under another fingerprint")
            .with(swap)
            .accepted(&["hello"]),
        Row::hello("archives: an index of files that claims that others stand there")
            .with(|site| {
                let stamp = Stamp::of(&site.project.path(OWN));
                let hash = Sha256::of("harmless");
                let Stamp {
                    size,
                    inode,
                    modified,
                    changed,
                } = stamp;
                let text =
                    format!("lls files 2 2\n{hash} {size} {inode} {modified} {changed} \t{OWN}\n");
                note(site, ".lls/files", text.as_bytes());
            })
            .accepted(&["hello"]),
        Row::hello("archives: the archive was changed, and nothing else")
            .with(|site| {
                site.as_attacker(&["build"]);
                for entry in WalkDir::new(site.project.path(".lls"))
                    .into_iter()
                    .flatten()
                {
                    if entry.file_name().to_string_lossy().ends_with(".zip") {
                        fs::write(entry.path(), evil_archive(Sha256::of("x"))).unwrap();
                    }
                }
            })
            .accepted(&["hello"]),
        Row::hello("archives: .lls is tracked by Git")
            .with(|site| {
                site.as_attacker(&["build"]);
                for arguments in [&["init", "-q"][..], &["add", "-f", ".lls", "layers"]] {
                    let mut git = Command::new("git");
                    let status = git
                        .args(arguments)
                        .current_dir(site.project.path(""))
                        .status();
                    assert!(status.is_ok_and(|status| status.success()));
                }
            })
            .warned(&[".lls", "Git"])
            .accepted(&["hello"]),
    ]
}

fn out_of_place() -> Vec<Row> {
    vec![
        Row::hello("archives: .lls is a link to a folder outside")
            .link(".lls", "{around}/sibling")
            .refused(&[".lls", "hint:"]),
        Row::hello("archives: .lls/archives is a link to a folder outside")
            .link(".lls/archives", "../../home")
            .refused(&[".lls", "hint:"]),
        Row::hello("archives: .lls is a pipe")
            .fifo(".lls")
            .refused(&[".lls", "hint:"])
            .stopped(),
        Row::hello("archives: .lls is a file")
            .file(".lls", "x")
            .refused(&[".lls", "hint:"]),
        Row::hello("archives: the index of files is a pipe")
            .fifo(".lls/files")
            .stopped(),
        Row::hello("archives: the index of files never ends")
            .link(".lls/files", "/dev/zero")
            .stopped(),
        Row::hello("archives: the index of files is a link out")
            .link(".lls/files", "{around}/home/.bashrc"),
        Row::hello("archives: the index of files has a terabyte")
            .sparse(".lls/files", 1 << 40)
            .stopped(),
        Row::hello("archives: the note of an archive is a pipe")
            .with(|site| site.fifo(&format!(".lls/archives/{}.json", fingerprint(site))))
            .stopped(),
        Row::hello("archives: the note of an archive never ends")
            .with(|site| {
                site.link(
                    &format!(".lls/archives/{}.json", fingerprint(site)),
                    "/dev/zero",
                )
            })
            .stopped(),
        Row::hello("archives: the stored archive is a pipe")
            .with(|site| {
                forge(site, Seal::Absent);
                site.fifo(&format!(".lls/archives/{}.zip", fingerprint(site)));
            })
            .stopped(),
        Row::hello("archives: the list that hides .lls from Git is a link to a file outside")
            .link(".lls/.gitignore", "{around}/home/.profile"),
    ]
}

/// The runner keeps the user's cache in the repository, as GitLab makes it.
fn caches_in_the_repository() -> Vec<Row> {
    let wheel = |hash: Sha256| format!(".cache/wheels/{hash}.whl");
    vec![
        Row::app(
            "caches: an evil wheel under the hash of an honest one",
            "alpha\n",
        )
        .with(move |site| {
            let honest = honest_hash("alpha-1.0-py3-none-any.whl");
            let evil = evil_wheel("alpha-1.0-py3-none-any.whl");
            site.project.write(&wheel(honest), &evil);
            seal(&site.project.path(&wheel(honest)), honest, &evil);
        })
        .variable("LLS_CACHE_DIR", "{root}/.cache")
        .accepted(&["app"]),
        Row::app(
            "caches: the attacker's wheel in the cache, which nothing locks",
            "alpha\n",
        )
        .with(move |site| {
            let evil = evil_hash("alpha-9.9-py3-none-any.whl");
            site.project.write(&wheel(evil), "PK evil");
        })
        .variable("LLS_CACHE_DIR", ".cache")
        .accepted(&["app"]),
        Row::app("caches: a uv where lls installs its own", "alpha\n")
            .with(|site| site.program(".cache/uv/0.13.9/bin/uv"))
            .variable("LLS_CACHE_DIR", "{root}/.cache")
            .variable("LLS_UV", "")
            .variable("PATH", "{path}")
            .variable("PIP_NO_INDEX", "1")
            .commands(PLAN_AND_APPLY),
        Row::app("caches: a wheel of the cache is a pipe", "alpha\n")
            .with(|site| {
                let wheel = honest_hash("alpha-1.0-py3-none-any.whl");
                site.fifo(&format!(".cache/wheels/{wheel}.whl"));
            })
            .variable("LLS_CACHE_DIR", "{root}/.cache")
            .stopped(),
    ]
}

/// Whether the forged archive has a seal.
#[derive(Clone, Copy, PartialEq)]
enum Seal {
    Absent,
    Fitting,
}

/// The fingerprint of the repository's layer `hello`, as its archive tells it.
fn fingerprint(site: &Site) -> String {
    let built = tempfile::tempdir().unwrap();
    site.as_attacker(&["build", "--output-dir", built.path().to_str().unwrap()]);
    fs::remove_dir_all(site.project.path(".lls")).ok();
    let archive = fs::read(built.path().join("hello.zip")).unwrap();
    String::from_utf8(archive[archive.len() - 64..].to_vec()).unwrap()
}

/// Puts an evil archive where `lls` 0.1 keeps that of the repository's sources.
fn forge(site: &Site, sealed: Seal) {
    let fingerprint = fingerprint(site);
    let archive = evil_archive(Sha256::from_hex(&fingerprint).unwrap());
    let hash = Sha256::of(&archive);
    let (path, size) = (format!(".lls/archives/{fingerprint}.zip"), archive.len());
    site.project.write(&path, &archive);
    let summary = format!(
        r#"{{"sha256":"{hash}","size":{size},"unpacked_size":32,"packages":[],"native":[]}}"#
    );
    note(
        site,
        &format!(".lls/archives/{fingerprint}.json"),
        summary.as_bytes(),
    );
    if sealed == Seal::Fitting {
        seal(&site.project.path(&path), hash, &archive);
    }
}

/// An archive with evil content and the comment of an honest one.
fn evil_archive(fingerprint: Sha256) -> Vec<u8> {
    let entries = [NewEntry {
        path: "python/hello.py".parse().unwrap(),
        mode: Mode::File,
        stream: Stream::of(b"import evil\n"),
    }];
    let layout = ArchiveLayout::new(&entries, ArchiveComment::of(fingerprint));
    layout.unwrap().to_bytes()
}

/// What the file system knows of a file; times are nanoseconds since 1970.
struct Stamp {
    size: u64,
    inode: u64,
    modified: i128,
    changed: i128,
}

impl Stamp {
    fn of(path: &Path) -> Self {
        let metadata = path.metadata().unwrap();
        let time = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            size: metadata.size(),
            inode: metadata.ino(),
            modified: time(metadata.mtime(), metadata.mtime_nsec()),
            changed: time(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Writes a note as `lls` 0.1 does: below a hash over it.
fn note(site: &Site, path: &str, text: &[u8]) {
    let head = format!("{}\n", Sha256::of(text));
    site.project.write(path, [head.as_bytes(), text].concat());
}

/// Seals a file as `lls` 0.1 does: with its stamp and a fast hash.
fn seal(path: &Path, sha256: Sha256, bytes: &[u8]) {
    let Stamp {
        size,
        inode,
        modified,
        changed,
    } = Stamp::of(path);
    let xxh3 = twox_hash::XxHash3_128::oneshot(bytes);
    let text = format!(
        r#"{{"sha256":"{sha256}","stamp":{{"size":{size},"inode":{inode},"modified":{modified},"changed":{changed}}},"xxh3":{xxh3}}}"#
    );
    let head = format!("{}\n", Sha256::of(&text));
    fs::write(path.with_added_extension("seal"), head + &text).unwrap();
}

/// Builds other sources, and gives all that `lls` keeps of them in the repository the fingerprint of the right ones:
/// whatever the form is in which it keeps it.
fn swap(site: &Site) {
    let right = fingerprint(site);
    let own = site.project.read(OWN);
    site.project.write(OWN, "import evil\n");
    let evil = fingerprint(site);
    site.as_attacker(&["plan"]);
    site.project.write(OWN, own);
    let entries: Vec<_> = WalkDir::new(site.project.path(".lls"))
        .into_iter()
        .flatten()
        .collect();
    for entry in entries
        .into_iter()
        .filter(|entry| entry.file_type().is_file())
    {
        let replaced = replace(
            &fs::read(entry.path()).unwrap(),
            evil.as_bytes(),
            right.as_bytes(),
        );
        let name = entry.file_name().to_string_lossy().replace(&evil, &right);
        fs::remove_file(entry.path()).unwrap();
        fs::write(entry.path().with_file_name(name), replaced).unwrap();
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for index in 0..bytes.len().saturating_sub(from.len() - 1) {
        if bytes[index..].starts_with(from) {
            bytes[index..index + from.len()].copy_from_slice(to);
        }
    }
    bytes
}
