//! A disk that is really full: a small `tmpfs`, one page or one file larger in every run, until the first run succeeds.
//!
//! Mounting needs root or a user namespace. Where neither is allowed, this says so; `file_sizes` needs nothing.

use std::collections::BTreeSet;
use std::process::Command;

use expect_test::expect;

use super::{fresh, index, lines, reasons};
use crate::support::project::Project;

/// Copies the project to a disk with a given room beyond that, applies there until it is full, makes room, applies again.
const SCRIPT: &str = r#"
set -eu
pages=$1 files=$2 lls=$3
mkdir disk
mount -t tmpfs -o size=64m,nr_inodes=10000 disk disk
cp -r layers layers.toml disk
cd disk
export LLS_CACHE_DIR="$PWD/cache"
page=$(stat -f -c %S .) used_pages=$(( $(stat -f -c '%b - %f' .) )) used_files=$(( $(stat -f -c '%c - %d' .) ))
mount -o remount,size=$(( (used_pages + pages) * page )),nr_inodes=$(( used_files + files )) "$PWD"
status=0; "$lls" apply --yes >../first 2>&1 || status=$?
echo "first: $status"
find . -name '.tmp-*'
mount -o remount,size=64m,nr_inodes=10000 "$PWD"
"$lls" apply --yes >../second 2>&1
"$lls" plan --detailed-exitcode
grep -h '"sha256"' registry/app/*.json
"#;

/// Runs the script with some room on its disk: what it printed, and what the run on the full disk said.
fn run_with_room(project: &Project, pages: u32, files: u32) -> (String, String) {
    let (pages, files) = (pages.to_string(), files.to_string());
    let before = ["unshare", "-rm", "sh", "-c", SCRIPT, "sh", &pages, &files];
    let run = project.finish(project.command_through(&before, &[]));
    let said = project.normalised(&project.bytes("first"));
    assert_eq!(run.status, 0, "{pages} pages, {files} files: {run}\n{said}");
    (run.stdout, said)
}

fn can_mount() -> bool {
    let mut mount = Command::new("unshare");
    mount.args(["-rm", "sh", "-c", "mount -t tmpfs none /mnt"]);
    let can = mount.output().is_ok_and(|output| output.status.success());
    if !can {
        println!("no disk can be mounted here: only limits on the size of files are tested");
    }
    can
}

/// Gives the disk more and more room, until the first run succeeds; returns what the runs before it said.
fn fill(room: impl Fn(u32) -> (u32, u32)) -> String {
    let index = index();
    let mut expected = None;
    let mut told = BTreeSet::new();
    for step in 0..100 {
        let project = fresh(&index);
        let (pages, files) = room(step);
        let (printed, said) = run_with_room(&project, pages, files);
        let (first, rest) = printed.split_once('\n').unwrap();
        // Nothing unfinished is left, nothing is left to do, and the version is the same.
        assert!(
            rest.starts_with("No changes. 1 layer matches"),
            "{printed}\n{said}"
        );
        assert_eq!(expected.get_or_insert_with(|| rest.to_owned()), rest);
        match first {
            "first: 0" => return lines(&told),
            _ => drop(told.insert(complaint(first, &said))),
        }
    }
    panic!("100 pages and files are enough");
}

/// What a run on a full disk said: which file, why, and what to do.
fn complaint(first: &str, said: &str) -> String {
    assert_eq!(first, "first: 1", "{said}");
    assert!(said.contains("cannot "), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.contains("hint: "), "{said}");
    reasons(said)
}

#[test]
fn a_disk_that_fills_up_at_any_page_leaves_nothing_wrong() {
    if can_mount() {
        expect![[r#"
            error: cannot pack `layers/app/own.py` / caused by: No space left on device
            error: cannot write `./.lls/archives/*.json` / caused by: No space left on device
            error: cannot write `[project]/disk/./.lls/archives/*` / caused by: No space left on device
            error: cannot write `[project]/disk/cache/wheels/*` / caused by: No space left on device
            error: cannot write `layers/app/requirements.lock` / caused by: No space left on device
            registry: cannot grant app:1 / cannot write `registry/app/1.json`
            registry: cannot publish layer `app` / cannot write `registry/app/.lock`
            registry: cannot publish layer `app` / cannot write `registry/app/1.json`
            registry: cannot publish layer `app` / cannot write `registry/app/1.zip`
        "#]].assert_eq(&fill(|step| (step, 1000)));
    }
}

#[test]
fn a_disk_without_room_for_another_file_leaves_nothing_wrong() {
    if can_mount() {
        expect![[r#"
            error: cannot create the folder `./.lls/archives` / caused by: No space left on device
            error: cannot create the folder `[project]/disk/cache/wheels` / caused by: No space left on device
            error: cannot write to `./.lls/archives` / caused by: No space left on device
            error: cannot write to `[project]/disk/cache/wheels` / caused by: No space left on device
            error: cannot write to `layers/app` / caused by: No space left on device
            registry: cannot grant app:1 / cannot write to `registry/app`
            registry: cannot publish layer `app` / cannot create the folder `registry/app`
            registry: cannot publish layer `app` / cannot write `registry/app/.lock`
            registry: cannot publish layer `app` / cannot write to `registry/app`
        "#]].assert_eq(&fill(|step| (1000, step)));
    }
}
