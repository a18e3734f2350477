//! Runs the rows of a part of the table side by side, prints what came of them, and fails where something is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::row::Row;
use super::verdict::{Kind, Outcome, judge};

/// How many rows of a part are worked on at a time: most of them wait for processes.
const ROWS_AT_ONCE: usize = 3;

/// What came of the parts so far.
static PARTS: Mutex<BTreeMap<&str, Vec<Outcome>>> = Mutex::new(BTreeMap::new());

/// Runs the rows of one part of the table. When all `parts` are done, the whole table is printed in one line.
pub fn check(part: &'static str, rows: Vec<Row>, parts: &[&str]) {
    let queue = Mutex::new(rows.iter());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..ROWS_AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = { queue.lock().unwrap().next() } {
                    let outcome = catch_unwind(AssertUnwindSafe(|| judge(row)));
                    outcomes
                        .lock()
                        .unwrap()
                        .push(outcome.unwrap_or_else(|panic| broken(row, &*panic)));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    assert_eq!(outcomes.len(), rows.len());
    outcomes.sort_by_key(|outcome| rows.iter().position(|row| row.name == outcome.name));
    let problems = described(&outcomes);
    report(part, outcomes, parts);
    assert!(problems.is_empty(), "{problems}");
}

/// What came of a row whose layout failed.
fn broken(row: &Row, panic: &(dyn std::any::Any + Send)) -> Outcome {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
    let what = format!("the row cannot be run: {}", text.unwrap_or_default());
    Outcome {
        name: row.name,
        commands: 0,
        elapsed: Duration::ZERO,
        findings: vec![(Kind::Verdict, what)],
    }
}

/// The rows in which something is wrong.
fn described(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes
        .iter()
        .filter(|outcome| !outcome.findings.is_empty())
    {
        let _ = writeln!(text, "{}", outcome.name);
        for (kind, what) in &outcome.findings {
            let _ = writeln!(
                text,
                "    {kind:?}: {}",
                what.trim_end().replace('\n', "\n        ")
            );
        }
    }
    text
}

/// Keeps the table as a file, and prints its sum past the capture of the test harness once it is whole.
fn report(part: &'static str, outcomes: Vec<Outcome>, parts: &[&str]) {
    let mut done = PARTS.lock().unwrap();
    done.insert(part, outcomes);
    let all = || done.values().flatten();
    let findings = |kind: Kind| {
        all()
            .flat_map(|row| &row.findings)
            .filter(|(found, _)| *found == kind)
            .count()
    };
    let commands: usize = all().map(|row| row.commands).sum();
    let line = format!(
        "hostile repositories: {} rows, {commands} commands: {} leaks, {} foreign bytes published, {} written outside, {} hangs, {} programs run, {} texts that act, {} other verdicts\n",
        all().count(),
        findings(Kind::Leak),
        findings(Kind::ForeignBytes),
        findings(Kind::WrittenOutside),
        findings(Kind::Hang),
        findings(Kind::Ran),
        findings(Kind::Injected),
        findings(Kind::Verdict),
    );
    let mut text = line.clone();
    for (part, outcomes) in done.iter() {
        let _ = writeln!(text, "\n{part}");
        for outcome in outcomes {
            let kinds: BTreeSet<_> = outcome.findings.iter().map(|(kind, _)| kind).collect();
            let verdict = if kinds.is_empty() {
                "as expected".to_owned()
            } else {
                format!("{kinds:?}")
            };
            let _ = writeln!(
                text,
                "  {:<72} {:>2} commands  {:>4.1} s  {verdict}",
                outcome.name,
                outcome.commands,
                outcome.elapsed.as_secs_f64()
            );
        }
    }
    for outcomes in done.values() {
        text += &described(outcomes);
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-repositories.txt");
    std::fs::write(path, &text).unwrap();
    if parts.iter().all(|part| done.contains_key(part)) {
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}
