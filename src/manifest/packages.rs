//! `packages`: the file that says which packages a layer has; and files in its folder that could be meant by that.
//!
//! What is in them is read where locks are made.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::context::Context;
use super::key::PROJECT_FILE;
use super::problem::{Problem, Problems};
use super::table::{Located, Table, advice, wrong_type};
use super::value::Globs;
use crate::archive::EntryPath;
use crate::error::{Error, Failure as _};
use crate::input::FileKind;
use crate::layer::PackageName;

/// What says which packages a layer has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Packages {
    /// The `requirements.txt` in its folder, if there is one: the manifest does not say.
    #[default]
    Unsaid,
    /// Nothing: all files of its folder are its own.
    None,
    /// The `requirements.txt` in its folder, as the manifest says.
    Requirements,
    /// A project's file.
    Project(ProjectFile),
}

/// A file of a project that says which packages it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFile {
    /// The file, relative to the working directory.
    pub path: PathBuf,
    /// How it is read.
    pub kind: ProjectFileKind,
    /// The groups to include in addition to the dependencies of the project.
    pub groups: Vec<PackageName>,
    /// The extras to include in addition to the dependencies of the project.
    pub extras: Vec<PackageName>,
}

/// How a project's file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectFileKind {
    /// `pyproject.toml`: what is wanted (PEP 621, PEP 735).
    Pyproject,
    /// `uv.lock`.
    Uv,
    /// `poetry.lock`.
    Poetry,
    /// `Pipfile.lock`.
    Pipfile,
    /// `pylock.toml`, or `pylock.<name>.toml` (PEP 751).
    Pylock,
}

impl ProjectFileKind {
    /// By the name of the file.
    fn of(name: &str) -> Option<Self> {
        let is_pylock = name.starts_with("pylock.") && name.ends_with(".toml");
        Some(match name {
            "pyproject.toml" => Self::Pyproject,
            "uv.lock" => Self::Uv,
            "poetry.lock" => Self::Poetry,
            "Pipfile.lock" => Self::Pipfile,
            _ if is_pylock => Self::Pylock,
            _ => return None,
        })
    }
}

/// The files that could say which packages a layer has, the most exact first.
const PROJECT_FILES: [&str; 7] = [
    "uv.lock",
    "poetry.lock",
    "Pipfile.lock",
    "pylock.toml",
    "pyproject.toml",
    "Pipfile",
    "package.json",
];

const REQUIREMENTS: &str = "requirements.txt";

impl Packages {
    /// Whether a name at the top of the layer's folder is part of a project that its packages come from, so that it
    /// does not go into the archive.
    pub fn leave_out(&self, name: &str) -> bool {
        matches!(self, Self::Project(_))
            && (PROJECT_FILES.contains(&name) || ProjectFileKind::of(name).is_some())
    }
}

/// The files other than `requirements.txt` that can list the packages of a layer, the most exact first.
pub fn project_files_in(directory: &Path) -> Vec<&'static str> {
    let is_there = |name: &&str| directory.join(name).symlink_metadata().is_ok();
    PROJECT_FILES.into_iter().filter(is_there).collect()
}

/// Reads the key of a layer whose folder is `directory`.
pub(super) fn read_packages(
    table: &mut Table<'_>,
    directory: Option<&Located<PathBuf>>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Packages {
    let Some(Located { value, span }) = table.value("packages") else {
        return Packages::Unsaid;
    };
    if matches!(value, DeValue::Boolean(false)) {
        return Packages::None;
    }
    let Some(named) = read_named(value, span, problems) else {
        return Packages::Unsaid; // which is reported
    };
    let file = &named.file;
    let has_parts = !named.groups.is_empty() || !named.extras.is_empty();
    if file.value == REQUIREMENTS && !has_parts {
        return Packages::Requirements;
    }
    let name = file.value.rsplit('/').next().unwrap_or_default();
    let Some(kind) = ProjectFileKind::of(name) else {
        let message = format!("packages cannot be taken from `{}`", file.value);
        problems.add(Problem::new(file.span.clone(), message).hint(advice("packages")));
        return Packages::Unsaid;
    };
    let Some(directory) = directory else {
        return Packages::Unsaid; // which is reported
    };
    let path: PathBuf = directory.value.join(&file.value).components().collect();
    if let Err(error) = context.repository.open(&path, FileKind::Text) {
        let message = Error::chain_of(&error).join(": ");
        let hint = if error.is_missing() {
            Some("paths in `packages` start at the layer's folder".to_owned())
        } else {
            error.hint()
        };
        problems.add(Problem::new(file.span.clone(), message).hint(hint.unwrap_or_default()));
    }
    Packages::Project(ProjectFile {
        path,
        kind,
        groups: named.groups,
        extras: named.extras,
    })
}

/// The value of the key, as it is written.
struct Named {
    file: Located<String>,
    groups: Vec<PackageName>,
    extras: Vec<PackageName>,
}

/// Reads a string, or a table with its keys. `None` for anything else, which is reported.
fn read_named(value: &DeValue<'_>, span: Range<usize>, problems: &mut Problems) -> Option<Named> {
    let table = match value {
        DeValue::String(text) => {
            let value = text.to_string();
            return Some(Named {
                file: Located { value, span },
                groups: Vec::new(),
                extras: Vec::new(),
            });
        }
        DeValue::Table(table) => table,
        other => {
            let expected = "a string, a table, or `false`";
            problems.add(wrong_type("packages", expected, other, span));
            return None;
        }
    };
    let mut table = Table::new("`packages`", table, span.clone(), PROJECT_FILE);
    if table.span_of("file").is_none() {
        let problem = Problem::new(span, "`packages` has no `file`");
        problems.add(problem.hint(advice("packages")));
    }
    let file = table.text("file", problems);
    let mut names = |key| {
        let list = table.list::<PackageName>(key, problems);
        let names = list.map(|list| list.value).unwrap_or_default();
        names.into_iter().map(|name| name.value).collect()
    };
    let (groups, extras) = (names("groups"), names("extras"));
    table.finish(problems);
    Some(Named {
        file: file?,
        groups,
        extras,
    })
}

/// A layer, as far as it matters which files its folder may have.
pub(super) struct Folder<'a> {
    /// The layer's name and its place.
    pub layer: &'a Located<String>,
    /// Its folder.
    pub directory: &'a PathBuf,
    /// Where its files go in the archive.
    pub prefix: &'a str,
    /// What is left out of it.
    pub exclude: &'a Globs,
}

