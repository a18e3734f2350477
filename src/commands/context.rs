//! What every command is given: options, environment, streams. Below here nobody reads the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::annotate::{GitHub, NotedProgress, Warnings};
use super::interruption::Interruption;
use crate::build::{Builder, LockPolicy, UvSource};
use crate::cache::{FileIndex, default_cache_folder};
use crate::cli::{ColorWhen, GlobalOptions, InputOptions};
use crate::error::{Error, Failure, Failures};
use crate::manifest::{Manifest, Place, Target};
use crate::progress::{Event, Progress};
use crate::registry::{ConnectOptions, OrganizationLookup, Session, connect, connect_environment};
use crate::render::{Output, TerminalProgress, render_failures, render_place};

/// The part of the process's environment that `lls` itself looks at; the AWS SDK and uv have their own.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `LLS_CACHE_DIR`: where wheels and uv are kept.
    pub cache_folder: Option<PathBuf>,
    /// `LLS_UV`: the uv to use.
    pub uv: Option<PathBuf>,
    /// `PATH`.
    pub search_path: Option<OsString>,
    /// Variables that say where package indexes are and who is asking; relative paths in them are made absolute.
    pub index: Vec<(String, String)>,
    /// The folder where `lls` runs.
    pub folder: PathBuf,
    /// `LDFLAGS`: flags for linkers.
    pub linker_flags: Option<String>,
    /// `CI`: whether a job runs `lls`, whose files are gone afterwards.
    pub is_ci: bool,
    /// GitHub Actions, where it runs `lls`.
    pub github: Option<GitHub>,
}

impl Environment {
    /// Reads the process's environment.
    pub fn read() -> Self {
        let path = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let is_index = |name: &str| {
            let prefixes = ["UV_", "SSL_CERT_", "XDG_CONFIG_"];
            let mut prefixes = prefixes.iter();
            prefixes.any(|prefix| name.starts_with(prefix)) || matches!(name, "NETRC" | "HOME")
        };
        let folder = std::env::current_dir().unwrap_or_default();
        let variables = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .map(|(name, value)| {
                let value = with_absolute_paths(&name, value, &folder);
                (name, value)
            });
        Self {
            cache_folder: path("LLS_CACHE_DIR"),
            uv: path("LLS_UV"),
            search_path: std::env::var_os("PATH"),
            index: variables.filter(|(name, _)| is_index(name)).collect(),
            folder: folder.clone(),
            linker_flags: std::env::var("LDFLAGS").ok(),
            is_ci: std::env::var_os("CI").is_some_and(|value| !value.is_empty()),
            github: GitHub::read(),
        }
    }
}

/// The value of a variable that holds paths, as it is in `folder`: uv does not run there.
fn with_absolute_paths(name: &str, value: String, folder: &Path) -> String {
    let absolute = |path: &str| folder.join(path).display().to_string();
    match name {
        "UV_CACHE_DIR" | "SSL_CERT_FILE" | "SSL_CERT_DIR" | "NETRC" if !value.is_empty() => {
            absolute(&value)
        }
        "UV_FIND_LINKS" if !value.is_empty() => {
            let is_address = |part: &str| part.contains("://");
            let parts = value.split(',').map(|part| match is_address(part) {
                true => part.to_owned(),
                false => absolute(part),
            });
            parts.collect::<Vec<_>>().join(",")
        }
        _ => value,
    }
}

/// What every command is given.
pub struct Context {
    /// Options of every command.
    pub options: GlobalOptions,
    /// The process's environment.
    pub environment: Environment,
    /// The streams.
    pub output: Output,
    /// Who is told what happens.
    pub progress: Arc<dyn Progress>,
    /// What was warned of, for reports.
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

/// An option for AWS beside a target that is a folder.
#[derive(Debug, thiserror::Error)]
#[error("`--{option}` is for AWS, but target `{target}` is a folder")]
struct NotAws {
    option: &'static str,
    target: String,
}

impl Failure for NotAws {
    fn hint(&self) -> Option<String> {
        Some("name a target in AWS with `--target`, or leave the option out".into())
    }
}

/// Several targets for something that is done to one.
#[derive(Debug, thiserror::Error)]
#[error("several targets are given, {0}, for something that is done to one")]
pub(super) struct OneTargetOnly(pub String);

impl Failure for OneTargetOnly {
    fn hint(&self) -> Option<String> {
        Some(
            "name one with `--target` or LLS_TARGET; only `outputs`, and `plan` and `apply` without a saved plan, work on several"
                .into(),
        )
    }
}

impl Context {
    /// Sets up the streams, and messages for debugging where they are asked for.
    pub fn new(options: GlobalOptions, environment: Environment) -> Self {
        let is_github = environment.github.is_some();
        let output = Output::new(options.color.choice(), options.quiet, is_github)
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
        }
        let interruption = Arc::new(Interruption::default());
        let is_stopping = Arc::clone(&interruption.is_stopping);
        let shown = TerminalProgress::new(output.clone(), is_stopping, options.debug);
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

