//! What lines of requirements reach for: variables of the environment, and hosts with the credentials for them.
//!
//! uv replaces variables in lines, and sends what they hold to the host that the line names. So whoever runs `lls`
//! allows them, or nobody does.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::place::RequirementPlace;
use super::read::{Line, LogicalLine, is_address, read_line, scheme};
use super::source_file::SourceFile;
use crate::ecosystem::python::uv::{ExposedLogin, without_secrets};
use crate::error::Failure;
use crate::http::Url;
use crate::input::{CheckedFolders, InputError, Repository};
use crate::process::{Launcher, variable_hint};

/// A line that reaches for what whoever runs `lls` has not given.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// A variable.
    #[error("{place} uses the variable `{name}`, which is not allowed")]
    Variable {
        place: RequirementPlace,
        name: String,
    },
    /// A Git repository that would get a login of the runner's netrc file.
    #[error("{place} {login}")]
    ExposedLogin {
        place: RequirementPlace,
        login: Box<ExposedLogin>,
    },
    /// A folder with packages, which may be somebody else's.
    #[error("{place} names a folder with packages that cannot be used")]
    Folder {
        place: RequirementPlace,
        source: InputError,
    },
    /// A Git repository on this machine, which may be somebody else's.
    #[error("{place} requires a package from a Git repository that cannot be used")]
    Source {
        place: RequirementPlace,
        source: InputError,
    },
    /// A package in a folder outside its source.
    #[error("{place} requires a package in `{subdirectory}`, which is outside its source")]
    Subdirectory {
        place: RequirementPlace,
        /// The folder, as it is named.
        subdirectory: String,
    },
    /// An index that is not on the web, nor on this machine.
    #[error("{place} names the index `{address}`, which is neither a web address nor a folder")]
    Index {
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
    },
}

impl Failure for ReachError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Variable { name, .. } => variable_hint(name),
            Self::ExposedLogin { login, .. } => return login.hint(),
            Self::Folder { source, .. } | Self::Source { source, .. } => return source.hint(),
            Self::Subdirectory { .. } => {
                "name a folder below the root of the source, as in `#subdirectory=packages/one`"
                    .into()
            }
            Self::Index { .. } => {
                "name a folder, or an address that begins with `https://`, `http://` or `file://`"
                    .into()
            }
        })
    }
}

