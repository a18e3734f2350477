//! The `uv` process: resolves requirements and finds wheels, with the indexes and credentials that it is set up for.
//!
//! `uv` is run, never linked, and may not download interpreters. It may run foreign code only of the packages that it is
//! told to take from source; of all others it takes wheels (`--only-binary :all:`). Nothing in the folder where `lls` runs
//! may change that: uv runs elsewhere, and reads no configuration files but a copy of settings that are harmless.

mod build;
mod error;
mod find;
mod logins;
mod places;
mod pylock;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use build::BuildOptions;
pub use error::{UvError, without_secrets};
pub use find::{UvSource, find_uv, installed_uv};
pub use logins::StrayLogin;
pub use places::{index_folder, places_in_variables};
pub use pylock::{IndexFile, PackageSource, ResolvedPackage};
use settings::UvSettings;
pub use settings::UvSettingsError;

use crate::http::Patience;
use crate::layer::PackageName;
use crate::layer::{Architecture, PythonVersion};
use crate::lock::Commit;
use crate::process::{Child, Exceeded, Launcher, Purpose};

/// The `uv` program, and what it is set up for.
#[derive(Clone, Debug)]
pub struct Uv {
    program: std::path::PathBuf,
    settings: UvSettings,
    launcher: Launcher,
    patience: Patience,
    /// Why indexes are not asked again, by the lines of requirements that name them: each time takes long.
    unreachable: Arc<Mutex<BTreeMap<Vec<String>, Unreachable>>>,
}

/// Why indexes are of no use for now.
#[derive(Clone, Debug)]
enum Unreachable {
    /// uv could not reach them, as it said.
    Told(String),
    /// uv did not finish with them.
    Late(Duration),
    /// uv took more and more memory with them.
    Memory,
}

impl From<Unreachable> for UvError {
    fn from(why: Unreachable) -> Self {
        match why {
            Unreachable::Told(message) => Self::Failed { message },
            Unreachable::Late(time) => Self::Late(time),
            Unreachable::Memory => Self::Memory,
        }
    }
}

/// What a resolution is for.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// The version of the runtime.
    pub python: PythonVersion,
    /// The architecture of the layer.
    pub architecture: Architecture,
}

/// A package at a version.
pub type Pin = (PackageName, String);

/// A package at a commit of what its requirement asks for.
#[derive(Clone, Debug)]
pub struct GitPin {
    /// The package.
    pub name: PackageName,
    /// The repository, as the requirement has it.
    pub url: String,
    /// The branch, tag or commit that the requirement asks for, if it asks for one.
    pub revision: Option<String>,
    /// The commit.
    pub commit: Commit,
}

/// What a resolution keeps where it still satisfies the requirements.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// Versions.
    pub pins: Vec<Pin>,
    /// Commits.
    pub commits: Vec<GitPin>,
}

/// What is to be resolved.
#[derive(Clone, Copy, Debug)]
pub struct ResolveRequest<'a> {
    /// The requirements file.
    pub requirements: &'a Path,
    /// Its lines that name indexes.
    pub index_options: &'a [String],
    /// The packages that come with their sources in place of wheels; uv may run their code to find what they require.
    pub from_source: &'a BTreeSet<PackageName>,
}

impl Uv {
    /// Resolves requirements for one platform; every package comes with all wheels that can run there.
    pub async fn resolve(
        &self,
        request: ResolveRequest<'_>,
        platform: Platform,
        preferences: &Preferences,
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let platform_name = platform_name(platform);
        let mut options = vec!["--python-platform", &platform_name];
        for name in request.from_source {
            options.extend(["--no-binary", name.as_str()]);
        }
        let purpose = match request.from_source.is_empty() {
            true => Purpose::Resolve,
            false => Purpose::ResolveFromSource,
        };
        let compiled = self.compile(
            purpose,
            request.requirements,
            platform,
            preferences,
            &options,
        );
        self.unless_unreachable(request.index_options, compiled)
            .await
    }

