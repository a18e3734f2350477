//! What children are started for.

use super::bounds::{MOST_IMPORT_OUTPUT, MOST_MEMORY};

/// What a child is started for, which decides what it may have of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `uv` takes wheels, and runs no foreign code.
    Resolve,
    /// `uv` resolves, and may run the code of packages in `build` and Git.
    ResolveFromSource,
    /// `uv` builds a wheel, which runs the package's code.
    BuildWheel,
    /// `python3` installs uv with pip.
    InstallUv,
    /// `git` reads a repository.
    Git,
    /// Python imports the modules of a layer, which runs their code.
    Import,
    /// Python compiles sources, none of which it runs.
    Compile,
}

impl Purpose {
    /// Whether `uv` is started.
    pub(super) fn is_uv(self) -> bool {
        matches!(
            self,
            Self::Resolve | Self::ResolveFromSource | Self::BuildWheel
        )
    }

    /// Whether its memory is bounded: it reads pages of indexes, which may be endless, or reads or runs code of a layer.
    pub(super) fn has_bounded_memory(self) -> bool {
        matches!(
            self,
            Self::Resolve | Self::ResolveFromSource | Self::Import | Self::Compile
        )
    }

    /// The most bytes that it may print to each of its streams.
    pub(super) fn most_output(self) -> u64 {
        match self {
            Self::Import | Self::Compile => MOST_IMPORT_OUTPUT,
            _ => MOST_MEMORY,
        }
    }
}
