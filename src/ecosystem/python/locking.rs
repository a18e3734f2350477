//! Makes `requirements.lock`: resolves with `uv` for each runtime and chooses one wheel for each package.

use std::collections::BTreeSet;

use super::choice::choose_wheels;
use super::from_source::{SourceBuilds, SourceWheel};
use super::held::HeldSources;
use super::lock::Lock;
use super::locking_error::{LockingError, in_layer};
use super::placing::artifacts;
use super::requirement_lines::{Sources, check, first_marked, git_pins, trusted_hosts};
use super::requirements::{Requirements, RequirementsError, pythons};
use super::uv::{Platform, Preferences};
use super::wheel_folder::WheelFolder;
use crate::cache::write_file;
use crate::ecosystem::{
    LockOutcome, LockPolicy, Locked, PackageChange, PackageOrigin, Upgrade, Workbench,
};
use crate::error::Error;
use crate::layer::{LayerName, PackageName, PythonVersion};
use crate::manifest::LayerSettings;
use crate::progress::{Step, begin};

impl Workbench<'_> {
    /// The layer's packages; their lock is made or refreshed where the policy allows it.
    pub async fn python_locked(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Locked, Error> {
        let Some(mut requirements) = self.requirements(layer, settings)? else {
            return Ok(Locked::default());
        };
        if requirements.lock_is_current(&settings.build)
            && let Some(lock) = requirements.lock.take()
        {
            if self.lock_policy == LockPolicy::Locked {
                WheelFolder::of(layer, settings, &self.repository).check(&lock)?;
            }
            return Ok(locked(requirements, &lock, settings));
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
        Ok(locked(requirements, &lock, settings))
    }

    /// Makes the layer's lock (`lls lock`); tells which packages it has otherwise than the one before.
    pub async fn lock_python(
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
        let is_new = requirements.lock.as_ref() != Some(&lock);
        // In this order a lock never names a wheel that is not there yet.
        let mut outcome = write_missing(&wheels, &folder)?;
        if is_new {
            write_file(&requirements.lock_path, lock.to_string().as_bytes())?;
            outcome = LockOutcome::Written;
        }
        folder.remove_stale(&lock, self.progress)?;
        let before = requirements.lock.as_ref();
        let changes = before.map(|before| changes(before, &lock));
        Ok((outcome, changes.unwrap_or_default()))
    }

    /// The packages that the layer's lock has as wheels built from source, where no manifest says which may be built.
    pub fn built_wheels(
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

    pub(super) fn requirements(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Option<Requirements>, RequirementsError> {
        let places = (&self.repository, &self.python.uv_source.launcher);
        Requirements::read(layer, settings, places)
    }

    /// Says which hosts of the requirements are not trusted, for how indexes are reached is not theirs to say.
    fn warn_of_trusted_hosts(&self, requirements: &Requirements) {
        let launcher = &self.python.uv_source.launcher;
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
        let uv = self.python.uv(self.progress).await.map_err(in_layer)?;
        let mut builds = SourceBuilds {
            bench: self,
            uv,
            layer,
            settings,
            requirements,
            held: HeldSources::new()?,
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
            let mut packages = builds.resolve(platform, &kept).await?;
            self.python.warn_of_yanked(&packages, self.progress);
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

/// What a lock that fits its requirements comes to, with what they say of where packages are.
fn locked(requirements: Requirements, lock: &Lock, settings: &LayerSettings) -> Locked {
    let origin = PackageOrigin {
        path: requirements.sources[0].path.clone(),
        first: first_marked(&requirements.sources),
    };
    Locked {
        packages: lock.wheels.iter().map(|wheel| wheel.name.clone()).collect(),
        artifacts: artifacts(lock, settings),
        origin: Some(origin),
        sources: Sources {
            index_options: requirements.index_options,
            direct_wheels: requirements.direct_wheels,
        },
    }
}

/// Writes the wheels that are not there yet, and tells whether there were any.
fn write_missing(wheels: &[SourceWheel], folder: &WheelFolder) -> Result<LockOutcome, Error> {
    let mut outcome = LockOutcome::Unchanged;
    for wheel in wheels {
        let file = &wheel.built.file;
        if folder.read(file.as_str(), wheel.sha256.into()).is_err() {
            folder.write(file, &wheel.bytes)?;
            outcome = LockOutcome::Written;
        }
    }
    Ok(outcome)
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
