//! From a layer's folder and lock to a stored archive.
//!
//! `prepare` finds what the archive will be made of and its fingerprint; `build` makes it, unless it is there.

mod assemble;
mod check;
mod checkout;
mod contents;
mod download;
mod explain;
mod fingerprint;
mod from_source;
mod index_credentials;
mod local_files;
mod locking;
mod merge;
mod native;
mod no_wheel;
mod own_files;
mod pack;
mod project_files;
mod requirement_lines;
mod requirements;
mod secrets;
mod source_error;
mod transfer;
mod turns;
mod unused;
mod wheel_folder;

use std::sync::Arc;

use futures::StreamExt as _;
use rayon::prelude::*;
use tokio::sync::OnceCell;

use crate::cache::{
    ArchiveStore, CachePlaces, FileIndex, Found, LinkedCache, MappedFile, StoredArchive, WheelCache,
};
use crate::digest::Sha256;
use crate::error::{Error, PathContext as _};
use crate::input::Repository;
use crate::layer::{LayerName, PythonVersion, Runtime};
use crate::lock::{Lock, LockedWheel};
use crate::manifest::LayerSettings;
use crate::progress::{Event, Progress, Step, begin};
use crate::uv::Uv;
pub use crate::uv::UvSource;

pub use assemble::AssembleError;
use assemble::DamagedWheels;
pub use check::{CheckError, direct_upload};
pub use checkout::CheckoutError;
pub use contents::{Contents, Owner, Share};
pub use download::DownloadError;
pub use explain::{Explanation, Saving, explain};
pub use local_files::LocalFileError;
use locking::CurrentLock;
pub use locking::{LockOutcome, LockingError, Upgrade};
pub use native::NativeError;
pub use no_wheel::NoWheelError;
pub use own_files::{OwnFile, OwnFileError};
pub use project_files::ProjectFileError;
pub use requirement_lines::{
    HashError, IncludeError, ReachError, RequirementLineError, RequirementPlace,
};
pub use requirements::RequirementsError;
pub use secrets::SecretError;
pub use source_error::SourceError;
pub use transfer::TransferError;
use turns::Turns;
pub use unused::Used;
pub use wheel_folder::WheelFolderError;

/// How many locks are made at a time: `uv` mostly waits for the index.
pub const PARALLEL_LOCKS: usize = 4;

/// What may be done where a lock is missing or stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockPolicy {
    /// Make it, and say so.
    Update,
    /// Make one that is missing, but leave a stale one as it is and use a new one in its place, just once.
    Keep,
    /// Stop (`--locked`).
    Locked,
}

/// Builds layers, sharing caches and `uv` among them.
pub struct Builder<'a> {
    /// The user's wheels.
    pub wheels: WheelCache,
    /// The repository that whatever is built comes from.
    pub repository: Repository,
    /// The project's archives.
    pub archives: ArchiveStore,
    /// Hashes of the project's files.
    pub files: FileIndex,
    /// What to do where a lock is missing or stale.
    pub lock_policy: LockPolicy,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
    /// Where to find, or to install, `uv`.
    pub uv_source: UvSource,
    /// What the environment says of package indexes, with absolute paths.
    pub index_environment: Vec<(String, String)>,
    uv: OnceCell<Uv>,
    turns: Turns,
}

/// Everything that a layer's archive is made of.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The layer.
    pub layer: LayerName,
    /// The repository that its own files are in.
    pub repository: Repository,
    /// Its own files, sorted by their paths in the archive, exclusions applied.
    pub own_files: Vec<OwnFile>,
    /// Its wheels, each with the folder that it goes into.
    pub wheels: Vec<PlacedWheel>,
    /// Lines of the requirements that name package indexes; they shape no bytes.
    pub index_options: Vec<String>,
    /// SHA-256 over all of it.
    pub fingerprint: Sha256,
    /// Which globs left own files out; it shapes no bytes that are not shaped by those files.
    pub used: Used,
    /// What is dubious in the layer's settings.
    pub warnings: Vec<String>,
}

/// A wheel and the package root that it goes into.
#[derive(Clone, Debug)]
pub struct PlacedWheel {
    /// The wheel.
    pub locked: LockedWheel,
    /// `python`, or `python/lib/python3.X/site-packages`.
    pub root: String,
    /// A runtime that uses it.
    pub python: PythonVersion,
}

