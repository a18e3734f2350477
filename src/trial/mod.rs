//! Whether what a layer holds can be imported: its archive, unpacked as `/opt` would be, in an interpreter of the
//! runtime's version.
//!
//! This runs the layer's code as the user who runs `lls`. It knows nothing of how a layer is built, and prints nothing.

mod environment;
mod modules;
mod outcome;
mod python;
mod unpack;

use std::fmt;

use serde::Serialize;

use crate::error::Failure;
use crate::layer::{Architecture, ModuleName};

pub use modules::{Offer, offered_modules};
pub use python::{Interpreter, TrialError, import};
pub use unpack::{UnpackError, Unpacked};

/// What came of importing the modules of a layer.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Imports {
    /// The version of the interpreter, such as `3.12.11`.
    pub python: String,
    /// The modules that can be imported.
    pub imported: Vec<ModuleName>,
    /// The modules that need a package which the layer leaves to the runtime.
    pub brought: Vec<BroughtImport>,
    /// The modules that cannot be imported.
    pub failed: Vec<FailedImport>,
    /// The modules that nothing is known of, because a failure before them took too much.
    pub untried: Vec<ModuleName>,
}

/// A module that needs a package which the runtime brings, and the machine does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BroughtImport {
    /// The module.
    pub module: ModuleName,
    /// The package.
    pub needs: String,
}

/// A module that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedImport {
    /// The module.
    pub module: ModuleName,
    /// Why.
    pub why: String,
    /// The last lines of the traceback, or of what was printed. Text of others.
    pub end: Vec<String>,
}

/// Why a layer cannot be tried on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Untestable {
    /// There is no interpreter of the runtime's version.
    NoPython {
        /// The version.
        python: String,
    },
    /// Its native files are for another machine.
    OtherMachine {
        /// The architecture of the layer.
        architecture: Architecture,
        /// This machine.
        machine: String,
    },
}

impl fmt::Display for Untestable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPython { python } => write!(f, "no CPython {python} was found"),
            Self::OtherMachine {
                architecture,
                machine,
            } => write!(
                f,
                "it has native files for Linux on {architecture}, and this is {machine}"
            ),
        }
    }
}

/// The system and the architecture of this machine, where native files of a layer for `architecture` cannot be loaded.
pub fn other_machine(architecture: Architecture) -> Option<Untestable> {
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    if system == "linux" && processor == architecture.platform() {
        return None;
    }
    Some(Untestable::OtherMachine {
        architecture,
        machine: format!("{system} on {processor}"),
    })
}

/// A layer that cannot be tried, where it has to be.
#[derive(Debug, thiserror::Error)]
#[error("layer `{layer}` is not tested for {runtime}: {why}")]
pub struct Untested {
    /// The layer.
    pub layer: String,
    /// The runtime.
    pub runtime: String,
    /// Why.
    pub why: Untestable,
}

impl Failure for Untested {
    fn hint(&self) -> Option<String> {
        let remedy = match &self.why {
            Untestable::NoPython { python } => format!(
                "install it, for example with `uv python install {python}`, or put `python{python}` on PATH"
            ),
            Untestable::OtherMachine { architecture, .. } => {
                format!("run `lls test` on Linux on {architecture}")
            }
        };
        Some(format!(
            "{remedy}; or let it pass with `--allow-untested` (LLS_ALLOW_UNTESTED)"
        ))
    }
}

/// How many seconds all imports of a layer may take for one runtime.
pub const IMPORT_SECONDS: u16 = 120;
