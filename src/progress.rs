//! What happens on the way to a result, told to whoever shows it.
//!
//! Work is done below, shown above: nothing but a renderer prints.

use std::path::Path;

use crate::layer::LayerName;

/// Something that happened on the way to a result.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A tool that is missing is being installed into the cache.
    Installing {
        /// What is being installed.
        tool: &'a str,
    },
    /// A layer's requirements are being resolved.
    Locking {
        /// The layer.
        layer: &'a LayerName,
        /// Why the lock that is there, if any, does not serve.
        reason: &'static str,
    },
    /// A package is being built from source.
    BuildingWheel {
        /// The layer.
        layer: &'a LayerName,
        /// The package, with its version where that is known.
        package: &'a str,
    },
    /// A wheel was removed from a layer's `.wheels` because its lock does not name it.
    RemovedWheel {
        /// The wheel.
        path: &'a Path,
    },
    /// Wheels are about to be downloaded.
    Downloading {
        /// How many.
        wheels: usize,
        /// Their sizes in bytes together, as far as the index says.
        bytes: u64,
    },
    /// Some more bytes of the wheels have arrived.
    Downloaded {
        /// How many.
        bytes: u64,
    },
    /// All wheels are there, or downloading was given up.
    DownloadsEnded,
    /// A layer's archive is being built.
    Building {
        /// The layer.
        layer: &'a LayerName,
    },
    /// A layer version is being published.
    Publishing {
        /// The layer.
        layer: &'a LayerName,
        /// Where: a region, or the folder of a directory registry.
        destination: &'a str,
        /// Size of the archive in bytes.
        bytes: u64,
    },
    /// Another process is changing a layer of a directory registry, and has been for a while.
    Waiting {
        /// The lock that it holds.
        lock: &'a Path,
    },
    /// Something that deserves attention but stops nothing.
    Warning {
        /// What it is.
        message: &'a str,
    },
}

/// Somebody who is told what happens, and who may want it to end.
pub trait Progress: Send + Sync {
    /// Takes note of an event.
    fn event(&self, event: Event<'_>);

    /// Whether nothing new is to be started.
    fn is_stopping(&self) -> bool;
}

/// Nobody.
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}

    fn is_stopping(&self) -> bool {
        false
    }
}