impl Folder<'_> {
    /// Whether it has a file of this name at the top.
    pub fn has(&self, name: &str) -> bool {
        self.directory.join(name).symlink_metadata().is_ok()
    }

    fn span(&self) -> Range<usize> {
        self.layer.span.clone()
    }

    /// Reports files that list packages, if the manifest does not mention them or names another file.
    pub fn check(&self, packages: &Packages, problems: &mut Problems) {
        let layer = &self.layer.value;
        let has_requirements = self.has(REQUIREMENTS);
        match packages {
            Packages::Unsaid => self.check_unsaid(problems),
            Packages::None if has_requirements => {
                let message =
                    format!("layer `{layer}` has a requirements.txt, but `packages = false`");
                let hint = "remove one of the two";
                problems.add(Problem::new(self.span(), message).hint(hint));
            }
            Packages::Requirements if !has_requirements => {
                let message = format!("layer `{layer}` has no requirements.txt in its folder");
                let hint = "add it, or take `packages = \"requirements.txt\"` away";
                problems.add(Problem::new(self.span(), message).hint(hint));
            }
            Packages::Project(project) if has_requirements => {
                let path = project.path.display();
                let message = format!(
                    "layer `{layer}` has a requirements.txt, but takes its packages from `{path}`"
                );
                let hint = "remove requirements.txt, or `packages` from the manifest";
                problems.add(Problem::new(self.span(), message).hint(hint));
            }
            _ => {}
        }
    }

    fn check_unsaid(&self, problems: &mut Problems) {
        let mut found = project_files_in(self.directory);
        found.retain(|name| !self.is_excluded(name));
        let Some(first) = found.first() else {
            return;
        };
        let layer = &self.layer.value;
        let names: Vec<_> = found.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(" and ");
        let exclude = self.exclusion(&found);
        let (message, hint) = if self.has(REQUIREMENTS) {
            (
                format!(
                    "layer `{layer}` has {names} in addition to the requirements.txt that its packages come from"
                ),
                format!(
                    "leave it out with `{exclude}`, or pack it with `packages = \"requirements.txt\"`"
                ),
            )
        } else {
            let take = match *first {
                "package.json" => "`lls` does not install packages of Node.js: run `npm ci --omit=dev`, move `node_modules` to `nodejs/node_modules` in the layer's folder, and then ".to_owned(),
                "Pipfile" => "run `pipenv lock` and add `packages = \"Pipfile.lock\"` to the layer; or ".to_owned(),
                first => format!("take packages from it with `packages = \"{first}\"`; or "),
            };
            let rest = format!("leave it out with `{exclude}`, or pack it with `packages = false`");
            (
                format!(
                    "layer `{layer}` has {names}, and the manifest does not say what to do with it"
                ),
                take + &rest,
            )
        };
        problems.add(Problem::new(self.span(), message).hint(hint));
    }

    fn archive_path(&self, name: &str) -> Option<EntryPath> {
        let path = name.parse::<EntryPath>().ok()?;
        Some(path.below(self.prefix))
    }

    fn is_excluded(&self, name: &str) -> bool {
        self.archive_path(name)
            .is_some_and(|path| self.exclude.matches(&path))
    }

    /// The line of the manifest that leaves these files out, and what was left out before.
    fn exclusion(&self, names: &[&str]) -> String {
        let paths = names.iter().filter_map(|name| self.archive_path(name));
        let paths = paths.map(|path| path.to_string());
        let all = self.exclude.patterns.iter().cloned().chain(paths);
        let all: Vec<_> = all.map(|path| format!("{path:?}")).collect();
        format!("exclude = [{}]", all.join(", "))
    }
}