impl<'a> Builder<'a> {
    /// A builder for what is in `repository`, with the caches in `places`.
    ///
    /// # Errors
    /// If the folder of a project's cache is a link.
    pub fn new(
        (places, repository): (&CachePlaces, Repository),
        uv_source: UvSource,
        lock_policy: LockPolicy,
        progress: &'a dyn Progress,
    ) -> Result<Self, LinkedCache> {
        let (archives, files) = places.of_project(secrets::RULES)?;
        Ok(Self {
            wheels: places.wheels(),
            repository,
            archives,
            files,
            lock_policy,
            progress,
            uv_source,
            index_environment: Vec::new(),
            uv: OnceCell::new(),
            turns: Turns::default(),
        })
    }

    /// Finds what each layer's archive is made of; makes or refreshes locks where the policy allows it.
    ///
    /// Several locks are made at a time; then own files are read on all cores.
    pub async fn prepare(
        &self,
        layers: &[(&LayerName, &LayerSettings)],
    ) -> Vec<Result<Inputs, Error>> {
        let locks = layers
            .iter()
            .map(|(layer, settings)| self.current_lock(layer, settings));
        let locks: Vec<_> = futures::stream::iter(locks)
            .buffered(PARALLEL_LOCKS)
            .collect()
            .await;
        let inputs = layers.par_iter().zip(locks);
        let inputs: Vec<_> = inputs
            .map(|((layer, settings), lock)| self.inputs(layer, settings, lock?))
            .collect();
        self.files.save();
        for ((_, settings), inputs) in layers.iter().zip(&inputs) {
            if let Ok(inputs) = inputs {
                self.warn_of(inputs, settings);
            }
        }
        inputs
    }

    /// Says what is dubious about a layer, whether or not it is built.
    fn warn_of(&self, inputs: &Inputs, settings: &LayerSettings) {
        let layer = &inputs.layer;
        for warning in &inputs.warnings {
            self.warn(warning);
        }
        let brought = check::runtime_packages(&inputs.wheels);
        if !brought.is_empty() {
            let names = brought.join(", ");
            self.warn(&format!(
                "layer `{layer}` packs {names}, which the runtime brings: see `exclude_packages`"
            ));
        }
        for message in secrets::warnings(layer, settings, &inputs.own_files) {
            self.warn(&message);
        }
    }

    fn inputs(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
        lock: Option<CurrentLock>,
    ) -> Result<Inputs, Error> {
        let wheels = lock.iter().flat_map(|current| &current.lock.wheels);
        let packages = wheels.map(|wheel| wheel.name.clone()).collect();
        let (wheels, index_options) = match lock {
            Some(CurrentLock {
                lock,
                index_options,
            }) => (place_wheels(lock, settings), index_options),
            None => Default::default(),
        };
        let (own_files, used) = own_files::read(layer, settings, (&self.repository, &self.files))?;
        check::on_import_path(layer, settings, &own_files)?;
        secrets::check(layer, settings, &own_files)?;
        let fingerprint = fingerprint::of(settings, &own_files, &wheels);
        let warnings = unused::before_building(layer, settings, &packages, &own_files);
        Ok(Inputs {
            layer: layer.clone(),
            repository: self.repository.clone(),
            own_files,
            wheels,
            index_options,
            fingerprint,
            used,
            warnings,
        })
    }

    /// The layer's archive with its checked bytes: the one that is there, or, if it is missing or damaged, a new one.
    pub async fn open(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
    ) -> Result<StoredArchive, Error> {
        // Two targets that lack the same archive make it once.
        let turn = self.turns.of(inputs.fingerprint);
        let _turn = turn.lock().await;
        match self.stored(inputs)? {
            Some(archive) => {
                native::check(inputs, settings, &archive.native)?;
                Ok(archive)
            }
            None => self.make(inputs, settings).await,
        }
    }

