//! What every command gets: options, environment, and streams. Nothing below reads the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::github::{GitHub, NotedProgress, Warnings};
use super::interruption::Interruption;
use crate::build::Builder;
use crate::cache::{FileIndex, TrackedCaches};
use crate::cli::{ColorWhen, Format, FormatOption, GlobalOptions, InputOptions};
use crate::ecosystem::python::{Tools, UvSource};
use crate::ecosystem::{LockPolicy, Workbench};
use crate::error::{Error, Failure, Failures};
use crate::input::Repository;
use crate::manifest::{Manifest, folder_of};
use crate::process::Launcher;
use crate::progress::{Event, Progress};
use crate::render::{
    Document, Messages, Output, OutputError, Reader, TerminalProgress, render_failures,
};

/// The part of the process's environment that `lls` itself looks at; the AWS SDK and uv have their own.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `LLS_CACHE_DIR`: where wheels and uv are kept.
    pub cache_folder: Option<PathBuf>,
    /// `LLS_STATE_DIR`: the folder of the key that protects notes in caches.
    pub state_folder: Option<PathBuf>,
    /// `LLS_UV`: the uv to use.
    pub uv: Option<PathBuf>,
    /// The folder where `lls` runs.
    pub folder: PathBuf,
    /// What starts child processes, with what they may have of the environment.
    pub launcher: Launcher,
    /// `CI`: whether a job runs `lls`, whose files are gone afterwards.
    pub is_ci: bool,
    /// GitHub Actions, if it runs `lls`.
    pub github: Option<GitHub>,
}

impl Environment {
    /// Who reads along with what is printed.
    pub fn reader(&self) -> Reader {
        match self.github {
            Some(_) => Reader::GithubActions,
            None => Reader::Other,
        }
    }

    /// Reads the process's environment.
    pub fn read() -> Self {
        let path = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let folder = std::env::current_dir().unwrap_or_default();
        let variables = std::env::vars_os().map(|(name, value)| {
            let texts = name.to_str().zip(value.to_str());
            let absolute =
                texts.and_then(|(name, value)| with_absolute_paths(name, value, &folder));
            let value = absolute.map_or(value, OsString::from);
            (name, value)
        });
        Self {
            cache_folder: path("LLS_CACHE_DIR"),
            state_folder: path("LLS_STATE_DIR"),
            uv: path("LLS_UV"),
            folder: folder.clone(),
            launcher: Launcher::new(variables),
            is_ci: std::env::var_os("CI").is_some_and(|value| !value.is_empty()),
            github: GitHub::read(),
        }
    }
}

/// The value of a variable for child processes with its paths as they are in `folder`: children run elsewhere.
fn with_absolute_paths(name: &str, value: &str, folder: &Path) -> Option<String> {
    let separator = match name {
        "GIT_CONFIG_GLOBAL"
        | "GIT_CONFIG_SYSTEM"
        | "HOME"
        | "NETRC"
        | "PIP_CACHE_DIR"
        | "PIP_CERT"
        | "PIP_CLIENT_CERT"
        | "PIP_CONFIG_FILE"
        | "SSL_CERT_DIR"
        | "SSL_CERT_FILE"
        | "SSL_CLIENT_CERT"
        | "TMPDIR"
        | "UV_CACHE_DIR"
        | "UV_CREDENTIALS_DIR"
        | "UV_PYTHON_INSTALL_DIR" => None,
        "UV_FIND_LINKS" => Some(','),
        "PIP_CONSTRAINT"
        | "PIP_FIND_LINKS"
        | "UV_BUILD_CONSTRAINT"
        | "UV_CONSTRAINT"
        | "UV_EXCLUDE"
        | "UV_OVERRIDE" => Some(' '),
        _ => return None,
    };
    let absolute = |path: &str| {
        if path.is_empty() || path.contains("://") || path.starts_with('~') {
            path.to_owned()
        } else {
            folder.join(path).display().to_string()
        }
    };
    let Some(separator) = separator else {
        return Some(absolute(value));
    };
    let parts: Vec<_> = value.split(separator).map(absolute).collect();
    Some(parts.join(&separator.to_string()))
}

/// What every command is given.
pub struct Context {
    /// Options of every command.
    pub options: GlobalOptions,
    /// The process's environment.
    pub environment: Environment,
    /// The streams.
    pub output: Output,
    /// What shows progress.
    pub progress: Arc<dyn Progress>,
    /// The warnings so far, for reports.
    pub warnings: Warnings,
    /// How far an interruption may go.
    pub interruption: Arc<Interruption>,
}

impl ColorWhen {
    /// What the option means for a stream; `Auto` asks the terminal and `NO_COLOR`.
    pub fn choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::AlwaysAnsi,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

/// A file is allowed where only folders can be.
#[derive(Debug, thiserror::Error)]
#[error("`--allow-outside` takes folders, but `{}` is a file", .0.display())]
struct NoAllowedFolder(PathBuf);

impl Failure for NoAllowedFolder {
    fn hint(&self) -> Option<String> {
        let folder = self
            .0
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Some(format!(
            "allow its folder, `{}`",
            folder.unwrap_or(Path::new(".")).display()
        ))
    }
}

impl Context {
    /// Sets up the streams and, with `--debug`, messages for debugging.
    pub fn new(options: GlobalOptions, environment: Environment) -> Self {
        let messages = if options.quiet {
            Messages::LeftOut
        } else {
            Messages::Shown
        };
        let output = Output::new(options.color.choice(), messages, environment.reader())
            .with_links_to(options.manifest_path(), &environment.folder);
        if options.debug {
            // Only messages of lls itself: those of the SDK and of HTTP clients may hold secrets.
            let filter = tracing_subscriber::filter::Targets::new()
                .with_target("lls", tracing::Level::DEBUG);
            let lines = tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(output.has_color(&std::io::stderr()))
                .without_time()
                .with_target(false);
            let _ = tracing_subscriber::registry()
                .with(filter)
                .with(lines)
                .try_init();
        } else {
            // Messages for debugging leave no room for bars.
            output.draw_bars();
        }
        let interruption = Arc::new(Interruption::default());
        let is_stopping = Arc::clone(&interruption.is_stopping);
        let shown = TerminalProgress::new(output.clone(), is_stopping);
        let warnings = Warnings::default();
        let progress = Arc::new(NotedProgress {
            shown,
            annotations: environment.github.as_ref().map(|_| output.clone()),
            warnings: Arc::clone(&warnings),
        });
        Self {
            options,
            environment,
            output,
            progress,
            warnings,
            interruption,
        }
    }

