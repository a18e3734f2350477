//! Builds wheels from source for `lls lock`, the one command that runs foreign code, and only that of packages in `build`.
//!
//! A wheel is built once for all runtimes that it serves, and only if the lock does not have one of the same source.

use std::path::{Path, PathBuf};

use super::checkout::checkout;
use super::held::{HeldSources, download};
use super::lock::{BuiltWheel, Commit, ResolvedWheel, WheelSource};
use super::requirement_lines::{HashError, git_request};
use super::requirements::Requirements;
use super::source_error::SourceError;
use super::uv::{BuildOptions, PackageSource, Platform, ResolvedPackage, Uv};
use super::wheel::{WheelError, WheelName, normalised};
use super::wheel_folder::WheelFolder;
use crate::cache::ElfFilesError;
use crate::digest::Sha256;
use crate::ecosystem::native::foreign_libraries;
use crate::ecosystem::{Offer, Workbench};
use crate::error::{Error, PathContext as _};
use crate::layer::{LayerName, PackageName, PythonVersion};
use crate::manifest::LayerSettings;
use crate::progress::{Event, Step, begin};

/// The builds of one layer.
pub(super) struct SourceBuilds<'a> {
    pub bench: &'a Workbench<'a>,
    pub uv: &'a Uv,
    pub layer: &'a LayerName,
    pub settings: &'a LayerSettings,
    pub requirements: &'a Requirements,
    /// The sources that were compared with hashes of the requirements.
    pub held: HeldSources,
    /// The wheels that were built or taken from `.wheels`.
    pub wheels: Vec<SourceWheel>,
}

/// A wheel in its final form.
pub(super) struct SourceWheel {
    pub built: BuiltWheel,
    pub sha256: Sha256,
    pub bytes: Vec<u8>,
}

