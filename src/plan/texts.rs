//! What changes in the lines of texts.

use similar::{ChangeTag, DiffOp, TextDiff};

use super::difference::{FileChange, LineChange, Uncompared};
use super::evidence::{Evidence, TextDetail};
use crate::archive::Text;

/// Unchanged lines that are shown around changed ones.
const CONTEXT: usize = 3;

/// The most lines that are compared: texts without order take seconds beyond.
const MOST_LINES: usize = 100_000;

/// Tells what changes in the lines of the files that were read.
pub(super) fn compare_texts(changes: &mut [FileChange], evidence: &Evidence) {
    for change in changes {
        let old = evidence.before.get(&change.path);
        let new = evidence.after.get(&change.path);
        let missing =
            (change.before.is_some() && old.is_none()) || (change.after.is_some() && new.is_none());
        if missing || (old.is_none() && new.is_none()) {
            continue;
        }
        match (lines_of(old), lines_of(new)) {
            (Ok(old), Ok(new)) => compare_lines(change, old, new, evidence.detail),
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
    use crate::archive::{EntryPath, Texts};
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
        let texts = |bytes: &[u8]| Texts::from([(path.clone(), Text::of(bytes.to_vec()))]);
        let evidence = Evidence {
            before: texts(old),
            after: texts(new),
            detail: TextDetail::Diffs,
        };
        let mut changes = [change];
        compare_texts(&mut changes, &evidence);
        let [change] = changes;
        change
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
