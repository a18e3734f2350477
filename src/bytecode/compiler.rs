//! Runs a CPython that compiles sources: in batches, several at a time, none of whose code is run.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use humantime::format_duration;
use rayon::prelude::*;

use super::canonical::canonical;
use super::{Bytecode, BytecodeVersion};
use crate::archive::EntryPath;
use crate::error::{Error, Failure, PathContext as _, PathError};
use crate::layer::PythonVersion;
use crate::process::{Exceeded, Launcher, MOST_MEMORY, Purpose, Unfinished};

const SCRIPT: &str = include_str!("compile.py");

/// How many bytes of sources a process compiles: few enough that memory does not grow with a layer.
const BATCH: u64 = 4 << 20;

/// How long a process may take, and how long for each MiB of its sources: the slowest take a hundredth of it.
const LONGEST: Duration = Duration::from_mins(1);

/// How much code sources may become: their length this many times, and so much for each.
const MOST_TIMES: u64 = 64;
const LEAST_CODE: u64 = 64 << 10;

/// How long what the script writes first is: a magic number, and a version in three parts.
const HEAD: usize = 7;

/// Sources that a process compiles, written to a file.
#[derive(Debug)]
pub struct Batch {
    /// Where each is in the layer.
    pub sources: Vec<EntryPath>,
    /// The file that says so, and what they say.
    requests: PathBuf,
    /// The file for what they become.
    results: PathBuf,
    /// How many bytes they have.
    size: u64,
}

/// Why sources cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The interpreter cannot be started.
    #[error("cannot run `{}`", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is not what it was taken for, or ended before it compiled anything.
    #[error("`{}` cannot compile for Python {version}: {why}", program.display())]
    Unfit {
        /// The program.
        program: PathBuf,
        /// The version that it was to have.
        version: PythonVersion,
        /// What it is, or the last line that it printed.
        why: String,
    },
    /// It ended, or gave up, at a source.
    #[error("Python {version} cannot compile `{path}`: {why}")]
    Source {
        /// The version.
        version: PythonVersion,
        /// The source.
        path: EntryPath,
        /// How it ended.
        why: String,
    },
    /// A temporary file cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Failure for CompileError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotStarted { .. } | Self::Unfit { .. } => {
                Some("see `uv python list` for the CPythons that are found; or set `bytecode = \"none\"`".into())
            }
            Self::Source { path, .. } => Some(format!(
                "`exclude` it if no function imports it: exclude = [\"{path}\"]; or set `bytecode = \"none\"`"
            )),
            Self::Path(error) => error.hint(),
        }
    }
}

/// An interpreter that compiles.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// The version that it has.
    pub version: BytecodeVersion,
}

impl Compiler {
    /// Compiles batches, several at a time. Returns each with why its process ended, if it did not end well.
    ///
    /// # Errors
    /// If the interpreter cannot be started.
    pub async fn compile(
        &self,
        launcher: &Launcher,
        batches: Vec<Batch>,
        parallel: usize,
    ) -> Result<Vec<(Batch, Option<String>)>, CompileError> {
        let runs = batches.into_iter().map(async |batch| {
            let ended = self.run(launcher, &batch).await?;
            Ok((batch, ended))
        });
        let runs = futures::stream::iter(runs).buffered(parallel.max(1));
        runs.try_collect().await
    }

    /// The code of each source of a batch, in their order; `None` for what is not valid Python of this version. It is
    /// equal on all machines, whatever else is in the batch.
    ///
    /// # Errors
    /// If the process did not come to the end of the batch, or is not what it was taken for.
    pub fn codes(
        &self,
        (batch, ended): &(Batch, Option<String>),
    ) -> Result<Vec<Option<Bytecode>>, CompileError> {
        let most = batch.sources.len() as u64 * LEAST_CODE + batch.size * MOST_TIMES;
        let written = read_at_most(&batch.results, most)?;
        self.results(&written, &batch.sources, ended.as_deref())
    }

    /// Runs the interpreter. Returns why it ended, if it did not end well.
    async fn run(
        &self,
        launcher: &Launcher,
        batch: &Batch,
    ) -> Result<Option<String>, CompileError> {
        let longest = LONGEST + LONGEST * (batch.size >> 20) as u32;
        let program = &self.program;
        let not_started = |source| CompileError::NotStarted {
            program: program.clone(),
            source,
        };
        let child = launcher.child(program, Purpose::Compile);
        let mut child = child.map_err(not_started)?;
        child
            .args(["-I", "-S", "-B", "-X", "utf8", "-W", "ignore", "-c", SCRIPT])
            .args([&batch.requests, &batch.results]);
        // An interpreter that was built to be moved finds its library beside itself.
        let real = program.canonicalize();
        let prefix = real.as_deref().unwrap_or(program).ancestors().nth(2);
        if let Some(prefix) = prefix {
            child.env("LD_LIBRARY_PATH", prefix.join("lib"));
        }
        tracing::debug!(python = %program.display(), "compile");
        let exceeded = match child.output_within(longest).await {
            Ok(output) => return Ok(ended(&output)),
            Err(Unfinished::Failed(source)) => return Err(not_started(source)),
            Err(Unfinished::Exceeded(exceeded)) => exceeded,
        };
        Ok(Some(match exceeded {
            Exceeded::Time(_) => format!("it took longer than {}", format_duration(longest)),
            Exceeded::Memory => format!("it took more than {} GiB of memory", MOST_MEMORY >> 30),
            Exceeded::Output => "it printed too much".to_owned(),
        }))
    }

