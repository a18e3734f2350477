//! Where the bytecode of a layer comes from: the cache, or a CPython that compiles its sources.
//!
//! A part is a wheel or all own files together. The bytecode of a part for one version of Python is made once, and kept.

use std::io::Read as _;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::damaged::DamagedArtifacts;
use super::pack::Changed;
use super::wanted_bytecode::{BytecodeFile, is_source};
use super::{Builder, Inputs, OwnFile, TaskPanicked};
use crate::archive::{ArchiveLayout, EntryPath, Mode, NewEntry, Stream};
use crate::bytecode::{Batch, Bytecode, BytecodeVersion, Compiler, bytecode_path, write_batches};
use crate::cache::{ArtifactCache, BytecodeCache};
use crate::digest::{Hasher, Sha256};
use crate::ecosystem::python::import_path;
use crate::ecosystem::{ArtifactFiles, Ecosystem};
use crate::error::{Error, Failure, PathContext as _};
use crate::input::{FileKind, Repository};
use crate::layer::{BytecodeMode, LayerName, PythonVersion};
use crate::manifest::LayerSettings;

/// The version of the rules by which sources become bytecode. What was made by others is not used.
const FORMAT: &str = "bytecode:1";

/// There is no interpreter to compile with.
#[derive(Debug, thiserror::Error)]
#[error("layer `{layer}` needs CPython {python} for its bytecode, and none was found")]
pub struct NoCompiler {
    /// The layer.
    pub layer: LayerName,
    /// The version.
    pub python: PythonVersion,
}

impl Failure for NoCompiler {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "install it, for example with `uv python install {}`; or set `bytecode = \"none\"` for the layer",
            self.python
        ))
    }
}

/// What sources are read from.
#[derive(Clone)]
struct Origin {
    inputs: Arc<Inputs>,
    settings: Arc<LayerSettings>,
    files: ArtifactFiles,
    artifacts: ArtifactCache,
    cache: BytecodeCache,
    mode: BytecodeMode,
}

/// A part whose bytecode is to be made.
#[derive(Clone, Copy)]
struct Part {
    /// The artifact with this index; `None` for own files.
    artifact: Option<usize>,
    /// What it is kept under.
    name: Sha256,
}

impl Builder<'_> {
    /// The bytecode of a layer, part by part. What is not kept is compiled.
    ///
    /// # Errors
    /// If there is no interpreter, or if it cannot compile a source.
    pub(super) async fn bytecode(
        &self,
        inputs: &Inputs,
        settings: &LayerSettings,
        files: &ArtifactFiles,
    ) -> Result<Vec<BytecodeFile>, Error> {
        let Some(wanted) = &inputs.bytecode else {
            return Ok(Vec::new());
        };
        let origin = Origin {
            inputs: Arc::new(inputs.clone()),
            settings: Arc::new(settings.clone()),
            files: files.clone(),
            artifacts: self.bench.artifacts.clone(),
            cache: self.bytecode.clone(),
            mode: wanted.mode,
        };
        let progress = self.bench.progress;
        let mut found = Vec::new();
        for version in &wanted.versions {
            let python = version.python;
            let missing = || NoCompiler {
                layer: inputs.layer.clone(),
                python,
            };
            let release = self.bench.python.python_release(python, progress).await?;
            let release = release.ok_or_else(missing)?;
            let mut unmade = Vec::new();
            for part in origin.parts(*version, &release) {
                match self.bytecode.get(part.name)? {
                    Some(file) => found.push(BytecodeFile {
                        artifact: part.artifact,
                        file,
                    }),
                    None => unmade.push(part),
                }
            }
            if unmade.is_empty() {
                continue;
            }
            let program = self.bench.python.find_python(python, progress).await?;
            let compiler = Compiler {
                program: program.ok_or_else(missing)?,
                version: *version,
            };
            found.extend(self.compile(&origin, compiler, unmade).await?);
        }
        Ok(found)
    }

    /// Compiles parts, and keeps what comes of them.
    async fn compile(
        &self,
        origin: &Origin,
        compiler: Compiler,
        parts: Vec<Part>,
    ) -> Result<Vec<BytecodeFile>, Error> {
        // Owned here: an interruption ends this future, but no blocking task.
        let folder = tempfile::Builder::new().prefix("lls-").tempdir();
        let folder = folder.at("write to", &std::env::temp_dir())?;
        let (here, path) = (origin.clone(), folder.path().to_owned());
        let python = compiler.version.python;
        let write = move || {
            here.write(&path, &parts, python)
                .map(|written| (written, parts))
        };
        let ((batches, counts), parts) = blocking(write).await?;
        let launcher = &self.bench.python.uv_source.launcher;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let runs = compiler.compile(launcher, batches, cores).await?;
        let here = origin.clone();
        blocking(move || {
            let mut codes = Codes {
                compiler: &compiler,
                runs: runs.into_iter(),
                ready: Vec::new().into_iter(),
            };
            let made = parts.iter().zip(counts);
            made.map(|(part, count)| here.keep(*part, &mut codes, count))
                .collect()
        })
        .await
    }
}

/// A source and where it is in the layer, or why it cannot be read.
type ReadSource = Result<(EntryPath, Vec<u8>), Error>;

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(TaskPanicked)?
}

