//! Finds `uv`, or installs it once into the cache.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{Uv, UvError};
use crate::error::PathContext as _;
use crate::progress::{Event, Progress};

/// The version that is installed where there is none.
const VERSION: &str = "0.13.9";

/// Finds `uv`: the program that `named` says (`$LLS_UV`), one on `search_path` (`$PATH`), one in the cache folder.
/// Else it is installed there with `python3 -m pip`.
pub async fn find_uv(
    named: Option<PathBuf>,
    search_path: Option<&std::ffi::OsStr>,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Uv, UvError> {
    if let Some(program) = named {
        return Ok(Uv { program });
    }
    let folders = search_path.into_iter().flat_map(std::env::split_paths);
    let on_path = folders
        .map(|folder| folder.join("uv"))
        .find(|program| program.is_file());
    if let Some(program) = on_path {
        return Ok(Uv { program });
    }
    let folder = installed_uv(cache);
    let program = folder.join("bin").join("uv");
    if !program.is_file() {
        progress.event(Event::Installing {
            tool: &format!("uv {VERSION}"),
        });
        install(cache, &folder).await?;
    }
    Ok(Uv { program })
}

/// The folder below the cache folder `cache` that uv is installed in, where there is no other.
pub fn installed_uv(cache: &Path) -> PathBuf {
    cache.join(format!("uv-{VERSION}"))
}

/// Installs into a temporary folder and renames it, so that a folder with uv's name always holds all of uv.
async fn install(cache: &Path, folder: &Path) -> Result<(), UvError> {
    std::fs::create_dir_all(cache).at("create the folder", cache)?;
    let temporary = tempfile::Builder::new()
        .prefix(".uv-")
        .tempdir_in(cache)
        .at("write to", cache)?;
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
        let message = text
            .trim()
            .lines()
            .last()
            .unwrap_or("no message")
            .to_owned();
        return Err(UvError::NotInstalled { message });
    }
    match std::fs::rename(temporary.path(), folder) {
        Ok(()) => Ok(()),
        // Another process was faster.
        Err(_) if folder.join("bin").join("uv").is_file() => Ok(()),
        Err(error) => Err(UvError::Temporary(error)),
    }
}
