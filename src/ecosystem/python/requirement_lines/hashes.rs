//! Hashes in requirements and constraints: they bound which files of a package may be locked.
//!
//! uv ignores hashes that do not fit, so they are held here, after it resolved, and whenever a lock is read.

use std::collections::BTreeMap;

use super::of_package::place_of;
use super::place::RequirementPlace;
use super::read::{Line, pinned_version, read_line, written_hashes};
use super::source_file::SourceFile;
use crate::digest::Sha256;
use crate::ecosystem::python::lock::{LockedWheel, WheelSource};
use crate::ecosystem::python::uv::ResolvedPackage;
use crate::ecosystem::python::version::is_version;
use crate::error::Failure;
use crate::layer::{PackageName, PythonVersion};

/// How many hashes an error names.
const NAMED: usize = 3;

/// Why the hashes of requirements let a package not be locked.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// It cannot be compared with what indexes list.
    #[error("{place} has the hash `{hash}`, which is not SHA-256 in hexadecimal digits")]
    Form {
        place: RequirementPlace,
        hash: String,
    },
    /// No file that fits has one of the hashes.
    #[error(
        "no file of {package} that fits has a hash of {place}\n    wanted: {}\n    found:  {}",
        shown(wanted.iter().map(|hash| format!("sha256:{hash}"))),
        shown(found.iter().map(|(file, hash)| format!("sha256:{hash} ({file})")))
    )]
    NoneFits {
        /// Where the hashes stand.
        place: RequirementPlace,
        /// The package and the version that was resolved.
        package: String,
        /// The hashes that are written there.
        wanted: Vec<Sha256>,
        /// The files that fit the layer with the hashes that the index lists, or the source.
        found: Vec<(String, Sha256)>,
    },
    /// A hash over what has none.
    #[error("{place} has a hash of `{package}`, which comes from Git")]
    Git {
        place: RequirementPlace,
        package: PackageName,
    },
    /// A hash for other runtimes only.
    #[error(
        "{place} has a hash of `{package}` with a marker, which does not hold for python{python}, where the package is needed"
    )]
    OtherMarker {
        place: RequirementPlace,
        package: PackageName,
        python: PythonVersion,
    },
    /// `--require-hashes`, and a package without one.
    #[error("{} has no hash, and {required} has `--require-hashes`", required_by(package, place.as_ref()))]
    Missing {
        package: PackageName,
        /// Where it is required; `None` where another package requires it.
        place: Option<RequirementPlace>,
        /// Where hashes are required.
        required: RequirementPlace,
    },
    /// `--require-hashes`, and a package that is not pinned.
    #[error("{place} does not pin `{package}` with `==`, and {required} has `--require-hashes`")]
    Unpinned {
        package: PackageName,
        /// Where it is required.
        place: RequirementPlace,
        /// Where hashes are required.
        required: RequirementPlace,
    },
}

/// The first few, one a line.
fn shown(hashes: impl ExactSizeIterator<Item = String>) -> String {
    let more = hashes.len().saturating_sub(NAMED);
    let mut named: Vec<_> = hashes.take(NAMED).collect();
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named.join("\n            ")
}

fn required_by(package: &PackageName, place: Option<&RequirementPlace>) -> String {
    match place {
        Some(place) => format!("`{package}` in {place}"),
        None => format!("`{package}`, which another package requires,"),
    }
}

impl Failure for HashError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Form { .. } => "write `--hash=sha256:` and 64 digits, as `pip-compile --generate-hashes` does".into(),
            Self::NoneFits { .. } => "compare the hashes with those that its authors publish, and correct the line; if they are right, do not use this index".into(),
            Self::Git { .. } => "pin it by the id of a commit, and remove the hash".into(),
            Self::OtherMarker { package, python, .. } => format!("write a line with the hash of `{package}` that holds for python{python}"),
            Self::Missing { package, .. } => format!("write `{package}==VERSION --hash=sha256:HASH`, as `pip-compile --generate-hashes` does, or remove `--require-hashes`"),
            Self::Unpinned { package, .. } => format!("write `{package}==VERSION`, or remove `--require-hashes`"),
        })
    }
}

