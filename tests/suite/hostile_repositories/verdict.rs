//! What came of a row: runs its commands, and names whatever must not be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use lls::digest::Sha256;

use super::canaries;
use super::injection;
use super::row::{Expected, PLAN, Row};
use super::site::Site;
use super::snapshot::{archives_below, secrets_below};
use super::watched::{Bounds, Watched, watch};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A secret came where it must not.
    Leak,
    /// What was published is not what an honest checkout gives.
    ForeignBytes,
    /// Something outside the repository and the caches changed.
    WrittenOutside,
    /// A command did not end in time, took too much memory, or heard no signal.
    Hang,
    /// A program of the repository ran.
    Ran,
    /// A text of the repository could act in an output.
    Injected,
    /// It was not refused or accepted as it should be.
    Verdict,
}

/// Something that went wrong, and what it is.
pub type Finding = (Kind, String);

/// What came of a row.
pub struct Outcome {
    pub name: &'static str,
    pub commands: usize,
    /// How long it took, its repository included.
    pub elapsed: Duration,
    pub findings: Vec<Finding>,
}

/// Lays out a row's repository, runs its commands, and looks at everything that they did.
pub fn judge(row: &Row) -> Outcome {
    let start = Instant::now();
    let site = Site::of(row);
    row.honest
        .iter()
        .chain(&row.hostile)
        .for_each(|step| step(&site));
    let mut judgement = Judgement {
        row,
        before: site.outside(),
        site,
        findings: Vec::new(),
        commands: 0,
    };
    judgement.run_all();
    judgement.look_around();
    judgement.compare_with_honest();
    Outcome {
        name: row.name,
        commands: judgement.commands,
        elapsed: start.elapsed(),
        findings: judgement.findings,
    }
}

struct Judgement<'a> {
    row: &'a Row,
    site: Site,
    before: super::snapshot::Snapshot,
    findings: Vec<Finding>,
    commands: usize,
}

