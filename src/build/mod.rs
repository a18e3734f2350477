//! From a layer's folder and lock to a stored archive.
//!
//! `prepare` finds what the archive will be made of and its fingerprint; `build` makes it, unless it is there.

mod assemble;
mod bytecode;
mod check;
mod contents;
mod damaged;
mod explain;
mod fingerprint;
mod inputs;
mod merge;
mod native;
mod own_file;
mod own_files;
mod pack;
mod secrets;
mod turns;
mod unused;
mod wanted_bytecode;

use std::collections::BTreeSet;

use futures::StreamExt as _;
use rayon::prelude::*;

use crate::archive::MAX_DIRECT_UPLOAD;
use crate::cache::{
    ArchiveStore, ArchiveSummary, BytecodeCache, CachePlaces, FileIndex, Found, LinkedCache,
    StoredArchive,
};
use crate::ecosystem::{Ecosystem, Locked, Workbench};
use crate::error::{Error, PathContext as _};
use crate::layer::{LayerName, PackageName};
use crate::manifest::LayerSettings;
use crate::progress::{Event, Step, begin};

pub use bytecode::NoCompiler;
pub use check::{CheckError, upload_size};
pub use contents::{Contents, Owner, Share};
use damaged::DamagedArtifacts;
pub use explain::{Explanation, Saving, explain};
pub use inputs::Inputs;
pub use merge::AssembleError;
pub use own_file::OwnFile;
pub use own_files::OwnFileError;
pub use secrets::SecretError;
use turns::Turns;
pub use unused::Used;
use wanted_bytecode::WantedBytecode;

/// How many locks are made at a time: tools mostly wait for indexes.
pub const PARALLEL_LOCKS: usize = 4;

/// Builds layers, sharing caches and tools among them.
pub struct Builder<'a> {
    /// What packages are locked and fetched with.
    pub bench: Workbench<'a>,
    /// The project's archives.
    pub archives: ArchiveStore,
    /// Hashes of the project's files.
    pub files: FileIndex,
    /// The user's bytecode.
    bytecode: BytecodeCache,
    turns: Turns,
}

impl<'a> Builder<'a> {
    /// A builder with the caches in `places`.
    ///
    /// # Errors
    /// If the folder of a project's cache is a link.
    pub fn new(places: &CachePlaces, bench: Workbench<'a>) -> Result<Self, LinkedCache> {
        let (archives, files) = places.of_project(secrets::RULES)?;
        Ok(Self {
            bench,
            archives,
            files,
            bytecode: places.bytecode(),
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
            .map(|(layer, settings)| Ecosystem::of(settings).locked(&self.bench, layer, settings));
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
        let artifacts = inputs.locked.artifacts.iter();
        let packages: BTreeSet<_> = artifacts.map(|artifact| &artifact.package).collect();
        let brought = packages.into_iter();
        let brought: Vec<_> = brought
            .filter(|package| Ecosystem::of(settings).is_in_runtimes(package))
            .map(PackageName::as_str)
            .collect();
        if !brought.is_empty() {
            let names = brought.join(", ");
            self.warn(&format!(
                "layer `{layer}` packs {names}, which the Lambda runtime already provides: see `exclude_packages`"
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
        locked: Locked,
    ) -> Result<Inputs, Error> {
        let (own_files, used) =
            own_files::read(layer, settings, (&self.bench.repository, &self.files))?;
        let paths = own_files.iter().map(|file| &file.path);
        Ecosystem::of(settings).check_places(layer, settings, paths)?;
        secrets::check(layer, settings, &own_files)?;
        let bytecode = WantedBytecode::of(layer, settings, &own_files, &locked)?;
        let comment = |bytecode| fingerprint::of(settings, &own_files, &locked.artifacts, bytecode);
        let without_bytecode = bytecode.as_ref().map(|_| comment(None));
        let comment = comment(bytecode.as_ref());
        let warnings = unused::before_building(layer, settings, &locked.packages, &own_files);
        Ok(Inputs {
            layer: layer.clone(),
            repository: self.bench.repository.clone(),
            own_files,
            locked,
            bytecode,
            fingerprint: comment.fingerprint,
            comment,
            without_bytecode,
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
        let running = begin(self.bench.progress, Step::Build { layer });
        let mut built = self.build(inputs, settings).await;
        let error = built.as_ref().err();
        if let Some(damaged) = error.and_then(|error| error.downcast_ref::<DamagedArtifacts>()) {
            // They are gone from the cache, so that they are downloaded now.
            self.warn(&format!("{damaged}: they are downloaded again"));
            built = self.build(inputs, settings).await;
        }
        let archive = built?;
        running.done(archive.summary.size);
        Ok(archive)
    }

    /// Warns about an archive that AWS takes only from a staging bucket, which a target in a folder does not need.
    pub fn warn_of_size(&self, inputs: &Inputs, summary: &ArchiveSummary) {
        if summary.size > MAX_DIRECT_UPLOAD {
            self.warn(&format!(
                "layer `{}` has more than 52,428,800 bytes zipped: to publish it to AWS, a target needs `staging_bucket`",
                inputs.layer
            ));
        }
    }

    fn warn(&self, message: &str) {
        self.bench.progress.event(Event::Warning { message });
    }

    async fn build(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
    ) -> Result<StoredArchive, Error> {
        let (layer, locked) = (&inputs.layer, &inputs.locked);
        let files = Ecosystem::of(settings).fetch(&self.bench, (layer, settings), locked);
        let files = files.await?;
        let bytecode = self.bytecode(inputs, settings, &files).await?;
        // Named and owned here: an interruption ends this future, but no blocking task.
        let archive = self.archives.temporary()?;
        let output = assemble::Output {
            file: archive.as_file().try_clone().at("write", archive.path())?,
            path: archive.path().to_owned(),
            store: self.archives.clone(),
        };
        let (fingerprint, cache) = (inputs.fingerprint, self.bench.artifacts.clone());
        let (inputs, settings) = (inputs.clone(), settings.clone());
        let assembled = tokio::task::spawn_blocking(move || {
            assemble::assemble(&inputs, &settings, (&files, &bytecode), &cache, &output)
        });
        let (built, xxh3, warnings) = assembled.await.map_err(TaskPanicked)??;
        for warning in &warnings {
            self.warn(warning);
        }
        Ok(self.archives.keep(archive, fingerprint, built, xxh3)?)
    }
}

/// A worker thread panicked: a bug in `lls`.
#[derive(Debug, thiserror::Error)]
#[error("a worker failed unexpectedly")]
struct TaskPanicked(#[source] tokio::task::JoinError);

impl crate::error::Failure for TaskPanicked {}
