//! What a project's lock pins: versions, hashes and commits, and whether what was resolved is that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr as _;

use pep440_rs::Version;

use super::document::{Place, Requirement};
use super::error::ProjectFileError;
use crate::digest::Sha256;
use crate::ecosystem::python::lock::Commit;
use crate::ecosystem::python::uv::{PackageSource, ResolvedPackage};
use crate::layer::PackageName;

/// What is read out of a project's file.
#[derive(Default)]
pub(super) struct Asked {
    /// What is required.
    pub requirements: Vec<Requirement>,
    /// What holds for packages that something requires.
    pub constraints: Vec<Requirement>,
    /// What a lock pins.
    pub pins: Option<Pins>,
}

impl From<LockedLines<'_>> for Asked {
    fn from(locked: LockedLines<'_>) -> Self {
        Self {
            requirements: locked.lines,
            constraints: Vec::new(),
            pins: Some(locked.pins),
        }
    }
}

/// The packages of a lock.
pub struct Pins {
    /// The lock.
    path: PathBuf,
    packages: BTreeMap<PackageName, Vec<Pin>>,
}

/// A package of a lock.
struct Pin {
    pinned: Pinned,
    /// The hashes of its files; none for a commit, and for an address where the lock has none.
    hashes: BTreeSet<Sha256>,
}

/// What a lock leaves no choice of.
enum Pinned {
    Version(Version),
    Commit(Commit),
    Address,
}

/// Where a locked package comes from, in the words of its lock.
pub(super) enum Origin<'a> {
    /// A folder or a file of the project.
    Local,
    /// A version of an index.
    Index(&'a str),
    /// A file at an address.
    Address(&'a str),
    /// A commit of a Git repository, and the folder in it, `""` for its root.
    Git {
        url: &'a str,
        commit: &'a str,
        folder: &'a str,
    },
}

/// The packages of a lock as they are read: a line for each, and what it must be.
pub(super) struct LockedLines<'a> {
    place: Place<'a>,
    /// The lines that were added, each once.
    seen: BTreeSet<String>,
    pub lines: Vec<Requirement>,
    pub pins: Pins,
}

impl<'a> LockedLines<'a> {
    pub fn new(place: Place<'a>) -> Self {
        Self {
            place,
            seen: BTreeSet::new(),
            lines: Vec::new(),
            pins: Pins {
                path: place.path.to_owned(),
                packages: BTreeMap::new(),
            },
        }
    }

    /// Adds the package of a line, unless it was, with the marker that says when it is needed, and its hashes.
    pub fn add(
        &mut self,
        (line, name): (usize, &PackageName),
        origin: &Origin<'_>,
        marker: &str,
        hashes: impl Iterator<Item = Sha256>,
    ) -> Result<(), ProjectFileError> {
        let hashes: BTreeSet<_> = hashes.collect();
        let (what, pinned) = self.pinned((line, name), origin, &hashes)?;
        let added = self
            .place
            .pinned(line, &what, marker, hashes.iter().copied())?;
        if !self.seen.insert(added.text.clone()) {
            return Ok(());
        }
        self.lines.push(added);
        let pins = self.pins.packages.entry(name.clone()).or_default();
        pins.push(Pin { pinned, hashes });
        Ok(())
    }

    /// A locked package as a requirement, and what it must be.
    fn pinned(
        &self,
        (line, name): (usize, &PackageName),
        origin: &Origin<'_>,
        hashes: &BTreeSet<Sha256>,
    ) -> Result<(String, Pinned), ProjectFileError> {
        let place = &self.place;
        Ok(match *origin {
            Origin::Local => {
                return Err(ProjectFileError::Local {
                    place: place.at(line),
                    package: name.to_string(),
                });
            }
            Origin::Index(_) if hashes.is_empty() => {
                return Err(ProjectFileError::NoHash {
                    place: place.at(line),
                    package: name.clone(),
                });
            }
            Origin::Index(version) => {
                let version = place.version(line, version)?;
                (format!("{name}=={version}"), Pinned::Version(version))
            }
            Origin::Address(address) => (format!("{name} @ {address}"), Pinned::Address),
            Origin::Git { commit, .. } => {
                let commit = commit.parse::<Commit>().map_err(|_| {
                    place.wrong(
                        line,
                        format!(
                            "`{name}` is locked to {commit:?}, which is not the id of a commit"
                        ),
                    )
                })?;
                let address = origin.address().unwrap_or_default();
                (format!("{name} @ {address}"), Pinned::Commit(commit))
            }
        })
    }
}

impl Origin<'_> {
    /// The address of a requirement; `None` for what has none.
    pub fn address(&self) -> Option<String> {
        match *self {
            Self::Local | Self::Index(_) => None,
            Self::Address(address) => Some(address.to_owned()),
            Self::Git {
                url,
                commit,
                folder,
            } => Some(match folder {
                "" => format!("git+{url}@{commit}"),
                _ => format!("git+{url}@{commit}#subdirectory={folder}"),
            }),
        }
    }
}

impl Pins {
    /// A package is needed that the lock does not have.
    pub fn not_locked(&self, package: PackageName, version: String) -> ProjectFileError {
        ProjectFileError::NotLocked {
            path: self.path.clone(),
            package,
            version,
        }
    }

    /// Takes away the files that the lock does not name.
    ///
    /// # Errors
    /// If the package or its version is not in the lock, or no file is left.
    pub fn hold(&self, package: &mut ResolvedPackage) -> Result<(), ProjectFileError> {
        let version = package.version.clone().unwrap_or_default();
        let pins = self.packages.get(&package.name);
        let mut pins = pins.into_iter().flatten();
        let is_it = |pin: &&Pin| match &pin.pinned {
            Pinned::Version(pinned) => {
                Version::from_str(&version).is_ok_and(|version| version == *pinned)
            }
            Pinned::Commit(_) | Pinned::Address => true,
        };
        let Some(pin) = pins.find(is_it) else {
            return Err(self.not_locked(package.name.clone(), version));
        };
        let had_wheels = !package.wheels.is_empty();
        let is_locked = |sha256: &Sha256| pin.hashes.contains(sha256);
        let is_other = match (&pin.pinned, &package.source) {
            (Pinned::Commit(pinned), Some(PackageSource::Git { commit, .. }))
                if commit == pinned =>
            {
                return Ok(());
            }
            (Pinned::Commit(_), _) | (_, Some(PackageSource::Git { .. })) => {
                return Err(ProjectFileError::OtherCommit {
                    path: self.path.clone(),
                    package: package.name.clone(),
                });
            }
            (Pinned::Address, _) if pin.hashes.is_empty() => return Ok(()),
            (_, Some(PackageSource::Archive { sha256, .. })) => {
                package.wheels.retain(|wheel| is_locked(&wheel.sha256));
                !sha256.as_ref().is_some_and(is_locked)
            }
            (_, None) => {
                package.wheels.retain(|wheel| is_locked(&wheel.sha256));
                had_wheels && package.wheels.is_empty()
            }
        };
        if is_other {
            return Err(ProjectFileError::OtherHashes {
                path: self.path.clone(),
                package: package.name.clone(),
                version,
            });
        }
        Ok(())
    }
}
