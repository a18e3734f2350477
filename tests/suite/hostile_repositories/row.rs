//! A row of the table: a malicious repository, built like a sentence, what is run in it, and what must come of it.

use std::time::Duration;

use super::site::Site;
use crate::support::project::{APP, HELLO};

/// What lays out a part of a repository.
pub type Step = Box<dyn Fn(&Site) + Send + Sync>;

/// The commands that a pull request and its merge run.
pub const ALL: &[&[&str]] = &[
    &["validate"],
    PLAN,
    &["plan", "--format", "json"],
    &["lock", "--check"],
    &["build"],
    &["apply", "--yes"],
    &["outputs"],
];

/// `plan` as CI runs it.
pub const PLAN: &[&str] = &[
    "plan",
    "--diff",
    "--report",
    "markdown=plan.md",
    "--report",
    "html=plan.html",
    "--report",
    "gitlab=gitlab.json",
    "--report",
    "json=plan-report.json",
];

/// A plan, and its merge.
pub const PLAN_AND_APPLY: &[&[&str]] = &[PLAN, &["apply", "--yes"]];

/// What must come of a row's commands.
pub enum Expected {
    /// `plan`, `build` and `apply` fail with a message that has these parts, and nothing is published.
    Refused(&'static [&'static str]),
    /// They succeed, and these layers are published as the honest repository has them.
    Accepted(&'static [&'static str]),
    /// Whether they succeed is not for this table to say.
    Harmless,
}

/// A malicious repository.
pub struct Row {
    pub name: &'static str,
    /// What the repository has that is as it should be.
    pub honest: Vec<Step>,
    /// What the attacker added.
    pub hostile: Vec<Step>,
    pub commands: &'static [&'static [&'static str]],
    pub variables: Vec<(&'static str, &'static str)>,
    pub expected: Expected,
    /// What `plan` says on stderr beside.
    pub warning: &'static [&'static str],
    pub deadline: Duration,
    /// Whether the attacker's host must not even be asked.
    pub is_silent: bool,
    /// Whether a `plan` more is told to stop while it is at work.
    pub is_stopped: bool,
    /// Folders of the repository that are too large to look for secrets in.
    pub unsearched: &'static [&'static str],
}

impl Row {
    /// A repository with the layer `hello`.
    pub fn hello(name: &'static str) -> Self {
        let hello = "def hello():\n    return 'hello'\n";
        Self::manifest(name, HELLO).honest_file("layers/hello/hello.py", hello)
    }

    /// A repository whose layer `app` requires `alpha`, before these lines take the place of its requirements.
    pub fn app(name: &'static str, requirements: &'static str) -> Self {
        let row = Self::manifest(name, APP).honest_file("layers/app/requirements.txt", "alpha\n");
        row.file("layers/app/requirements.txt", requirements)
    }

    /// A repository with this manifest.
    pub fn manifest(name: &'static str, text: &'static str) -> Self {
        let row = Self {
            name,
            honest: Vec::new(),
            hostile: Vec::new(),
            commands: ALL,
            variables: Vec::new(),
            expected: Expected::Harmless,
            warning: &[],
            deadline: Duration::from_secs(20),
            is_silent: false,
            is_stopped: false,
            unsearched: &[],
        };
        row.honest_file("layers.toml", text)
    }

    /// Has a file that is as it should be.
    pub fn honest_file(self, path: &'static str, text: &'static str) -> Self {
        self.with_honest(move |site| site.project.write(path, text))
    }

    /// Has something that may look evil, but is as it should be.
    pub fn with_honest(mut self, step: impl Fn(&Site) + Send + Sync + 'static) -> Self {
        self.honest.push(Box::new(step));
        self
    }

    /// Has a file of the attacker; what stands in braces is filled in.
    pub fn file(self, path: &'static str, text: &'static str) -> Self {
        self.with(move |site| {
            site.make_way(path);
            site.project.write(path, site.fill(text));
        })
    }

    /// Has a larger file of the attacker, as it is.
    pub fn bytes(
        self,
        path: &'static str,
        bytes: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.with(move |site| {
            site.make_way(path);
            site.project.write(path, bytes());
        })
    }

    /// Has a pipe of the attacker.
    pub fn fifo(self, path: &'static str) -> Self {
        self.with(move |site| site.fifo(path))
    }

    /// Has a file of the attacker that has so many bytes, and takes no room.
    pub fn sparse(self, path: &'static str, size: u64) -> Self {
        self.with(move |site| site.sparse(path, size))
    }

    /// Has a link of the attacker.
    pub fn link(self, path: &'static str, target: &'static str) -> Self {
        self.with(move |site| site.link(path, target))
    }

    /// Replaces a text of the manifest.
    pub fn edit(self, from: &'static str, to: &'static str) -> Self {
        self.with(move |site| site.project.edit_manifest(from, &site.fill(to)))
    }

    /// Does anything else to the repository.
    pub fn with(mut self, step: impl Fn(&Site) + Send + Sync + 'static) -> Self {
        self.hostile.push(Box::new(step));
        self
    }

    /// Is run with a variable more, set by the runner, or without one where it is empty; what stands in
    /// braces is filled in.
    pub fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    /// Has these commands run.
    pub fn commands(self, commands: &'static [&'static [&'static str]]) -> Self {
        Self { commands, ..self }
    }

    /// Is refused with a message that has these parts.
    pub fn refused(self, parts: &'static [&'static str]) -> Self {
        self.expects(Expected::Refused(parts))
    }

    /// Is accepted, and these layers are published.
    pub fn accepted(self, layers: &'static [&'static str]) -> Self {
        self.expects(Expected::Accepted(layers))
    }

    fn expects(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }

    /// Is warned of by `plan`.
    pub fn warned(self, warning: &'static [&'static str]) -> Self {
        Self { warning, ..self }
    }

    /// Could block or grow for ever, so that a `plan` more is told to stop.
    pub fn stopped(self) -> Self {
        Self {
            is_stopped: true,
            ..self
        }
    }

    /// Must not lead to the attacker's host at all.
    pub fn silent(self) -> Self {
        Self {
            is_silent: true,
            ..self
        }
    }

    /// May take longer than others.
    pub fn within(self, seconds: u64) -> Self {
        let deadline = Duration::from_secs(seconds);
        Self { deadline, ..self }
    }

    /// Has a folder that is too large to look for secrets in.
    pub fn unsearched(self, unsearched: &'static [&'static str]) -> Self {
        Self { unsearched, ..self }
    }
}
