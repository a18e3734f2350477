//! What is checked of a layer before it is worth publishing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::explain::{Saving, savings};
use super::inputs::Inputs;
use super::own_file::OwnFile;

use crate::archive::{EntryPath, MAX_UNPACKED};
use crate::cache::ArchiveSummary;
use crate::ecosystem::{Locked, RequirementPlace};
use crate::error::Failure;
use crate::layer::{ByteSize, LayerName, PackageSummary, Runtime};
use crate::manifest::LayerSettings;

/// Why a layer would be of no use, or would be refused, in Lambda.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Two sources bring the same path.
    #[error("`{path}` of layer `{layer}` comes from two sources")]
    Duplicate {
        /// The layer.
        layer: LayerName,
        /// The path.
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
        /// What leaving out would save.
        savings: Vec<Saving>,
        /// How many bytes of it are bytecode.
        bytecode: u64,
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
    /// There is nothing in it, though it has a requirements.txt.
    #[error("layer `{layer}` would be empty: `{}` provides no packages", requirements.display())]
    NoPackages {
        /// The layer.
        layer: LayerName,
        /// Its requirements.txt.
        requirements: PathBuf,
    },
    /// There is nothing in it, as none of its requirements is for the runtimes.
    #[error(
        "layer `{layer}` would be empty: no requirement is for {runtimes}; the marker of {place} does not hold"
    )]
    NoMarkerHolds {
        /// The layer.
        layer: LayerName,
        /// The first requirement.
        place: RequirementPlace,
        /// The layer's runtimes and architecture.
        runtimes: String,
    },
    /// There is nothing in it, as its packages are left out.
    #[error("layer `{layer}` would be empty: `exclude_packages` leaves out all of its packages")]
    AllExcluded {
        /// The layer.
        layer: LayerName,
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
            Self::Duplicate { .. } | Self::CaseTwins { .. } => "rename or `exclude` one of them".into(),
            Self::TooLargeUnpacked { savings, bytecode, .. } => {
                let advice = "leave out what is not needed with `exclude` or `exclude_packages`, or split the layer";
                let savings = savings.iter().map(|saving| format!("; {saving}"));
                let bytecode = (*bytecode > 0).then(|| {
                    format!("; {} less without bytecode: bytecode = \"none\"", ByteSize(*bytecode))
                });
                advice.to_owned() + &bytecode.into_iter().chain(savings).collect::<String>()
            }
            Self::TooLargeZipped { .. } => {
                "set `staging_bucket` of the target, leave out what is not needed with `exclude` or `exclude_packages`, or split the layer".into()
            }
            Self::LinkToNothing { .. } => "link to a file that is part of the layer, or remove the link".into(),
            Self::NoPackages { .. } => {
                "write a requirement such as `requests>=2` into it, or put files into the layer's folder".into()
            }
            Self::NoMarkerHolds { .. } => {
                "correct or remove what is behind `;` in them, or change `runtimes` or `architecture`".into()
            }
            Self::AllExcluded { .. } => "take the packages that the layer is for out of it".into(),
            Self::Empty { .. } => "put files or a requirements.txt into its folder".into(),
        })
    }
}

/// What to say of an archive without entries.
pub(super) fn empty(layer: &LayerName, settings: &LayerSettings, locked: &Locked) -> CheckError {
    let layer = layer.clone();
    let Some(origin) = &locked.origin else {
        return CheckError::Empty { layer };
    };
    match &origin.first {
        _ if !locked.packages.is_empty() => CheckError::AllExcluded { layer },
        Some(place) => {
            let runtimes: Vec<_> = settings.runtimes.iter().map(Runtime::as_str).collect();
            CheckError::NoMarkerHolds {
                layer,
                place: place.clone(),
                runtimes: format!("{} on {}", runtimes.join(", "), settings.architecture),
            }
        }
        None => CheckError::NoPackages {
            layer,
            requirements: origin.path.clone(),
        },
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
    let targets: BTreeMap<&str, &str> = links()
        .map(|(file, target)| (file.path.as_str(), target.as_str()))
        .collect();
    for (file, target) in links() {
        let end = resolved(&targets, file.path.as_str(), target);
        let comes_along = end.is_some_and(|end| {
            let below = format!("{end}/");
            let inside = paths.range(below.as_str()..).next();
            let is_folder = end.is_empty() || inside.is_some_and(|path| path.starts_with(&below));
            is_folder || paths.contains(end.as_str())
        });
        if !comes_along {
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

/// How many links are followed on the way to a file (`MAXSYMLINKS` of Linux).
const MAX_LINKS: usize = 40;

/// Where a relative link leads in the archive, through other links; `None` where they go round in circles.
fn resolved(targets: &BTreeMap<&str, &str>, link: &str, target: &str) -> Option<String> {
    let mut done: Vec<&str> = link.split('/').collect();
    done.pop();
    let mut left: Vec<&str> = target.rsplit('/').collect();
    let mut followed = 1;
    while let Some(part) = left.pop() {
        match part {
            "" | "." => continue,
            ".." => drop(done.pop()),
            part => done.push(part),
        }
        if let Some(target) = targets.get(done.join("/").as_str()) {
            followed += 1;
            if followed > MAX_LINKS {
                return None;
            }
            done.pop();
            left.extend(target.rsplit('/'));
        }
    }
    Some(done.join("/"))
}

/// Refuses a layer of `files`, with their sizes in bytes, that no function could use.
pub(super) fn unpacked_size<'a>(
    inputs: &Inputs,
    files: &(impl Iterator<Item = (&'a EntryPath, u64)> + Clone),
    packages: &[PackageSummary],
    bytecode: u64,
) -> Result<(), CheckError> {
    let size = files.clone().map(|(_, size)| size).sum();
    if size <= MAX_UNPACKED {
        return Ok(());
    }
    Err(CheckError::TooLargeUnpacked {
        layer: inputs.layer.clone(),
        size,
        largest: largest(packages, &inputs.own_files),
        savings: savings(files),
        bytecode,
    })
}

/// Refuses an archive that Lambda would not take in a request.
///
/// # Errors
/// If it is larger than `limit`, where there is one.
pub fn upload_size(
    inputs: &Inputs,
    summary: &ArchiveSummary,
    limit: Option<u64>,
) -> Result<(), CheckError> {
    let size = summary.size;
    if limit.is_none_or(|limit| size <= limit) {
        return Ok(());
    }
    Err(CheckError::TooLargeZipped {
        layer: inputs.layer.clone(),
        size,
        largest: largest(&summary.packages, &inputs.own_files),
    })
}
