//! The one door for child processes: nothing else in `lls` starts a program.
//!
//! A child is found on absolute folders of the search path. It has a cleared environment with what its purpose needs,
//! an empty folder of its own to run in, no input, and ends with the future that waits for it.

mod allowed;
mod bounds;
mod environment;
mod git;
mod group;
mod places;
mod purpose;
mod variables;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;
use std::{fmt, io};

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::process::Command;

use crate::input::Repository;

pub use allowed::{UnsetVariable, VariableName, VariableNameError, variable_hint};
use allowed::{used_variables, with_values};
use bounds::output;
use bounds::too_large;
pub use bounds::{Exceeded, MOST_MEMORY, Unfinished};
use environment::Environment;
use group::Groups;
pub use places::FileOfRepository;
pub use purpose::Purpose;
pub use variables::index_login_name;

/// Starts children with what they may have of an environment.
#[derive(Clone, Default)]
pub struct Launcher {
    environment: Environment,
    allowed: BTreeSet<VariableName>,
    groups: Groups,
}

impl fmt::Debug for Launcher {
    /// Without values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.variables.keys().collect();
        f.debug_tuple("Launcher").field(&names).finish()
    }
}

impl Launcher {
    /// A launcher for this environment, of which each child gets the few variables that it needs.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self {
            environment: Environment::new(environment),
            allowed: BTreeSet::new(),
            groups: Groups::default(),
        }
    }

    /// The same with variables that requirements may use, and builds may see; each must be set.
    pub fn allowing(mut self, names: &[VariableName]) -> Result<Self, UnsetVariable> {
        let unset = |name: &&VariableName| !self.environment.variables.contains_key(name.as_str());
        if let Some(name) = names.iter().find(unset) {
            return Err(UnsetVariable(name.clone()));
        }
        self.allowed = names.iter().cloned().collect();
        Ok(self)
    }

    /// The same, but programs, libraries and caches are not looked for in folders of the repository, where a pull request
    /// could have put them.
    ///
    /// # Errors
    /// If a variable names a file of the repository that would count as the runner's word.
    pub fn outside(mut self, repository: &Repository) -> Result<Self, FileOfRepository> {
        places::check(&self.environment, repository)?;
        places::leave_out(&mut self.environment, repository);
        Ok(self)
    }

    /// The value of a variable, for `lls` itself; `None` where it is empty, unset or no UTF-8.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.environment.value(name)
    }

    /// The first variable in a text, written `${NAME}`, that requirements may not use.
    pub fn refused_variable<'t>(&self, text: &'t str) -> Option<&'t str> {
        used_variables(text).find(|name| !self.allows(name))
    }

    /// A text with the values of its variables, which must be ones that requirements may use.
    pub fn expanded(&self, text: &str) -> String {
        with_values(text, |name| {
            if self.allows(name) {
                self.value(name).unwrap_or_default()
            } else {
                ""
            }
        })
    }

    fn allows(&self, name: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed.as_str() == name)
    }

    /// The variables that say who reads package indexes, `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`, each with that name.
    pub fn index_logins(&self) -> impl Iterator<Item = (&str, &str, &OsStr)> {
        self.environment
            .variables
            .iter()
            .filter_map(|(variable, value)| {
                let name = index_login_name(variable)?;
                Some((name, variable.as_str(), value.as_os_str()))
            })
    }

    /// Where a program is. Folders of the search path that are not absolute are passed over: they may lead into the
    /// repository.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        let candidates = self
            .environment
            .search_path
            .iter()
            .map(|folder| folder.join(program));
        candidates.into_iter().find(|path| is_executable(path))
    }

    /// A child that runs the program at this path; fails where its folder cannot be made.
    pub fn child(&self, program: &Path, purpose: Purpose) -> io::Result<Child> {
        let folder = tempfile::Builder::new().prefix("lls-").tempdir()?;
        if purpose.is_uv() {
            // uv runs the interpreter of the nearest `.venv` at or above its folder. The search ends at an empty one,
            // before it comes to one that somebody else has left beside the temporary folders.
            std::fs::create_dir(folder.path().join(".venv"))?;
        }
        let mut command = Command::new(program);
        command
            .env_clear()
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        let passed = self.environment.variables.iter().filter(|(name, _)| {
            variables::may_have(purpose, name) || (purpose.is_uv() && self.allows(name))
        });
        command.envs(passed);
        if let Ok(path) = std::env::join_paths(&self.environment.search_path) {
            command.env("PATH", path);
        }
        let git_settings = git::settings(self.value("HOME"));
        if variables::may_have(purpose, git::COUNT) {
            command.envs(git::variables(&git_settings, self.value(git::COUNT)));
        }
        if purpose == Purpose::Git {
            command.args(git::options(&git_settings));
        }
        Ok(Child {
            command,
            folder,
            purpose,
            groups: self.groups.clone(),
        })
    }

    /// Checks that no variable names a file of the repository that would count as the runner's word.
    pub fn check_variables(&self, repository: &Repository) -> Result<(), FileOfRepository> {
        places::check(&self.environment, repository)
    }

    /// Kills all children of this launcher and its copies, with everything they have started. No more are started.
    pub fn end_children(&self) {
        self.groups.end();
    }
}

