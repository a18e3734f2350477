//! Environment variables that name files whose content `lls` trusts as the runner's own. Such a file must not be in the
//! repository, where a pull request could change it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use crate::error::Failure;
use crate::input::Repository;

/// How a variable names files.
#[derive(Clone, Copy)]
enum Shape {
    /// One path.
    Path,
    /// One path, or the name of a program on `PATH`.
    Program,
    /// Paths between separators.
    List(char),
}

/// The variables. Caches and folders of wheels are not among them: CI often keeps these in the checkout, and what is
/// read from there is checked.
const FILES: &[(&str, Shape)] = &[
    ("AWS_CA_BUNDLE", Shape::Path),
    // A profile may name a program that prints credentials.
    ("AWS_CONFIG_FILE", Shape::Path),
    ("AWS_SHARED_CREDENTIALS_FILE", Shape::Path),
    ("CURL_CA_BUNDLE", Shape::Path),
    ("GIT_ASKPASS", Shape::Program),
    ("GIT_CONFIG_GLOBAL", Shape::Path),
    ("GIT_CONFIG_SYSTEM", Shape::Path),
    ("GIT_EXEC_PATH", Shape::Path),
    ("GIT_PROXY_SSL_CAINFO", Shape::Path),
    ("GIT_SSH", Shape::Program),
    ("GIT_SSL_CAINFO", Shape::Path),
    ("GIT_SSL_CAPATH", Shape::Path),
    ("GOOGLE_APPLICATION_CREDENTIALS", Shape::Path),
    // Configuration of AWS, Git, pip and uv, and interpreters that uv has installed.
    ("HOME", Shape::Path),
    ("LLS_UV", Shape::Program),
    ("NETRC", Shape::Path),
    ("NIX_LD", Shape::Path),
    ("NIX_SSL_CERT_FILE", Shape::Path),
    ("PIP_CERT", Shape::Path),
    ("PIP_CLIENT_CERT", Shape::Path),
    ("PIP_CONFIG_FILE", Shape::Path),
    ("PIP_CONSTRAINT", Shape::List(' ')),
    ("PIP_PYTHON", Shape::Program),
    ("PYENV_ROOT", Shape::Path),
    ("REQUESTS_CA_BUNDLE", Shape::Path),
    ("SSL_CERT_DIR", Shape::List(':')),
    ("SSL_CERT_FILE", Shape::Path),
    ("SSL_CLIENT_CERT", Shape::Path),
    ("UV_BUILD_CONSTRAINT", Shape::List(' ')),
    ("UV_CONFIG_FILE", Shape::Path),
    ("UV_CONSTRAINT", Shape::List(' ')),
    ("UV_CREDENTIALS_DIR", Shape::Path),
    ("UV_EXCLUDE", Shape::List(' ')),
    ("UV_OVERRIDE", Shape::List(' ')),
    ("UV_PYTHON_INSTALL_DIR", Shape::Path),
    ("UV_PYTHON_SEARCH_PATH", Shape::List(':')),
    ("XDG_CONFIG_DIRS", Shape::List(':')),
    ("XDG_CONFIG_HOME", Shape::Path),
    ("XDG_DATA_HOME", Shape::Path),
];

/// Where the loader looks for libraries. `cargo run` adds build folders of the repository to the first.
const LIBRARY_PATHS: [&str; 2] = ["LD_LIBRARY_PATH", "NIX_LD_LIBRARY_PATH"];

/// Where uv keeps its cache: that of the first one that is set.
const CACHES_OF_UV: [&str; 2] = ["UV_CACHE_DIR", "XDG_CACHE_HOME"];

/// A variable names a file in the repository, or reaches one through a link in it.
#[derive(Debug, thiserror::Error)]
#[error("the variable {variable} names `{}`, which is in the repository: a pull request could change it", .path.display())]
pub struct FileOfRepository {
    variable: &'static str,
    path: PathBuf,
}

impl Failure for FileOfRepository {
    fn hint(&self) -> Option<String> {
        let elsewhere = format!(
            "name a place that pull requests cannot change, outside the repository, or unset {}",
            self.variable
        );
        Some(match self.variable {
            "UV_CONSTRAINT" => {
                format!("{elsewhere}; for constraints, write `-c FILE` in requirements.txt")
            }
            _ => elsewhere,
        })
    }
}

/// Checks that no variable names a file of the repository.
pub(super) fn check(
    environment: &Environment,
    repository: &Repository,
) -> Result<(), FileOfRepository> {
    for &(variable, shape) in FILES {
        let value = environment.value(variable).unwrap_or_default();
        let paths: Vec<_> = match shape {
            Shape::Path => vec![value],
            Shape::Program => Vec::from_iter(value.contains('/').then_some(value)),
            Shape::List(' ') => value.split_whitespace().collect(),
            Shape::List(separator) => value.split(separator).collect(),
        };
        let mut paths = paths.into_iter().map(Path::new);
        if let Some(path) = paths.find(|path| is_of(repository, path)) {
            let path = match path.strip_prefix(repository.root()) {
                Ok(root) if root.as_os_str().is_empty() => Path::new("."),
                Ok(inner) => inner,
                Err(_) => path,
            };
            return Err(FileOfRepository {
                variable,
                path: path.to_owned(),
            });
        }
    }
    Ok(())
}

/// Leaves folders of the repository out of where programs and libraries are looked for, and has uv keep no cache there:
/// what a cache says of an index is believed.
pub(super) fn leave_out(environment: &mut Environment, repository: &Repository) {
    let search_path = &mut environment.search_path;
    search_path.retain(|folder| !is_of(repository, folder));
    for name in LIBRARY_PATHS {
        let Some(value) = environment.variables.remove(name) else {
            continue;
        };
        // As ld.so(8) splits it. A folder that is not absolute depends on where a program runs.
        let folders = value.as_bytes().split(|byte| matches!(byte, b':' | b';'));
        let folders = folders.map(|folder| Path::new(OsStr::from_bytes(folder)));
        let outside = folders.filter(|folder| folder.is_absolute() && !is_of(repository, folder));
        if let Ok(value) = std::env::join_paths(outside)
            && !value.is_empty()
        {
            environment.variables.insert(name.to_owned(), value);
        }
    }
    let mut caches = CACHES_OF_UV
        .iter()
        .filter_map(|name| environment.value(name));
    if caches
        .next()
        .is_some_and(|folder| is_of(repository, Path::new(folder)))
    {
        environment
            .variables
            .insert("UV_NO_CACHE".to_owned(), "1".into());
    }
}

/// Whether a path leads into the repository, or through a link of it elsewhere.
fn is_of(repository: &Repository, path: &Path) -> bool {
    let is_named = !path.as_os_str().is_empty() && !path.starts_with("~");
    is_named && (repository.holds(path) || repository.check_output(path).is_err())
}
