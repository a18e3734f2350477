//! The `uv` program: resolves requirements, and lists the files that indexes have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::{self, UvError};
use super::logins::Logins;
use super::places::index_option;
use super::pylock::{self, ResolvedPackage};
use super::request::{Pin, Platform, Preferences, ResolveRequest};
use super::settings::UvSettings;
use super::yanked::{newest_untaken, note_yanked};
use crate::http::Patience;
use crate::layer::PackageName;
use crate::process::{Child, Exceeded, Launcher, Purpose, Unfinished};

/// The `uv` program, and what it is set up for.
#[derive(Clone, Debug)]
pub struct Uv {
    program: PathBuf,
    pub(super) settings: UvSettings,
    pub(super) launcher: Launcher,
    pub(super) patience: Patience,
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

impl Uv {
    /// The program at a path, with what it is set up for.
    pub(super) fn new(
        program: PathBuf,
        settings: UvSettings,
        (launcher, patience): (Launcher, Patience),
    ) -> Self {
        Self {
            program,
            settings,
            launcher,
            patience,
            unreachable: Arc::default(),
        }
    }

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
        let compiled = self.compile(request, platform, preferences, &options);
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

    /// The program and its version.
    ///
    /// # Errors
    /// If it cannot be run, or says no version.
    pub async fn version(&self) -> Result<(PathBuf, String), UvError> {
        let child = self.launcher.child(&self.program, Purpose::Resolve);
        let mut child = child.map_err(|source| self.not_started(source))?;
        child.arg("--version");
        let longest = self.patience.search();
        let outcome = child.output_within(longest).await;
        let outcome = outcome.map_err(|why| self.unfinished(why))?;
        let said = String::from_utf8_lossy(&outcome.stdout);
        let version = said.split_whitespace().nth(1);
        let version = version.filter(|_| outcome.status.success());
        let version = version.ok_or_else(|| UvError::Failed {
            message: format!("`{}` is not uv", self.program.display()),
        })?;
        Ok((self.program.clone(), version.to_owned()))
    }

    /// The logins of the runner, for what uv leaves to others.
    pub fn logins(&self) -> &Logins {
        self.settings.logins()
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
        let place = (platform, &Preferences::default());
        self.look_for(requirements, index_options, place, &options)
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
        let place = (platform, &Preferences::default());
        self.look_for(requirements, index_options, place, &options)
            .await
    }

    /// Lists the sources of the versions that these lines choose for one platform, of packages that may be built. No code
    /// is run, as nothing that they require themselves is followed.
    pub async fn sources(
        &self,
        names: &BTreeSet<PackageName>,
        (lines, index_options): (&[String], &[String]),
        platform: Platform,
        preferences: &Preferences,
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let platform_name = platform_name(platform);
        let mut options = vec!["--python-platform", &platform_name, "--no-deps"];
        for name in names {
            options.extend(["--no-binary", name.as_str()]);
        }
        self.look_for(lines, index_options, (platform, preferences), &options)
            .await
    }

    async fn look_for(
        &self,
        requirements: &[String],
        index_options: &[String],
        (platform, preferences): (Platform, &Preferences),
        options: &[&str],
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let folder = tempfile::tempdir().map_err(UvError::Temporary)?;
        let path = folder.path().join("requirements.in");
        let lines = [index_options, requirements].concat().join("\n");
        std::fs::write(&path, lines).map_err(UvError::Temporary)?;
        let request = ResolveRequest {
            requirements: &path,
            index_options,
            from_source: &BTreeSet::new(),
        };
        let compiled = self.compile(request, platform, preferences, options);
        self.unless_unreachable(index_options, compiled).await
    }

    async fn compile(
        &self,
        request: ResolveRequest<'_>,
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
        let purpose = if request.from_source.is_empty() {
            Purpose::Resolve
        } else {
            Purpose::ResolveFromSource
        };
        let mut command = self.command(purpose, settings.path())?;
        if let Some(links) = self.find_links(request.index_options) {
            command.env("UV_FIND_LINKS", links);
        }
        command
            .args(["pip", "compile", "--format", "pylock.toml"])
            .args(["--only-binary", ":all:", "--no-header"])
            .args(["--color", "never", "--no-progress", "-p", "python3"])
            .args(["--python-version", &platform.python.to_string()])
            .args(options)
            .arg("--output-file")
            .arg(&output)
            .arg(request.requirements);
        tracing::debug!(
            requirements = %request.requirements.display(),
            python = %platform.python,
            architecture = %platform.architecture,
            "uv pip compile"
        );
        // To find out what a package requires, uv may have to run its build.
        let longest = if options.contains(&"--no-binary") {
            self.patience.whole()
        } else {
            self.patience.search()
        };
        let outcome = command.output_within(longest).await;
        let outcome = outcome.map_err(|why| self.unfinished(why))?;
        if !outcome.status.success() {
            return Err(failed(&outcome, platform));
        }
        let text = std::fs::read_to_string(&output).map_err(UvError::Temporary)?;
        let mut packages = pylock::parse(&text)?;
        note_yanked(&mut packages, &String::from_utf8_lossy(&outcome.stderr));
        Ok(packages)
    }

    /// A run of uv with these settings alone.
    pub(super) fn command(&self, purpose: Purpose, settings: &Path) -> Result<Child, UvError> {
        let child = self.launcher.child(&self.program, purpose);
        let mut child = child.map_err(|source| self.not_started(source))?;
        child
            .arg("--config-file")
            .arg(settings)
            .env("UV_PYTHON_DOWNLOADS", "never")
            // uv would send a host's login by http and to any port, and that of `default` to every host. The settings
            // have those that it may have.
            .env("NETRC", "/dev/null");
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

    /// What `UV_FIND_LINKS` is to be where an address of `--find-links` has a login in the netrc file: without an index
    /// (`--no-index`), uv takes logins from such addresses alone.
    pub(super) fn find_links(&self, index_options: &[String]) -> Option<String> {
        let given = self.launcher.value("UV_FIND_LINKS").unwrap_or_default();
        let given = given.split(',').filter(|place| !place.is_empty());
        let options = index_options.iter().map(|line| index_option(line));
        let links = options.filter(|(option, _)| ["-f", "--find-links"].contains(option));
        let places: Vec<_> = given.chain(links.map(|(_, place)| place)).collect();
        let logins = self.settings.logins();
        let with_logins: Vec<_> = places
            .iter()
            .map(|place| logins.in_address(place))
            .collect();
        (with_logins != places).then(|| with_logins.join(","))
    }

    pub(super) fn unfinished(&self, why: Unfinished) -> UvError {
        match why {
            Unfinished::Failed(source) => self.not_started(source),
            Unfinished::Exceeded(Exceeded::Time(time)) => UvError::Late(time),
            Unfinished::Exceeded(Exceeded::Memory | Exceeded::Output) => UvError::Memory,
        }
    }

    pub(super) fn not_started(&self, source: std::io::Error) -> UvError {
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
    if error::is_offline(&message) {
        return UvError::Failed { message };
    }
    if let Some(package) = error::package_without_source(&message) {
        return UvError::NoSource { package };
    }
    if let Some(package) = error::package_with_source_only(&message) {
        let version = newest_untaken(&package, &message);
        return UvError::OnlySource { package, version };
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