impl Judgement<'_> {
    fn add(&mut self, kind: Kind, what: String) {
        self.findings.push((kind, what));
    }

    /// Runs the row's commands until one breaks a bound: what it holds up is as clear then.
    fn run_all(&mut self) {
        let bounds = |stopped_after| Bounds {
            deadline: self.row.deadline,
            stopped_after,
        };
        let whole = bounds(None);
        let stopped = bounds(Some(Duration::from_millis(100)));
        for arguments in self.row.commands {
            if self.run(arguments, whole).is_none() {
                return;
            }
        }
        if self.row.is_stopped {
            let commands = self.row.commands;
            let plan = commands.iter().find(|command| command[0] == "plan");
            self.run(plan.unwrap_or(&commands[0]), stopped);
        }
    }

    fn run(&mut self, arguments: &'static [&'static str], bounds: Bounds) -> Option<()> {
        self.commands += 1;
        let watched = watch(self.site.command(arguments), bounds);
        let command = arguments.join(" ");
        for (stream, bytes) in [("stdout", &watched.stdout), ("stderr", &watched.stderr)] {
            for name in canaries::found_in(bytes) {
                self.add(Kind::Leak, format!("{name} on {stream} of `lls {command}`"));
            }
            let text = String::from_utf8_lossy(bytes);
            let is_github = self
                .site
                .environment
                .iter()
                .any(|(name, _)| name == "GITHUB_ACTIONS");
            if let Some(what) = injection::in_terminal(&text, is_github) {
                self.add(
                    Kind::Injected,
                    format!("{what} on {stream} of `lls {command}`"),
                );
            }
            if text.contains("panicked") {
                self.add(Kind::Verdict, format!("`lls {command}` panicked: {text}"));
            }
        }
        if let Some(broke) = &watched.broke {
            self.add(Kind::Hang, format!("`lls {command}`: {broke}"));
            return None;
        }
        if bounds.stopped_after.is_none() {
            self.check_expected(arguments, &watched);
        }
        Some(())
    }

    /// What the exit status and messages of the deciding commands must be.
    fn check_expected(&mut self, arguments: &[&str], watched: &Watched) {
        let command = arguments[0];
        let said = [&watched.stdout, &watched.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        // What failed in `apply` is part of its result.
        let said = said.concat();
        let misses = |parts: &[&str]| {
            parts
                .iter()
                .any(|part| !said.contains(&self.site.fill(part)))
        };
        let is_planned = arguments == PLAN && misses(self.row.warning);
        let wrong = match self.row.expected {
            Expected::Refused(parts) if matches!(command, "plan" | "build" | "apply") => {
                watched.status != Some(1) || misses(parts)
            }
            Expected::Accepted(_) if matches!(command, "plan" | "build" | "apply" | "outputs") => {
                watched.status != Some(0)
            }
            _ => false,
        };
        if wrong || is_planned {
            let status = watched.status;
            let what = format!(
                "`lls {}` ends with {status:?} and says\n{said}",
                arguments.join(" ")
            );
            self.add(Kind::Verdict, what);
        }
    }

    /// Looks for secrets in files and requests, for what was written elsewhere, and for what ran.
    fn look_around(&mut self) {
        let mut found = BTreeSet::new();
        let (folders, skipped) = self.site.searched(self.row.unsearched);
        for folder in &folders {
            found.extend(secrets_below(folder, &skipped));
        }
        let received = self.site.attacker.received();
        if self.row.is_silent && !received.is_empty() {
            let request = String::from_utf8_lossy(&received);
            let request = request.lines().next().unwrap_or_default();
            self.add(
                Kind::Verdict,
                format!("the attacker's host is asked: {request}"),
            );
        }
        let at_attacker = canaries::found_in(&received).into_iter();
        found.extend(at_attacker.map(|name| format!("{name} at the attacker's host")));
        for leak in found {
            self.add(Kind::Leak, leak);
        }
        for report in ["plan.md", "plan.html"] {
            let path = self.site.project.path(report);
            // It may be a pipe.
            let text = path.is_file().then(|| std::fs::read_to_string(path).ok());
            let found = text.flatten();
            if let Some(what) = found.and_then(|text| injection::in_report(report, &text)) {
                self.add(Kind::Injected, format!("{what} in {report}"));
            }
        }
        let is_hung = self.findings.iter().any(|(kind, _)| *kind == Kind::Hang);
        for path in self.site.outside().changed_since(&self.before) {
            // What was killed leaves temporary files, which says nothing new.
            if !is_hung || !path.starts_with(self.site.folder().join("tmp")) {
                let path = path.strip_prefix(self.site.folder()).unwrap_or(&path);
                self.add(Kind::WrittenOutside, path.display().to_string());
            }
        }
        if let Ok(mark) = std::fs::read_to_string(self.site.mark()) {
            self.add(Kind::Ran, mark.trim().to_owned());
        }
    }

    /// Compares what was published with what the repository gives without the attacker's part, on a clean runner.
    fn compare_with_honest(&mut self) {
        let layer_of = |path: &std::path::Path| {
            let layer = path.parent().and_then(|layer| layer.file_name());
            layer.unwrap_or_default().to_string_lossy().into_owned()
        };
        let registries = [
            self.site.project.path("registry"),
            self.site.project.path(".registry"),
            self.site.folder().join("allowed"),
        ];
        let published: Vec<_> = registries
            .iter()
            .flat_map(|folder| archives_below(folder))
            .collect();
        let layers: BTreeSet<_> = published.iter().map(|(path, _)| layer_of(path)).collect();
        let expected: BTreeSet<_> = match self.row.expected {
            Expected::Accepted(layers) => layers.iter().map(|layer| (*layer).to_owned()).collect(),
            Expected::Refused(_) => BTreeSet::new(),
            Expected::Harmless => layers.clone(),
        };
        if layers != expected && !self.findings.iter().any(|(kind, _)| *kind == Kind::Hang) {
            self.add(Kind::Verdict, format!("published are {layers:?}"));
        }
        if published.is_empty() {
            return;
        }
        let honest = honest_archives(self.row);
        for (path, hash) in &published {
            let layer = layer_of(path);
            if honest.get(&layer) != Some(hash) {
                let path = path.strip_prefix(self.site.folder()).unwrap_or(path);
                self.add(
                    Kind::ForeignBytes,
                    format!("{} of layer {layer}", path.display()),
                );
            }
        }
    }
}

/// The archives that the honest part of a row's repository gives, by layer.
fn honest_archives(row: &Row) -> BTreeMap<String, Sha256> {
    let mut site = Site::of(row);
    // The others are for what the attacker adds.
    site.environment
        .retain(|(name, _)| name == "LLS_ALLOW_OUTSIDE");
    row.honest.iter().for_each(|step| step(&site));
    let folder = site.folder().join("honest");
    let mut command = site.command(&["build", "--output-dir"]);
    let output = command.arg(&folder).output().expect("lls can be run");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {message}", row.name);
    let name = |path: &std::path::Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let archives = archives_below(&folder).into_iter();
    archives.map(|(path, hash)| (name(&path), hash)).collect()
}
