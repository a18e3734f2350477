//! `requirements.lock`: hash-pinned requirements, one wheel for each package and runtime, without index addresses.
//!
//! Pure: text in, values out and back. Resolving is the business of `uv`, finding wheels that of `build`.

mod built;
mod parse;

use std::collections::BTreeSet;
use std::fmt;

pub use built::{BuiltWheel, Commit, CommitError, WheelSource};
pub use parse::LockError;

use crate::digest::Sha256;
use crate::layer::{PackageName, PythonVersion};

/// What a layer's requirements were resolved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Hash over everything that resolution started from; another one means that the lock is stale.
    pub inputs: Sha256,
    /// The wheels, sorted by name, version, runtimes.
    pub wheels: Vec<LockedWheel>,
    /// Whether the wheels are those that were written: no editor or merge added, changed or dropped one.
    pub is_whole: bool,
}

/// One wheel of a lock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockedWheel {
    /// The package.
    pub name: PackageName,
    /// Its version as the index spells it.
    pub version: String,
    /// The runtimes that it is for; `None` for every runtime of the layer.
    pub pythons: Option<BTreeSet<PythonVersion>>,
    /// SHA-256 of the wheel file.
    pub sha256: Sha256,
    /// Where it is and what it was built from; `None` for one of a package index.
    pub built: Option<BuiltWheel>,
}

/// The wheel of a package that a resolution for one runtime came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedWheel {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: String,
    /// SHA-256 of the wheel file.
    pub sha256: Sha256,
    /// Where it is and what it was built from; `None` for one of a package index.
    pub built: Option<BuiltWheel>,
}

impl LockedWheel {
    /// Whether the runtime of `python` uses this wheel.
    pub fn is_for(&self, python: PythonVersion) -> bool {
        self.pythons
            .as_ref()
            .is_none_or(|pythons| pythons.contains(&python))
    }
}

impl Lock {
    /// The name of the file beside `requirements.txt`.
    pub const FILE_NAME: &str = "requirements.lock";

    /// Joins what each runtime resolved to: a wheel that all of them share stands once, without a marker.
    pub fn join(inputs: Sha256, resolutions: &[(PythonVersion, Vec<ResolvedWheel>)]) -> Self {
        let mut wheels: Vec<LockedWheel> = Vec::new();
        for (python, resolved) in resolutions {
            for ResolvedWheel {
                name,
                version,
                sha256,
                built,
            } in resolved
            {
                match wheels
                    .iter_mut()
                    .find(|wheel| wheel.sha256 == *sha256 && wheel.name == *name)
                {
                    Some(wheel) => {
                        wheel.pythons.get_or_insert_default().insert(*python);
                    }
                    None => wheels.push(LockedWheel {
                        name: name.clone(),
                        version: version.clone(),
                        pythons: Some(BTreeSet::from([*python])),
                        sha256: *sha256,
                        built: built.clone(),
                    }),
                }
            }
        }
        for wheel in &mut wheels {
            if wheel
                .pythons
                .as_ref()
                .is_some_and(|pythons| pythons.len() == resolutions.len())
            {
                wheel.pythons = None;
            }
        }
        wheels.sort();
        Self {
            inputs,
            wheels,
            is_whole: true,
        }
    }
}

/// What stands before the hash over the wheels.
const WHEELS_HASH: &str = "# The packages below: sha256:";

impl fmt::Display for Lock {
    /// Writes the lock as it stands in the file; [`str::parse`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# lls lock 1, made from inputs sha256:{}", self.inputs)?;
        writeln!(
            f,
            "# Commit this file, but do not edit it: `lls lock` makes it from requirements.txt."
        )?;
        writeln!(f, "{WHEELS_HASH}{}", hash_of(&self.wheels))?;
        self.wheels.iter().try_for_each(|wheel| wheel.fmt(f))
    }
}

/// Hash over the wheels as they stand in the file.
fn hash_of(wheels: &[LockedWheel]) -> Sha256 {
    let texts: Vec<_> = wheels.iter().map(LockedWheel::to_string).collect();
    Sha256::of(texts.concat())
}

impl fmt::Display for LockedWheel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.built {
            Some(BuiltWheel { file, source }) => {
                write!(f, "{source}\n{}{file}", BuiltWheel::PREFIX)?;
            }
            None => write!(f, "{}=={}", self.name, self.version)?,
        }
        for (index, python) in self.pythons.iter().flatten().enumerate() {
            let joint = if index == 0 { " ; " } else { " or " };
            write!(f, "{joint}python_version == \"{python}\"")?;
        }
        writeln!(f, " \\\n    --hash=sha256:{}", self.sha256)
    }
}
