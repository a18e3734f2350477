//! Makes `requirements.lock`: resolves with `uv` for each runtime and chooses one wheel for each package.

use std::collections::BTreeSet;

use super::from_source::{SourceBuilds, SourceWheel};
use super::no_wheel::no_wheel;
use super::requirement_lines::{
    RequirementLineError, RequirementsCopy, check, git_pins, place_of, trusted_hosts,
};
use super::requirements::{Requirements, RequirementsError, pythons};
use super::wheel_folder::WheelFolder;
use super::{Builder, LockPolicy};
use crate::cache::write_file;
use crate::error::{Error, Failure};
use crate::layer::PackageName;
use crate::layer::{Architecture, LayerName, PythonVersion};
use crate::lock::{Lock, ResolvedWheel};
use crate::manifest::LayerSettings;
use crate::plan::PackageChange;
use crate::progress::{Step, begin};
use crate::uv::{IndexFile, Platform, Preferences, ResolveRequest, ResolvedPackage, UvError};

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
    /// The lock has to be made anew, and packages may have to be built for that.
    #[error("the lock of layer `{layer}` is {state}, and the layer has packages to `build`")]
    MayBuild {
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
        source: UvError,
    },
}

impl Failure for LockingError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotCurrent { .. } => Some("run `lls lock` and commit requirements.lock".into()),
            Self::MayBuild { .. } => Some(
                "run `lls lock`, the only command that runs packages' code, and commit requirements.lock and .wheels".into(),
            ),
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
        let Some(requirements) = self.requirements(layer, settings)? else {
            return Ok(None);
        };
        if requirements.lock_is_current(&settings.build) {
            let index_options = requirements.index_options;
            if let (LockPolicy::Locked, Some(lock)) = (self.lock_policy, &requirements.lock) {
                WheelFolder::of(layer, settings, &self.repository).check(lock)?;
            }
            return Ok(requirements.lock.map(|lock| CurrentLock {
                lock,
                index_options,
            }));
        }
        check(&requirements.sources, &settings.build)?;
        self.check_policy(layer, &requirements)?;
        if !settings.build.is_empty() {
            return Err(LockingError::MayBuild {
                layer: layer.clone(),
                state: requirements.lock_state(),
            }
            .into());
        }
        let reason = Some(requirements.lock_state());
        let running = begin(self.progress, Step::Lock { layer, reason });
        let (lock, _) = self
            .resolve(layer, settings, &requirements, Upgrade::Keep)
            .await?;
        if self.lock_policy == LockPolicy::Update || requirements.lock.is_none() {
            write_file(&requirements.lock_path, lock.to_string().as_bytes())?;
        }
        running.done(0);
        Ok(Some(CurrentLock {
            lock,
            index_options: requirements.index_options,
        }))
    }

    /// Makes the layer's lock (`lls lock`); tells which packages it has otherwise than the one before.
    pub async fn lock(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        upgrade: Upgrade,
    ) -> Result<(LockOutcome, Vec<PackageChange>), Error> {
        let Some(requirements) = self.requirements(layer, settings)? else {
            return Ok((LockOutcome::NoRequirements, Vec::new()));
        };
        let folder = WheelFolder::of(layer, settings, &self.repository);
        let mut damage = None;
        if let Some(lock) = &requirements.lock
            && requirements.lock_is_current(&settings.build)
        {
            damage = folder.check(lock).err();
            if upgrade == Upgrade::Keep && damage.is_none() {
                if self.lock_policy != LockPolicy::Locked {
                    folder.remove_stale(lock, self.progress)?;
                }
                return Ok((LockOutcome::Unchanged, Vec::new()));
            }
        }
        check(&requirements.sources, &settings.build)?;
        if let (LockPolicy::Locked, Some(damage)) = (self.lock_policy, damage) {
            return Err(damage.into());
        }
        self.check_policy(layer, &requirements)?;
        let running = begin(
            self.progress,
            Step::Lock {
                layer,
                reason: None,
            },
        );
        let (lock, wheels) = self
            .resolve(layer, settings, &requirements, upgrade)
            .await?;
        running.done(0);
        let mut outcome = LockOutcome::Unchanged;
        // In this order a lock never names a wheel that is not there yet.
        for wheel in &wheels {
            if folder.read(&wheel.built.file, wheel.sha256).is_err() {
                folder.write(&wheel.built.file, &wheel.bytes)?;
                outcome = LockOutcome::Written;
            }
        }
        if requirements.lock.as_ref() != Some(&lock) {
            write_file(&requirements.lock_path, lock.to_string().as_bytes())?;
            outcome = LockOutcome::Written;
        }
        folder.remove_stale(&lock, self.progress)?;
        let before = requirements.lock.as_ref();
        Ok((
            outcome,
            before
                .map(|before| changes(before, &lock))
                .unwrap_or_default(),
        ))
    }

    /// The packages that the layer's lock has as wheels built from source, where no manifest says which may be built.
    pub fn built_packages(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<BTreeSet<PackageName>, Error> {
        let requirements = self.requirements(layer, settings)?;
        let lock = requirements.and_then(|requirements| requirements.lock);
        let wheels = lock.map(|lock| lock.wheels).unwrap_or_default();
        let built = wheels.into_iter().filter(|wheel| wheel.built.is_some());
        Ok(built.map(|wheel| wheel.name).collect())
    }

    fn requirements(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Option<Requirements>, RequirementsError> {
        let places = (&self.repository, &self.uv_source.launcher);
        Requirements::read(layer, settings, places)
    }

    /// Says which hosts of the requirements are not trusted, for how indexes are reached is not theirs to say.
    fn warn_of_trusted_hosts(&self, requirements: &Requirements) {
        let launcher = &self.uv_source.launcher;
        let known = launcher.value("UV_INSECURE_HOST").unwrap_or_default();
        for (place, host) in trusted_hosts(&requirements.sources) {
            let is_known = |known: &str| known == host;
            if !known.split([' ', ',']).any(is_known) {
                self.warn(&format!(
                    "{place}: `--trusted-host` is ignored: only whoever runs `lls` can trust a host without a certificate, with UV_INSECURE_HOST={host}"
                ));
            }
        }
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

    /// Resolves for each runtime; the wheels that had to be built for that are not written yet.
    async fn resolve(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        requirements: &Requirements,
        upgrade: Upgrade,
    ) -> Result<(Lock, Vec<SourceWheel>), Error> {
        self.warn_of_trusted_hosts(requirements);
        let in_layer = |source| in_layer(layer, requirements, source);
        let uv = self.uv().await.map_err(in_layer)?;
        let copy = RequirementsCopy::of(&requirements.sources)?;
        let of_copy = |source| match source {
            UvError::Failed { message } => in_layer(UvError::Failed {
                message: copy.in_terms_of_originals(&message),
            }),
            source => in_layer(source),
        };
        let request = ResolveRequest {
            requirements: &copy.requirements(),
            index_options: &requirements.index_options,
            from_source: &settings.build,
        };
        let mut builds = SourceBuilds {
            builder: self,
            uv,
            layer,
            settings,
            requirements,
            wheels: Vec::new(),
        };
        let mut resolutions = Vec::new();
        for python in pythons(settings) {
            let platform = Platform {
                python,
                architecture: settings.architecture,
            };
            let kept = match (&requirements.lock, upgrade) {
                (Some(lock), Upgrade::Keep) => preferences(requirements, lock, python),
                _ => Preferences::default(),
            };
            let mut packages = match uv.resolve(request, platform, &kept).await {
                Ok(packages) => packages,
                Err(error) => {
                    let place = (layer, requirements);
                    let reason = no_wheel(uv, place, platform, &error).await;
                    return Err(reason.map_or_else(|| of_copy(error), Error::from));
                }
            };
            if let Some(pins) = &requirements.pins {
                packages
                    .iter_mut()
                    .try_for_each(|package| pins.hold(package))?;
            }
            let wheels = choose_wheels(&packages, platform, &mut builds).await?;
            resolutions.push((python, wheels));
        }
        let lock = Lock::join(requirements.inputs, &resolutions);
        Ok((lock, builds.wheels))
    }
}

/// The packages whose versions differ in two locks.
fn changes(before: &Lock, after: &Lock) -> Vec<PackageChange> {
    let versions = |lock: &Lock, name: &PackageName| -> BTreeSet<String> {
        let wheels = lock.wheels.iter().filter(|wheel| wheel.name == *name);
        wheels.map(|wheel| wheel.version.clone()).collect()
    };
    let wheels = before.wheels.iter().chain(&after.wheels);
    let names: BTreeSet<_> = wheels.map(|wheel| wheel.name.clone()).collect();
    let changes = names.into_iter().map(|name| PackageChange {
        before: versions(before, &name),
        after: versions(after, &name),
        name,
    });
    changes
        .filter(|change| change.before != change.after)
        .collect()
}

/// A failure of uv, with the line of the requirements that it is about where there is one.
fn in_layer(layer: &LayerName, requirements: &Requirements, source: UvError) -> Error {
    let layer = layer.clone();
    match source {
        UvError::OnlySource { package } => RequirementLineError::OnlySource {
            layer,
            place: place_of(&requirements.sources, &package),
            package,
        }
        .into(),
        source => LockingError::Layer { layer, source }.into(),
    }
}

/// The versions and commits of a lock.
fn preferences(requirements: &Requirements, lock: &Lock, python: PythonVersion) -> Preferences {
    let mut preferences = Preferences::default();
    for wheel in lock.wheels.iter().filter(|wheel| wheel.is_for(python)) {
        let pin = (wheel.name.clone(), wheel.version.clone());
        preferences.pins.push(pin);
        if let Some(built) = &wheel.built {
            let commits = git_pins(&requirements.sources, &wheel.name, &built.source);
            preferences.commits.extend(commits);
        }
    }
    preferences
}

/// The wheel of each package: one of the index, or one that `builds` makes where the layer's `build` names the package.
async fn choose_wheels(
    packages: &[ResolvedPackage],
    platform: Platform,
    builds: &mut SourceBuilds<'_>,
) -> Result<Vec<ResolvedWheel>, Error> {
    let mut wheels = Vec::new();
    for package in packages {
        wheels.push(match &package.source {
            Some(source) if builds.settings.build.contains(&package.name) => {
                builds.wheel(package, source, platform).await?
            }
            _ => {
                let version = index_version(package)
                    .map_err(|source| in_layer(builds.layer, builds.requirements, source))?;
                choose_wheel(package, version, platform, builds.requirements)?
            }
        });
    }
    Ok(wheels)
}

/// The version of a package that comes as wheels of an index.
fn index_version(package: &ResolvedPackage) -> Result<String, UvError> {
    let version = package.version.clone();
    version
        .filter(|_| !package.wheels.is_empty())
        .ok_or_else(|| UvError::NotFromIndex {
            package: package.name.to_string(),
        })
}

/// The wheel that an installer would choose. Equal ones are told apart by hash, so that the choice is always the same.
fn choose_wheel(
    package: &ResolvedPackage,
    version: String,
    platform: Platform,
    Requirements {
        hashes, sources, ..
    }: &Requirements,
) -> Result<ResolvedWheel, Error> {
    let name = package.name.clone();
    hashes.check_required(&name, &version, sources)?;
    let Platform {
        python,
        architecture,
    } = platform;
    let rank = |wheel: &&IndexFile| wheel.name.rank(python, architecture);
    let fitting: Vec<_> = package
        .wheels
        .iter()
        .filter(|wheel| rank(wheel).is_some())
        .collect();
    if fitting.is_empty() {
        return Err(LockingError::NoWheel {
            package: name,
            version,
            python,
            architecture,
        }
        .into());
    }
    let files: Vec<_> = fitting
        .iter()
        .map(|wheel| (wheel.name.to_string(), wheel.sha256))
        .collect();
    hashes.check_files(&name, &version, &files)?;
    let allowed = fitting
        .into_iter()
        .filter(|wheel| hashes.allow(&name, &version, wheel.sha256));
    let best = allowed.max_by_key(|wheel| (rank(wheel), wheel.sha256));
    let sha256 = best.expect("one is allowed").sha256;
    Ok(ResolvedWheel {
        name,
        version,
        sha256,
        built: None,
    })
}
