//! `[layers.<name>]` and `[defaults]`: what one layer is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::problem::{Position, Problem, Problems};
use super::table::{Located, Table};
use super::value::{ArchivePath, Globs, Republish, read_globs, read_permission, read_prefix};
use crate::archive::EntryPath;
use crate::layer::PackageName;
use crate::layer::{Architecture, Description, LayerName, License, Permission, Runtime};

/// What the manifest says of one layer, defaults applied.
#[derive(Clone, Debug)]
pub struct LayerSettings {
    /// Its folder, relative to the working directory.
    pub directory: PathBuf,
    /// The version to publish it as.
    pub description: Description,
    /// Where the description stands, for hints; `None` where it is in no manifest.
    pub description_position: Option<Position>,
    /// The runtimes it is for, at most 15; sorted.
    pub runtimes: BTreeSet<Runtime>,
    /// The architecture it is for.
    pub architecture: Architecture,
    /// Who may use it.
    pub permission: Permission,
    /// Where its permission stands, in the layer or in the defaults; `None` where it is in no manifest.
    pub permission_position: Option<Position>,
    /// Its licence.
    pub license: Option<License>,
    /// Where its own files go in the archive; empty for the root.
    pub prefix: String,
    /// Archive paths that are left out.
    pub exclude: Globs,
    /// Packages that are left out.
    pub exclude_packages: BTreeSet<PackageName>,
    /// Archive paths that several sources may write; the later one wins.
    pub overwrite: BTreeSet<EntryPath>,
    /// What to do where the description exists with other content.
    pub republish: Republish,
    span: Range<usize>,
}

/// The settings that may stand in `[defaults]` as well as in a layer; `None` where the key is absent.
#[derive(Default)]
pub(super) struct LayerDefaults {
    runtimes: Option<BTreeSet<Runtime>>,
    architecture: Option<Architecture>,
    permission: Option<Located<Permission>>,
    license: Option<License>,
    prefix: Option<String>,
    exclude: Option<Globs>,
    exclude_packages: Option<BTreeSet<PackageName>>,
    overwrite: Option<BTreeSet<EntryPath>>,
    republish: Option<Republish>,
}

impl LayerDefaults {
    pub fn read(mut table: Table<'_>, problems: &mut Problems) -> Self {
        for key in ["directory", "description"] {
            if let Some(span) = table.span_of(key) {
                let problem = Problem::new(
                    span,
                    format!("`{key}` is of one layer and cannot be a default"),
                );
                problems.add(problem.hint("move it into the layer's own table"));
                table.value(key);
            }
        }
        let defaults = Self::take(&mut table, problems);
        table.finish(problems);
        defaults
    }

    fn take(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        table.unsupported("build", problems);
        table.unsupported("allow_secrets", problems);
        Self {
            runtimes: read_runtimes(table, problems),
            architecture: table
                .parsed("architecture", problems)
                .map(|located| located.value),
            permission: table.value("permission").and_then(|value| {
                let permission = read_permission(&value, problems)?;
                Some(Located {
                    value: permission,
                    span: value.span,
                })
            }),
            license: table
                .parsed("license", problems)
                .map(|located| located.value),
            prefix: read_prefix(table, problems),
            exclude: read_globs(table, problems),
            exclude_packages: table.list("exclude_packages", problems).map(into_set),
            overwrite: table
                .list::<ArchivePath>("overwrite", problems)
                .map(|list| list.value.into_iter().map(|path| path.value.0).collect()),
            republish: table
                .parsed("republish", problems)
                .map(|located| located.value),
        }
    }
}

/// What a layer is read against.
pub(super) struct Context<'a> {
    /// The manifest's folder.
    pub folder: &'a Path,
    /// The manifest's text.
    pub text: &'a str,
    /// What holds where a layer says nothing.
    pub defaults: &'a LayerDefaults,
}

impl LayerSettings {
    /// The settings of a layer that no manifest declares: everything beside the arguments as if it were left out.
    pub fn new(
        directory: PathBuf,
        description: Description,
        runtimes: BTreeSet<Runtime>,
        architecture: Architecture,
        permission: Permission,
    ) -> Self {
        Self {
            directory,
            description,
            description_position: None,
            runtimes,
            architecture,
            permission,
            permission_position: None,
            license: None,
            prefix: String::new(),
            exclude: Globs::default(),
            exclude_packages: BTreeSet::new(),
            overwrite: BTreeSet::new(),
            republish: Republish::Deny,
            span: 0..0,
        }
    }

