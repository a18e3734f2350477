//! Puts the Python packages of `tests/requirements-*.txt` beside the build's other test files, once for each content of
//! such a file. Safe when two test binaries start at once: a folder is complete or it is not there.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;

use lls::digest::Sha256;

const MINISTACK: &str = include_str!("../../../requirements-ministack.txt");
const BUILDERS: &str = include_str!("../../../requirements-builders.txt");
const UV_VERSION: &str = "0.13.9";

/// The folder that holds `ministack`, installed if it is not there yet.
pub fn site_packages() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let install = || installed("ministack", MINISTACK);
    INSTALLED.get_or_init(install).clone()
}

/// The folder that holds the builders of wheels, installed if it is not there yet.
pub fn builders() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let install = || installed("builders", BUILDERS);
    INSTALLED.get_or_init(install).clone()
}

fn installed(name: &str, text: &str) -> Result<PathBuf, String> {
    let hash = Sha256::of(text).to_string();
    let folder = base().join(format!("{name}-{}", &hash[..12]));
    complete(&folder, |partial| {
        let requirements = partial.join("requirements.txt");
        fs::create_dir_all(partial)
            .and_then(|()| fs::write(&requirements, text))
            .map_err(|error| format!("cannot write `{}`: {error}", requirements.display()))?;
        packages(
            partial,
            [OsStr::new("--requirements"), requirements.as_os_str()],
        )
    })?;
    Ok(folder)
}

/// Installs Python packages into a folder: `wanted` is what `uv pip install` takes.
pub fn packages<'a>(
    folder: &Path,
    wanted: impl IntoIterator<Item = &'a OsStr>,
) -> Result<(), String> {
    let mut install = Command::new(uv()?);
    install
        .env("UV_PYTHON_DOWNLOADS", "never")
        .args([
            "pip", "install", "--quiet", "--python", "python3", "--target",
        ])
        .arg(folder)
        .args(wanted);
    run(install)
}

/// `uv` as `$LLS_UV`, on PATH, or installed here.
pub fn uv() -> Result<PathBuf, String> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(find_uv).clone()
}

fn find_uv() -> Result<PathBuf, String> {
    if let Some(uv) = env::var_os("LLS_UV").filter(|uv| !uv.is_empty()) {
        return Ok(uv.into());
    }
    if let Some(uv) = on_path("uv") {
        return Ok(uv);
    }
    let folder = base().join(format!("uv-{UV_VERSION}"));
    complete(&folder, |partial| {
        let mut install = Command::new("python3");
        install
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .arg("--target")
            .arg(partial)
            .arg(format!("uv=={UV_VERSION}"));
        run(install)
    })?;
    Ok(folder.join("bin").join("uv"))
}

/// The wheel of `uv` that `lls` installs where there is none.
pub fn uv_wheel() -> Result<PathBuf, String> {
    let folder = base().join(format!("uv-wheel-{UV_VERSION}"));
    complete(&folder, |partial| {
        let pinned = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/ecosystem/python/uv/uv.txt"
        );
        let mut download = Command::new("python3");
        download
            .args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--only-binary", ":all:"])
            .args(["--require-hashes", "--requirement", pinned, "--dest"])
            .arg(partial);
        run(download)
    })?;
    let error = |error| format!("cannot read `{}`: {error}", folder.display());
    let mut files = fs::read_dir(&folder).map_err(error)?;
    let file = files.next().ok_or("pip downloaded nothing")?;
    Ok(file.map_err(error)?.path())
}

/// Where what is installed is kept.
pub fn base() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// A program on PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Has `fill` make `folder` under another name and renames it, unless the folder is there.
pub fn complete(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    if folder.is_dir() {
        return Ok(());
    }
    let partial = folder.with_extension(format!("partial-{}", process::id()));
    let filled = fill(&partial);
    let renamed = filled.and_then(|()| {
        fs::rename(&partial, folder)
            .map_err(|error| format!("cannot make `{}`: {error}", folder.display()))
    });
    if renamed.is_err() {
        fs::remove_dir_all(&partial).ok();
    }
    match renamed {
        Err(_) if folder.is_dir() => Ok(()), // another test binary was quicker
        renamed => renamed,
    }
}

/// Runs a program, which must succeed.
pub fn run(mut command: Command) -> Result<(), String> {
    let program = command.get_program().to_owned();
    let program = Path::new(&program);
    let name = program
        .file_name()
        .unwrap_or(OsStr::new("?"))
        .display()
        .to_string();
    let output = command
        .output()
        .map_err(|error| format!("cannot run `{}`: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{name}` failed ({}):\n{said}", output.status))
}