impl SourceBuilds<'_> {
    /// The wheel of `package` for one runtime.
    pub async fn wheel(
        &mut self,
        package: &ResolvedPackage,
        source: &PackageSource,
        platform: Platform,
    ) -> Result<ResolvedWheel, Error> {
        let name = &package.name;
        let known = self.identity(name, source);
        if let Some(known) = &known {
            self.take_locked(name, known, platform);
        }
        let serves = |wheel: &SourceWheel| {
            let BuiltWheel { file, source } = &wheel.built;
            let suits = file.rank(platform.python, platform.architecture).is_some();
            file.name == *name && Some(source) == known.as_ref() && suits
        };
        let index = match self.wheels.iter().position(serves) {
            Some(index) => index,
            None => {
                let wheel = self.build(package, source, platform).await?;
                self.add(wheel)?
            }
        };
        let wheel = &self.wheels[index];
        self.check_native(wheel, platform.python)?;
        let file = &wheel.built.file;
        Ok(ResolvedWheel {
            name: file.name.clone(),
            version: file.version.clone(),
            sha256: wheel.sha256,
            built: Some(wheel.built.clone()),
        })
    }

    /// What the lock knows a source by; `None` where that shows no sooner than it is downloaded.
    fn identity(&self, name: &PackageName, source: &PackageSource) -> Option<WheelSource> {
        match source {
            PackageSource::Archive { sha256, .. } => sha256.map(WheelSource::Archive),
            PackageSource::Git { commit, .. } => Some(WheelSource::Git {
                commit: commit.clone(),
                request: git_request(&self.requirements.sources, name),
            }),
        }
    }

    /// Takes the wheel that the present lock has of this source; a damaged or missing one is built again.
    fn take_locked(&mut self, name: &PackageName, source: &WheelSource, platform: Platform) {
        let wheels = self.requirements.lock.iter().flat_map(|lock| &lock.wheels);
        let folder = WheelFolder::of(self.layer, self.settings, &self.bench.repository);
        for wheel in wheels.filter(|wheel| wheel.name == *name && wheel.is_for(platform.python)) {
            let Some(built) = wheel.built.as_ref().filter(|built| built.source == *source) else {
                continue;
            };
            if !self.requirements.hashes.allow_locked(wheel) {
                continue;
            }
            if self
                .wheels
                .iter()
                .any(|other| other.built.file == built.file)
            {
                continue;
            }
            if let Ok(bytes) = folder.read(built.file.as_str(), wheel.sha256.into()) {
                let (built, sha256) = (built.clone(), wheel.sha256);
                self.wheels.push(SourceWheel {
                    built,
                    sha256,
                    bytes,
                });
            }
        }
    }

    /// Adds a wheel, and returns its index.
    fn add(&mut self, wheel: SourceWheel) -> Result<usize, SourceError> {
        let same_file = |other: &&SourceWheel| other.built.file == wheel.built.file;
        if let Some(other) = self.wheels.iter().find(same_file)
            && other.sha256 != wheel.sha256
        {
            let file = wheel.built.file;
            return Err(SourceError::SameFile {
                file: file.to_string(),
                package: file.name,
            });
        }
        self.wheels.push(wheel);
        Ok(self.wheels.len() - 1)
    }

    async fn build(
        &self,
        package: &ResolvedPackage,
        source: &PackageSource,
        platform: Platform,
    ) -> Result<SourceWheel, Error> {
        let name = &package.name;
        let shown = package
            .version
            .as_ref()
            .map(|version| format!(" {version}"));
        let step = Step::BuildWheel {
            layer: self.layer,
            package: &format!("{name}{}", shown.unwrap_or_default()),
        };
        let running = begin(self.bench.progress, step);
        let folder = tempfile::Builder::new().prefix("lls-").tempdir();
        let folder = folder.at("write to", &std::env::temp_dir())?;
        let (tree, source) = self.fetch(name, source, folder.path()).await?;
        self.check_hash(package, &source)?;
        let in_build = |source| SourceError::Build {
            package: name.clone(),
            source,
        };
        let own = self.uv.find_python(platform.python).await;
        let own = own.map_err(in_build)?;
        let options = BuildOptions {
            python: own.as_deref().unwrap_or(Path::new("python3")),
            from_source: &self.settings.build,
            index_options: &self.requirements.index_options,
        };
        let output = folder.path().join("wheels");
        let built = self.uv.build_wheel(&tree, &output, &options).await;
        built.map_err(in_build)?;
        let (file, bytes) = read_output(package, &output)?;
        check_suits(&file, own.as_deref(), platform)?;
        let bytes =
            normalised(&bytes, name, &file.version).map_err(|source| refused(name, source))?;
        self.warn_of_libraries(&file, &bytes)?;
        running.done(bytes.len() as u64);
        Ok(SourceWheel {
            sha256: Sha256::of(&bytes),
            built: BuiltWheel { file, source },
            bytes,
        })
    }

    /// Fails where the requirements do not allow this source.
    fn check_hash(&self, package: &ResolvedPackage, source: &WheelSource) -> Result<(), HashError> {
        let (name, hashes) = (&package.name, &self.requirements.hashes);
        let version = package.version.as_deref().unwrap_or_default();
        match source {
            WheelSource::Git { .. } => hashes.check_git(name),
            WheelSource::Archive(sha256) => {
                hashes.check_files(name, version, &[("source code".to_owned(), *sha256)])
            }
        }
    }

    /// Brings the source into `folder`; returns where it is and what the lock is to know it by.
    async fn fetch(
        &self,
        name: &PackageName,
        source: &PackageSource,
        folder: &Path,
    ) -> Result<(PathBuf, WheelSource), Error> {
        match source {
            PackageSource::Archive {
                subdirectory: Some(subdirectory),
                ..
            } => Err(SourceError::Subdirectory {
                package: name.clone(),
                subdirectory: subdirectory.clone(),
            }
            .into()),
            PackageSource::Archive { url, sha256, .. } => {
                let options = &self.requirements.index_options;
                let (path, found) = match self.held.file(url) {
                    Some(file) => file,
                    None => download((self.bench, self.uv, options), name, url, folder).await?,
                };
                match sha256 {
                    Some(expected) if *expected != found => Err(SourceError::Hash {
                        package: name.clone(),
                        expected: *expected,
                        found,
                    }
                    .into()),
                    _ => Ok((path, WheelSource::Archive(found))),
                }
            }
            PackageSource::Git {
                url,
                commit,
                subdirectory,
            } => {
                let within = subdirectory.as_deref().unwrap_or_default();
                let path = self.check_out(name, url, commit, within, folder).await?;
                let source = WheelSource::Git {
                    commit: commit.clone(),
                    request: git_request(&self.requirements.sources, name),
                };
                Ok((path, source))
            }
        }
    }

    /// Checks a commit out into `folder`; returns where the source is, which is inside of the repository.
    async fn check_out(
        &self,
        name: &PackageName,
        url: &str,
        commit: &Commit,
        subdirectory: &str,
        folder: &Path,
    ) -> Result<PathBuf, Error> {
        let tree = folder.join("source");
        let uv_source = &self.bench.python.uv_source;
        let bounds = (&uv_source.launcher, uv_source.patience.whole());
        let outcome = checkout(url, commit, &tree, bounds).await;
        outcome.map_err(|source| SourceError::Checkout {
            package: name.clone(),
            source,
        })?;
        let folder = tree.join(subdirectory);
        let real = folder.canonicalize().at("read", &folder)?;
        if !real.starts_with(tree.canonicalize().at("read", &tree)?) {
            return Err(SourceError::Outside {
                package: name.clone(),
                subdirectory: subdirectory.to_owned(),
            }
            .into());
        }
        Ok(folder)
    }

    /// Tells of shared libraries that were found where the wheel was built, and that Lambda may lack.
    fn warn_of_libraries(&self, file: &WheelName, wheel: &[u8]) -> Result<(), SourceError> {
        let libraries = foreign_libraries(wheel);
        let libraries = libraries.map_err(|error| refused(&file.name, error.into()))?;
        if !libraries.is_empty() {
            let libraries: Vec<_> = libraries.into_iter().collect();
            let message = format!(
                "`{file}` is linked to {}, which only works if the layer brings it in `lib`",
                libraries.join(", ")
            );
            let event = Event::Warning { message: &message };
            self.bench.progress.event(event);
        }
        Ok(())
    }

    /// Refuses native files that the runtime could not load. The wheel is kept in the cache on the way.
    fn check_native(&self, wheel: &SourceWheel, python: PythonVersion) -> Result<(), Error> {
        let (cache, name) = (&self.bench.artifacts, &wheel.built.file.name);
        let file = cache.keep_bytes(&wheel.bytes, wheel.sha256.into())?;
        let native = cache.elf_files(wheel.sha256.into(), &file);
        let native = native.map_err(|error| match error {
            ElfFilesError::Archive(error) => refused(name, error.into()),
            ElfFilesError::File(error) => error.into(),
        })?;
        let offer = Offer {
            architecture: self.settings.architecture,
            runtime: Some(python.into()),
        };
        for (path, needs) in &native {
            offer.check(path, *needs, || format!("`{name}`, built here,"))?;
        }
        Ok(())
    }
}