    pub(super) fn read(
        name: &Located<String>,
        mut table: Table<'_>,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Option<(LayerName, Self)> {
        let directory = table.text("directory", problems);
        let description = read_description(&mut table, problems);
        let own = LayerDefaults::take(&mut table, problems);
        let title = table.name.clone();
        table.finish(problems);

        let parsed_name = name.value.parse::<LayerName>();
        if let Err(error) = &parsed_name {
            let hint = "rename the layer, such as `[layers.my-layer]`";
            problems.add(Problem::new(name.span.clone(), error.to_string()).hint(hint));
        }
        let directory_span = directory
            .as_ref()
            .map_or(name.span.clone(), |located| located.span.clone());
        let relative = directory.map_or_else(
            || Path::new("layers").join(&name.value),
            |located| located.value.into(),
        );
        let directory = join(context.folder, &relative);
        check_directory(&directory, directory_span.clone(), problems);

        let defaults = context.defaults;
        let runtimes = own.runtimes.or_else(|| defaults.runtimes.clone());
        if runtimes.is_none() {
            let problem = Problem::new(name.span.clone(), format!("{title} has no `runtimes`"));
            problems.add(problem.hint("add `runtimes = [\"python3.12\"]` to it or to [defaults]"));
        }
        let runtimes = runtimes?;
        let has_python = runtimes.iter().any(|runtime| runtime.python().is_some());
        if !has_python && directory.join("requirements.txt").exists() {
            let message = format!("{title} has a requirements.txt but no Python runtime");
            problems.add(
                Problem::new(name.span.clone(), message)
                    .hint("add one to `runtimes`, such as \"python3.12\""),
            );
        }
        let description = description?;
        let permission = own.permission.or_else(|| defaults.permission.clone());
        let permission = permission.unwrap_or(Located {
            value: Permission::None,
            span: name.span.clone(),
        });
        let settings = Self {
            directory,
            description_position: Some(Position::of(context.text, description.span.start)),
            description: description.value,
            runtimes,
            architecture: own
                .architecture
                .or(defaults.architecture)
                .unwrap_or(Architecture::X86_64),
            permission_position: Some(Position::of(context.text, permission.span.start)),
            permission: permission.value,
            license: own.license.or_else(|| defaults.license.clone()),
            prefix: own
                .prefix
                .or_else(|| defaults.prefix.clone())
                .unwrap_or_default(),
            exclude: own
                .exclude
                .or_else(|| defaults.exclude.clone())
                .unwrap_or_default(),
            exclude_packages: own
                .exclude_packages
                .or_else(|| defaults.exclude_packages.clone())
                .unwrap_or_default(),
            overwrite: own
                .overwrite
                .or_else(|| defaults.overwrite.clone())
                .unwrap_or_default(),
            republish: own.republish.or(defaults.republish).unwrap_or_default(),
            span: directory_span,
        };
        Some((parsed_name.ok()?, settings))
    }
}

/// Reports layers that share a folder: their locks would overwrite each other.
pub(super) fn check_folders(layers: &BTreeMap<LayerName, LayerSettings>, problems: &mut Problems) {
    let mut owners: BTreeMap<&Path, &LayerName> = BTreeMap::new();
    for (name, layer) in layers {
        if let Some(owner) = owners.insert(&layer.directory, name) {
            let folder = layer.directory.display();
            let message =
                format!("layers `{owner}` and `{name}` have the same directory `{folder}`");
            problems.add(
                Problem::new(layer.span.clone(), message)
                    .hint("give each layer a directory of its own"),
            );
        }
    }
}

/// `folder` joined with `path`, without a leading `./`, so that messages show what the user wrote.
fn join(folder: &Path, path: &Path) -> PathBuf {
    let joined = if folder == Path::new(".") {
        path.to_owned()
    } else {
        folder.join(path)
    };
    joined.components().collect()
}

fn check_directory(directory: &Path, span: Range<usize>, problems: &mut Problems) {
    if directory.is_dir() {
        return;
    }
    let shown = directory.display();
    let problem = if directory.exists() {
        Problem::new(span, format!("`{shown}` is not a folder"))
    } else {
        Problem::new(span, format!("there is no folder `{shown}`"))
    };
    problems.add(problem.hint("create it, or say where the layer is with `directory`"));
}

fn read_description(
    table: &mut Table<'_>,
    problems: &mut Problems,
) -> Option<Located<Description>> {
    if table.span_of("description").is_none() {
        let problem = Problem::new(
            table.span.clone(),
            format!("{} has no `description`", table.name),
        );
        problems.add(
            problem.hint("add the version to publish it as, such as `description = \"v1.0.0\"`"),
        );
    }
    table.parsed("description", problems)
}

fn read_runtimes(table: &mut Table<'_>, problems: &mut Problems) -> Option<BTreeSet<Runtime>> {
    let list = table.list::<Runtime>("runtimes", problems)?;
    if list.value.len() > 15 {
        let message = format!(
            "a layer has at most 15 runtimes, this one has {}",
            list.value.len()
        );
        problems.add(Problem::new(list.span.clone(), message).hint("split the layer"));
    }
    Some(into_set(list))
}

fn into_set<T: Ord>(list: Located<Vec<Located<T>>>) -> BTreeSet<T> {
    list.value.into_iter().map(|item| item.value).collect()
}