/// Keeps other processes of the same user, such as children, from reading the memory and the environment of this one
/// (prctl(2), `PR_SET_DUMPABLE`); no core dump is written either. Only on Linux.
pub fn hide_memory() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A sandbox may refuse it. It is one wall behind others.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// How long to wait for the interruption to be heard that has ended a child.
const INTERRUPTION: Duration = Duration::from_millis(200);

/// Whether a signal to the process group of `lls` has ended a child. It can reach a child that has just been started,
/// before that has a group of its own. `lls` has got it as well and is about to drop whoever waits for the child, whose
/// failure is then not the reason that is to be told.
fn was_interrupted(status: ExitStatus) -> bool {
    let signals = [Signal::INT, Signal::TERM].map(Signal::as_raw);
    status
        .signal()
        .is_some_and(|signal| signals.contains(&signal))
}

fn is_executable(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// A process that is to be started.
pub struct Child {
    command: Command,
    folder: TempDir,
    purpose: Purpose,
    groups: Groups,
}

impl Child {
    /// Adds an argument. Other users of the machine can see it.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments. Other users of the machine can see them.
    pub fn args(&mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable that is not the runner's.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.command.env(name, value);
        self
    }

    /// Runs it until it exits. Kills it and everything it has started if it takes longer than `longest`, or more memory
    /// or output than its purpose allows, or if this future is dropped.
    pub async fn output_within(mut self, longest: Duration) -> Result<Output, Unfinished> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let (mut child, group) = self.groups.start(|| {
            let child = self.command.spawn()?;
            let id = child.id();
            Ok((child, id))
        })?;
        let process = child.id();
        let mut group = Some(group);
        // Open until it is killed: it is not to be told that nobody reads.
        let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
        let exit = async {
            let status = child.wait().await?;
            if was_interrupted(status) {
                tokio::time::sleep(INTERRUPTION).await;
            }
            // What code of a layer has left running is killed at once, before it holds the streams open.
            if self.purpose == Purpose::Import {
                group.take();
            }
            Ok(status)
        };
        let outcome = tokio::select! {
            output = output(exit, stdout.as_mut(), stderr.as_mut(), self.purpose.most_output()) => output,
            () = tokio::time::sleep(longest) => Err(Unfinished::Exceeded(Exceeded::Time(longest))),
            () = too_large(process), if self.purpose.has_bounded_memory() => Err(Unfinished::Exceeded(Exceeded::Memory)),
        };
        match (&outcome, group) {
            (Ok(_), Some(group)) => group.leave(),
            (_, group) => drop(group),
        }
        drop(self.folder);
        outcome
    }
}
