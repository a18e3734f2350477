//! Brings the wheels of a lock into the cache: several downloads at a time, every one checked against its hash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use rayon::prelude::*;
use tempfile::NamedTempFile;

use super::transfer::{Downloader, LARGEST_WHEEL, TransferError};
use super::wheel_folder::WheelFolder;
use super::{Builder, Inputs, PlacedWheel, WheelFiles};
use crate::archive::read_entries;
use crate::cache::MappedFile;
use crate::digest::Sha256;
use crate::error::{Error, Failure, PathContext as _, PathError};
use crate::layer::LayerName;
use crate::layer::PackageName;
use crate::manifest::LayerSettings;
use crate::progress::{Step, begin};
use crate::uv::{IndexFile, Platform, Uv, UvError};
use crate::wheel::WheelError;

/// How many wheels are downloaded at a time.
const PARALLEL_DOWNLOADS: usize = 8;

/// Why a wheel could not be brought into the cache. Never names an address.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The index has no file with the locked hash.
    #[error(
        "the package index has no wheel of `{name}` {version} with the locked hash sha256:{sha256}"
    )]
    NotInIndex {
        /// The package.
        name: PackageName,
        /// Its version.
        version: String,
        /// The locked hash.
        sha256: Sha256,
    },
    /// The index could not be asked where the wheels are.
    #[error("cannot find the wheels of layer `{layer}`")]
    Lookup {
        /// The layer.
        layer: LayerName,
        /// Why.
        source: UvError,
    },
    /// The transfer failed.
    #[error("cannot download the wheel of `{name}` {version}")]
    Transfer {
        /// The package.
        name: PackageName,
        /// Its version.
        version: String,
        /// Why, without the address.
        source: TransferError,
    },
    /// What arrived is not what was locked.
    #[error(
        "the downloaded wheel of `{name}` {version} has the hash sha256:{found}, not the locked sha256:{expected}"
    )]
    Hash {
        /// The package.
        name: PackageName,
        /// Its version.
        version: String,
        /// The locked hash.
        expected: Sha256,
        /// The hash of what arrived.
        found: Sha256,
    },
    /// The wheel has the locked hash, and is still no sound archive.
    #[error("the wheel of `{name} {version}` is refused")]
    Content {
        /// The package.
        name: PackageName,
        /// Its version.
        version: String,
        /// The rule that it breaks.
        source: WheelError,
    },
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
            Self::Content { .. } => "do not use it: require another version of the package".into(),
            Self::Interrupted => return None,
            Self::Write(error) => return error.hint(),
        })
    }
}

