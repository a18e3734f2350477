//! `lls add`: makes a layer: its folder, its requirements with their lock, and its table in the manifest.
//!
//! The manifest is changed last. If anything fails before that, the new files are removed again.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Context, ExitStatus};
use crate::cli::{AddOptions, InputOptions};
use crate::ecosystem::python::RequirementLineError;
use crate::ecosystem::python::lock::Lock;
use crate::ecosystem::{Ecosystem, Upgrade};
use crate::error::{Error, Failure, Failures};
use crate::layer::{LayerName, PackageName, Permission, Runtime};
use crate::manifest::{Manifest, ManifestText, NewKey};
use crate::reconcile::{NewFiles, edit_manifest};
use crate::render::{AddedLayer, render_added};

/// Why a layer cannot be added.
#[derive(Debug, thiserror::Error)]
enum AddError {
    /// The manifest has it.
    #[error("layer `{layer}` already exists ({place})")]
    Exists { layer: LayerName, place: String },
    /// Another layer is made from the folder.
    #[error("`{}` is the folder of layer `{owner}`", folder.display())]
    FolderTaken { folder: PathBuf, owner: LayerName },
    /// The path exists but is not a folder.
    #[error("`{}` is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// There are requirements, which are not overwritten.
    #[error("`{}` already exists", .0.display())]
    HasRequirements(PathBuf),
    /// Nobody said which runtimes it is for.
    #[error("layer `{0}` has no runtimes")]
    NoRuntimes(LayerName),
    /// Packages for no Python.
    #[error("layer `{0}` has requirements but no Python runtime")]
    NoPython(LayerName),
    /// There is nothing in it, and nothing that a first file could be.
    #[error("there is nothing in `{}` for layer `{layer}`", folder.display())]
    Empty { layer: LayerName, folder: PathBuf },
    /// A package is available only as source code, and `--build` does not name it.
    #[error("{message}")]
    NeedsBuild {
        message: String,
        package: PackageName,
    },
}

impl Failure for AddError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Exists { .. } => "change it there, or choose another name".into(),
            Self::FolderTaken { .. } => "name another folder with `--directory`".into(),
            Self::NotAFolder(_) => "move it away, or name another folder with `--directory`".into(),
            Self::HasRequirements(_) => {
                "add the requirements to it, and run the command without them".into()
            }
            Self::NoRuntimes(layer) => format!(
                "give them, as in `lls add {layer} --runtime python3.13`, or set `runtimes` in [defaults]"
            ),
            Self::NoPython(_) => "add one, such as `--runtime python3.13`".into(),
            Self::Empty { .. } => "put the layer's files there first, or give requirements".into(),
            Self::NeedsBuild { package, .. } => format!(
                "add `--build {package}`: `lls add` then runs the package's code to build a wheel, and writes `build` into the manifest; or require a version that has wheels"
            ),
        })
    }
}

pub(super) async fn add(options: &AddOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let text = ManifestText::read(&manifest.path, &manifest.repository)?;
    let layer = &options.layer;
    let directory = match &options.directory {
        Some(directory) => PathBuf::from(directory),
        None => Path::new("layers").join(layer.as_str()),
    };
    let directory: PathBuf = manifest.folder().join(directory).components().collect();
    let directory = directory.strip_prefix(".").unwrap_or(&directory).to_owned();
    let new = NewLayer::of(options, &text, &manifest, directory)?;

    manifest.repository.check_inside(&new.directory)?;
    let mut files = NewFiles::default();
    files.make_folder(&new.directory)?;
    for (path, content) in &new.files {
        files.write(path, content)?;
    }
    let parsed = text.with_layer(layer, &new.keys)?.parse()?;
    if let Some(settings) = parsed.layers.get(layer) {
        let targets = parsed.targets.values();
        let checked = targets.map(|target| parsed.check_public(target, &[(layer, settings)]));
        let checked: Vec<_> = checked.collect();
        if checked.iter().all(Result::is_err) {
            checked.into_iter().collect::<Result<(), _>>()?;
        }
        let lock = new.directory.join(Lock::FILE_NAME);
        if !lock.exists() {
            files.expect(&lock);
        }
        let inputs = InputOptions::default();
        let builder = context.builder(manifest.folder(), &manifest.repository, inputs)?;
        let ecosystem = Ecosystem::of(settings);
        let locked = ecosystem.lock(&builder.bench, (layer, settings), Upgrade::Keep);
        locked.await.map_err(in_new_layer)?;
    }
    let edited = edit_manifest(&manifest.path, &manifest.repository, |text| {
        text.with_layer(layer, &new.keys)
    })?;

    let added = AddedLayer {
        layer: layer.clone(),
        line: edited.line_of(layer),
        manifest: manifest.path,
        directory: new.directory,
        files: files.keep(),
    };
    context.result(options.format, &render_added(&added), &added)?;
    let message = "Next: `lls plan` shows what would be published.\n";
    context.output.message(message);
    Ok(ExitStatus::Success)
}

/// The failure with a remedy for a layer whose table is not there yet.
fn in_new_layer(error: Error) -> Error {
    use RequirementLineError::{NotAllowed, OnlySource};
    match error.downcast_ref() {
        Some(NotAllowed { package, .. } | OnlySource { package, .. }) => AddError::NeedsBuild {
            message: error.to_string(),
            package: package.clone(),
        }
        .into(),
        _ => error,
    }
}

/// What to create.
struct NewLayer {
    /// Its folder.
    directory: PathBuf,
    /// The files to write there, with their content.
    files: Vec<(PathBuf, String)>,
    /// Its keys in the manifest.
    keys: Vec<NewKey>,
}

