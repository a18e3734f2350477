//! The `uv` process: resolves requirements and finds wheels, with the indexes and credentials that it is set up for.
//!
//! `uv` is run, never linked, and may not download interpreters or run foreign code (`--only-binary :all:`).

mod error;
mod find;
mod pylock;

use std::path::Path;
use std::process::Output;

use tokio::process::Command;

pub use error::UvError;
pub use find::find_uv;
pub use pylock::{IndexFile, ResolvedPackage};

use crate::layer::PackageName;
use crate::layer::{Architecture, PythonVersion};

/// The `uv` program.
#[derive(Clone, Debug)]
pub struct Uv {
    program: std::path::PathBuf,
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

impl Uv {
    /// Resolves the requirements file for one platform; every package comes with all wheels that can run there.
    ///
    /// `preferences` are versions to keep where they still satisfy the requirements.
    pub async fn resolve(
        &self,
        requirements: &Path,
        platform: Platform,
        preferences: &[Pin],
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let platform_name = platform_name(platform);
        self.compile(
            requirements,
            platform,
            preferences,
            &["--python-platform", &platform_name],
        )
        .await
    }

    /// Lists all files that the indexes have of the pinned packages, even those that a resolution would not choose now.
    ///
    /// `index_options` are lines of a requirements file that name indexes.
    pub async fn locate(
        &self,
        pins: &[Pin],
        index_options: &[String],
        platform: Platform,
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let folder = tempfile::tempdir().map_err(UvError::Temporary)?;
        let requirements = folder.path().join("requirements.in");
        let pinned = |(name, version): &Pin| format!("{name}=={version}");
        let lines = index_options
            .iter()
            .cloned()
            .chain(pins.iter().map(pinned))
            .collect::<Vec<_>>()
            .join("\n");
        std::fs::write(&requirements, lines).map_err(UvError::Temporary)?;
        self.compile(&requirements, platform, &[], &["--universal", "--no-deps"])
            .await
    }

    async fn compile(
        &self,
        requirements: &Path,
        platform: Platform,
        preferences: &[Pin],
        options: &[&str],
    ) -> Result<Vec<ResolvedPackage>, UvError> {
        let folder = tempfile::tempdir().map_err(UvError::Temporary)?;
        let output = folder.path().join("pylock.toml");
        if !preferences.is_empty() {
            std::fs::write(&output, pylock::with_preferences(preferences))
                .map_err(UvError::Temporary)?;
        }
        let mut command = Command::new(&self.program);
        command
            .args([
                "pip",
                "compile",
                "--format",
                "pylock.toml",
                "--only-binary",
                ":all:",
                "--no-header",
            ])
            .args(["--color", "never", "--no-progress", "-p", "python3"])
            .args(["--python-version", &platform.python.to_string()])
            .args(options)
            .arg("--output-file")
            .arg(&output)
            .arg(requirements)
            .env("UV_PYTHON_DOWNLOADS", "never")
            .kill_on_drop(true)
            .stdin(std::process::Stdio::null());
        tracing::debug!(
            requirements = %requirements.display(),
            python = %platform.python,
            architecture = %platform.architecture,
            "uv pip compile"
        );
        let outcome = command
            .output()
            .await
            .map_err(|source| self.not_started(source))?;
        if !outcome.status.success() {
            return Err(failed(&outcome, platform));
        }
        let text = std::fs::read_to_string(&output).map_err(UvError::Temporary)?;
        pylock::parse(&text)
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
