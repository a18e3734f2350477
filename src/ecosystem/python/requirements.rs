//! A layer's `requirements.txt`, and whether its lock still fits it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::lock::{Lock, LockError, LockedWheel};
use super::project_files::{self, Pins, ProjectFileError, ProjectRequirements};
use super::requirement_lines::{
    DirectWheel, HashError, IncludeError, ReachError, SourceFile, WrittenHashes, check_reach,
    direct_wheels, index_options, read_sources,
};
use crate::digest::{Hasher, Sha256};
use crate::error::{Failure, PathError};
use crate::input::{CheckedFolders, InputError, Repository};
use crate::layer::{LayerName, PackageName, PythonVersion, Runtime};
use crate::manifest::{LayerSettings, Packages};
use crate::process::Launcher;

/// What is wrong with a layer's requirements or their lock.
#[derive(Debug, thiserror::Error)]
pub enum RequirementsError {
    /// It cannot be found out whether a file is there.
    #[error(transparent)]
    Read(#[from] PathError),
    /// The lock cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A requirements file cannot be read.
    #[error(transparent)]
    Include(#[from] IncludeError),
    /// A hash in the requirements cannot be held.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A project's file cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectFileError),
    /// A line of it reaches for what whoever runs `lls` has not given.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// The lock is not as `lls lock` writes it.
    #[error("`{}` cannot be used", path.display())]
    Lock { path: PathBuf, source: LockError },
    /// Packages for no Python.
    #[error("layer `{layer}` has a requirements.txt but no Python runtime")]
    NoPython { layer: LayerName },
    /// A lock without anything that it could be made from.
    #[error("layer `{layer}` has a {} but no requirements.txt", Lock::FILE_NAME)]
    NoRequirements { layer: LayerName },
}

impl Failure for RequirementsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read(error) => return error.hint(),
            Self::Input(error) => return error.hint(),
            Self::Include(error) => return error.hint(),
            Self::Hash(error) => return error.hint(),
            Self::Project(error) => return error.hint(),
            Self::Reach(error) => return error.hint(),
            Self::Lock {
                source: LockError::Conflict(_),
                ..
            } => "take one side, as with `git checkout --ours` and the file, and run `lls lock`: it keeps the versions of that side which still fit".into(),
            Self::Lock { .. } => "make it again: delete it and run `lls lock`".into(),
            Self::NoPython { .. } => {
                "add a runtime such as \"python3.12\", or remove requirements.txt".into()
            }
            Self::NoRequirements { .. } => {
                "delete it, or write what it was made from into requirements.txt, or name another file with `packages`".into()
            }
        })
    }
}

/// A layer's requirements.
pub(super) struct Requirements {
    /// Hash over everything that resolution starts from.
    pub inputs: Sha256,
    /// The options among the requirements that name package indexes, one a line, with absolute paths.
    pub index_options: Vec<String>,
    /// The wheels that they name by address.
    pub direct_wheels: Vec<DirectWheel>,
    /// The hashes that they have, which bound what may be locked.
    pub hashes: WrittenHashes,
    /// The requirements and everything that they include.
    pub sources: Vec<SourceFile>,
    /// What a project's lock pins, where the requirements come from one.
    pub pins: Option<Pins>,
    /// Where the lock stands, or should.
    pub lock_path: PathBuf,
    /// The lock, current or not; `None` where there is none.
    pub lock: Option<Lock>,
}

impl Requirements {
    /// Reads the layer's requirements, with the variables that the launcher allows; `None` where it has none.
    pub fn read(
        layer: &LayerName,
        settings: &LayerSettings,
        (repository, launcher): (&Repository, &Launcher),
    ) -> Result<Option<Self>, RequirementsError> {
        let path = settings.directory.join("requirements.txt");
        let lock_path = settings.directory.join(Lock::FILE_NAME);
        let has_lock = is_there(&lock_path)?;
        let has_requirements = match settings.packages {
            Packages::Project(_) => true,
            Packages::None => false,
            Packages::Unsaid | Packages::Requirements => is_there(&path)?,
        };
        if !has_requirements {
            return if has_lock {
                Err(RequirementsError::NoRequirements {
                    layer: layer.clone(),
                })
            } else {
                Ok(None)
            };
        }
        if pythons(settings).is_empty() {
            return Err(RequirementsError::NoPython {
                layer: layer.clone(),
            });
        }
        let ProjectRequirements { sources, pins } = match &settings.packages {
            Packages::Project(project) => {
                let asked = project_files::read(project, repository)?;
                let mut checked = CheckedFolders::default();
                for source in &asked.sources {
                    check_reach(source, (repository, launcher), &mut checked)?;
                }
                asked
            }
            _ => ProjectRequirements {
                sources: read_sources(&path, (repository, launcher))?,
                pins: None,
            },
        };
        let lock = if has_lock {
            Some(read_lock(&lock_path, repository)?)
        } else {
            None
        };
        Ok(Some(Self {
            inputs: hash_inputs(&sources, settings),
            index_options: index_options(&sources),
            direct_wheels: direct_wheels(&sources, launcher),
            hashes: WrittenHashes::read(&sources)?,
            sources,
            pins,
            lock_path,
            lock,
        }))
    }

    /// Whether the lock was made from just these requirements, has only files whose hashes they allow, and just what is
    /// in `build` was built.
    pub fn lock_is_current(&self, build: &BTreeSet<PackageName>) -> bool {
        self.lock.as_ref().is_some_and(|lock| {
            let is_as_wanted = |wheel: &LockedWheel| {
                wheel.built.is_some() == build.contains(&wheel.name)
                    && self.hashes.allow_locked(wheel)
            };
            lock.is_whole && lock.inputs == self.inputs && lock.wheels.iter().all(is_as_wanted)
        })
    }

    /// What a lock that is not current is.
    pub fn lock_state(&self) -> &'static str {
        match &self.lock {
            None => "missing",
            Some(lock) if !lock.is_whole => "not as `lls lock` wrote it",
            Some(_) => "stale",
        }
    }
}

/// Whether a name is taken, be it by a link to nothing: a broken file must not pass for an absent one.
fn is_there(path: &Path) -> Result<bool, PathError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(PathError {
            operation: "read",
            path: path.to_owned(),
            source,
        }),
    }
}

/// The Python versions among a layer's runtimes, oldest first.
pub(super) fn pythons(settings: &LayerSettings) -> BTreeSet<PythonVersion> {
    settings
        .runtimes
        .iter()
        .filter_map(Runtime::python)
        .collect()
}

fn read_lock(path: &Path, repository: &Repository) -> Result<Lock, RequirementsError> {
    let text = repository.read_text(path)?;
    text.parse().map_err(|source| RequirementsError::Lock {
        path: path.to_owned(),
        source,
    })
}

/// Hash over the requirements, everything that they include, the runtimes and the architecture.
///
/// Line ends, and blanks before them, do not count, so that a checkout on another system finds the lock current.
fn hash_inputs(sources: &[SourceFile], settings: &LayerSettings) -> Sha256 {
    let mut hasher = Hasher::default();
    hasher.field(settings.architecture.as_str());
    for python in pythons(settings) {
        hasher.field(python.to_string());
    }
    for source in sources {
        hasher.field(&source.name);
        hasher.field((source.lines.len() as u64).to_le_bytes());
        let lines = source.lines.iter();
        lines.for_each(|line| hasher.field(line.trim_end()));
    }
    hasher.finish()
}
