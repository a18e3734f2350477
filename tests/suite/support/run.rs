//! What a run of `lls` came to, and what tests ask of it.

use std::fmt;

use expect_test::Expect;
use serde_json::Value;

/// What one run of `lls` came to.
pub struct Run {
    /// The exit status.
    pub status: i32,
    /// What it printed as its result.
    pub stdout: String,
    /// What it said on the way.
    pub stderr: String,
    /// What is new in every test, and what stands in its place when the run is shown.
    pub hidden: Vec<(String, &'static str)>,
}

impl Run {
    /// Compares all that it printed, and its exit status, with a snapshot.
    #[track_caller]
    pub fn check(&self, expected: Expect) {
        expected.assert_eq(&self.to_string());
    }

    /// What is left of it after the plan that its result must begin with, which is given as it is shown in snapshots
    /// or as another run printed it.
    #[track_caller]
    pub fn below(mut self, plan: &str) -> Self {
        let (shown, plan) = (self.shown(&self.stdout), self.shown(plan));
        let rest = shown.strip_prefix(plan.as_str());
        let rest = rest.and_then(|rest| match rest {
            "" => Some(""),
            _ => rest.strip_prefix('\n'),
        });
        self.stdout = rest
            .unwrap_or_else(|| panic!("it does not begin with\n{plan}\nbut is\n{self}"))
            .to_owned();
        self
    }

    /// What it shows between what it must begin and end with.
    #[track_caller]
    pub fn between(&self, head: &str, tail: &str) -> String {
        let shown = self.to_string();
        let rest = shown.strip_prefix(head);
        let rest = rest.and_then(|rest| rest.strip_suffix(tail));
        rest.unwrap_or_else(|| panic!("it is not\n{head}...\n{tail}\nbut\n{self}"))
            .to_owned()
    }

    /// Its result, which must be one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{self}"))
    }

    /// Asserts that its result has these parts.
    #[track_caller]
    pub fn assert_stdout(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stdout.contains(part), "no `{part}` in\n{self}");
        }
    }

    /// Asserts that what it said on the way has these parts.
    #[track_caller]
    pub fn assert_stderr(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "no `{part}` in\n{self}");
        }
    }

    fn shown(&self, text: &str) -> String {
        let hidden = self.hidden.iter();
        hidden.fold(text.to_owned(), |text, (name, sign)| {
            text.replace(name, sign)
        })
    }
}

impl fmt::Display for Run {
    /// The form in which runs are kept as snapshots.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.shown(&self.stdout))?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.shown(&self.stderr))?;
        }
        writeln!(f, "--- exit status {}", self.status)
    }
}