impl Origin {
    /// The parts with sources for a version of Python, as this release of it would compile them.
    fn parts(&self, version: BytecodeVersion, release: &str) -> Vec<Part> {
        let name = |add: &dyn Fn(&mut Hasher)| {
            let mut hasher = Hasher::default();
            for field in [FORMAT, self.mode.as_str(), release] {
                hasher.field(field);
            }
            hasher.field(version.magic.to_le_bytes());
            for pattern in &self.settings.exclude.patterns {
                hasher.field(pattern);
            }
            add(&mut hasher);
            hasher.finish()
        };
        let wheels = self.inputs.locked.artifacts.iter().enumerate();
        let wheels = wheels.filter(|(_, wheel)| {
            wheel.root == import_path::SHARED || wheel.runtime.python() == Some(version.python)
        });
        let wheels = wheels.map(|(index, wheel)| Part {
            artifact: Some(index),
            name: name(&|hasher| {
                hasher.field("wheel");
                hasher.field(&wheel.root);
                hasher.field(wheel.digest.hex());
            }),
        });
        let own: Vec<_> = self.own_sources(version.python).collect();
        let own = (!own.is_empty()).then(|| Part {
            artifact: None,
            name: name(&|hasher| {
                hasher.field("own");
                for file in &own {
                    hasher.field(file.path.as_str());
                    hasher.field(file.sha256.to_string());
                }
            }),
        });
        wheels.chain(own).collect()
    }

    fn own_sources(&self, python: PythonVersion) -> impl Iterator<Item = &OwnFile> {
        let files = self.inputs.own_files.iter();
        files.filter(move |file| is_source(file) && is_for(&file.path, python))
    }

    /// Writes the sources of parts to a folder. Returns how many each has as well.
    fn write(
        &self,
        folder: &std::path::Path,
        parts: &[Part],
        python: PythonVersion,
    ) -> Result<(Vec<Batch>, Vec<usize>), Error> {
        let mut counts = vec![0; parts.len()];
        let sources = parts.iter().zip(&mut counts).flat_map(|(part, count)| {
            let sources = match part.artifact {
                Some(index) => self
                    .wheel_sources(index)
                    .unwrap_or_else(|error| vec![Err(error)]),
                None => self.read_own(python),
            };
            *count = sources.len();
            sources
        });
        let batches = write_batches(folder, sources)?;
        Ok((batches, counts))
    }

    /// The sources of a wheel, whose bytes are checked: what is kept of them outlives it.
    fn wheel_sources(&self, index: usize) -> Result<Vec<ReadSource>, Error> {
        let (wheel, file) = (&self.inputs.locked.artifacts[index], &self.files[index]);
        if !self.artifacts.check(wheel.digest, file)? {
            let name = format!("`{}`", wheel.package);
            return Err(DamagedArtifacts([name].into()).into());
        }
        let layout = Ecosystem::of(&self.settings).layout(wheel, file)?;
        let metadata = format!("{}/", layout.dist_info);
        let placements = layout.placements.par_iter();
        let sources = placements.filter_map(|placement| {
            let path = placement.path();
            let is_source = path.as_str().ends_with(".py") && placement.entry.mode != Mode::Symlink;
            if !is_source || path.as_str().starts_with(&metadata) {
                return None;
            }
            let path = path.below(&wheel.root);
            if self.settings.exclude.matches(&path) {
                return None;
            }
            let content = placement.entry.unpack();
            let content = content.map_err(|error| Error::from(wheel.refused(error)));
            Some(content.map(|content| (path, content)))
        });
        Ok(sources.collect())
    }

    fn read_own(&self, python: PythonVersion) -> Vec<ReadSource> {
        let sources = self.own_sources(python);
        let sources = sources.map(|file| {
            let content = read_own_file(file, &self.inputs.repository)?;
            Ok((file.path.clone(), content))
        });
        sources.collect()
    }

    /// Makes and keeps the bytecode of a part, from the code of its `count` sources.
    fn keep(&self, part: Part, codes: &mut Codes<'_>, count: usize) -> Result<BytecodeFile, Error> {
        let version = codes.compiler.version;
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let (path, code) = codes.next()?;
            let path = bytecode_path(&path, version.python);
            let content = code.and_then(|code| code.file(version, self.mode));
            entries.extend(path.zip(content));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        let entries = entries.into_par_iter().map(|(path, content)| NewEntry {
            path,
            mode: Mode::File,
            stream: Stream::of(&content),
        });
        let entries: Vec<_> = entries.collect();
        let layout = ArchiveLayout::without_comment(&entries)?;
        Ok(BytecodeFile {
            artifact: part.artifact,
            file: self.cache.keep(part.name, layout.pieces())?,
        })
    }
}

/// The code of sources, batch by batch, so that memory does not grow with them.
struct Codes<'a> {
    compiler: &'a Compiler,
    runs: std::vec::IntoIter<(Batch, Option<String>)>,
    ready: std::vec::IntoIter<(EntryPath, Option<Bytecode>)>,
}

impl Codes<'_> {
    fn next(&mut self) -> Result<(EntryPath, Option<Bytecode>), Error> {
        loop {
            if let Some(ready) = self.ready.next() {
                return Ok(ready);
            }
            let run = self.runs.next().ok_or(Unfinished)?;
            let codes = self.compiler.codes(&run)?;
            let ready: Vec<_> = run.0.sources.into_iter().zip(codes).collect();
            self.ready = ready.into_iter();
        }
    }
}

/// There are fewer codes than sources: a bug in `lls`.
#[derive(Debug, thiserror::Error)]
#[error("not all sources were compiled")]
struct Unfinished;

impl Failure for Unfinished {}

/// Whether this version of Python imports what is at a path.
fn is_for(path: &EntryPath, python: PythonVersion) -> bool {
    let only = Ecosystem::Python.runtime_at(path);
    only.is_none_or(|runtime| runtime.python() == Some(python))
}

fn read_own_file(file: &OwnFile, repository: &Repository) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let mut input = repository.open(&file.source, FileKind::Content)?;
    input.read_to_end(&mut content).at("read", &file.source)?;
    if Sha256::of(&content) == file.sha256 {
        Ok(content)
    } else {
        Err(Changed(PathBuf::from(&file.source)).into())
    }
}