/// A line that requires, or constrains, a package.
#[derive(Debug)]
struct PackageLine {
    place: RequirementPlace,
    /// The version after `==`; `None` for a range, and for an address.
    pin: Option<String>,
    /// Whether the line names one file or commit.
    is_address: bool,
    hashes: Vec<Sha256>,
}

/// What the requirements of a layer say of hashes.
#[derive(Debug, Default)]
pub struct WrittenHashes {
    /// The first `--require-hashes`.
    required: Option<RequirementPlace>,
    lines: BTreeMap<PackageName, Vec<PackageLine>>,
}

impl WrittenHashes {
    /// Reads them from all files.
    pub fn read(sources: &[SourceFile]) -> Result<Self, HashError> {
        let mut written = Self::default();
        for source in sources {
            for line in source.logical_lines() {
                let place = source.place(line.number);
                let (name, address) = match read_line(&line.text) {
                    Line::RequireHashes => {
                        written.required.get_or_insert(place);
                        continue;
                    }
                    Line::Package(name) => (name, None),
                    Line::At(name, address) => (name, Some(address)),
                    _ => continue,
                };
                let hash = |hash: &str| {
                    let digits = hash.strip_prefix("sha256:").and_then(Sha256::from_hex);
                    digits.ok_or_else(|| HashError::Form {
                        place: place.clone(),
                        hash: hash.to_owned(),
                    })
                };
                let mut hashes = written_hashes(&line.text);
                hashes.extend(address.and_then(fragment_hash));
                let hashes = hashes.iter().map(|text| hash(text));
                let lines = written.lines.entry(name).or_default();
                lines.push(PackageLine {
                    hashes: hashes.collect::<Result<_, _>>()?,
                    pin: pinned_version(&line.text).map(str::to_owned),
                    place: place.clone(),
                    is_address: address.is_some(),
                });
            }
        }
        Ok(written)
    }

    /// Whether any line has a hash for a package.
    pub fn bound(&self, package: &PackageName) -> bool {
        self.first_hashed(package).is_some()
    }

    /// Whether every package must have a hash.
    pub fn are_required(&self) -> bool {
        self.required.is_some()
    }

    fn of(&self, package: &PackageName) -> &[PackageLine] {
        self.lines.get(package).map_or(&[], Vec::as_slice)
    }

    fn first_hashed(&self, package: &PackageName) -> Option<&PackageLine> {
        let mut lines = self.of(package).iter();
        lines.find(|line| !line.hashes.is_empty())
    }

    /// The lines that hold for a version. Lines with markers may pin several.
    fn lines_of(&self, package: &PackageName, version: &str) -> Vec<&PackageLine> {
        let is_other = |pin: &String| !is_version(pin, version);
        let of_package = || self.of(package).iter();
        let fitting: Vec<_> = of_package()
            .filter(|line| !line.pin.as_ref().is_some_and(is_other))
            .collect();
        if fitting.is_empty() {
            of_package().collect()
        } else {
            fitting
        }
    }

    /// Whether a file of a package may be locked, as far as its hash goes.
    pub fn allow(&self, package: &PackageName, version: &str, sha256: Sha256) -> bool {
        let lines = self.lines_of(package, version);
        let mut hashed = lines.iter().filter(|line| !line.hashes.is_empty());
        hashed.all(|line| line.hashes.contains(&sha256))
    }

    /// Whether a lock's wheel is one that may be locked.
    pub fn allow_locked(&self, wheel: &LockedWheel) -> bool {
        let sha256 = match &wheel.built {
            None => Some(wheel.sha256),
            Some(built) => match built.source {
                WheelSource::Archive(sha256) => Some(sha256),
                WheelSource::Git { .. } => None,
            },
        };
        let (name, version) = (&wheel.name, wheel.version.as_str());
        let is_allowed = match sha256 {
            Some(sha256) => self.allow(name, version, sha256),
            None => !self
                .lines_of(name, version)
                .iter()
                .any(|line| !line.hashes.is_empty()),
        };
        is_allowed && self.check_required(name, version, &[]).is_ok()
    }