    /// What `asked` comes to, unless the indexes could not be reached before.
    async fn unless_unreachable<T>(
        &self,
        index_options: &[String],
        asked: impl Future<Output = Result<T, UvError>>,
    ) -> Result<T, UvError> {
        let unreachable = || {
            self.unreachable
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(why) = unreachable().get(index_options) {
            return Err(why.clone().into());
        }
        let outcome = asked.await;
        let why = match &outcome {
            Err(UvError::Failed { message }) if error::is_unreachable(message) => {
                Some(Unreachable::Told(message.clone()))
            }
            Err(UvError::Late(time)) => Some(Unreachable::Late(*time)),
            Err(UvError::Memory) => Some(Unreachable::Memory),
            _ => None,
        };
        if let Some(why) = why {
            unreachable().insert(index_options.to_vec(), why);
        }
        outcome
    }

    /// The indexes of the runner's own settings, as `name=address` or an address alone. Never shown: addresses may hold
    /// credentials.
    pub fn runner_indexes(&self) -> &[String] {
        self.settings.runner_indexes()
    }

    /// The folders and addresses that the settings of uv name as indexes.
    pub fn index_places(&self) -> Vec<String> {
        self.settings.index_places()
    }

    /// Lists all files that the indexes have of the pinned packages, even those that a resolution would not choose now.
    ///
    /// `index_options` are lines of a requirements file that name indexes; paths in them are absolute.
    pub async fn locate(
        &self,
        pins: &[Pin],
        index_options: &[String],
        platform: Platform,
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let pinned = |(name, version): &Pin| format!("{name}=={version}");
        let lines: Vec<_> = pins.iter().map(pinned).collect();
        self.offered(&lines, index_options, platform).await
    }

    /// Lists the files of the version that these requirements choose for any platform and the runtime's Python, or
    /// newer ones. No file's own requirements are followed.
    pub async fn offered(
        &self,
        requirements: &[String],
        index_options: &[String],
        platform: Platform,
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let options = ["--universal", "--no-deps"];
        self.look_for(requirements, index_options, platform, &options)
            .await
    }

    /// Lists the files of the version that these requirements choose for one platform.
    pub async fn newest(
        &self,
        requirements: &[String],
        index_options: &[String],
        platform: Platform,
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let platform_name = platform_name(platform);
        let options = ["--python-platform", &platform_name, "--no-deps"];
        self.look_for(requirements, index_options, platform, &options)
            .await
    }

    async fn look_for(
        &self,
        requirements: &[String],
        index_options: &[String],
        platform: Platform,
        options: &[&str],
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let folder = tempfile::tempdir().map_err(UvError::Temporary)?;
        let path = folder.path().join("requirements.in");
        let lines = [index_options, requirements].concat().join("\n");
        std::fs::write(&path, lines).map_err(UvError::Temporary)?;
        let (purpose, preferences) = (Purpose::Resolve, Preferences::default());
        let compiled = self.compile(purpose, &path, platform, &preferences, options);
        self.unless_unreachable(index_options, compiled).await
    }

    async fn compile(
        &self,
        purpose: Purpose,
        requirements: &Path,
        platform: Platform,
        preferences: &Preferences,
        options: &[&str],
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let folder = tempfile::tempdir().map_err(UvError::Temporary)?;
        let output = folder.path().join("pylock.toml");
        let Preferences { pins, commits } = preferences;
        if !pins.is_empty() || !commits.is_empty() {
            std::fs::write(&output, pylock::with_preferences(preferences))
                .map_err(UvError::Temporary)?;
        }
        let settings = self.settings.file()?;
        let mut command = self.command(purpose, settings.path())?;
        command
            .args(["pip", "compile", "--format", "pylock.toml"])
            .args(["--only-binary", ":all:", "--no-header"])
            .args(["--color", "never", "--no-progress", "-p", "python3"])
            .args(["--python-version", &platform.python.to_string()])
            .args(options)
            .arg("--output-file")
            .arg(&output)
            .arg(requirements);
        tracing::debug!(
            requirements = %requirements.display(),
            python = %platform.python,
            architecture = %platform.architecture,
            "uv pip compile"
        );
        // To find out what a package requires, uv may have to run its build.
        let longest = match options.contains(&"--no-binary") {
            true => self.patience.whole(),
            false => self.patience.search(),
        };
        let outcome = command.output_within(longest).await;
        let outcome = outcome.map_err(|source| self.not_started(source))?;
        let outcome = outcome.map_err(|exceeded| match exceeded {
            Exceeded::Time(time) => UvError::Late(time),
            Exceeded::Memory => UvError::Memory,
        })?;
        if !outcome.status.success() {
            return Err(failed(&outcome, platform));
        }
        let text = std::fs::read_to_string(&output).map_err(UvError::Temporary)?;
        pylock::parse(&text)
    }

    /// A run of uv with these settings alone.
    fn command(&self, purpose: Purpose, settings: &Path) -> Result<Child, UvError> {
        let child = self.launcher.child(&self.program, purpose);
        let mut child = child.map_err(|source| self.not_started(source))?;
        child
            .arg("--config-file")
            .arg(settings)
            .env("UV_PYTHON_DOWNLOADS", "never");
        if self.launcher.value("UV_HTTP_TIMEOUT").is_none() {
            let seconds = self.patience.silence().as_secs_f64().ceil();
            child.env("UV_HTTP_TIMEOUT", seconds.to_string());
        }
        for (name, variable, value) in self.launcher.index_logins() {
            if self.settings.may_pass_login(name) {
                child.env(variable, value);
            }
        }
        Ok(child)
    }

    fn not_started(&self, source: std::io::Error) -> UvError {
        UvError::NotStarted {
            program: self.program.clone(),
            source,
        }
    }
}

fn failed(outcome: &Output, platform: Platform) -> UvError {
    let message = String::from_utf8_lossy(&outcome.stderr).trim().to_owned();
    let Platform {
        python,
        architecture,
    } = platform;
    if let Some(package) = error::package_without_source(&message) {
        return UvError::NoSource { package };
    }
    if let Some(package) = error::package_with_source_only(&message) {
        return UvError::OnlySource { package };
    }
    match error::package_without_wheel(&message) {
        Some(package) => UvError::NoWheel {
            package,
            python,
            architecture,
        },
        None => UvError::Failed { message },
    }
}

/// What uv calls the oldest platform that the runtime's C library can serve.
///
/// uv knows no `manylinux_2_26`, so that runtimes before python3.12 get the next older, manylinux2014.
fn platform_name(platform: Platform) -> String {
    let architecture = platform.architecture.platform();
    match platform.python.glibc().minor {
        34 => format!("{architecture}-manylinux_2_34"),
        _ => format!("{architecture}-manylinux2014"),
    }
}