    /// The code of each source, from what the script wrote before it ended.
    fn results(
        &self,
        written: &[u8],
        sources: &[EntryPath],
        ended: Option<&str>,
    ) -> Result<Vec<Option<Bytecode>>, CompileError> {
        let mut results = Results(written);
        let head = results.take(HEAD);
        self.check_version(head, ended)?;
        let outcomes = sources.iter().map(|path| (path, results.next()));
        let outcomes: Vec<_> = outcomes.collect();
        let codes = outcomes.into_par_iter();
        let codes = codes.map(|(path, outcome)| self.code(path, outcome, ended));
        codes.collect()
    }

    fn code(
        &self,
        path: &EntryPath,
        outcome: Option<Outcome<'_>>,
        ended: Option<&str>,
    ) -> Result<Option<Bytecode>, CompileError> {
        let refused = |why: &str| CompileError::Source {
            version: self.version.python,
            path: path.clone(),
            why: why.to_owned(),
        };
        match outcome {
            Some((b'c', hash, code)) => {
                let code = canonical(code, self.version);
                let code = code.map_err(|error| refused(&error.to_string()))?;
                Ok(Some(Bytecode { hash, code }))
            }
            Some((b'n', ..)) => Ok(None),
            Some((_, _, why)) => Err(refused(&String::from_utf8_lossy(why))),
            None => Err(refused(ended.unwrap_or("it produced too much code"))),
        }
    }

    /// Checks the magic number and the version that an interpreter wrote.
    fn check_version(&self, head: Option<&[u8]>, ended: Option<&str>) -> Result<(), CompileError> {
        let version = self.version.python;
        let why = match head {
            Some([a, b, c, d, major, minor, patch]) => {
                let is_known = [*a, *b, *c, *d] == self.version.magic_bytes();
                if is_known && (*major, *minor) == (version.major, version.minor) {
                    return Ok(());
                }
                let magic = u16::from_le_bytes([*a, *b]);
                format!(
                    "it is {major}.{minor}.{patch} with the magic number {magic}, not {}",
                    self.version.magic
                )
            }
            _ => ended.unwrap_or("it printed nothing").to_owned(),
        };
        Err(CompileError::Unfit {
            program: self.program.clone(),
            version,
            why,
        })
    }
}

/// How an interpreter ended, and the last line that it printed; `None` where it came to its end.
fn ended(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.trim().lines().last().unwrap_or_default();
    let separator = if last.is_empty() { "" } else { ": " };
    let how = format!("it ended with {}{separator}{last}", output.status);
    (!output.status.success()).then_some(how)
}

/// What came of a source, the hash of the source, and its code.
type Outcome<'a> = (u8, [u8; 8], &'a [u8]);

/// What the script wrote, read piece by piece.
struct Results<'a>(&'a [u8]);

impl<'a> Results<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn next(&mut self) -> Option<Outcome<'a>> {
        let outcome = self.take(1)?[0];
        let hash = self.take(8)?.try_into().ok()?;
        let length = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        Some((outcome, hash, self.take(length as usize)?))
    }
}

/// Writes sources, each with its path in the layer, to files in `folder`: as many to one as a process compiles, in
/// their order.
///
/// # Errors
/// If one cannot be read or written.
pub fn write_batches(
    folder: &Path,
    sources: impl Iterator<Item = Result<(EntryPath, Vec<u8>), Error>>,
) -> Result<Vec<Batch>, Error> {
    let mut batches: Vec<(Batch, BufWriter<File>)> = Vec::new();
    for source in sources {
        let (path, content) = source?;
        if batches.last().is_none_or(|(batch, _)| batch.size >= BATCH) {
            batches.push(new_batch(folder, batches.len())?);
        }
        let Some((batch, output)) = batches.last_mut() else {
            continue;
        };
        for part in [format!("/opt/{path}").as_bytes(), &content] {
            let length = (part.len() as u32).to_le_bytes(); // no file of a layer has 4 GiB
            let written = output
                .write_all(&length)
                .and_then(|()| output.write_all(part));
            written.at("write to", &batch.requests)?;
        }
        batch.size += content.len() as u64;
        batch.sources.push(path);
    }
    let finished = batches.into_iter().map(|(batch, mut output)| {
        output.flush().at("write to", &batch.requests)?;
        Ok(batch)
    });
    finished.collect()
}

fn new_batch(folder: &Path, number: usize) -> Result<(Batch, BufWriter<File>), PathError> {
    let batch = Batch {
        sources: Vec::new(),
        requests: folder.join(format!("{number}.sources")),
        results: folder.join(format!("{number}.codes")),
        size: 0,
    };
    let file = File::create_new(&batch.requests).at("write to", &batch.requests)?;
    Ok((batch, BufWriter::new(file)))
}

fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, PathError> {
    let mut written = Vec::new();
    match File::open(path) {
        // The interpreter did not come so far.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        file => {
            let file = file.at("read", path)?;
            file.take(most).read_to_end(&mut written).at("read", path)?;
        }
    }
    Ok(written)
}