    /// Fails where hashes are required and a package has none; one that a line requires is named first.
    pub fn check_all_required(
        &self,
        packages: &[ResolvedPackage],
        sources: &[SourceFile],
    ) -> Result<(), HashError> {
        let mut packages: Vec<_> = packages.iter().collect();
        packages.sort_by_key(|package| self.of(&package.name).is_empty());
        packages.into_iter().try_for_each(|package| {
            let version = package.version.as_deref().unwrap_or_default();
            self.check_required(&package.name, version, sources)
        })
    }

    /// Fails where hashes are required, and the package has none, or is not pinned.
    pub fn check_required(
        &self,
        package: &PackageName,
        version: &str,
        sources: &[SourceFile],
    ) -> Result<(), HashError> {
        let Some(required) = &self.required else {
            return Ok(());
        };
        let (package, required) = (package.clone(), required.clone());
        let lines = self.lines_of(&package, version);
        if lines.iter().all(|line| line.hashes.is_empty()) {
            let place = place_of(sources, &package);
            return Err(HashError::Missing {
                package,
                place,
                required,
            });
        }
        if lines
            .iter()
            .all(|line| line.pin.is_none() && !line.is_address)
        {
            return Err(HashError::Unpinned {
                place: lines[0].place.clone(),
                package,
                required,
            });
        }
        Ok(())
    }

    /// Fails where none of these files of a package, each with its hash, may be locked.
    pub fn check_files(
        &self,
        package: &PackageName,
        version: &str,
        files: &[(String, Sha256)],
    ) -> Result<(), HashError> {
        let is_allowed = |(_, hash): &(String, Sha256)| self.allow(package, version, *hash);
        if files.iter().any(is_allowed) {
            return Ok(());
        }
        let lines = self.lines_of(package, version);
        let hashed = || lines.iter().filter(|line| !line.hashes.is_empty());
        let has_none = |line: &&&PackageLine| {
            let is_other = |(_, hash): &(String, Sha256)| !line.hashes.contains(hash);
            files.iter().all(is_other)
        };
        let Some(line) = hashed().find(has_none).or_else(|| hashed().next()) else {
            return Ok(());
        };
        Err(HashError::NoneFits {
            place: line.place.clone(),
            package: format!("`{package}` {version}"),
            wanted: line.hashes.clone(),
            found: files.to_vec(),
        })
    }

    /// Fails where the source at an address, whose version is not known yet, has no hash of all lines of its package.
    pub fn check_address(&self, package: &PackageName, sha256: Sha256) -> Result<(), HashError> {
        let lines = self.of(package).iter();
        let is_allowed = lines.clone().any(|line| line.hashes.contains(&sha256));
        match self.first_hashed(package).filter(|_| !is_allowed) {
            None => Ok(()),
            Some(line) => Err(HashError::NoneFits {
                place: line.place.clone(),
                package: format!("`{package}`"),
                wanted: lines.flat_map(|line| line.hashes.clone()).collect(),
                found: vec![("source code".to_owned(), sha256)],
            }),
        }
    }

    /// Fails where a package has a hash, which does not hold for a runtime that needs it.
    pub fn check_marker(
        &self,
        package: &PackageName,
        python: PythonVersion,
    ) -> Result<(), HashError> {
        match self.first_hashed(package) {
            None => Ok(()),
            Some(line) => Err(HashError::OtherMarker {
                place: line.place.clone(),
                package: package.clone(),
                python,
            }),
        }
    }

    /// Fails where a package that comes from Git has a hash, which nothing can be compared with.
    pub fn check_git(&self, package: &PackageName) -> Result<(), HashError> {
        match self.first_hashed(package) {
            Some(line) => Err(HashError::Git {
                place: line.place.clone(),
                package: package.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// The hash in the fragment of an address.
pub fn fragment_hash(address: &str) -> Option<String> {
    let fragment = address.split_once('#')?.1;
    let hash = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("sha256="))?;
    Some(format!("sha256:{hash}"))
}
