//! `layers.toml`: the layers and where they are published, parsed into types that cannot be wrong.
//!
//! Reading needs the manifest and the layers' folders, never the network. Every problem is reported at once.

mod context;
mod directory;
mod edit;
mod key;
mod layer;
mod names;
mod packages;
mod problem;
mod schema;
mod select;
mod staging;
mod table;
mod target;
mod value;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::digest::Sha256;
use crate::error::Error;
use crate::input::{FileKind, Repository, decode};
use crate::layer::LayerName;

pub use edit::{EditError, ManifestText, NewKey};
pub use layer::{LayerSettings, ListEntry};
pub use names::Names;
pub use packages::{Packages, ProjectFile, ProjectFileKind, project_files_in};
pub use problem::{ManifestError, Position, Problem, nearest};
pub use schema::schema;
pub use select::{SelectError, layer_glob};
pub use staging::StagingBucket;
pub use target::{AwsTarget, Place, Region, RoleArn, Target};
pub use value::{Globs, Republish};

use context::Context;
use layer::LayerDefaults;
use problem::{Lines, Problems};
use table::Table;

/// A manifest without a problem.
#[derive(Debug)]
pub struct Manifest {
    /// The file, as it was named.
    pub path: PathBuf,
    /// SHA-256 over its text.
    pub sha256: Sha256,
    /// The target that commands use if none is named.
    pub default_target: Option<String>,
    /// The places to publish to, by name.
    pub targets: BTreeMap<String, Target>,
    /// The layers, by name.
    pub layers: BTreeMap<LayerName, LayerSettings>,
    /// What is dubious, each with its place.
    pub warnings: Vec<String>,
    /// The repository that it is part of.
    pub repository: Repository,
}

impl Manifest {
    /// Reads and checks the manifest at `path` in `repository`.
    ///
    /// # Errors
    /// If the file cannot be read or is invalid. The error lists every problem.
    pub fn read(path: &Path, repository: &Repository) -> Result<Self, Error> {
        Ok(Self::parse(path, read_text(path, repository)?, repository)?)
    }

    /// Checks `text`, the content of the manifest `path`. Folders of layers are relative to it.
    pub fn parse(
        path: &Path,
        text: String,
        repository: &Repository,
    ) -> Result<Self, ManifestError> {
        let mut problems = Problems::default();
        let (document, syntax_errors) = DeTable::parse_recoverable(&text);
        for error in &syntax_errors {
            problems.add(Problem::syntax(error, text.len()));
        }
        let context = Context {
            folder: folder_of(path),
            path,
            repository,
            lines: Lines::of(&text),
        };
        let manifest = syntax_errors
            .is_empty()
            .then(|| read_document(&context, &text, document.get_ref(), &mut problems));
        let warnings = problems.take_warnings(path, &text);
        match manifest.filter(|_| problems.is_empty()) {
            Some(manifest) => Ok(Self {
                warnings,
                ..manifest
            }),
            None => Err(problems.into_error(path, text)),
        }
    }

    /// The folder that paths in the manifest are relative to.
    pub fn folder(&self) -> &Path {
        folder_of(&self.path)
    }
}

/// The folder that a manifest's paths are relative to.
pub fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The manifest does not exist.
#[derive(Debug, thiserror::Error)]
#[error("there is no manifest at `{}`", .0.display())]
pub struct MissingManifest(PathBuf);

impl crate::error::Failure for MissingManifest {
    fn hint(&self) -> Option<String> {
        Some("name the file with `--manifest FILE`, its folder with `-C DIR`, or create one with `lls init`".into())
    }
}

/// The text of the manifest at `path`, which need not be right.
fn read_text(path: &Path, repository: &Repository) -> Result<String, Error> {
    match repository.read(path, FileKind::Settings) {
        Err(error) if error.is_missing() => Err(MissingManifest(path.to_owned()).into()),
        outcome => Ok(decode(path, outcome?)?),
    }
}

fn read_document(
    context: &Context<'_>,
    text: &str,
    document: &DeTable<'_>,
    problems: &mut Problems,
) -> Manifest {
    let mut table = Table::new("the manifest", document, 0..0, key::MANIFEST);
    let default_target = table.text("default_target", problems);
    let targets = table.tables("targets", problems);
    let defaults = table.table("defaults", problems);
    let layers = table.tables("layers", problems);
    table.finish(problems);

    let names: Vec<_> = targets.iter().map(|(name, _)| name.value.clone()).collect();
    let targets: BTreeMap<_, _> = targets
        .into_iter()
        .filter_map(|(name, table)| {
            let target = Target::read(&name, table, context, problems)?;
            Some((name.value.clone(), target))
        })
        .collect();
    if let Some(name) = &default_target
        && !names.contains(&name.value)
    {
        problems.add(Problem::unknown(
            "target",
            &name.value,
            names.iter(),
            name.span.clone(),
        ));
    }
    let defaults = defaults
        .map(|table| LayerDefaults::read(table, problems))
        .unwrap_or_default();
    let layers: BTreeMap<_, _> = layers
        .into_iter()
        .filter_map(|(name, table)| defaults.layer(&name, table, context, problems))
        .collect();
    check_folders(&layers, problems);
    for target in targets.values() {
        target.check_parameters(&layers, problems);
    }
    let default_target = default_target.map(|name| name.value);
    Manifest {
        path: context.path.to_owned(),
        sha256: Sha256::of(text),
        default_target,
        targets,
        layers,
        warnings: Vec::new(),
        repository: context.repository.clone(),
    }
}

/// Reports layers that share a folder: their locks would overwrite each other.
fn check_folders(layers: &BTreeMap<LayerName, LayerSettings>, problems: &mut Problems) {
    let mut owners: BTreeMap<(u64, u64), &LayerName> = BTreeMap::new();
    for (name, layer) in layers {
        // By what the file system says, for `..` and links give a folder many names. One that is missing is reported.
        let Ok(folder) = layer.directory.metadata() else {
            continue;
        };
        if let Some(owner) = owners.insert((folder.dev(), folder.ino()), name) {
            let folder = layer.directory.display();
            let message =
                format!("layers `{owner}` and `{name}` have the same directory `{folder}`");
            problems.add(
                Problem::new(layer.span.clone(), message).hint("give each layer its own folder"),
            );
        }
    }
}
