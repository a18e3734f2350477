//! Brings the wheels of a lock into the cache: several downloads at a time, every one checked against its hash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use rayon::prelude::*;
use tempfile::NamedTempFile;

use super::requirement_lines::{Sources, direct_file};
use super::transfer::{Downloader, LARGEST_WHEEL, TransferError};
use super::uv::{IndexFile, Platform, Uv, UvError};
use super::wheel::WheelError;
use super::wheel_folder::WheelFolder;
use crate::archive::read_entries;
use crate::cache::MappedFile;
use crate::digest::{Digest, Sha256};
use crate::ecosystem::{Artifact, ArtifactFiles, Locked, RefusedArtifact, Workbench};
use crate::error::{Error, Failure, PathContext as _, PathError};
use crate::layer::LayerName;
use crate::layer::PackageName;
use crate::manifest::LayerSettings;
use crate::progress::{Step, begin};

/// How many wheels are downloaded at a time.
const PARALLEL_DOWNLOADS: usize = 8;

/// Why a wheel could not be brought into the cache. Never names an address.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The index has no file with the locked hash.
    #[error("the package index has no wheel of `{name}` {version} with the locked hash {digest}")]
    NotInIndex {
        name: PackageName,
        version: String,
        digest: Digest,
    },
    /// The index could not be asked where the wheels are.
    #[error("cannot find the wheels of layer `{layer}`")]
    Lookup { layer: LayerName, source: UvError },
    /// The transfer failed.
    #[error("cannot download the wheel of `{name}` {version}")]
    Transfer {
        name: PackageName,
        version: String,
        source: TransferError,
    },
    /// What arrived is not what was locked.
    #[error(
        "the downloaded wheel of `{name}` {version} has the hash sha256:{found}, not the locked {expected}"
    )]
    Hash {
        name: PackageName,
        version: String,
        expected: Box<Digest>,
        found: Sha256,
    },
    /// The wheel has the locked hash, and is still no sound archive.
    #[error(transparent)]
    Refused(#[from] RefusedArtifact),
    /// The program is being stopped.
    #[error("the download was interrupted")]
    Interrupted,
    /// The wheel could not be written to the cache.
    #[error(transparent)]
    Write(#[from] PathError),
    /// Connections could not be set up.
    #[error("cannot download wheels")]
    Client(#[source] TransferError),
}

impl Failure for DownloadError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotInIndex { .. } => {
                "it may have been removed there: run `lls lock --upgrade`, or use the index that it was locked from".into()
            }
            Self::Lookup { source, .. } => return source.hint(),
            Self::Transfer { source, .. } | Self::Client(source) => return source.hint(),
            Self::Hash { .. } => "the index, or something on the way, serves another file: do not use it".into(),
            Self::Refused(error) => return error.hint(),
            Self::Interrupted => return None,
            Self::Write(error) => return error.hint(),
        })
    }
}