impl NewLayer {
    fn of(
        options: &AddOptions,
        text: &ManifestText,
        manifest: &Manifest,
        directory: PathBuf,
    ) -> Result<Self, AddError> {
        let layer = &options.layer;
        check_new(layer, manifest, &directory)?;
        let runtimes = runtimes(options, text)?;
        let is_python = runtimes.iter().any(|runtime| runtime.python().is_some());
        let mut files = Vec::new();
        let mut has_modules = has_modules(&directory);
        if !options.requirements.is_empty() {
            let path = directory.join("requirements.txt");
            if path.exists() {
                return Err(AddError::HasRequirements(path));
            }
            if !is_python {
                return Err(AddError::NoPython(layer.clone()));
            }
            files.push((path, options.requirements.join("\n") + "\n"));
        } else if is_empty(&directory) {
            if !is_python {
                let (layer, folder) = (layer.clone(), directory);
                return Err(AddError::Empty { layer, folder });
            }
            files.push(first_module(layer, &directory));
            has_modules = true;
        }
        let prefix = (has_modules && is_python && text.default_value("prefix").is_none())
            .then_some("python");
        Ok(Self {
            directory,
            files,
            keys: keys(options, prefix),
        })
    }
}

fn check_new(layer: &LayerName, manifest: &Manifest, directory: &Path) -> Result<(), AddError> {
    if let Some(settings) = manifest.layers.get(layer) {
        let manifest = manifest.path.display();
        let place = match settings.description_position {
            Some(position) => format!("{manifest}:{}", position.line),
            None => manifest.to_string(),
        };
        let layer = layer.clone();
        return Err(AddError::Exists { layer, place });
    }
    let folder = std::fs::canonicalize(directory).ok();
    let is_same = |other: &Path| folder.is_some() && std::fs::canonicalize(other).ok() == folder;
    let mut layers = manifest.layers.iter();
    if let Some((owner, settings)) = layers.find(|(_, other)| is_same(&other.directory)) {
        let (folder, owner) = (settings.directory.clone(), owner.clone());
        return Err(AddError::FolderTaken { folder, owner });
    }
    if directory.symlink_metadata().is_ok() && !directory.is_dir() {
        Err(AddError::NotAFolder(directory.to_owned()))
    } else {
        Ok(())
    }
}

/// The runtimes that the layer will have.
fn runtimes(options: &AddOptions, text: &ManifestText) -> Result<Vec<Runtime>, AddError> {
    if !options.runtimes.is_empty() {
        return Ok(options.runtimes.clone());
    }
    let defaults = text.default_value("runtimes");
    let defaults = defaults.as_ref().and_then(Value::as_array);
    let Some(defaults) = defaults else {
        return Err(AddError::NoRuntimes(options.layer.clone()));
    };
    let texts = defaults.iter().filter_map(Value::as_str);
    Ok(texts.filter_map(|text| text.parse().ok()).collect())
}

/// The layer's keys in the order of the manifest reference; what is not given is left to the defaults.
fn keys(options: &AddOptions, prefix: Option<&str>) -> Vec<NewKey> {
    // Destructured, so that a new option is not forgotten.
    let AddOptions {
        layer: _,
        requirements: _,
        build,
        runtimes,
        architecture,
        permission,
        description,
        directory,
        license,
        format: _,
    } = options;
    let mut keys: Vec<NewKey> = Vec::new();
    if let Some(directory) = directory {
        keys.push(("directory", directory.as_str().into()));
    }
    keys.push(("description", description.as_str().into()));
    if !runtimes.is_empty() {
        let mut texts: Vec<_> = runtimes.iter().map(Runtime::as_str).collect();
        texts.dedup();
        keys.push(("runtimes", texts.into()));
    }
    if let Some(architecture) = architecture {
        keys.push(("architecture", architecture.as_str().into()));
    }
    if let Some(permission) = permission {
        keys.push(("permission", permission_value(permission)));
    }
    if let Some(license) = license {
        keys.push(("license", license.as_str().into()));
    }
    if let Some(prefix) = prefix {
        keys.push(("prefix", prefix.into()));
    }
    if !build.is_empty() {
        let names: Vec<_> = build.iter().map(PackageName::as_str).collect();
        keys.push(("build", names.into()));
    }
    keys
}

fn permission_value(permission: &Permission) -> Value {
    let table = |key: &str, id: &str| {
        let mut table = Table::new();
        table.insert(key.to_owned(), id.into());
        Value::Table(table)
    };
    match permission {
        Permission::None => "none".into(),
        Permission::MyAccount => "my-account".into(),
        Permission::MyOrganization => "my-organization".into(),
        Permission::Public => "public".into(),
        Permission::Account(id) => table("account", id.as_str()),
        Permission::Organization(id) => table("organization", id.as_str()),
    }
}

/// A Python module to begin with, so that Git keeps the folder and the layer has something in it.
fn first_module(layer: &LayerName, directory: &Path) -> (PathBuf, String) {
    let mut module = layer.as_str().replace('-', "_");
    if module.starts_with(|c: char| c.is_ascii_digit()) {
        module.insert_str(0, "layer_");
    }
    let text = format!("\"\"\"The code of layer `{layer}`: functions `import {module}`.\"\"\"\n");
    (directory.join(format!("{module}.py")), text)
}

fn is_empty(directory: &Path) -> bool {
    entries(directory).next().is_none()
}

/// Whether the folder itself has Python modules or packages.
fn has_modules(directory: &Path) -> bool {
    entries(directory).any(|path| {
        let is_module = path.extension().is_some_and(|extension| extension == "py");
        is_module || path.join("__init__.py").exists()
    })
}

/// The files of the folder, without those that are never part of a layer.
fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let is_hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.as_encoded_bytes().starts_with(b".") || name == "__pycache__"
    };
    entries
        .map(|entry| entry.path())
        .filter(move |path| !is_hidden(path))
}
