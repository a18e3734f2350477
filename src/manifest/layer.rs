//! `[layers.<name>]` and `[defaults]`: what one layer is.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use super::context::Context;
use super::directory::read_directory;
use super::packages::{Folder, Packages, read_packages};
use super::problem::{Position, Problem, Problems};
use super::table::{Located, Table, advice};
use super::value::{
    ArchivePath, Globs, Republish, read_architecture, read_globs, read_permission, read_prefix,
};
use crate::archive::EntryPath;
use crate::layer::{
    Architecture, BytecodeMode, Description, LayerName, LayerNameError, License, ModuleName,
    PackageName, Permission, Runtime,
};

/// The settings of one layer, with the defaults applied.
#[derive(Clone, Debug)]
pub struct LayerSettings {
    /// Its folder, relative to the working directory.
    pub directory: PathBuf,
    /// What says which packages it has.
    pub packages: Packages,
    /// The version to publish it as.
    pub description: Description,
    /// The place of the description, for hints. `None` without a manifest.
    pub description_position: Option<Position>,
    /// The runtimes it is for, at most 15; sorted.
    pub runtimes: BTreeSet<Runtime>,
    /// The architecture it is for.
    pub architecture: Architecture,
    /// Who may use it.
    pub permission: Permission,
    /// The place of its permission, in the layer or in the defaults. `None` without a manifest.
    pub permission_position: Option<Position>,
    /// Its licence.
    pub license: Option<License>,
    /// Where its own files go in the archive; empty for the root.
    pub prefix: String,
    /// Archive paths that are left out.
    pub exclude: Globs,
    /// Archive paths of own files that may look like secrets.
    pub allow_secrets: Globs,
    /// Packages that are left out.
    pub exclude_packages: BTreeSet<PackageName>,
    /// Packages that `lls lock` builds from source, which runs their code.
    pub build: BTreeSet<PackageName>,
    /// Archive paths that several sources may write; the later one wins.
    pub overwrite: BTreeSet<EntryPath>,
    /// Which bytecode it brings.
    pub bytecode: BytecodeMode,
    /// What to do if the description is published with different content.
    pub republish: Republish,
    /// Modules that `lls test` does not import. They shape no bytes.
    pub skip_imports: BTreeSet<ModuleName>,
    /// The place of the description.
    pub(super) description_span: Range<usize>,
    /// The entries of its own lists, to be told of where they have no effect; those of the defaults are not among them.
    pub entries: Vec<ListEntry>,
    pub(super) span: Range<usize>,
}

/// An entry of a list in a layer's own table.
#[derive(Clone, Debug)]
pub struct ListEntry {
    /// The list.
    pub key: &'static str,
    /// The entry.
    pub text: String,
    /// Its place, as `layers.toml:21`.
    pub place: String,
}

/// The lists whose entries are to match something.
const LISTS: [&str; 6] = [
    "exclude",
    "allow_secrets",
    "exclude_packages",
    "build",
    "overwrite",
    "skip_imports",
];

/// The settings that `[defaults]` and layers can have. `None` if the key is missing.
#[derive(Clone, Default)]
pub(super) struct LayerDefaults {
    /// Whether there are runtimes, be they right or wrong.
    runtimes_given: bool,
    runtimes: Option<BTreeSet<Runtime>>,
    architecture: Option<Architecture>,
    permission: Option<Located<Permission>>,
    license: Option<License>,
    prefix: Option<String>,
    exclude: Option<Globs>,
    allow_secrets: Option<Globs>,
    exclude_packages: Option<BTreeSet<PackageName>>,
    build: Option<BTreeSet<PackageName>>,
    overwrite: Option<BTreeSet<EntryPath>>,
    bytecode: Option<BytecodeMode>,
    republish: Option<Republish>,
    skip_imports: Option<BTreeSet<ModuleName>>,
}

impl LayerDefaults {
    pub fn read(mut table: Table<'_>, problems: &mut Problems) -> Self {
        for key in ["directory", "description", "packages"] {
            if let Some(span) = table.refuse(key) {
                let message = format!("`{key}` belongs to one layer and cannot be a default");
                let problem = Problem::new(span, message);
                problems.add(problem.hint("move it into the layer's own table"));
            }
        }
        let defaults = Self::take(&mut table, problems);
        table.finish(problems);
        defaults
    }

