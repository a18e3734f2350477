//! What changes in texts: which of them are to be read, and what their lines tell once they were.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, DiffOp, TextDiff};

use super::{Changes, FileChange, LineChange};
use crate::archive::{EntryPath, Listing, Text};

/// Unchanged lines that are shown around changed ones.
const CONTEXT: usize = 3;

/// The most lines that are compared: texts without order take seconds beyond.
const MOST_LINES: usize = 100_000;

/// How much to tell of texts that change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextDetail {
    /// How many lines come and go.
    #[default]
    Counts,
    /// The lines too.
    Diffs,
}

/// Why the lines of a changed file are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Uncompared {
    /// It is no text, before or after.
    Binary,
    /// It has more than 1 MiB or 100,000 lines, before or after.
    TooLarge,
    /// So much changes that not all of it is read.
    Skipped,
    /// What is published of it could not be read, or is not what the archive promises.
    Unreadable,
}

/// What files hold, as far as it was read.
pub type Texts = BTreeMap<EntryPath, Text>;

/// The files of `before` and of `after` that have to be read to compare texts: those whose content differs.
pub fn wanted_texts(
    changes: &Changes,
    before: &Listing,
    after: &Listing,
) -> (BTreeSet<EntryPath>, BTreeSet<EntryPath>) {
    let differs = |path: &&EntryPath| {
        let content = |listing: &Listing| {
            let entry = listing.get(path)?;
            Some((entry.size, entry.crc32))
        };
        content(before) != content(after)
    };
    let paths = changes.files.iter().map(|change| &change.path);
    let paths: Vec<_> = paths.filter(differs).collect();
    let in_listing = |listing: &Listing| {
        let present = paths.iter().filter(|path| listing.get(path).is_some());
        present.map(|path| (*path).clone()).collect()
    };
    (in_listing(before), in_listing(after))
}

/// What is known of files that could not be had.
pub fn unreadable_texts(paths: &BTreeSet<EntryPath>) -> Texts {
    let unreadable = |path: &EntryPath| (path.clone(), Text::Unreadable);
    paths.iter().map(unreadable).collect()
}

/// Tells what changes in the lines of the files that were read.
pub fn compare_texts(changes: &mut Changes, before: &Texts, after: &Texts, detail: TextDetail) {
    for change in &mut changes.files {
        let (old, new) = (before.get(&change.path), after.get(&change.path));
        let missing =
            (change.before.is_some() && old.is_none()) || (change.after.is_some() && new.is_none());
        if missing || (old.is_none() && new.is_none()) {
            continue;
        }
        match (lines_of(old), lines_of(new)) {
            (Ok(old), Ok(new)) => compare_lines(change, old, new, detail),
            (Err(reason), _) | (_, Err(reason)) => change.uncompared = Some(reason),
        }
    }
}

/// The text of a file; nothing where there is none.
fn lines_of(text: Option<&Text>) -> Result<&str, Uncompared> {
    match text {
        None => Ok(""),
        Some(Text::Lines(text)) => Ok(text),
        Some(Text::Binary) => Err(Uncompared::Binary),
        Some(Text::TooLarge) => Err(Uncompared::TooLarge),
        Some(Text::Skipped) => Err(Uncompared::Skipped),
        Some(Text::Unreadable) => Err(Uncompared::Unreadable),
    }
}

fn compare_lines(change: &mut FileChange, old: &str, new: &str, detail: TextDetail) {
    // A carriage return ends no line: it is shown, and what only it changes is a change.
    let split = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
    let (old, new) = (split(old), split(new));
    if old.len().max(new.len()) > MOST_LINES {
        change.uncompared = Some(Uncompared::TooLarge);
        return;
    }
    let diff = TextDiff::from_slices(&old, &new);
    let changed = diff.ops().iter().filter(|op| !is_equal(op));
    let counted = changed.fold((0, 0), |(added, removed), op| {
        let (old, new) = (op.old_range().len(), op.new_range().len());
        (added + new, removed + old)
    });
    change.lines = Some(LineChange {
        added: counted.0,
        removed: counted.1,
    });
    if detail == TextDetail::Diffs {
        let hunks = diff.grouped_ops(CONTEXT);
        change.diff = Some(hunks.iter().map(|ops| hunk(&diff, ops)).collect());
    }
}

