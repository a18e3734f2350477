//! Makes `requirements.lock`: resolves with `uv` for each runtime and chooses one wheel for each package.

use super::requirements::{Requirements, pythons};
use super::{Builder, LockPolicy};
use crate::cache::write_file;
use crate::error::{Error, Failure};
use crate::layer::PackageName;
use crate::layer::{Architecture, LayerName, PythonVersion};
use crate::lock::{Lock, ResolvedWheel};
use crate::manifest::LayerSettings;
use crate::progress::Event;
use crate::uv::{Pin, Platform, ResolvedPackage};

/// Why a layer has no usable lock.
#[derive(Debug, thiserror::Error)]
pub enum LockingError {
    /// Locks may not be made, and this one is missing or stale.
    #[error("the lock of layer `{layer}` is {state}")]
    NotCurrent {
        /// The layer.
        layer: LayerName,
        /// `missing` or `stale`.
        state: &'static str,
    },
    /// The resolver listed wheels of a package, but none that suits.
    #[error("`{package}` {version} has no wheel for python{python} on {architecture}")]
    NoWheel {
        /// The package.
        package: PackageName,
        /// The version that was resolved.
        version: String,
        /// The runtime's version.
        python: PythonVersion,
        /// The architecture.
        architecture: Architecture,
    },
    /// Resolving failed.
    #[error("cannot lock layer `{layer}`")]
    Layer {
        /// The layer.
        layer: LayerName,
        /// Why.
        source: crate::uv::UvError,
    },
}

impl Failure for LockingError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotCurrent { .. } => Some("run `lls lock` and commit requirements.lock".into()),
            Self::NoWheel { package, .. } => Some(format!(
                "require another version of `{package}`, or change `runtimes` or `architecture`"
            )),
            Self::Layer { source, .. } => source.hint(),
        }
    }
}

/// What `lls lock` did to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockOutcome {
    /// The layer requires no packages.
    NoRequirements,
    /// The lock was current.
    Unchanged,
    /// The lock was written.
    Written,
}

/// A lock that fits its requirements, with their lines that name package indexes.
pub(super) struct CurrentLock {
    pub lock: Lock,
    pub index_options: Vec<String>,
}

/// Whether a lock that is current is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// Only a missing or stale lock is made, and keeps the versions that still satisfy the requirements.
    Keep,
    /// The newest versions are taken.
    Newest,
}

impl Builder<'_> {
    /// The layer's lock, made or refreshed where the policy allows it; `None` where it requires no packages.
    pub(super) async fn current_lock(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Option<CurrentLock>, Error> {
        let Some(requirements) = Requirements::read(layer, settings)? else {
            return Ok(None);
        };
        if requirements.lock_is_current() {
            let index_options = requirements.index_options;
            return Ok(requirements.lock.map(|lock| CurrentLock {
                lock,
                index_options,
            }));
        }
        self.check_policy(layer, &requirements)?;
        self.progress.event(Event::Locking {
            layer,
            reason: requirements.lock_state(),
        });
        let lock = self
            .resolve(layer, settings, &requirements, Upgrade::Keep)
            .await?;
        if self.lock_policy == LockPolicy::Update || requirements.lock.is_none() {
            write_file(&requirements.lock_path, lock.to_string().as_bytes())?;
        }
        Ok(Some(CurrentLock {
            lock,
            index_options: requirements.index_options,
        }))
    }

    /// Makes the layer's lock (`lls lock`).
    pub async fn lock(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        upgrade: Upgrade,
    ) -> Result<LockOutcome, Error> {
        let Some(requirements) = Requirements::read(layer, settings)? else {
            return Ok(LockOutcome::NoRequirements);
        };
        if upgrade == Upgrade::Keep && requirements.lock_is_current() {
            return Ok(LockOutcome::Unchanged);
        }
        self.check_policy(layer, &requirements)?;
        let lock = self
            .resolve(layer, settings, &requirements, upgrade)
            .await?;
        if requirements.lock.as_ref() == Some(&lock) {
            return Ok(LockOutcome::Unchanged);
        }
        write_file(&requirements.lock_path, lock.to_string().as_bytes())?;
        Ok(LockOutcome::Written)
    }

    /// Fails where a lock that is not current may not be made.
    fn check_policy(
        &self,
        layer: &LayerName,
        requirements: &Requirements,
    ) -> Result<(), LockingError> {
        match self.lock_policy {
            LockPolicy::Update | LockPolicy::Keep => Ok(()),
            LockPolicy::Locked => Err(LockingError::NotCurrent {
                layer: layer.clone(),
                state: requirements.lock_state(),
            }),
        }
    }

    async fn resolve(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        requirements: &Requirements,
        upgrade: Upgrade,
    ) -> Result<Lock, Error> {
        let in_layer = |source| LockingError::Layer {
            layer: layer.clone(),
            source,
        };
        let uv = self.uv().await.map_err(in_layer)?;
        let mut resolutions = Vec::new();
        for python in pythons(settings) {
            let platform = Platform {
                python,
                architecture: settings.architecture,
            };
            let kept = match (&requirements.lock, upgrade) {
                (Some(lock), Upgrade::Keep) => pins_of(lock, python),
                _ => Vec::new(),
            };
            let packages = uv
                .resolve(&requirements.path, platform, &kept)
                .await
                .map_err(in_layer)?;
            let wheels: Result<Vec<_>, _> = packages
                .iter()
                .map(|package| choose_wheel(package, platform))
                .collect();
            resolutions.push((python, wheels?));
        }
        Ok(Lock::join(requirements.inputs, &resolutions))
    }
}

fn pins_of(lock: &Lock, python: PythonVersion) -> Vec<Pin> {
    let wheels = lock.wheels.iter().filter(|wheel| wheel.is_for(python));
    wheels
        .map(|wheel| (wheel.name.clone(), wheel.version.clone()))
        .collect()
}

/// The wheel that an installer would choose. Equal ones are told apart by hash, so that the choice is always the same.
fn choose_wheel(
    package: &ResolvedPackage,
    platform: Platform,
) -> Result<ResolvedWheel, LockingError> {
    let (name, version) = (package.name.clone(), package.version.clone());
    let Platform {
        python,
        architecture,
    } = platform;
    let ranked = package
        .wheels
        .iter()
        .filter_map(|wheel| Some((wheel.name.rank(python, architecture)?, wheel.sha256)));
    match ranked.max() {
        Some((_, sha256)) => Ok(ResolvedWheel {
            name,
            version,
            sha256,
        }),
        None => Err(LockingError::NoWheel {
            package: name,
            version,
            python,
            architecture,
        }),
    }
}
