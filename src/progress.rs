//! What happens on the way to a result, told to whoever shows it.
//!
//! Work is done below, shown above: nothing but a renderer prints.

use std::path::Path;

use crate::layer::LayerName;

/// Work that takes a while.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// A tool that is missing is installed into the cache.
    Install {
        /// The tool, with its version.
        tool: &'a str,
    },
    /// A layer's requirements are resolved.
    Lock {
        /// The layer.
        layer: &'a LayerName,
        /// What the lock that is there, if any, was; `None` where the user asked for a new one.
        reason: Option<&'static str>,
    },
    /// A package is built from source.
    BuildWheel {
        /// The layer.
        layer: &'a LayerName,
        /// The package, with its version where that is known.
        package: &'a str,
    },
    /// The index is asked where a layer's wheels are.
    Locate {
        /// The layer.
        layer: &'a LayerName,
    },
    /// Wheels are downloaded.
    Download {
        /// The layer.
        layer: &'a LayerName,
        /// How many.
        wheels: usize,
        /// Their sizes in bytes together, as far as the index says.
        bytes: u64,
    },
    /// A layer's archive is built.
    Build {
        /// The layer.
        layer: &'a LayerName,
    },
    /// What a layer offers is imported.
    Import {
        /// The layer.
        layer: &'a LayerName,
    },
    /// A layer version is published.
    Publish {
        /// The layer.
        layer: &'a LayerName,
        /// Where: a region, or the folder of a directory registry.
        destination: &'a str,
        /// Size of the archive in bytes.
        bytes: u64,
    },
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was done.
    Done {
        /// The size in bytes of what was made or moved; 0 where that is nothing, or nobody counted.
        bytes: u64,
    },
    /// It failed, or it was interrupted.
    GivenUp,
}

/// Something that happened on the way to a result.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step began. [`begin`] tells of it, and of its end.
    Began(Step<'a>),
    /// A step that began has ended.
    Ended(Step<'a>, Ending),
    /// Some more bytes of the wheels have arrived.
    Downloaded {
        /// How many.
        bytes: u64,
    },
    /// Some more bytes of the archives that are being published have left.
    Uploaded {
        /// How many, of the archives' own sizes.
        bytes: u64,
    },
    /// A wheel was removed from a layer's `.wheels` because its lock does not name it.
    RemovedWheel {
        /// The wheel.
        path: &'a Path,
    },
    /// Another process is changing a layer of a directory registry, and has been for a while.
    Waiting {
        /// The lock that it holds.
        lock: &'a Path,
    },
    /// The user asked to stop while something was being changed.
    Interrupted,
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

/// A step that is being done. Dropped, as it is by a failure or an interruption, it was given up.
#[must_use = "a step that is dropped at once was given up"]
pub struct Running<'a> {
    progress: &'a dyn Progress,
    step: Step<'a>,
    ending: Ending,
}

/// Tells `progress` that a step begins.
pub fn begin<'a>(progress: &'a dyn Progress, step: Step<'a>) -> Running<'a> {
    progress.event(Event::Began(step));
    Running {
        progress,
        step,
        ending: Ending::GivenUp,
    }
}

impl Running<'_> {
    /// Tells that the step was done, with the size in bytes of what was made or moved.
    pub fn done(mut self, bytes: u64) {
        self.ending = Ending::Done { bytes };
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.progress.event(Event::Ended(self.step, self.ending));
    }
}

/// Nobody.
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}

    fn is_stopping(&self) -> bool {
        false
    }
}
