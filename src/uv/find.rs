//! Finds `uv`, or installs it once into the cache.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::process::Command;

use super::error::without_addresses;
use super::settings::UvSettings;
use super::{Uv, UvError};
use crate::error::PathContext as _;
use crate::http::Patience;
use crate::progress::{Progress, Step, begin};

/// The version that is installed where there is none.
const VERSION: &str = "0.13.9";

/// Where `uv` may be, and what it is set up for.
#[derive(Clone, Debug, Default)]
pub struct UvSource {
    /// The program that the user named.
    pub named: Option<PathBuf>,
    /// The folders to search.
    pub search_path: Option<std::ffi::OsString>,
    /// The folder to install it in.
    pub cache: PathBuf,
    /// The folder where, and above which, uv looks for a project's configuration; absolute.
    pub folder: PathBuf,
    /// How long to wait for indexes.
    pub patience: Patience,
}

/// Finds `uv` and its settings, which `environment` may name.
pub async fn find_uv(
    source: &UvSource,
    environment: &[(String, String)],
    progress: &dyn Progress,
) -> Result<Uv, UvError> {
    let settings = UvSettings::read(&source.folder, environment)?;
    let program = find_program(source, progress).await?;
    Ok(Uv {
        program: in_folder(program, &source.folder),
        settings,
        environment: environment.to_vec(),
        patience: source.patience,
        unreachable: Arc::default(),
    })
}

/// The program's path as it is in `folder`, unless it is a mere name.
fn in_folder(program: PathBuf, folder: &Path) -> PathBuf {
    if program.components().count() > 1 {
        folder.join(program)
    } else {
        program
    }
}

/// Finds the program: the one that is named (`$LLS_UV`), one on the search path (`$PATH`), one in the cache folder.
/// Else it is installed there with `python3 -m pip`.
async fn find_program(source: &UvSource, progress: &dyn Progress) -> Result<PathBuf, UvError> {
    let cache = &source.cache;
    if let Some(program) = &source.named {
        return Ok(program.clone());
    }
    let search_path = source.search_path.iter();
    let folders = search_path.flat_map(std::env::split_paths);
    let on_path = folders
        .map(|folder| source.folder.join(folder).join("uv"))
        .find(|program| program.is_file());
    if let Some(program) = on_path {
        return Ok(program);
    }
    let installed = installed_uv(cache);
    let folder = installed.join(VERSION);
    let program = folder.join("bin").join("uv");
    if !program.is_file() {
        let tool = format!("uv {VERSION}");
        let running = begin(progress, Step::Install { tool: &tool });
        install(&installed, &folder).await?;
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
async fn install(installed: &Path, folder: &Path) -> Result<(), UvError> {
    std::fs::create_dir_all(installed).at("create the folder", installed)?;
    let temporary = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(installed)
        .at("write to", installed)?;
    let outcome = Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--target",
        ])
        .arg(temporary.path())
        .arg(format!("uv=={VERSION}"))
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| UvError::NotInstalled {
            message: format!("python3: {error}"),
        })?;
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