fn is_equal(op: &DiffOp) -> bool {
    matches!(op, DiffOp::Equal { .. })
}

/// A hunk in the unified format (POSIX, `diff -u`), each line with a line end.
fn hunk(diff: &TextDiff<'_, '_, str>, ops: &[DiffOp]) -> String {
    let mut text = format!("{}\n", similar::udiff::UnifiedHunkHeader::new(ops));
    for change in ops.iter().flat_map(|op| diff.iter_changes(op)) {
        text.push(match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        });
        text.push_str(change.value());
        if !change.value().ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::plan::FileState;

    fn compared(old: &[u8], new: &[u8]) -> FileChange {
        let path: EntryPath = "a.txt".parse().unwrap();
        let state = |bytes: &[u8]| FileState {
            size: bytes.len() as u64,
            mode: crate::archive::Mode::File,
        };
        let change = FileChange {
            path: path.clone(),
            before: Some(state(old)),
            after: Some(state(new)),
            lines: None,
            diff: None,
            uncompared: None,
        };
        let mut changes = Changes {
            files: vec![change],
            ..Changes::default()
        };
        let texts = |bytes: &[u8]| Texts::from([(path.clone(), Text::of(bytes.to_vec()))]);
        compare_texts(&mut changes, &texts(old), &texts(new), TextDetail::Diffs);
        changes.files.remove(0)
    }

    fn check(old: &str, new: &str, expected: &Expect) {
        let change = compared(old.as_bytes(), new.as_bytes());
        let lines = change.lines.unwrap();
        let diff = change.diff.unwrap();
        expected.assert_eq(&format!("+{} -{}\n{diff}", lines.added, lines.removed));
    }

    fn numbered(beginning: &str, count: usize) -> String {
        let lines = (1..=count).map(|number| format!("{beginning}{number}"));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    }

    #[test]
    fn every_kind_of_line_end_is_told() {
        check(
            "one\ntwo\n",
            "one\ntwo",
            &expect![[r"
                +1 -1
                @@ -1,2 +1,2 @@
                 one
                -two
                +two
                \ No newline at end of file
            "]],
        );
        let change = compared(b"one\r\ntwo\r\n", b"one\ntwo\r\n");
        assert_eq!(
            change.diff.unwrap(),
            "@@ -1,2 +1,2 @@\n-one\r\n+one\n two\r\n"
        );
        let change = compared(b"a\rb\n", b"a\rc\n");
        assert_eq!(change.diff.unwrap(), "@@ -1 +1 @@\n-a\rb\n+a\rc\n");
    }

    #[test]
    fn changes_far_apart_are_hunks_of_their_own() {
        let old = numbered("", 20);
        let new = old.replace("\n2\n", "\nII\n").replace("\n19\n", "\n");
        check(
            &old,
            &new,
            &expect![[r"
                +1 -2
                @@ -1,5 +1,5 @@
                 1
                -2
                +II
                 3
                 4
                 5
                @@ -16,5 +16,4 @@
                 16
                 17
                 18
                -19
                 20
            "]],
        );
    }

    #[test]
    fn bytes_that_are_no_text_have_no_lines() {
        for bytes in [b"a\0b".as_slice(), b"\xff\xfe", b"caf\xe9\n"] {
            let change = compared(b"text\n", bytes);
            assert_eq!(change.uncompared, Some(Uncompared::Binary));
            assert_eq!((change.lines, change.diff), (None, None));
        }
    }

    #[test]
    fn texts_without_a_common_line_are_compared_in_bounded_work() {
        let change = compared(
            numbered("a", 60_000).as_bytes(),
            numbered("b", 60_000).as_bytes(),
        );
        let lines = change.lines.unwrap();
        assert_eq!((lines.added, lines.removed), (60_000, 60_000));
        let change = compared(b"a\n", "\n".repeat(100_001).as_bytes());
        assert_eq!(change.uncompared, Some(Uncompared::TooLarge));
    }
}
