//! Shared objects and programs of a layer, held against the architecture and the C library of its runtimes.

use super::inputs::Inputs;
use super::own_file::OwnFile;
use crate::archive::EntryPath;
use crate::cache::NativeFile;
use crate::ecosystem::{Ecosystem, NativeError, Offer};
use crate::elf::{ElfNeeds, elf_needs};
use crate::error::{Error, PathContext as _};
use crate::input::{FileKind, Repository};
use crate::layer::Runtime;
use crate::manifest::LayerSettings;

/// Fails at the first native file that asks for more than the layer's runtimes offer.
///
/// Asked of every archive, also of one that was built before: architecture and runtimes shape no bytes.
pub(super) fn check(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &[NativeFile],
) -> Result<(), NativeError> {
    for file in files {
        let offer = Offer {
            architecture: settings.architecture,
            runtime: oldest_runtime(settings, &file.path),
        };
        offer.check(&file.path, file.needs, || origin(inputs, file))?;
    }
    Ok(())
}

/// Where a file comes from: its package, or its place in the layer's folder.
fn origin(inputs: &Inputs, file: &NativeFile) -> String {
    let own = inputs.own_files.iter().find(|own| own.path == file.path);
    match (&file.package, own) {
        (Some(package), _) => format!("`{package}`"),
        (None, Some(own)) => format!("`{}`", own.source.display()),
        (None, None) => format!("layer `{}`", inputs.layer),
    }
}

/// The runtime with the oldest C library among those that see the file.
fn oldest_runtime(settings: &LayerSettings, path: &EntryPath) -> Option<Runtime> {
    let only = Ecosystem::of(settings).runtime_at(path);
    let all = settings.runtimes.iter();
    let known = all.filter_map(|runtime| Some((runtime, runtime.glibc()?)));
    only.or_else(|| Some(known.min_by_key(|(_, glibc)| *glibc)?.0.clone()))
}

/// What an own file asks for, if it is native.
pub(super) fn own_file_needs(
    file: &OwnFile,
    repository: &Repository,
) -> Result<Option<ElfNeeds>, Error> {
    let input = repository.open(&file.source, FileKind::Content)?;
    Ok(elf_needs(input).at("read", &file.source)?)
}
