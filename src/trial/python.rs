//! Runs Python on the modules of an unpacked layer, again where a module ends the interpreter.

use std::io::{self, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use humantime::format_duration;

use super::environment::variables;
use super::outcome::end_of;
use super::{FailedImport, Imports, Offer, Unpacked};
use crate::ecosystem::python::import_path;
use crate::error::{Failure, PathContext as _, PathError};
use crate::layer::PythonVersion;
use crate::process::{Exceeded, Launcher, MOST_MEMORY, Purpose, Unfinished};

const SCRIPT: &str = include_str!("import.py");

/// An interpreter.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// The program.
    pub program: PathBuf,
    /// The version that was asked for.
    pub version: PythonVersion,
}

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The interpreter cannot be started.
    #[error("cannot run `{}`", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It ended before it imported anything.
    #[error("`{}` did not start: {message}", program.display())]
    Broken {
        /// The program.
        program: PathBuf,
        /// The last line that it printed.
        message: String,
    },
    /// A temporary file cannot be written.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Failure for TrialError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Path(error) => error.hint(),
            _ => Some("see `uv python list` for the CPythons that are found".into()),
        }
    }
}

/// The most bytes that are read of what the script wrote.
const MOST_RESULTS: u64 = 16 << 20;

/// Imports or loads what is offered, in this order, in one interpreter as long as none of them ends it, for at most `longest`.
///
/// # Errors
/// If the interpreter cannot be run. What a module does is no error.
pub async fn import(
    launcher: &Launcher,
    interpreter: &Interpreter,
    unpacked: &Unpacked,
    offers: &[Offer],
    longest: Duration,
) -> Result<Imports, TrialError> {
    let opt = unpacked.opt().display().to_string();
    let end = Instant::now() + longest;
    let (mut imports, mut rest) = (Imports::default(), offers);
    while !rest.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        let (results, outcome) = run(launcher, interpreter, unpacked, rest, left).await?;
        let (mut current, mut begun) = imports.take(&results, rest, &opt);
        let is_over = outcome.is_err();
        // Ended between two of them.
        if let Some(next) = rest.get(begun).filter(|_| is_over && current.is_none()) {
            (current, begun) = (Some(next.module.clone()), begun + 1);
        }
        let (why, text) = match outcome {
            Ok(output) => ended(&output),
            Err(exceeded) => (told(exceeded, longest), String::new()),
        };
        if begun == 0 {
            let program = interpreter.program.clone();
            let last = end_of(&text).pop();
            let message = last.unwrap_or(why);
            return Err(TrialError::Broken { program, message });
        }
        imports.failed.extend(current.map(|module| FailedImport {
            module,
            why,
            end: end_of(&text.replace(&opt, "/opt")),
        }));
        rest = &rest[begun..];
        if is_over {
            imports.untried = rest.iter().map(|offer| offer.module.clone()).collect();
            break;
        }
    }
    Ok(imports)
}

/// Runs the script for what is offered. Returns what it wrote, and what came of the run.
async fn run(
    launcher: &Launcher,
    interpreter: &Interpreter,
    unpacked: &Unpacked,
    offers: &[Offer],
    longest: Duration,
) -> Result<(Vec<u8>, Result<Output, Exceeded>), TrialError> {
    let Interpreter { program, version } = interpreter;
    let python = unpacked.opt().join(import_path::SHARED);
    let own = unpacked.opt().join(import_path::folder_of(*version));
    let request = unpacked.beside("request.json");
    let modules: Vec<_> = offers
        .iter()
        .map(|Offer { library, module }| {
            let library = library.as_ref();
            let library = library.map(|library| unpacked.opt().join(library.as_str()));
            (module, library)
        })
        .collect();
    let text = serde_json::json!({ "path": [own, python], "modules": modules }).to_string();
    std::fs::write(&request, text).at("write", &request)?;
    let folder = unpacked.beside("");
    let mut results = tempfile::NamedTempFile::new_in(&folder).at("write to", &folder)?;
    let not_started = |source| TrialError::NotStarted {
        program: program.clone(),
        source,
    };
    let child = launcher.child(program, Purpose::Import);
    let mut child = child.map_err(not_started)?;
    // Isolated, and without the packages of this interpreter.
    child
        .args(["-I", "-S", "-B", "-X", "utf8", "-W", "ignore", "-c", SCRIPT])
        .arg(&request)
        .arg(results.path());
    for (name, value) in variables(unpacked, program, *version) {
        child.env(name, value);
    }
    tracing::debug!(python = %program.display(), modules = modules.len(), "import");
    let outcome = match child.output_within(longest).await {
        Ok(output) => Ok(output),
        Err(Unfinished::Exceeded(exceeded)) => Err(exceeded),
        Err(Unfinished::Failed(source)) => return Err(not_started(source)),
    };
    let mut written = Vec::new();
    // The file that was made, whatever stands in its place now.
    let path = results.path().to_owned();
    let mut read = results.as_file_mut().take(MOST_RESULTS);
    read.read_to_end(&mut written).at("read", &path)?;
    Ok((written, outcome))
}

/// How the interpreter ended, and what it printed as an error.
fn ended(output: &Output) -> (String, String) {
    let how = match (output.status.signal(), output.status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, code) => format!("exit status {}", code.unwrap_or_default()),
    };
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (format!("ended the interpreter with {how}"), text)
}

fn told(exceeded: Exceeded, longest: Duration) -> String {
    match exceeded {
        Exceeded::Time(_) => format!(
            "was not imported when the time for the layer, {}, was over",
            format_duration(longest)
        ),
        Exceeded::Memory => format!("took more than {} GiB of memory", MOST_MEMORY >> 30),
        Exceeded::Output => "printed without end".to_owned(),
    }
}