    fn take(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        Self {
            runtimes_given: table.span_of("runtimes").is_some(),
            runtimes: read_runtimes(table, problems),
            architecture: read_architecture(table, problems),
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
            exclude: read_globs(table, "exclude", problems),
            allow_secrets: read_globs(table, "allow_secrets", problems),
            exclude_packages: table.list("exclude_packages", problems).map(into_set),
            build: table.list("build", problems).map(into_set),
            overwrite: table
                .list::<ArchivePath>("overwrite", problems)
                .map(|list| list.value.into_iter().map(|path| path.value.0).collect()),
            bytecode: table
                .parsed("bytecode", problems)
                .map(|located| located.value),
            republish: table
                .parsed("republish", problems)
                .map(|located| located.value),
            skip_imports: table.list("skip_imports", problems).map(into_set),
        }
    }
}

impl LayerSettings {
    /// The settings of a layer that no manifest declares: the arguments, and defaults for everything else.
    pub fn new(
        directory: PathBuf,
        description: Description,
        runtimes: BTreeSet<Runtime>,
        architecture: Architecture,
        permission: Permission,
    ) -> Self {
        Self {
            directory,
            packages: Packages::Unsaid,
            description,
            description_position: None,
            runtimes,
            architecture,
            permission,
            permission_position: None,
            license: None,
            prefix: String::new(),
            exclude: Globs::default(),
            allow_secrets: Globs::default(),
            exclude_packages: BTreeSet::new(),
            build: BTreeSet::new(),
            overwrite: BTreeSet::new(),
            bytecode: BytecodeMode::default(),
            republish: Republish::Deny,
            skip_imports: BTreeSet::new(),
            description_span: 0..0,
            entries: Vec::new(),
            span: 0..0,
        }
    }
}

impl LayerDefaults {
    /// Reads a layer, with these settings as its defaults.
    pub fn layer(
        &self,
        name: &Located<String>,
        mut table: Table<'_>,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Option<(LayerName, LayerSettings)> {
        let layer = read_name(name, problems);
        let directory = read_directory(name, &mut table, context, problems);
        let packages = read_packages(&mut table, directory.as_ref(), context, problems);
        let description = read_description(&mut table, problems);
        let entries = read_entries(&table, context);
        let settings = Self::take(&mut table, problems).or(self);
        if let Some(directory) = &directory {
            settings.check_packages(name, &directory.value, &packages, problems);
        }
        settings.check_runtimes(name, problems);
        table.finish(problems);

        let (directory, description) = (directory?, description?);
        let nobody = || Located {
            value: Permission::None,
            span: name.span.clone(),
        };
        let permission = settings.permission.unwrap_or_else(nobody);
        let settings = LayerSettings {
            directory: directory.value,
            packages,
            description_position: Some(context.lines.position(description.span.start)),
            description: description.value,
            description_span: description.span,
            runtimes: settings.runtimes?,
            architecture: settings.architecture.unwrap_or(Architecture::X86_64),
            permission_position: Some(context.lines.position(permission.span.start)),
            permission: permission.value,
            license: settings.license,
            prefix: settings.prefix.unwrap_or_default(),
            exclude: settings.exclude.unwrap_or_default(),
            allow_secrets: settings.allow_secrets.unwrap_or_default(),
            exclude_packages: settings.exclude_packages.unwrap_or_default(),
            build: settings.build.unwrap_or_default(),
            overwrite: settings.overwrite.unwrap_or_default(),
            bytecode: settings.bytecode.unwrap_or_default(),
            republish: settings.republish.unwrap_or_default(),
            skip_imports: settings.skip_imports.unwrap_or_default(),
            entries,
            span: directory.span,
        };
        Some((layer?, settings))
    }

    /// These settings, with missing ones filled in from `defaults`.
    fn or(self, defaults: &Self) -> Self {
        let defaults = defaults.clone();
        Self {
            runtimes_given: self.runtimes_given || defaults.runtimes_given,
            runtimes: self.runtimes.or(defaults.runtimes),
            architecture: self.architecture.or(defaults.architecture),
            permission: self.permission.or(defaults.permission),
            license: self.license.or(defaults.license),
            prefix: self.prefix.or(defaults.prefix),
            exclude: self.exclude.or(defaults.exclude),
            allow_secrets: self.allow_secrets.or(defaults.allow_secrets),
            exclude_packages: self.exclude_packages.or(defaults.exclude_packages),
            build: self.build.or(defaults.build),
            overwrite: self.overwrite.or(defaults.overwrite),
            bytecode: self.bytecode.or(defaults.bytecode),
            republish: self.republish.or(defaults.republish),
            skip_imports: self.skip_imports.or(defaults.skip_imports),
        }
    }

