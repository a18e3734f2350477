//! The CPythons that the tests compile with: those that uv finds on this machine, and those in `LLS_TEST_PYTHONS`.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use lls::bytecode::{BytecodeVersion, Compiler};
use lls::layer::PythonVersion;

use crate::support::ministack::install::uv;

/// Versions that every run of the tests compiles with: `uv` installs one that is missing.
const NEEDED: [u8; 3] = [11, 12, 13];

/// Versions that are compiled with if they are there.
const WELCOME: [u8; 4] = [9, 10, 14, 15];

/// The compilers of this machine.
pub fn compilers() -> &'static [Compiler] {
    static FOUND: OnceLock<Vec<Compiler>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let needed = NEEDED.into_iter().map(|minor| {
            let found = found(minor).or_else(|| installed(minor));
            found.unwrap_or_else(|| {
                panic!("there is no CPython 3.{minor}, and uv cannot install it")
            })
        });
        let welcome = WELCOME.into_iter().filter_map(found);
        let named = std::env::var("LLS_TEST_PYTHONS").unwrap_or_default();
        let named: Vec<_> = std::env::split_paths(&named).filter_map(compiler).collect();
        needed.chain(welcome).chain(named).collect()
    })
}

/// The compiler of this minor version of Python 3.
pub fn of(minor: u8) -> &'static Compiler {
    let mut all = compilers().iter();
    let found = all.find(|compiler| compiler.version.python.minor == minor);
    found.unwrap_or_else(|| panic!("there is no CPython 3.{minor}"))
}

/// The folders of programs, with those of interpreters that pyenv has installed before its shims, which run only the
/// version that it is set to.
pub fn search_path() -> OsString {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let versions = versions.into_iter().flatten().map(Result::unwrap);
    let mut folders: Vec<_> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap()
}

fn found(minor: u8) -> Option<Compiler> {
    let mut find = Command::new(uv().unwrap());
    find.args(["python", "find", "--no-project"])
        .arg(format!("cpython3.{minor}"))
        .env("PATH", search_path())
        .env("UV_PYTHON_DOWNLOADS", "never");
    let output = find.output().unwrap();
    let path = String::from_utf8(output.stdout).unwrap();
    output
        .status
        .success()
        .then(|| compiler(path.trim().into()))?
}

fn installed(minor: u8) -> Option<Compiler> {
    let mut install = Command::new(uv().unwrap());
    install
        .args(["python", "install", "--no-bin"])
        .arg(format!("3.{minor}"));
    let is_done = install.status().unwrap().success();
    is_done.then(|| found(minor))?
}

/// The compiler at a path, if this release knows its version.
fn compiler(program: PathBuf) -> Option<Compiler> {
    let script = "import sys; print(sys.version_info[1])";
    let output = Command::new(&program).args(["-I", "-c", script]).output();
    let minor = String::from_utf8(output.ok()?.stdout).unwrap();
    let minor = minor.trim().parse().ok()?;
    let version = BytecodeVersion::of(PythonVersion { major: 3, minor }).ok()?;
    Some(Compiler { program, version })
}
