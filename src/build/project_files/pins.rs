//! What a project's lock pins: versions, hashes and commits, and whether what was resolved is that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr as _;

use pep440_rs::Version;

use super::ProjectFileError;
use crate::digest::Sha256;
use crate::layer::PackageName;
use crate::uv::{PackageSource, ResolvedPackage};

/// The packages of a lock.
pub(in crate::build) struct Pins {
    /// The lock.
    path: PathBuf,
    packages: BTreeMap<PackageName, Vec<Pin>>,
}

/// A package of a lock.
pub(super) struct Pin {
    /// Its version; `None` for one that is at an address, which says all.
    pub version: Option<Version>,
    /// The hashes of its files.
    pub hashes: BTreeSet<Sha256>,
}

impl Pins {
    pub(super) fn new(path: PathBuf) -> Self {
        let packages = BTreeMap::new();
        Self { path, packages }
    }

    pub(super) fn add(&mut self, name: PackageName, pin: Pin) {
        self.packages.entry(name).or_default().push(pin);
    }

    /// Takes away the files that the lock does not name.
    ///
    /// # Errors
    /// If the package or its version is not in the lock, or no file is left.
    pub fn hold(&self, package: &mut ResolvedPackage) -> Result<(), ProjectFileError> {
        let version = package.version.clone().unwrap_or_default();
        let pins = self.packages.get(&package.name);
        let mut pins = pins.into_iter().flatten();
        let is_it = |pin: &&Pin| match &pin.version {
            Some(pinned) => Version::from_str(&version).is_ok_and(|version| version == *pinned),
            None => true,
        };
        let Some(pin) = pins.find(is_it) else {
            return Err(ProjectFileError::NotLocked {
                path: self.path.clone(),
                package: package.name.clone(),
                version,
            });
        };
        if pin.version.is_none() {
            return Ok(());
        }
        let had_wheels = !package.wheels.is_empty();
        let is_locked = |sha256: &Sha256| pin.hashes.contains(sha256);
        package.wheels.retain(|wheel| is_locked(&wheel.sha256));
        let is_other_source = match &package.source {
            Some(PackageSource::Archive { sha256, .. }) => !sha256.as_ref().is_some_and(is_locked),
            Some(PackageSource::Git { .. }) => true,
            None => had_wheels && package.wheels.is_empty(),
        };
        match is_other_source {
            true => Err(ProjectFileError::OtherHashes {
                path: self.path.clone(),
                package: package.name.clone(),
                version,
            }),
            false => Ok(()),
        }
    }
}