fn refused(package: &PackageName, source: WheelError) -> SourceError {
    SourceError::Refused {
        package: package.clone(),
        source,
    }
}

/// The one wheel in `folder`, which must be of the package that was resolved.
fn read_output(
    package: &ResolvedPackage,
    folder: &Path,
) -> Result<(WheelName, Vec<u8>), SourceError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).at("list", folder)? {
        let name = entry.at("list", folder)?.file_name();
        let name = name.to_string_lossy();
        files.extend(name.ends_with(".whl").then(|| name.into_owned()));
    }
    files.sort();
    let version = package.version.clone().unwrap_or_default();
    let is_expected = |file: &WheelName| {
        file.name == package.name && (version.is_empty() || file.is_of_version(&version))
    };
    let file = match files.as_slice() {
        [text] => text.parse().ok().filter(is_expected),
        _ => None,
    };
    let Some(file) = file else {
        let found = if files.is_empty() {
            "no wheel".to_owned()
        } else {
            files.join(", ")
        };
        return Err(SourceError::Output {
            package: package.name.clone(),
            version,
            found,
        });
    };
    let path = folder.join(file.to_string());
    Ok((file, std::fs::read(&path).at("read", &path)?))
}

/// Refuses a wheel whose tags are not the runtime's; `own` is the runtime's Python, if it was built with that.
fn check_suits(
    file: &WheelName,
    own: Option<&Path>,
    platform: Platform,
) -> Result<(), SourceError> {
    let Platform {
        python,
        architecture,
    } = platform;
    if file.rank(python, architecture).is_some() {
        return Ok(());
    }
    let (package, file) = (file.name.clone(), file.to_string());
    Err(if own.is_some() {
        SourceError::Unsuitable {
            package,
            file,
            python,
            architecture,
        }
    } else {
        SourceError::NeedsPython {
            package,
            python,
            file,
        }
    })
}
