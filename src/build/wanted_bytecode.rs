//! Which bytecode a layer should have, and the files that contain it.

use std::collections::BTreeSet;

use super::own_file::OwnFile;
use crate::archive::Mode;
use crate::bytecode::{BytecodeVersion, UnknownBytecode};
use crate::cache::MappedFile;
use crate::ecosystem::Locked;
use crate::error::Failure;
use crate::layer::{BytecodeMode, LayerName, Runtime};
use crate::manifest::LayerSettings;

/// The bytecode that a layer should have.
#[derive(Clone, Debug)]
pub struct WantedBytecode {
    /// Whether Python compares it with its source; never [`BytecodeMode::None`].
    pub mode: BytecodeMode,
    /// The versions that it is for, sorted.
    pub versions: Vec<BytecodeVersion>,
}

impl WantedBytecode {
    /// The bytecode for a layer. `None` if the layer should have none or has no sources.
    ///
    /// # Errors
    /// If the layer is for a Python version whose bytecode format is unknown.
    pub(super) fn of(
        layer: &LayerName,
        settings: &LayerSettings,
        own_files: &[OwnFile],
        locked: &Locked,
    ) -> Result<Option<Self>, UnknownRuntime> {
        let pythons = settings.runtimes.iter().filter_map(Runtime::python);
        let pythons: BTreeSet<_> = pythons.collect();
        let has_sources = !locked.artifacts.is_empty() || own_files.iter().any(is_source);
        let mode = settings.bytecode;
        if mode == BytecodeMode::None || pythons.is_empty() || !has_sources {
            return Ok(None);
        }
        let versions = pythons.into_iter().map(BytecodeVersion::of);
        let versions = versions.collect::<Result<_, _>>();
        let versions = versions.map_err(|source| UnknownRuntime {
            layer: layer.clone(),
            source,
        })?;
        Ok(Some(Self { mode, versions }))
    }
}

/// The layer is for a Python version whose bytecode format is unknown.
#[derive(Debug, thiserror::Error)]
#[error("layer `{layer}` cannot have bytecode")]
pub struct UnknownRuntime {
    layer: LayerName,
    source: UnknownBytecode,
}

impl Failure for UnknownRuntime {
    fn hint(&self) -> Option<String> {
        self.source.hint()
    }
}

/// The bytecode of one part of a layer: a ZIP file whose entries are at their paths in the layer.
pub(super) struct BytecodeFile {
    /// The artifact with this index; `None` for own files.
    pub artifact: Option<usize>,
    /// The ZIP file.
    pub file: MappedFile,
}

/// Whether it is a Python source.
pub(super) fn is_source(file: &OwnFile) -> bool {
    let path = file.path.as_str();
    file.mode != Mode::Symlink && path.starts_with("python/") && path.ends_with(".py")
}
