//! What is checked of a layer before it is worth publishing.

use std::collections::BTreeSet;

use super::{Inputs, OwnFile, PlacedWheel};
use crate::archive::{EntryPath, MAX_DIRECT_UPLOAD, MAX_UNPACKED};
use crate::cache::ArchiveSummary;
use crate::error::Failure;
use crate::layer::PackageSummary;
use crate::layer::{ByteSize, LayerName};
use crate::manifest::LayerSettings;

/// Why a layer would be of no use, or would be refused, in Lambda.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A module of its own would not be importable.
    #[error(
        "`{path}` of layer `{layer}` would be unpacked to /opt/{path}, where Python does not look for modules"
    )]
    OffImportPath {
        /// The layer.
        layer: LayerName,
        /// The module in the archive.
        path: EntryPath,
    },
    /// Two paths that some file systems cannot tell apart.
    #[error("`{first}` and `{second}` of layer `{layer}` differ only in case or Unicode form")]
    CaseTwins {
        /// The layer.
        layer: LayerName,
        /// One path.
        first: EntryPath,
        /// The other.
        second: EntryPath,
    },
    /// It unpacks to more than a function may have.
    #[error(
        "layer `{layer}` unpacks to {}, more than the 262,144,000 bytes that Lambda allows; largest: {}",
        ByteSize(*size), largest
    )]
    TooLargeUnpacked {
        /// The layer.
        layer: LayerName,
        /// The size in bytes.
        size: u64,
        /// What takes most of it.
        largest: String,
    },
    /// Its ZIP is too large to be uploaded directly.
    #[error(
        "the ZIP of layer `{layer}` has {}, more than the 52,428,800 bytes that Lambda takes directly; largest: {}",
        ByteSize(*size), largest
    )]
    TooLargeZipped {
        /// The layer.
        layer: LayerName,
        /// The size in bytes.
        size: u64,
        /// What takes most of it.
        largest: String,
    },
    /// A symlink to something that does not come along.
    #[error(
        "the symlink `{path}` of layer `{layer}` points to `{target}`, which is left out of the archive"
    )]
    LinkToNothing {
        /// The layer.
        layer: LayerName,
        /// The symlink.
        path: EntryPath,
        /// Where it points.
        target: String,
    },
    /// There is nothing in it.
    #[error("layer `{layer}` would be empty")]
    Empty {
        /// The layer.
        layer: LayerName,
    },
}

impl Failure for CheckError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::OffImportPath { .. } => "set `prefix = \"python\"`, or move it into a folder `python`".into(),
            Self::CaseTwins { .. } => "rename or `exclude` one of them".into(),
            Self::TooLargeUnpacked { .. } => {
                "leave out what is not needed with `exclude` or `exclude_packages`, or split the layer".into()
            }
            Self::TooLargeZipped { .. } => {
                "set `staging_bucket` of the target, leave out what is not needed with `exclude` or `exclude_packages`, or split the layer".into()
            }
            Self::LinkToNothing { .. } => "link to a file that is part of the layer, or remove the link".into(),
            Self::Empty { .. } => "put files or a requirements.txt into its folder".into(),
        })
    }
}

/// The five largest of the packages and the own files, which count as one, with their sizes.
fn largest(packages: &[PackageSummary], own_files: &[OwnFile]) -> String {
    let mut parts: Vec<_> = packages
        .iter()
        .map(|package| (package.unpacked_size, package.name.to_string()))
        .collect();
    if let Some(file) = own_files.iter().max_by_key(|file| file.size) {
        let size = own_files.iter().map(|file| file.size).sum();
        parts.push((size, format!("own files such as `{}`", file.path)));
    }
    parts.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let shown = parts.iter().take(5);
    let shown = shown.map(|(size, name)| format!("{name} {}", ByteSize(*size)));
    shown.collect::<Vec<_>>().join(", ")
}

/// Refuses own modules that land where no Python runtime looks for them.
///
/// A layer is unpacked to `/opt`, of which `python` and `python/lib/python3.X/site-packages` are on `sys.path`
/// (AWS Lambda developer guide, "Packaging layer content").
pub(super) fn on_import_path(
    layer: &LayerName,
    settings: &LayerSettings,
    own_files: &[OwnFile],
) -> Result<(), CheckError> {
    if settings
        .runtimes
        .iter()
        .all(|runtime| runtime.python().is_none())
    {
        return Ok(());
    }
    let stray = own_files
        .iter()
        .find(|file| match file.path.as_str().split_once('/') {
            None => file.path.as_str().ends_with(".py"),
            // These folders are unpacked to where they belong.
            Some(("python" | "bin" | "lib", _)) => false,
            Some((_, rest)) => rest == "__init__.py",
        });
    match stray {
        Some(file) => Err(CheckError::OffImportPath {
            layer: layer.clone(),
            path: file.path.clone(),
        }),
        None => Ok(()),
    }
}

/// The packages of a layer that Lambda's Python runtimes bring already
/// (AWS Lambda developer guide, "Runtime-included SDK versions").
pub(super) fn runtime_packages(wheels: &[PlacedWheel]) -> Vec<&str> {
    let names = wheels.iter().map(|wheel| wheel.locked.name.as_str());
    let mut brought: Vec<_> = names
        .filter(|name| matches!(*name, "boto3" | "botocore"))
        .collect();
    brought.sort_unstable();
    brought.dedup();
    brought
}

/// Refuses symlinks whose targets are neither among `paths` nor folders of one.
pub(super) fn symlinks<'a>(
    layer: &LayerName,
    own_files: &[OwnFile],
    paths: impl Iterator<Item = &'a EntryPath>,
) -> Result<(), CheckError> {
    let links = || {
        own_files
            .iter()
            .filter_map(|file| Some((file, file.target.as_ref()?)))
    };
    if links().next().is_none() {
        return Ok(());
    }
    let paths: BTreeSet<&str> = paths.map(EntryPath::as_str).collect();
    for (file, target) in links() {
        let resolved = resolved(file.path.as_str(), target);
        let below = format!("{resolved}/");
        let is_folder = resolved.is_empty()
            || paths
                .range(below.as_str()..)
                .next()
                .is_some_and(|path| path.starts_with(&below));
        if !paths.contains(resolved.as_str()) && !is_folder {
            let (path, target) = (file.path.clone(), target.clone());
            return Err(CheckError::LinkToNothing {
                layer: layer.clone(),
                path,
                target,
            });
        }
    }
    Ok(())
}

/// Where a relative link leads in the archive.
fn resolved(link: &str, target: &str) -> String {
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Refuses a layer that no function could use.
pub(super) fn unpacked_size(
    inputs: &Inputs,
    size: u64,
    packages: &[PackageSummary],
) -> Result<(), CheckError> {
    if size <= MAX_UNPACKED {
        return Ok(());
    }
    Err(CheckError::TooLargeUnpacked {
        layer: inputs.layer.clone(),
        size,
        largest: largest(packages, &inputs.own_files),
    })
}

/// Refuses an archive that Lambda would not take in a request.
///
/// # Errors
/// If it is larger than [`MAX_DIRECT_UPLOAD`].
pub fn direct_upload(inputs: &Inputs, summary: &ArchiveSummary) -> Result<(), CheckError> {
    let size = summary.size;
    if size <= MAX_DIRECT_UPLOAD {
        return Ok(());
    }
    Err(CheckError::TooLargeZipped {
        layer: inputs.layer.clone(),
        size,
        largest: largest(&summary.packages, &inputs.own_files),
    })
}