/// Fails at the first line of a file that reaches too far. Folders that were checked are not read again.
pub fn check_reach(
    source: &SourceFile,
    (repository, launcher): (&Repository, &Launcher),
    checked: &mut CheckedFolders,
) -> Result<(), ReachError> {
    for LogicalLine { number, text } in source.logical_lines() {
        let place = || source.place(number);
        if let Some(name) = launcher.refused_variable(&text) {
            let (place, name) = (place(), name.to_owned());
            return Err(ReachError::Variable { place, name });
        }
        let text = launcher.expanded(&text);
        match read_line(&text) {
            Line::Index(_, address) if is_address(address) && !is_of_index(address) => {
                let (place, address) = (place(), without_secrets(address));
                return Err(ReachError::Index { place, address });
            }
            Line::Index(_, index) => {
                let folder = source.index_folder(index);
                let outcome =
                    folder.map_or(Ok(()), |folder| repository.check_trees(&folder, checked));
                outcome.map_err(|source| ReachError::Folder {
                    place: place(),
                    source,
                })?;
            }
            Line::At(_, address) => {
                if let Some(subdirectory) = stray_subdirectory(address) {
                    let (place, subdirectory) = (place(), subdirectory.to_owned());
                    return Err(ReachError::Subdirectory {
                        place,
                        subdirectory,
                    });
                }
                check_local_git(address, repository, checked).map_err(|source| {
                    ReachError::Source {
                        place: place(),
                        source,
                    }
                })?;
                if let Some(login) = ExposedLogin::of(address, launcher) {
                    let (place, login) = (place(), login.into());
                    return Err(ReachError::ExposedLogin { place, login });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The folder that an address names behind `#`, if that leads out of what is at the address.
fn stray_subdirectory(address: &str) -> Option<&str> {
    let (_, fragment) = address.split_once('#')?;
    let parts = fragment.split('&');
    let mut folders = parts.filter_map(|part| part.strip_prefix("subdirectory="));
    folders.find(|folder| {
        let decoded = percent_decode_str(folder).decode_utf8_lossy();
        let is_below = |path: &str| {
            let mut parts = Path::new(path).components();
            parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        };
        !is_below(folder) || !is_below(&decoded)
    })
}

/// Checks the folder of an address `git+file:`. Git would follow the links in it.
fn check_local_git(
    address: &str,
    repository: &Repository,
    checked: &mut CheckedFolders,
) -> Result<(), InputError> {
    if scheme(address) != "git+file" {
        return Ok(());
    }
    let (_, address) = address.split_once('+').unwrap_or_default();
    let folder = Url::parse(address)
        .ok()
        .and_then(|url| url.to_file_path().ok());
    let Some(folder) = folder else {
        return Err(InputError::Outside {
            path: without_secrets(address).into(),
            end: None,
        });
    };
    let text = folder.to_string_lossy();
    let without_revision = text
        .rsplit_once('@')
        .map(|(folder, _)| PathBuf::from(folder));
    for folder in [Some(folder.clone()), without_revision]
        .into_iter()
        .flatten()
    {
        repository.check_inside(&folder)?;
        if repository.holds(&folder) {
            repository.check_trees(&folder, checked)?;
        }
    }
    Ok(())
}

fn is_of_index(address: &str) -> bool {
    ["http", "https", "file"].contains(&scheme(address).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::VariableName;

    fn check(line: &str, allowed: &[&str]) -> Result<(), ReachError> {
        let variables = [("HOST", "a.example"), ("NETRC", "/nonexistent")];
        let launcher = Launcher::new(variables.map(|(name, value)| (name.into(), value.into())));
        let allowed: Vec<VariableName> = allowed.iter().map(|name| name.parse().unwrap()).collect();
        let source = SourceFile {
            name: "requirements.txt".into(),
            path: "requirements.txt".into(),
            lines: line.split('\n').map(str::to_owned).collect(),
            numbers: Vec::new(),
        };
        let repository = Repository::around("/repository".as_ref(), "/repository".as_ref(), &[]);
        check_reach(
            &source,
            (&repository, &launcher.allowing(&allowed).unwrap()),
            &mut CheckedFolders::default(),
        )
    }

    #[test]
    fn variables_are_refused_wherever_they_stand() {
        for line in [
            "a==${HOST}",
            "a[${HOST}]",
            "a ; os_name == '${HOST}'",
            "a @ https://${HOST}/a.whl",
            "a @ git+https://x/${HOST}",
            "-i http://x/${HOST}",
            "--extra-index-url=http://x/${HOST}",
            "-f ${HOST}",
            "-r ${HOST}",
            "-c${HOST}",
            "--hash ${HOST}",
            "-i http://x/$\\\n{HO\\\nST}",
            "-i http://x/${A${HOST}",
        ] {
            let error = check(line, &[]).unwrap_err();
            let expected = "`requirements.txt:1` uses the variable `HOST`, which is not allowed";
            assert_eq!(error.to_string(), expected, "{line}");
            check(line, &["HOST"]).unwrap();
        }
        for line in [
            "a # ${HOST}",
            "-f $HOST",
            "-f ${HOST",
            "-f ${HO-ST}",
            "-f ${}",
        ] {
            check(line, &[]).unwrap();
        }
    }

    #[test]
    fn sources_are_where_they_are_said_to_be() {
        for line in [
            "a @ git+https://h/x#subdirectory=../..",
            "a @ git+https://h/x@main#egg=a&subdirectory=b/../../c",
            "a @ git+https://h/x#subdirectory=/etc",
            "a @ git+https://h/x#subdirectory=%2E%2e/b",
            "a @ https://h/x.tar.gz#subdirectory=..",
        ] {
            let error = check(line, &[]).unwrap_err();
            let is_it = matches!(error, ReachError::Subdirectory { .. });
            assert!(is_it, "{line}: {error}");
        }
        for line in [
            "a @ git+file:///w",
            "a @ git+file:///repository/../w@main",
            "a @ git+FILE://localhost/w",
            "a @ git+file://host/repository/w",
            "a @ git+file:///repository/%2e%2e/w",
            "a @ git+file:///repository/.git",
        ] {
            let error = check(line, &[]).unwrap_err();
            assert!(
                matches!(error, ReachError::Source { .. }),
                "{line}: {error}"
            );
        }
        for line in [
            "a @ git+https://h/x#subdirectory=b/c",
            "a @ git+https://h/x#subdirectory=./b..c",
            "a @ git+file:///repository/w@main",
        ] {
            check(line, &[]).unwrap();
        }
    }

    #[test]
    fn indexes_are_not_repositories() {
        for line in ["-f git+https://x/a", "-i GIT+http://x/a", "-f ext::sh://x"] {
            assert!(
                matches!(check(line, &[]), Err(ReachError::Index { .. })),
                "{line}"
            );
        }
        for line in ["-f w", "-i HTTPS://x/simple", "-f file:///repository/w"] {
            check(line, &[]).unwrap();
        }
        for line in [
            "-f ../w",
            "-f /w",
            "-f file:///w",
            "--extra-index-url file://localhost/w",
        ] {
            let error = check(line, &[]).unwrap_err();
            assert!(
                matches!(error, ReachError::Folder { .. }),
                "{line}: {error}"
            );
        }
    }
}