impl Builder<'_> {
    /// The bytes of the layer's wheels, in the order of the inputs; those that are missing are downloaded.
    pub(super) async fn fetch_wheels(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
    ) -> Result<WheelFiles, Error> {
        let folder = WheelFolder::of(&inputs.layer, settings, &self.repository);
        let mut files = BTreeMap::new();
        let (mut missing, mut unknown) = (BTreeMap::new(), Vec::new());
        for wheel in &inputs.wheels {
            let sha256 = wheel.locked.sha256;
            if files.contains_key(&sha256) {
                continue;
            }
            let kept = self.wheels.open(sha256)?;
            if let Some(built) = &wheel.locked.built {
                let bytes = folder.read(&built.file, sha256)?;
                if kept.is_none() {
                    let file = self.admit(wheel, &bytes)?;
                    files.insert(sha256, Arc::new(file));
                    continue;
                }
            }
            let Some(file) = kept.map(Arc::new) else {
                missing.insert(sha256, wheel);
                continue;
            };
            if !self.wheels.is_known(sha256, &file) {
                unknown.push((wheel, Arc::clone(&file)));
            }
            files.insert(sha256, file);
        }
        verify_all(&unknown).await?;
        if !missing.is_empty() {
            self.download(inputs, settings, &missing).await?;
        }
        for (sha256, wheel) in missing {
            let file = self
                .wheels
                .open(sha256)?
                .ok_or_else(|| WheelVanished(wheel.locked.name.clone()))?;
            files.insert(sha256, Arc::new(file));
        }
        Ok(inputs
            .wheels
            .iter()
            .map(|wheel| Arc::clone(&files[&wheel.locked.sha256]))
            .collect())
    }

    /// Takes a built wheel, whose hash is right, into the cache, where nobody writes to it while it is read.
    fn admit(&self, wheel: &PlacedWheel, bytes: &[u8]) -> Result<MappedFile, DownloadError> {
        verify(bytes).map_err(|source| DownloadError::Content {
            name: wheel.locked.name.clone(),
            version: wheel.locked.version.clone(),
            source,
        })?;
        Ok(self.wheels.keep_bytes(bytes, wheel.locked.sha256)?)
    }

    async fn download(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
        missing: &BTreeMap<Sha256, &PlacedWheel>,
    ) -> Result<(), Error> {
        let layer = &inputs.layer;
        let locating = begin(self.progress, Step::Locate { layer });
        let files = self.locate(inputs, settings, missing).await?;
        locating.done(0);
        let wheels = files.len();
        let bytes = files.iter().filter_map(|(_, file)| file.size).sum();
        let running = begin(self.progress, Step::Download { wheels, bytes });
        let uv = self.located_uv(layer).await?;
        let downloader = Downloader::new(self, uv, &inputs.index_options);
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
        self.uv().await.map_err(|source| DownloadError::Lookup {
            layer: layer.clone(),
            source,
        })
    }

    /// Asks the indexes where the missing wheels are, once for each runtime that misses any.
    async fn locate<'a>(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
        missing: &BTreeMap<Sha256, &'a PlacedWheel>,
    ) -> Result<Vec<(&'a PlacedWheel, IndexFile)>, Error> {
        let lookup = |source| DownloadError::Lookup {
            layer: inputs.layer.clone(),
            source,
        };
        let uv = self.located_uv(&inputs.layer).await?;
        let pythons: BTreeSet<_> = missing.values().map(|wheel| wheel.python).collect();
        let mut files = Vec::new();
        for python in pythons {
            let wheels: Vec<_> = missing
                .values()
                .copied()
                .filter(|wheel| wheel.python == python)
                .collect();
            let pins: Vec<_> = wheels
                .iter()
                .map(|wheel| (wheel.locked.name.clone(), wheel.locked.version.clone()))
                .collect();
            let platform = Platform {
                python,
                architecture: settings.architecture,
            };
            let packages = uv
                .locate(&pins, &inputs.index_options, platform)
                .await
                .map_err(lookup)?;
            let mut offered = packages
                .into_iter()
                .flat_map(|package| package.wheels)
                .collect::<Vec<_>>();
            for wheel in wheels {
                let position = offered
                    .iter()
                    .position(|file| file.sha256 == wheel.locked.sha256);
                let position = position.ok_or_else(|| DownloadError::NotInIndex {
                    name: wheel.locked.name.clone(),
                    version: wheel.locked.version.clone(),
                    sha256: wheel.locked.sha256,
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
        wheel: &PlacedWheel,
        file: &IndexFile,
    ) -> Result<u64, DownloadError> {
        let (name, version) = (wheel.locked.name.clone(), wheel.locked.version.clone());
        tracing::debug!(package = %name, %version, "download");
        let output = self.wheels.temporary()?;
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
        let expected = wheel.locked.sha256;
        if expected != found {
            return Err(DownloadError::Hash {
                name,
                version,
                expected,
                found,
            });
        }
        let checked = tokio::task::spawn_blocking(move || check_content(output)).await;
        let output = match checked.map_err(|_| DownloadError::Interrupted)? {
            Ok(output) => output,
            Err(source) => {
                return Err(DownloadError::Content {
                    name,
                    version,
                    source,
                });
            }
        };
        let size = output.as_file().metadata().at("read", output.path())?.len();
        self.wheels.keep(output, expected)?;
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
async fn verify_all(wheels: &[(&PlacedWheel, Arc<MappedFile>)]) -> Result<(), DownloadError> {
    let files = wheels.iter();
    let files: Vec<_> = files
        .map(|(wheel, file)| (wheel.locked.sha256, Arc::clone(file)))
        .collect();
    let verified = move |(sha256, file): &(Sha256, Arc<MappedFile>)| match verify(file) {
        Err(error) if Sha256::of_pieces([&***file]) == *sha256 => Some(error),
        _ => None,
    };
    let checked =
        tokio::task::spawn_blocking(move || files.par_iter().map(verified).collect::<Vec<_>>());
    let checked = checked.await.map_err(|_| DownloadError::Interrupted)?;
    let mut refused = wheels.iter().zip(checked);
    let refused = refused.find_map(|((wheel, _), error)| Some((wheel, error?)));
    refused.map_or(Ok(()), |(wheel, source)| {
        Err(DownloadError::Content {
            name: wheel.locked.name.clone(),
            version: wheel.locked.version.clone(),
            source,
        })
    })
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