    /// Reports a layer without runtimes.
    fn check_runtimes(&self, name: &Located<String>, problems: &mut Problems) {
        if !self.runtimes_given {
            let message = format!("layer `{}` has no `runtimes`", name.value);
            let problem = Problem::new(name.span.clone(), message);
            problems.add(problem.hint("add `runtimes = [\"python3.12\"]` to it or to [defaults]"));
        }
    }

    /// Reports packages that nothing, or too much, says of; and Python packages for no Python.
    fn check_packages(
        &self,
        layer: &Located<String>,
        directory: &PathBuf,
        packages: &Packages,
        problems: &mut Problems,
    ) {
        let folder = Folder {
            layer,
            directory,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            exclude: &self.exclude.clone().unwrap_or_default(),
        };
        folder.check(packages, problems);
        let file = match packages {
            Packages::Project(project) => project.path.display().to_string(),
            _ if folder.has("requirements.txt") => "requirements.txt".to_owned(),
            _ => return,
        };
        let is_python = |runtime: &Runtime| runtime.python().is_some();
        let runtimes = self.runtimes.as_ref();
        if runtimes.is_some_and(|runtimes| !runtimes.iter().any(is_python)) {
            let message = format!("layer `{}` has a {file} but no Python runtime", layer.value);
            let problem = Problem::new(layer.span.clone(), message);
            problems.add(problem.hint("add one to `runtimes`, such as \"python3.12\""));
        }
    }
}

fn read_entries(table: &Table<'_>, context: &Context<'_>) -> Vec<ListEntry> {
    let mut entries = Vec::new();
    for key in LISTS {
        for Located { value: text, span } in table.entries_of(key) {
            let line = context.lines.position(span.start).line;
            let place = format!("{}:{line}", context.path.display());
            entries.push(ListEntry { key, text, place });
        }
    }
    entries
}

fn read_name(name: &Located<String>, problems: &mut Problems) -> Option<LayerName> {
    match name.value.parse() {
        Ok(layer) => Some(layer),
        Err(error) => {
            let error: LayerNameError = error;
            let hint = "rename the layer, such as `[layers.my-layer]`";
            problems.add(Problem::new(name.span.clone(), error.to_string()).hint(hint));
            None
        }
    }
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
        problems.add(problem.hint("add its version, such as `description = \"v1.0.0\"`"));
    }
    table.parsed("description", problems)
}

fn read_runtimes(table: &mut Table<'_>, problems: &mut Problems) -> Option<BTreeSet<Runtime>> {
    let list = table.list::<Runtime>("runtimes", problems)?;
    if list.value.is_empty() {
        let problem = Problem::new(list.span.clone(), "`runtimes` cannot be empty");
        problems.add(problem.hint(advice("runtimes")));
    }
    if list.value.len() > 15 {
        let message = format!(
            "`runtimes` has {} entries, but at most 15 are allowed",
            list.value.len()
        );
        problems.add(Problem::new(list.span.clone(), message).hint("split the layer"));
    }
    for runtime in &list.value {
        warn_of_unknown(runtime, problems);
    }
    Some(into_set(list))
}

/// Only a warning: Lambda may have got the runtime since.
fn warn_of_unknown(runtime: &Located<Runtime>, problems: &mut Problems) {
    let Located { value, span } = runtime;
    if Runtime::known().contains(&value.as_str()) {
        return;
    }
    let version = env!("CARGO_PKG_VERSION");
    let message = format!("`{value}` is no runtime that lls {version} knows of");
    let hint = match value.probably_meant() {
        Some(near) => format!("did you mean `{near}`, or is it newer than this lls?"),
        None => "AWS refuses it unless it is newer than this lls".to_owned(),
    };
    problems.warn(Problem::new(span.clone(), message).hint(hint));
}

fn into_set<T: Ord>(list: Located<Vec<Located<T>>>) -> BTreeSet<T> {
    list.value.into_iter().map(|item| item.value).collect()
}
