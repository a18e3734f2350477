//! A real CPython, which unpacks archives as Lambda does and imports what is in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The Python that the tests run, and the runtime that it matches, such as `python3.11`.
pub fn runtime() -> String {
    let script = "import sys; print('python%d.%d' % sys.version_info[:2])";
    let output = Command::new("python3")
        .args(["-c", script])
        .output()
        .expect("python3 is on PATH");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Unpacks an archive, modes and symlinks included, into a new folder that stands for `/opt`.
pub fn unpack(archive: &Path) -> tempfile::TempDir {
    let opt = tempfile::tempdir().unwrap();
    let script = r"
import os, stat, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for info in archive.infolist():
        mode = info.external_attr >> 16
        path = os.path.join(sys.argv[2], info.filename)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if stat.S_ISLNK(mode):
            os.symlink(archive.read(info).decode(), path)
        else:
            with open(path, 'wb') as file:
                file.write(archive.read(info))
            os.chmod(path, stat.S_IMODE(mode))
";
    run(
        &[
            "-c",
            script,
            &archive.display().to_string(),
            &opt.path().display().to_string(),
        ],
        None,
    );
    opt
}

/// Runs a script that prints JSON with the unpacked layer on the import path as Lambda has it, and nothing else.
pub fn evaluate(opt: &Path, script: &str) -> Value {
    let path = [
        opt.join("python"),
        opt.join("python/lib").join(runtime()).join("site-packages"),
    ];
    let path = std::env::join_paths(path).unwrap();
    let output = run(&["-S", "-c", script], Some(&path));
    serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// The names in an archive, in its order.
pub fn names(archive: &Path) -> Vec<String> {
    let script =
        "import json, sys, zipfile; print(json.dumps(zipfile.ZipFile(sys.argv[1]).namelist()))";
    let output = run(&["-c", script, &archive.display().to_string()], None);
    serde_json::from_str(&output).unwrap()
}

fn run(arguments: &[&str], import_path: Option<&std::ffi::OsStr>) -> String {
    let mut command = Command::new("python3");
    command
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH");
    if let Some(path) = import_path {
        command.env("PYTHONPATH", path);
    }
    let output = command.output().expect("python3 is on PATH");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Where the archive of the only layer of a project is built to.
pub fn built(project: &crate::support::project::Project, layer: &str) -> PathBuf {
    project.succeed(&["build", "--output-dir", "out"]);
    project.path(&format!("out/{layer}.zip"))
}
