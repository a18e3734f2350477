//! Environment variables that name files whose content `lls` trusts as the runner's own. Such a file must not be in the
//! repository, where a pull request could change it.

use std::path::{Path, PathBuf};

use super::Launcher;
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

/// The variables. `HOME`, `XDG_*`, caches and folders of wheels are not among them: CI often keeps these in the checkout,
/// and what is read from there is checked.
const FILES: [(&str, Shape); 31] = [
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
    ("LD_LIBRARY_PATH", Shape::List(':')),
    ("NETRC", Shape::Path),
    ("NIX_LD_LIBRARY_PATH", Shape::List(':')),
    ("NIX_SSL_CERT_FILE", Shape::Path),
    ("PIP_CERT", Shape::Path),
    ("PIP_CLIENT_CERT", Shape::Path),
    ("PIP_CONFIG_FILE", Shape::Path),
    ("PIP_CONSTRAINT", Shape::List(' ')),
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
];

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
            "name a file that pull requests cannot change, outside the repository, or unset {}",
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
pub(super) fn check(launcher: &Launcher, repository: &Repository) -> Result<(), FileOfRepository> {
    for (variable, shape) in FILES {
        let value = launcher.value(variable).unwrap_or_default();
        let paths: Vec<_> = match shape {
            Shape::Path => vec![value],
            Shape::Program => Vec::from_iter(value.contains('/').then_some(value)),
            Shape::List(' ') => value.split_whitespace().collect(),
            Shape::List(separator) => value.split(separator).collect(),
        };
        let mut paths = paths.into_iter().map(Path::new);
        if let Some(path) = paths.find(|path| is_of(repository, path)) {
            let path = path.strip_prefix(repository.root()).unwrap_or(path);
            return Err(FileOfRepository {
                variable,
                path: path.to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether a path leads into the repository, or through a link of it elsewhere.
fn is_of(repository: &Repository, path: &Path) -> bool {
    let is_named = !path.as_os_str().is_empty() && !path.starts_with("~");
    is_named && (repository.holds(path) || repository.check_output(path).is_err())
}
