//! The one door for child processes: nothing else in `lls` starts a program.
//!
//! A child is found on absolute folders of the search path. It has a cleared environment with what its purpose needs,
//! an empty folder of its own to run in, no input, and ends with the future that waits for it.

mod allowed;
mod bounds;
mod git;
mod group;
mod places;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use std::{fmt, io};

use tempfile::TempDir;
use tokio::process::Command;

use crate::input::Repository;

pub use allowed::{UnsetVariable, VariableName, VariableNameError, variable_hint};
use allowed::{used_variables, with_values};
use bounds::too_large;
pub use bounds::{Exceeded, MOST_MEMORY};
use group::Groups;
pub use places::FileOfRepository;
pub use variables::index_login_name;

/// What a child is started for, which decides what it may have of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `uv` takes wheels, and runs no foreign code.
    Resolve,
    /// `uv` resolves, and may run the code of packages in `build` and Git.
    ResolveFromSource,
    /// `uv` builds a wheel, which runs the package's code.
    BuildWheel,
    /// `python3` installs uv with pip.
    InstallUv,
    /// `git` reads a repository.
    Git,
}

impl Purpose {
    fn is_uv(self) -> bool {
        matches!(
            self,
            Self::Resolve | Self::ResolveFromSource | Self::BuildWheel
        )
    }

    /// Whether it mainly reads pages of indexes, which may be endless.
    fn reads_indexes(self) -> bool {
        matches!(self, Self::Resolve | Self::ResolveFromSource)
    }
}

/// Starts children with what they may have of an environment.
#[derive(Clone, Default)]
pub struct Launcher {
    variables: BTreeMap<String, OsString>,
    allowed: BTreeSet<VariableName>,
    search_path: Vec<PathBuf>,
    groups: Groups,
}

impl fmt::Debug for Launcher {
    /// Without values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.variables.keys().collect();
        f.debug_tuple("Launcher").field(&names).finish()
    }
}

impl Launcher {
    /// A launcher for this environment, of which each child gets the few variables that it needs.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let variables: BTreeMap<_, _> = named.collect();
        let search_path = variables.get("PATH").into_iter();
        let folders = search_path.flat_map(std::env::split_paths);
        Self {
            search_path: folders.filter(|folder| folder.is_absolute()).collect(),
            variables,
            allowed: BTreeSet::new(),
            groups: Groups::default(),
        }
    }

    /// The same with variables that requirements may use, and builds may see; each must be set.
    pub fn allowing(mut self, names: &[VariableName]) -> Result<Self, UnsetVariable> {
        let unset = |name: &&VariableName| !self.variables.contains_key(name.as_str());
        if let Some(name) = names.iter().find(unset) {
            return Err(UnsetVariable(name.clone()));
        }
        self.allowed = names.iter().cloned().collect();
        Ok(self)
    }

    /// The same, but programs are not looked for in folders of the repository, where a pull request could have put them.
    ///
    /// # Errors
    /// If a variable names a file of the repository that would count as the runner's word.
    pub fn outside(mut self, repository: &Repository) -> Result<Self, FileOfRepository> {
        places::check(&self, repository)?;
        self.search_path.retain(|folder| !repository.holds(folder));
        Ok(self)
    }

    /// The value of a variable, for `lls` itself; `None` where it is empty, unset or no UTF-8.
    pub fn value(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.to_str()?;
        (!value.is_empty()).then_some(value)
    }

    /// The first variable in a text, written `${NAME}`, that requirements may not use.
    pub fn refused_variable<'t>(&self, text: &'t str) -> Option<&'t str> {
        used_variables(text).find(|name| !self.allows(name))
    }

    /// A text with the values of its variables, which must be ones that requirements may use.
    pub fn expanded(&self, text: &str) -> String {
        with_values(text, |name| match self.allows(name) {
            true => self.value(name).unwrap_or_default(),
            false => "",
        })
    }

    fn allows(&self, name: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed.as_str() == name)
    }

    /// The variables that say who reads package indexes, `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`, each with that name.
    pub fn index_logins(&self) -> impl Iterator<Item = (&str, &str, &OsStr)> {
        self.variables.iter().filter_map(|(variable, value)| {
            let name = index_login_name(variable)?;
            Some((name, variable.as_str(), value.as_os_str()))
        })
    }

    /// Where a program is. Folders of the search path that are not absolute are passed over: they may lead into the
    /// repository.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        let candidates = self.search_path.iter().map(|folder| folder.join(program));
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
        let passed = self.variables.iter().filter(|(name, _)| {
            variables::may_have(purpose, name) || (purpose.is_uv() && self.allows(name))
        });
        command.envs(passed);
        if let Ok(path) = std::env::join_paths(&self.search_path) {
            command.env("PATH", path);
        }
        if variables::may_have(purpose, git::COUNT) {
            command.envs(git::variables(self.value(git::COUNT)));
        }
        if purpose == Purpose::Git {
            command.args(git::options());
        }
        Ok(Child {
            command,
            folder,
            purpose,
            groups: self.groups.clone(),
        })
    }

    /// Kills all children of this launcher and its copies, with everything they have started. No more are started.
    pub fn end_children(&self) {
        self.groups.end();
    }
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

    /// Runs it until it exits. Kills it and everything it has started if it takes longer than `longest` or more memory
    /// than its purpose allows, or if this future is dropped.
    pub async fn output_within(
        mut self,
        longest: Duration,
    ) -> io::Result<Result<Output, Exceeded>> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let (child, group) = self.groups.start(|| {
            let child = self.command.spawn()?;
            let id = child.id();
            Ok((child, id))
        })?;
        let process = child.id();
        let outcome = tokio::select! {
            output = child.wait_with_output() => output.map(Ok),
            () = tokio::time::sleep(longest) => Ok(Err(Exceeded::Time(longest))),
            () = too_large(process), if self.purpose.reads_indexes() => Ok(Err(Exceeded::Memory)),
        };
        match outcome {
            Ok(Ok(_)) => group.leave(),
            _ => drop(group),
        }
        drop(self.folder);
        outcome
    }
}