impl Workbench<'_> {
    /// The bytes of the layer's wheels, in the order of the inputs; those that are missing are downloaded.
    pub async fn fetch_wheels(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        locked: &Locked,
    ) -> Result<ArtifactFiles, Error> {
        let folder = WheelFolder::of(layer, settings, &self.repository);
        let mut files = BTreeMap::new();
        let (mut missing, mut unknown) = (BTreeMap::new(), Vec::new());
        for wheel in &locked.artifacts {
            let digest = wheel.digest;
            if files.contains_key(&digest) {
                continue;
            }
            let kept = self.artifacts.open(digest)?;
            if let Some(file) = &wheel.built {
                let bytes = folder.read(file, digest)?;
                if kept.is_none() {
                    let file = self.admit(wheel, &bytes)?;
                    files.insert(digest, Arc::new(file));
                    continue;
                }
            }
            let Some(file) = kept.map(Arc::new) else {
                missing.insert(digest, wheel);
                continue;
            };
            if !self.artifacts.is_known(digest, &file) {
                unknown.push((wheel, Arc::clone(&file)));
            }
            files.insert(digest, file);
        }
        verify_all(&unknown).await?;
        if !missing.is_empty() {
            self.download(layer, settings, (&locked.sources, &missing))
                .await?;
        }
        for (digest, wheel) in missing {
            let file = self
                .artifacts
                .open(digest)?
                .ok_or_else(|| WheelVanished(wheel.package.clone()))?;
            files.insert(digest, Arc::new(file));
        }
        Ok(locked
            .artifacts
            .iter()
            .map(|wheel| Arc::clone(&files[&wheel.digest]))
            .collect())
    }

    /// Takes a built wheel, whose hash is right, into the cache, where nobody writes to it while it is read.
    fn admit(&self, wheel: &Artifact, bytes: &[u8]) -> Result<MappedFile, DownloadError> {
        verify(bytes).map_err(|error| wheel.refused(error))?;
        Ok(self.artifacts.keep_bytes(bytes, wheel.digest)?)
    }

    async fn download(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        (sources, missing): (&Sources, &BTreeMap<Digest, &Artifact>),
    ) -> Result<(), Error> {
        let locating = begin(self.progress, Step::Locate { layer });
        let files = self.locate(layer, settings, (sources, missing)).await?;
        locating.done(0);
        let wheels = files.len();
        let bytes = files.iter().filter_map(|(_, file)| file.size).sum();
        let running = begin(
            self.progress,
            Step::Download {
                layer,
                wheels,
                bytes,
            },
        );
        let uv = self.located_uv(layer).await?;
        let downloader = Downloader::new(self, uv, &sources.index_options);
        let downloader = downloader.map_err(|error| DownloadError::Client(error.into()))?;
        let downloads = files
            .iter()
            .map(|(wheel, file)| self.download_wheel(&downloader, wheel, file));
        let sizes: Vec<u64> = futures::stream::iter(downloads)
            .buffer_unordered(PARALLEL_DOWNLOADS)
            .try_collect()
            .await?;
        running.done(sizes.iter().sum());
        Ok(())
    }

    /// uv, to find the wheels of a layer.
    async fn located_uv(&self, layer: &LayerName) -> Result<&Uv, DownloadError> {
        self.python
            .uv(self.progress)
            .await
            .map_err(|source| DownloadError::Lookup {
                layer: layer.clone(),
                source,
            })
    }

    /// Asks the indexes where the missing wheels are, once for each runtime that misses any.
    async fn locate<'a>(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        (sources, missing): (&Sources, &BTreeMap<Digest, &'a Artifact>),
    ) -> Result<Vec<(&'a Artifact, IndexFile)>, Error> {
        let lookup = |source| DownloadError::Lookup {
            layer: layer.clone(),
            source,
        };
        let mut files = Vec::new();
        let mut listed = Vec::new();
        for wheel in missing.values().copied() {
            match direct_file(&sources.direct_wheels, wheel) {
                Some(file) => files.push((wheel, file)),
                None => listed.push(wheel),
            }
        }
        let uv = self.located_uv(layer).await?;
        let pythons: BTreeSet<_> = listed
            .iter()
            .filter_map(|wheel| wheel.runtime.python())
            .collect();
        for python in pythons {
            let wheels: Vec<_> = listed
                .iter()
                .copied()
                .filter(|wheel| wheel.runtime.python() == Some(python))
                .collect();
            let pins: Vec<_> = wheels
                .iter()
                .map(|wheel| (wheel.package.clone(), wheel.version.clone()))
                .collect();
            let platform = Platform {
                python,
                architecture: settings.architecture,
            };
            let packages = uv
                .locate(&pins, &sources.index_options, platform)
                .await
                .map_err(lookup)?;
            self.python.warn_of_yanked(&packages, self.progress);
            let mut offered = packages
                .into_iter()
                .flat_map(|package| package.wheels)
                .collect::<Vec<_>>();
            for wheel in wheels {
                let position = offered
                    .iter()
                    .position(|file| wheel.digest == file.sha256.into());
                let position = position.ok_or_else(|| DownloadError::NotInIndex {
                    name: wheel.package.clone(),
                    version: wheel.version.clone(),
                    digest: wheel.digest,
                })?;
                files.push((wheel, offered.swap_remove(position)));
            }
        }
        Ok(files)
    }

    /// Downloads a wheel, checks it and keeps it; its size in bytes.
    async fn download_wheel(
        &self,
        downloader: &Downloader<'_>,
        wheel: &Artifact,
        file: &IndexFile,
    ) -> Result<u64, DownloadError> {
        let (name, version) = (wheel.package.clone(), wheel.version.clone());
        tracing::debug!(package = %name, %version, "download");
        let output = self.artifacts.temporary()?;
        let most = file
            .size
            .map_or(LARGEST_WHEEL, |size| size.min(LARGEST_WHEEL));
        let outcome = downloader.fetch(&file.url, most, &output).await;
        let found = outcome.map_err(|error| match error {
            TransferError::File(error) => error.into(),
            source => DownloadError::Transfer {
                name: name.clone(),
                version: version.clone(),
                source,
            },
        })?;
        let expected = wheel.digest;
        if expected != found.into() {
            return Err(DownloadError::Hash {
                name,
                version,
                expected: Box::new(expected),
                found,
            });
        }
        let checked = tokio::task::spawn_blocking(move || check_content(output)).await;
        let checked = checked.map_err(|_| DownloadError::Interrupted)?;
        let output = checked.map_err(|error| wheel.refused(error))?;
        let size = output.as_file().metadata().at("read", output.path())?.len();
        self.artifacts.keep(output, expected)?;
        Ok(size)
    }
}

/// Unpacks everything in a wheel once, on its way into the cache: afterwards its streams are copied unseen.
fn check_content(wheel: NamedTempFile) -> Result<NamedTempFile, WheelError> {
    let bytes = MappedFile::of(wheel.as_file()).map_err(WheelError::Unreadable)?;
    verify(&bytes)?;
    drop(bytes);
    Ok(wheel)
}

fn verify(bytes: &[u8]) -> Result<(), WheelError> {
    for entry in read_entries(bytes)? {
        entry.verify()?;
    }
    Ok(())
}

/// Verifies wheels in the cache that were not checked on this machine, as if they had just been downloaded. One without the
/// locked hash is not reported: it is replaced.
async fn verify_all(wheels: &[(&Artifact, Arc<MappedFile>)]) -> Result<(), DownloadError> {
    let files = wheels.iter();
    let files: Vec<_> = files
        .map(|(wheel, file)| (wheel.digest, Arc::clone(file)))
        .collect();
    let verified = move |(digest, file): &(Digest, Arc<MappedFile>)| {
        let error = verify(file).err()?;
        digest.is_of(file).then_some(error)
    };
    let checked =
        tokio::task::spawn_blocking(move || files.par_iter().map(verified).collect::<Vec<_>>());
    let checked = checked.await.map_err(|_| DownloadError::Interrupted)?;
    let mut refused = wheels.iter().zip(checked);
    match refused.find_map(|((wheel, _), error)| Some(wheel.refused(error?))) {
        Some(refused) => Err(refused.into()),
        None => Ok(()),
    }
}

/// A wheel was removed from the cache, or damaged, right after it was checked.
#[derive(Debug, thiserror::Error)]
#[error("the wheel of `{0}` vanished from the cache while it was in use")]
struct WheelVanished(PackageName);

impl Failure for WheelVanished {
    fn hint(&self) -> Option<String> {
        Some("run the command again".into())
    }
}