    /// The layer's archive, built anew whatever is stored; it replaces what is stored, and says so where that was not
    /// the same.
    pub async fn rebuild(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
    ) -> Result<StoredArchive, Error> {
        let turn = self.turns.of(inputs.fingerprint);
        let _turn = turn.lock().await;
        let stored = self.stored(inputs)?.map(|archive| archive.summary.sha256);
        let made = self.make(inputs, settings).await?;
        if let Some(stored) = stored.filter(|stored| *stored != made.summary.sha256) {
            let (layer, sha256) = (&inputs.layer, made.summary.sha256);
            self.warn(&format!(
                "the stored archive of layer `{layer}` was {stored}, and its inputs give {sha256}: it is replaced"
            ));
        }
        Ok(made)
    }

    /// The archive that is there; a damaged one is removed, which is said.
    fn stored(&self, inputs: &Inputs) -> Result<Option<StoredArchive>, Error> {
        match self.archives.get(inputs.fingerprint)? {
            Found::Sound(archive) => return Ok(Some(*archive)),
            Found::Missing => {}
            Found::Damaged => self.warn(&format!(
                "the stored archive of layer `{}` was damaged: it is built again",
                inputs.layer
            )),
        }
        Ok(None)
    }

    async fn make(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
    ) -> Result<StoredArchive, Error> {
        let layer = &inputs.layer;
        let running = begin(self.progress, Step::Build { layer });
        let mut built = self.build(inputs, settings).await;
        let error = built.as_ref().err();
        if let Some(damaged) = error.and_then(|error| error.downcast_ref::<DamagedWheels>()) {
            // They are gone from the cache, so that they are downloaded now.
            self.warn(&format!("{damaged}: they are downloaded again"));
            built = self.build(inputs, settings).await;
        }
        let archive = built?;
        running.done(archive.summary.size);
        Ok(archive)
    }

    fn warn(&self, message: &str) {
        self.progress.event(Event::Warning { message });
    }

    async fn build(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
    ) -> Result<StoredArchive, Error> {
        let files = self.fetch_wheels(inputs, settings).await?;
        // Named and owned here: an interruption ends this future, but no blocking task.
        let archive = self.archives.temporary()?;
        let output = assemble::Output {
            file: archive.as_file().try_clone().at("write", archive.path())?,
            path: archive.path().to_owned(),
            store: self.archives.clone(),
        };
        let (fingerprint, wheels) = (inputs.fingerprint, self.wheels.clone());
        let (inputs, settings) = (inputs.clone(), settings.clone());
        let assembled = tokio::task::spawn_blocking(move || {
            assemble::assemble(&inputs, &settings, &files, &wheels, &output)
        });
        let (built, xxh3, warnings) = assembled.await.map_err(TaskPanicked)??;
        for warning in &warnings {
            self.warn(warning);
        }
        Ok(self.archives.keep(archive, fingerprint, built, xxh3)?)
    }

    async fn uv(&self) -> Result<&Uv, crate::uv::UvError> {
        let source = &self.uv_source;
        let find = || crate::uv::find_uv(source, self.progress);
        self.uv.get_or_try_init(find).await
    }
}

/// A worker thread panicked: a bug in `lls`.
#[derive(Debug, thiserror::Error)]
#[error("a worker failed unexpectedly")]
struct TaskPanicked(#[source] tokio::task::JoinError);

impl crate::error::Failure for TaskPanicked {}

/// Where each wheel goes: where all runtimes share it, `python/` serves; else each runtime has its own folder.
fn place_wheels(lock: Lock, settings: &LayerSettings) -> Vec<PlacedWheel> {
    let pythons: Vec<_> = settings
        .runtimes
        .iter()
        .filter_map(Runtime::python)
        .collect();
    let mut placed = Vec::new();
    for locked in lock.wheels {
        if settings.exclude_packages.contains(&locked.name) {
            continue;
        }
        let users: Vec<_> = pythons
            .iter()
            .copied()
            .filter(|python| locked.is_for(*python))
            .collect();
        match users.first() {
            Some(python) if users.len() == pythons.len() => {
                placed.push(PlacedWheel {
                    locked,
                    root: "python".to_owned(),
                    python: *python,
                });
            }
            _ => placed.extend(users.into_iter().map(|python| {
                let root = format!("python/lib/python{python}/site-packages");
                PlacedWheel {
                    locked: locked.clone(),
                    root,
                    python,
                }
            })),
        }
    }
    placed
}

/// Bytes of a wheel while a layer is assembled.
type WheelFiles = Vec<Arc<MappedFile>>;
