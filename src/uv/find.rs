//! Finds `uv`, or installs it once into the cache.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::without_addresses;
use super::settings::UvSettings;
use super::{Uv, UvError};
use crate::error::PathContext as _;
use crate::input::Repository;
use crate::process::{Launcher, Purpose};
use crate::progress::{Event, Progress, Step, begin};

/// The version that is installed where there is none.
const VERSION: &str = "0.13.9";

/// Where `uv` may be, and what it is set up for.
#[derive(Clone, Debug, Default)]
pub struct UvSource {
    /// The program that the user named.
    pub named: Option<PathBuf>,
    /// The folder to install it in.
    pub cache: PathBuf,
    /// The folder where, and above which, uv looks for a project's configuration; absolute, and without links.
    pub folder: PathBuf,
    /// The repository that such a configuration belongs to; `None` for none.
    pub repository: Option<Repository>,
    /// What starts it, and finds it on the search path.
    pub launcher: Launcher,
}

/// Finds `uv` and its settings; says which settings of the project are left out.
pub async fn find_uv(source: &UvSource, progress: &dyn Progress) -> Result<Uv, UvError> {
    let settings = UvSettings::read(&source.folder, source.repository.as_ref(), &source.launcher)?;
    for message in settings.left_out() {
        progress.event(Event::Warning { message });
    }
    Ok(Uv {
        program: find_program(source, progress).await?,
        settings,
        launcher: source.launcher.clone(),
        unreachable: Arc::default(),
    })
}

/// The program that the user named: a path as it is in the folder where `lls` runs, or a mere name, which is looked for
/// on the search path alone.
fn named_program(named: &Path, source: &UvSource) -> PathBuf {
    match named.to_str().filter(|name| !name.contains('/')) {
        Some(name) => source.launcher.find(name).unwrap_or_else(|| named.into()),
        None => source.folder.join(named),
    }
}

/// Finds the program: the one that is named (`$LLS_UV`), one on the search path (`$PATH`), one in the cache folder.
/// Else it is installed there with `python3 -m pip`.
async fn find_program(source: &UvSource, progress: &dyn Progress) -> Result<PathBuf, UvError> {
    let cache = &source.cache;
    if let Some(program) = &source.named {
        return Ok(named_program(program, source));
    }
    if let Some(program) = source.launcher.find("uv") {
        return Ok(program);
    }
    let installed = installed_uv(cache);
    let folder = installed.join(VERSION);
    let program = folder.join("bin").join("uv");
    if !program.is_file() {
        let tool = format!("uv {VERSION}");
        let running = begin(progress, Step::Install { tool: &tool });
        install(&source.launcher, &installed, &folder).await?;
        running.done(0);
    }
    Ok(program)
}

/// The folder below the cache folder `cache` that uv is installed in, each version in one of its own, where there is no
/// other. What an installation that was killed left stands there too, and goes when the cache is cleared.
pub fn installed_uv(cache: &Path) -> PathBuf {
    cache.join("uv")
}

/// Installs into a temporary folder in `installed` and renames it to `folder`, which so always holds all of uv.
async fn install(launcher: &Launcher, installed: &Path, folder: &Path) -> Result<(), UvError> {
    std::fs::create_dir_all(installed).at("create the folder", installed)?;
    let temporary = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(installed)
        .at("write to", installed)?;
    let target = std::path::absolute(temporary.path()).at("write to", installed)?;
    let python = launcher
        .find("python3")
        .ok_or_else(|| UvError::NotInstalled {
            message: "there is no python3 on PATH".to_owned(),
        })?;
    let not_run = |error| UvError::NotInstalled {
        message: format!("python3: {error}"),
    };
    let mut pip = launcher
        .child(&python, Purpose::InstallUv)
        .map_err(not_run)?;
    // Isolated: else a folder `pip` where it runs, or one that PYTHONPATH names, would be run in place of pip.
    pip.args(["-I", "-m", "pip", "install", "--quiet"])
        .args(["--disable-pip-version-check", "--no-input", "--target"])
        .arg(target)
        .arg(format!("uv=={VERSION}"));
    let outcome = pip.output().await.map_err(not_run)?;
    if !outcome.status.success() {
        let text = String::from_utf8_lossy(&outcome.stderr);
        let message = text.trim().lines().last().unwrap_or("no message");
        let message = without_addresses(message);
        return Err(UvError::NotInstalled { message });
    }
    match std::fs::rename(temporary.path(), folder) {
        Ok(()) => Ok(()),
        // Another process was faster.
        Err(_) if folder.join("bin").join("uv").is_file() => Ok(()),
        Err(error) => Err(UvError::Temporary(error)),
    }
}