    /// Tells the user of failures.
    pub fn report(&self, failures: &Failures) {
        if !failures.0.is_empty() {
            self.output.insist(&render_failures(failures));
            self.annotate(failures);
        }
    }

    /// Prints the result: as `text`, or `data` as JSON.
    pub fn result(
        &self,
        format: FormatOption,
        text: &str,
        data: impl Serialize,
    ) -> Result<(), OutputError> {
        match format.format {
            Format::Terminal => self.output.result(text),
            Format::Json => self.output.result(&Document::new(data).render()),
        }
    }

    /// Tells the user of something that deserves attention but stops nothing.
    pub fn warn(&self, message: &str) {
        self.progress.event(Event::Warning { message });
    }

    /// Checks the folders that may be named outside the repository; warns of those that are not there.
    ///
    /// # Errors
    /// If one of them is a file.
    pub fn check_allowed_outside(&self) -> Result<(), Error> {
        for folder in &self.options.allowed_outside {
            match self.environment.folder.join(folder).metadata() {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Err(NoAllowedFolder(folder.clone()).into()),
                Err(_) => self.warn(&format!(
                    "`{}`, which `--allow-outside` or LLS_ALLOW_OUTSIDE allows, does not exist",
                    folder.display()
                )),
            }
        }
        Ok(())
    }

    /// The repository that the manifest is in. The manifest need not exist.
    pub fn repository(&self) -> Repository {
        self.repository_around(folder_of(self.options.manifest_path()))
    }

    /// The repository that a folder is in.
    pub fn repository_around(&self, folder: &Path) -> Repository {
        let allowed = &self.options.allowed_outside;
        Repository::around(folder, &self.environment.folder, allowed)
    }

    /// The repository of a folder that the command line names.
    ///
    /// # Errors
    /// If a link in a repository leads out of it on the way there.
    pub fn repository_around_named(&self, folder: &Path) -> Result<Repository, Error> {
        let allowed = &self.options.allowed_outside;
        let current = &self.environment.folder;
        Ok(Repository::around_named(folder, current, allowed)?)
    }

    /// Reads the manifest.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        let path = self.options.manifest_path();
        let manifest = Manifest::read(path, &self.repository())?;
        for warning in &manifest.warnings {
            self.warn(warning);
        }
        Ok(manifest)
    }

    /// A builder for the project in `project`, which is part of `repository`.
    pub fn builder(
        &self,
        project: &Path,
        repository: &Repository,
        inputs: InputOptions,
    ) -> Result<Builder<'_>, Error> {
        let lock_policy = if inputs.locked {
            LockPolicy::Locked
        } else {
            LockPolicy::Update
        };
        let environment = &self.environment;
        let places = self.cache_places(project, repository)?;
        let uv_source = UvSource {
            named: environment.uv.clone(),
            cache: places.user.clone(),
            key: Some(places.key.clone()),
            folder: environment.folder.clone(),
            repository: Some(repository.clone()),
            launcher: environment
                .launcher
                .clone()
                .outside(repository)?
                .allowing(&self.options.allow_env)?,
            patience: self.options.requests.patience(),
        };
        let bench = Workbench {
            artifacts: places.artifacts(),
            repository: repository.clone(),
            lock_policy,
            progress: self.progress.as_ref(),
            python: Tools::new(uv_source),
        };
        let mut builder = Builder::new(&places, bench)?;
        if inputs.no_cache {
            builder.files = FileIndex::default();
        }
        Ok(builder)
    }

    /// Asks whether Git tracks the caches of the project, while something else is done.
    pub fn tracked_caches(&self, manifest: &Manifest, builder: &Builder<'_>) -> TrackedCaches {
        let launcher = builder.bench.python.uv_source.launcher.clone();
        let repository = &builder.bench.repository;
        TrackedCaches::look(manifest.folder(), repository, &builder.archives, launcher)
    }

    /// Reads the manifest, if there is one or if one is named.
    pub fn manifest_if_there(&self) -> Result<Option<Manifest>, Error> {
        if self.options.manifest.is_some() || self.options.manifest_path().exists() {
            return self.manifest().map(Some);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_variables_are_those_of_the_folder_where_lls_runs() {
        let absolute = |name: &str, value: &str| with_absolute_paths(name, value, Path::new("/p"));
        for (name, value, expected) in [
            ("UV_CACHE_DIR", "a b", "/p/a b"),
            ("SSL_CERT_FILE", "/c d", "/c d"),
            ("NETRC", "~/.netrc", "~/.netrc"),
            ("UV_FIND_LINKS", "w,http://h/x,/y z", "/p/w,http://h/x,/y z"),
            ("PIP_FIND_LINKS", "w  /x", "/p/w  /x"),
            ("TMPDIR", "", ""),
        ] {
            assert_eq!(absolute(name, value).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(absolute("OTHER", "w"), None);
    }
}
