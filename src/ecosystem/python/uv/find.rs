//! Finds `uv`, or installs it once into the cache.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use humantime::format_duration;

use super::error::UvError;
use super::error::without_addresses;
use super::program::Uv;
use super::settings::UvSettings;
use crate::cache::{NoteKey, is_noted_program, note_program};
use crate::error::PathContext as _;
use crate::http::Patience;
use crate::input::Repository;
use crate::process::{Launcher, Purpose, Unfinished};
use crate::progress::{Event, Progress, Step, begin};

/// The version that is installed where there is none, with the hashes of its wheels, as `uv pip compile
/// --generate-hashes --only-binary :all:` writes them. uv runs beside credentials, so no index may substitute another file.
const REQUIREMENT: &str = include_str!("uv.txt");

/// Where `uv` may be, and what it is set up for.
#[derive(Clone, Debug, Default)]
pub struct UvSource {
    /// The program that the user named.
    pub named: Option<PathBuf>,
    /// The folder to install it in.
    pub cache: PathBuf,
    /// The key of the note that it was installed there. Without one nothing that is there is run.
    pub key: Option<NoteKey>,
    /// The folder where, and above which, uv looks for a project's configuration; absolute, and without links.
    pub folder: PathBuf,
    /// The repository that such a configuration belongs to; `None` for none.
    pub repository: Option<Repository>,
    /// What starts it, and finds it on the search path.
    pub launcher: Launcher,
    /// How long to wait for indexes.
    pub patience: Patience,
}

/// Finds `uv` and its settings; says which settings of the project are ignored.
pub async fn find_uv(source: &UvSource, progress: &dyn Progress) -> Result<Uv, UvError> {
    let settings = UvSettings::read(&source.folder, source.repository.as_ref(), &source.launcher)?;
    for message in settings.left_out() {
        progress.event(Event::Warning { message });
    }
    let program = find_program(source, progress).await?;
    let bounds = (source.launcher.clone(), source.patience);
    Ok(Uv::new(program, settings, bounds))
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
    if let Some(program) = present_uv(source) {
        return Ok(program);
    }
    let folder = folder_in(&source.cache);
    let tool = tool();
    let running = begin(progress, Step::Install { tool: &tool });
    install(source, &folder).await?;
    running.done(0);
    Ok(program_in(&folder))
}

/// The program that is used because it is there, or because the user named it; `None` if it has to be installed.
pub fn present_uv(source: &UvSource) -> Option<PathBuf> {
    if let Some(program) = &source.named {
        return Some(named_program(program, source));
    }
    source.launcher.find("uv").or_else(|| {
        let program = program_in(&folder_in(&source.cache));
        is_installed(&program, source).then_some(program)
    })
}

/// The folder of the version that is installed, below the cache folder `cache`.
fn folder_in(cache: &Path) -> PathBuf {
    installed_uv(cache).join(version())
}

/// What is installed.
fn tool() -> String {
    format!("uv {}", version())
}

fn version() -> &'static str {
    let pin = REQUIREMENT.split_whitespace().next().unwrap_or_default();
    pin.trim_start_matches("uv==")
}

fn program_in(folder: &Path) -> PathBuf {
    folder.join("bin").join("uv")
}

/// Whether this is the program as it was installed. One that came with the cache from elsewhere must not be run.
fn is_installed(program: &Path, source: &UvSource) -> bool {
    let key = source.key.as_ref();
    key.is_some_and(|key| is_noted_program(program, &tool(), key))
}

/// The folder below the cache folder `cache` that uv is installed in, each version in one of its own, where there is no
/// other. What an installation that was killed left stands there too, and goes when the cache is cleared.
pub fn installed_uv(cache: &Path) -> PathBuf {
    cache.join("uv")
}

/// Installs into a temporary folder beside `folder` and renames it to that, which so always holds all of uv.
async fn install(source: &UvSource, folder: &Path) -> Result<(), UvError> {
    let installed = &installed_uv(&source.cache);
    std::fs::create_dir_all(installed).at("create the folder", installed)?;
    let temporary = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(installed)
        .at("write to", installed)?;
    let target = std::path::absolute(temporary.path()).at("write to", installed)?;
    install_into(&target, source).await?;
    if let Some(key) = &source.key {
        note_program(&program_in(temporary.path()), &tool(), key)?;
    }
    let is_there = || is_installed(&program_in(folder), source);
    if !is_there() {
        // What came from elsewhere goes. Where this fails, renaming does too.
        let _ = std::fs::remove_dir_all(folder);
    }
    match std::fs::rename(temporary.path(), folder) {
        Ok(()) => Ok(()),
        // Another process was faster.
        Err(_) if is_there() => Ok(()),
        Err(error) => Err(UvError::Temporary(error)),
    }
}

/// Has pip install uv into `folder`.
async fn install_into(folder: &Path, source: &UvSource) -> Result<(), UvError> {
    let python = source
        .launcher
        .find("python3")
        .ok_or_else(|| UvError::NotInstalled {
            message: "there is no python3 on PATH outside the repository".to_owned(),
        })?;
    let mut requirements = tempfile::NamedTempFile::new().map_err(UvError::Temporary)?;
    let written = requirements.write_all(REQUIREMENT.as_bytes());
    written.map_err(UvError::Temporary)?;
    let not_run = |error| UvError::NotInstalled {
        message: format!("python3: {error}"),
    };
    let mut pip = source
        .launcher
        .child(&python, Purpose::InstallUv)
        .map_err(not_run)?;
    // Isolated: else a folder `pip` where it runs, or one that PYTHONPATH names, would be run in place of pip.
    pip.args(["-I", "-m", "pip", "install", "--quiet"])
        .args(["--disable-pip-version-check", "--no-input", "--no-deps"])
        .args([
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--requirement",
        ])
        .arg(requirements.path())
        .arg("--target")
        .arg(folder);
    let longest = source.patience.whole();
    let outcome = pip.output_within(longest).await;
    let outcome = outcome.map_err(|why| match why {
        Unfinished::Failed(source) => not_run(source),
        Unfinished::Exceeded(_) => UvError::NotInstalled {
            message: format!("pip did not finish within {}", format_duration(longest)),
        },
    })?;
    if !outcome.status.success() {
        let text = String::from_utf8_lossy(&outcome.stderr);
        let message = text.trim().lines().last().unwrap_or("no message");
        let message = without_addresses(message);
        return Err(UvError::NotInstalled { message });
    }
    Ok(())
}