    /// Tells the user of something that deserves attention but stops nothing.
    pub fn warn(&self, message: &str) {
        self.progress.event(Event::Warning { message });
    }

    /// Reads the manifest.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        let manifest = Manifest::read(self.options.manifest_path())?;
        for warning in &manifest.warnings {
            self.warn(warning);
        }
        Ok(manifest)
    }

    /// The folder of the user's cache.
    pub fn cache_folder(&self) -> Result<PathBuf, Error> {
        match &self.environment.cache_folder {
            Some(folder) => Ok(folder.clone()),
            None => Ok(default_cache_folder()?),
        }
    }

    /// A builder for the project in `project`.
    pub fn builder(&self, project: &Path, inputs: InputOptions) -> Result<Builder<'_>, Error> {
        let lock_policy = if inputs.locked {
            LockPolicy::Locked
        } else {
            LockPolicy::Update
        };
        let environment = &self.environment;
        let cache = self.cache_folder()?;
        let uv_source = UvSource {
            named: environment.uv.clone(),
            search_path: environment.search_path.clone(),
            cache,
            folder: environment.folder.clone(),
            patience: self.options.requests.patience(),
        };
        let mut builder = Builder::new(project, uv_source, lock_policy, self.progress.as_ref());
        builder.index_environment.clone_from(&environment.index);
        builder.linker_flags.clone_from(&environment.linker_flags);
        if inputs.no_cache {
            builder.files = FileIndex::default();
        }
        Ok(builder)
    }

    /// The target that the options name, for a command that works on one.
    pub fn target(&self) -> Result<Option<&str>, Error> {
        match self.options.targets.as_slice() {
            [] => Ok(None),
            [target] => Ok(Some(target)),
            several => Err(OneTargetOnly(several.join(", ")).into()),
        }
    }

    /// Connects to a target of the manifest.
    pub async fn connect(
        &self,
        manifest: &Manifest,
        target: &Target,
        organization: OrganizationLookup,
    ) -> Result<Session, Error> {
        target.check_region(self.options.region.as_deref())?;
        if let Place::Directory(_) = target.place {
            for (option, value) in [
                ("region", &self.options.region),
                ("profile", &self.options.profile),
            ] {
                if value.is_some() {
                    return Err(NotAws {
                        option,
                        target: target.name.clone(),
                    }
                    .into());
                }
            }
        }
        Ok(connect(
            target,
            manifest.folder(),
            &self.connect_options(organization),
            &self.progress,
        )
        .await?)
    }

    /// Connects to the target that the options name, or, without one, to AWS as the environment says.
    pub async fn connect_without_manifest(
        &self,
        organization: OrganizationLookup,
    ) -> Result<Session, Error> {
        match self.target()? {
            Some(name) => {
                let manifest = self.manifest()?;
                let target = manifest.target(Some(name))?;
                self.connect(&manifest, target, organization).await
            }
            None => Ok(
                connect_environment(&self.connect_options(organization), &self.progress).await?,
            ),
        }
    }

    /// Connects for reading: to the manifest's target where there is a manifest, else to AWS as the environment says.
    pub async fn connect_for_reading(&self) -> Result<Session, Error> {
        self.connect_to(self.manifest_if_there()?.as_ref()).await
    }

    /// Reads the manifest where there is one, or one is named.
    pub fn manifest_if_there(&self) -> Result<Option<Manifest>, Error> {
        if self.options.manifest.is_some() || self.options.manifest_path().exists() {
            return self.manifest().map(Some);
        }
        Ok(None)
    }

    /// Connects to the target of `manifest`, or, without one, to AWS as the environment says.
    pub async fn connect_to(&self, manifest: Option<&Manifest>) -> Result<Session, Error> {
        let organization = OrganizationLookup::NotNeeded;
        match manifest {
            Some(manifest) => {
                let target = manifest.target(self.target()?)?;
                self.connect(manifest, target, organization).await
            }
            None => {
                let session = self.connect_without_manifest(organization).await?;
                self.output.message(&render_place(&session));
                Ok(session)
            }
        }
    }

    fn connect_options(&self, organization: OrganizationLookup) -> ConnectOptions {
        ConnectOptions {
            region: self.options.region.clone(),
            profile: self.options.profile.clone(),
            organization,
            limits: self.options.requests.limits(),
        }
    }
}
