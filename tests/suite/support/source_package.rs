//! Packages that exist as source only: a source distribution, or a commit of a Git repository, with a build of their own.
//!
//! Their builds differ from run to run in all that must not count (times, compression, provenance), need no build
//! backend from an index, and leave a mark where `MARKER` says, so that a test can tell whether they ran.

use std::path::Path;
use std::process::Command;

use super::package_index::{wheel, zip};

/// The variable that names the file that a build leaves its mark in; the names of the variables that it sees go into one
/// of the same name with `.environment`. Builds see it only if it is allowed.
pub const MARKER: &str = "BUILD_MARKER";

/// A build backend (PEP 517) without dependencies.
const BACKEND: &str = r#"
import os, random, sys, zipfile
sys.path.insert(0, os.getcwd())
from package import NAME, VERSION, REQUIRES, TAG

def build_wheel(folder, config_settings=None, metadata_directory=None):
    if "BUILD_MARKER" in os.environ:
        with open(os.environ["BUILD_MARKER"], "a") as marker:
            marker.write(f"{NAME} {VERSION}\n")
        with open(os.environ["BUILD_MARKER"] + ".environment", "w") as names:
            names.write("\n".join(os.environ))
    info = f"{NAME}-{VERSION}.dist-info"
    with open(f"{NAME}.py") as module:
        files = {f"{NAME}.py": module.read()}
    metadata = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"
    metadata += "".join(f"Requires-Dist: {name}\n" for name in REQUIRES)
    files[f"{info}/METADATA"] = metadata
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {TAG}\n"
    files[f"{info}/direct_url.json"] = os.getcwd()
    names = list(files)
    random.SystemRandom().shuffle(names)
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in names)
    name = f"{NAME}-{VERSION}-{TAG}.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w", random.choice([0, 8])) as wheel:
        for path in names + [f"{info}/RECORD"]:
            wheel.writestr(path, files[path])
    return name
"#;

/// A package of one module.
#[derive(Clone)]
pub struct SourcePackage {
    name: &'static str,
    version: &'static str,
    module: String,
    requires: Vec<String>,
    tag: &'static str,
    backend_path: &'static str,
}

impl SourcePackage {
    /// A pure package whose module, of the same name, holds `module`.
    pub fn new(name: &'static str, version: &'static str, module: &str) -> Self {
        Self {
            name,
            version,
            module: module.to_owned(),
            requires: Vec::new(),
            tag: "py3-none-any",
            backend_path: "requires = []\nbackend-path = [\".\"]",
        }
    }

    /// The same with a requirement.
    pub fn requires(mut self, requirement: &str) -> Self {
        self.requires.push(requirement.to_owned());
        self
    }

    /// The same with wheels of another tag.
    pub fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// The same with a backend that an index has: the package `backend`.
    pub fn backend_from_index(self) -> Self {
        Self {
            backend_path: "requires = [\"backend\"]",
            ..self
        }
    }

    /// The wheel of the backend that [`SourcePackage::backend_from_index`] asks for, with its name.
    pub fn backend() -> (&'static str, Vec<u8>) {
        let files = [("backend.py", BACKEND)];
        (
            "backend-1.0-py3-none-any.whl",
            wheel("backend", "1.0", &files),
        )
    }

    /// The module of that backend.
    pub fn backend_module() -> String {
        BACKEND.to_owned()
    }

    fn files(&self) -> Vec<(String, String)> {
        let Self {
            name,
            version,
            requires,
            tag,
            backend_path,
            ..
        } = self;
        let project = format!("[build-system]\nbuild-backend = \"backend\"\n{backend_path}\n");
        let package = format!(
            "NAME = {name:?}\nVERSION = {version:?}\nREQUIRES = {requires:?}\nTAG = {tag:?}\n"
        );
        let mut files = [
            ("package.py", package),
            ("pyproject.toml", project),
            (&format!("{name}.py"), self.module.clone()),
        ]
        .map(|(path, text)| (path.to_owned(), text))
        .to_vec();
        if backend_path.contains("backend-path") && *name != "backend" {
            files.push(("backend.py".to_owned(), BACKEND.to_owned()));
        }
        files
    }

    /// Its source distribution.
    pub fn sdist(&self) -> Vec<u8> {
        self.archive(&format!("{}-{}", self.name, self.version))
    }

    /// An archive with its source in `folder`.
    pub fn archive(&self, folder: &str) -> Vec<u8> {
        let mut files = self.files();
        for (path, _) in &mut files {
            *path = format!("{folder}/{path}");
        }
        let info = format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
            self.name, self.version
        );
        files.push((format!("{folder}/PKG-INFO"), info));
        zip(files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_bytes())))
    }

    /// The file name of [`SourcePackage::sdist`].
    pub fn sdist_name(&self) -> String {
        format!("{}-{}.zip", self.name, self.version)
    }

    /// Commits it to the branch `main` of the repository in `folder`, which is made if it is not there; returns the commit.
    pub fn commit(&self, folder: &Path) -> String {
        self.commit_in(folder, "")
    }

    /// The same with the package in a folder of the repository.
    pub fn commit_in(&self, folder: &Path, subfolder: &str) -> String {
        std::fs::create_dir_all(folder.join(subfolder)).unwrap();
        if !folder.join(".git").exists() {
            git(folder, &["init", "--quiet", "--initial-branch", "main"]);
        }
        for (path, text) in self.files() {
            std::fs::write(folder.join(subfolder).join(path), text).unwrap();
        }
        git(folder, &["add", "--all"]);
        git(folder, &["commit", "--quiet", "--message", "A commit"]);
        git(folder, &["rev-parse", "HEAD"]).trim().to_owned()
    }
}

/// Runs git in `folder`, without the settings of whoever runs the tests.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Test", "-c", "user.email=test@localhost"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git is on PATH");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
