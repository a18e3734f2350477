//! One configuration file of uv: which of its settings are used, what is said of the others, and what is refused.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use crate::ecosystem::python::uv::index_names::IndexNames;
use crate::ecosystem::python::uv::places::{PATHS, index_folder, index_places};
use crate::error::Failure;
use crate::input::{CheckedFolders, InputError, Repository};
use crate::process::{Launcher, variable_hint};

/// The settings of a project that are used, at the top and in the table `pip`: where packages come from, and which
/// versions are wanted. None of them has uv run code.
const OF_PROJECTS: [&str; 12] = [
    "exclude-newer",
    "exclude-newer-package",
    "extra-index-url",
    "find-links",
    "fork-strategy",
    "index",
    "index-strategy",
    "index-url",
    "no-index",
    "prerelease",
    "required-version",
    "resolution",
];

/// The settings that are used beside those where the user or the system makes them: how indexes are reached.
const OF_RUNNERS: [&str; 10] = [
    "allow-insecure-host",
    "concurrent-downloads",
    "http-proxy",
    "https-proxy",
    "keyring-provider",
    "native-tls",
    "no-proxy",
    "offline",
    "system-certs",
    "trusted-host",
];

/// The settings of a project that have nothing to do with resolving requirements: nobody misses them.
const OF_OTHER_COMMANDS: [&str; 17] = [
    "add-bounds",
    "audit",
    "build-backend",
    "cache-keys",
    "check-url",
    "conflicts",
    "default-groups",
    "dependency-groups",
    "dev-dependencies",
    "environments",
    "managed",
    "package",
    "publish-url",
    "required-environments",
    "sources",
    "trusted-publishing",
    "workspace",
];

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UvSettingsError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] InputError),
    /// It is no TOML, or not what uv takes. The text is not shown, for it may hold credentials.
    #[error("`{}:{line}` is not a configuration of uv: {message}", path.display())]
    Content {
        path: PathBuf,
        line: usize,
        message: String,
    },
    /// A variable that uv would put into an address.
    #[error("`{}:{line}` uses the variable `{name}`, which is not allowed", path.display())]
    Variable {
        path: PathBuf,
        line: usize,
        name: String,
    },
    /// A folder with packages, which may be somebody else's.
    #[error("`{}:{line}` names a folder with packages that cannot be used", path.display())]
    Folder {
        path: PathBuf,
        line: usize,
        source: InputError,
    },
    /// An index that has the name of credentials, which the runner did not give to its host.
    #[error(
        "`{}:{line}` names the index `{name}`, and would get the credentials in `{variables}*`, which are not known to be for its host",
        path.display()
    )]
    IndexLogin {
        path: PathBuf,
        line: usize,
        name: String,
        /// What the variables that hold the credentials begin with.
        variables: String,
    },
}

impl Failure for UvSettingsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read(error) => return error.hint(),
            Self::Content { .. } => "correct the file, or remove it".into(),
            Self::Variable { name, .. } => variable_hint(name),
            Self::Folder { source, .. } => return source.hint(),
            Self::IndexLogin { name, .. } => format!(
                "if the credentials are for that host, say so in the environment: UV_INDEX=\"{name}=https://host/simple\", with its address; or put them into .netrc"
            ),
        })
    }
}

/// Whose a configuration file is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A repository's.
    Project,
    /// That of whoever runs `lls`, or of the system.
    Runner,
}

impl Owner {
    fn may_set(self, key: &str) -> bool {
        OF_PROJECTS.contains(&key) || (self == Self::Runner && OF_RUNNERS.contains(&key))
    }
}

/// A configuration file that was read.
pub(super) struct SettingsFile {
    pub path: PathBuf,
    /// All that it says; of a `pyproject.toml` the table `tool.uv`.
    pub table: Table,
    text: String,
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

impl SettingsFile {
    /// Takes the text of the file at `path`, of which no more than its syntax is checked.
    pub fn parse(path: &Path, text: String) -> Result<Self, UvSettingsError> {
        let table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            UvSettingsError::Content {
                path: path.to_owned(),
                line: line_at(&text, start),
                message: error.message().to_owned(),
            }
        })?;
        Ok(Self {
            path: path.to_owned(),
            table,
            text,
        })
    }

    /// The settings that whoever owns the file may make, with absolute paths, and with values in place of variables:
    /// uv would replace these later, and so ask others than were checked.
    pub fn used(&self, owner: Owner, launcher: &Launcher) -> Table {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let place = |text: &str| absolute(&launcher.expanded(text), folder);
        used(&self.table, owner, &place)
    }

    /// What is to be said of the settings of a project that are not used.
    pub fn left_out(&self) -> Vec<String> {
        let pip = self.table.get("pip").and_then(Value::as_table);
        let pip = pip.into_iter().flat_map(Table::keys);
        let keys = self.table.keys().map(|key| (key, key.clone()));
        let keys = keys.filter(|(key, _)| *key != "pip");
        let keys = keys.chain(pip.map(|key| (key, format!("pip.{key}"))));
        let left_out = keys.filter(|(key, _)| {
            !Owner::Project.may_set(key) && !OF_OTHER_COMMANDS.contains(&key.as_str())
        });
        let path = self.path.display();
        let message = |(key, name): (&String, String)| {
            let why = if OF_RUNNERS.contains(&key.as_str()) {
                "only your own or the system's uv.toml, or a variable, says how indexes are reached"
            } else {
                "it is not about indexes"
            };
            format!("`{name}` in `{path}` is ignored: {why}")
        };
        left_out.map(message).collect()
    }

    /// Refuses variables that may not be used in a value that is.
    pub fn check_variables(&self, launcher: &Launcher) -> Result<(), UvSettingsError> {
        let used = used(&self.table, Owner::Runner, &|text| text.to_owned());
        let Some(name) = texts(&used).find_map(|text| launcher.refused_variable(text)) else {
            return Ok(());
        };
        Err(UvSettingsError::Variable {
            path: self.path.clone(),
            line: self.line_of(|text| launcher.refused_variable(text) == Some(name)),
            name: name.to_owned(),
        })
    }

    /// Refuses indexes of a project whose names would have uv send credentials that were not given for their hosts.
    pub fn check_logins(
        &self,
        names: &IndexNames,
        launcher: &Launcher,
    ) -> Result<(), UvSettingsError> {
        let used = self.used(Owner::Project, launcher);
        if let Some((name, variables)) = names.first_stranger(&used, launcher) {
            return Err(UvSettingsError::IndexLogin {
                path: self.path.clone(),
                line: self.line_of(|text| text == name),
                name,
                variables,
            });
        }
        Ok(())
    }

    /// Refuses folders with packages that a repository may not name.
    pub fn check_folders(
        &self,
        (repository, launcher): (&Repository, &Launcher),
    ) -> Result<(), UvSettingsError> {
        let mut checked = CheckedFolders::default();
        for place in index_places(&self.used(Owner::Project, launcher)) {
            let folder = index_folder(place);
            let outcome = folder.map_or(Ok(()), |folder| {
                repository.check_trees(&folder, &mut checked)
            });
            outcome.map_err(|source| UvSettingsError::Folder {
                path: self.path.clone(),
                line: self.line_of(|text| {
                    let text = launcher.expanded(text);
                    !text.is_empty() && place.ends_with(&text)
                }),
                source,
            })?;
        }
        Ok(())
    }

    /// The line, from 1, of the first text that is so.
    fn line_of(&self, is_it: impl Fn(&str) -> bool) -> usize {
        let document = DeTable::parse(&self.text).ok();
        let values = document.iter().flat_map(|table| table.get_ref().values());
        let mut pending: Vec<_> = values.collect();
        let mut starts = Vec::new();
        while let Some(value) = pending.pop() {
            match value.get_ref() {
                DeValue::String(text) if is_it(text) => starts.push(value.span().start),
                DeValue::Array(values) => pending.extend(values.iter()),
                DeValue::Table(table) => pending.extend(table.values()),
                _ => {}
            }
        }
        line_at(&self.text, starts.into_iter().min().unwrap_or(0))
    }
}

/// All texts in settings, however deep.
fn texts(settings: &Table) -> impl Iterator<Item = &str> {
    let mut pending: Vec<_> = settings.values().collect();
    std::iter::from_fn(move || {
        loop {
            match pending.pop()? {
                Value::String(text) => return Some(text.as_str()),
                Value::Array(values) => pending.extend(values),
                Value::Table(table) => pending.extend(table.values()),
                _ => {}
            }
        }
    })
}

/// The settings that `owner` may make, with what `place` makes of the values that are addresses or paths.
fn used(settings: &Table, owner: Owner, place: &impl Fn(&str) -> String) -> Table {
    let mut kept = Table::new();
    for (key, value) in settings {
        match value {
            Value::Table(pip) if key == "pip" => {
                kept.insert(key.clone(), Value::Table(used(pip, owner, place)));
            }
            _ if owner.may_set(key) => {
                kept.insert(key.clone(), with_places(key, value, place));
            }
            _ => {}
        }
    }
    kept
}

/// The value of a setting with what `place` makes of addresses and paths.
fn with_places(key: &str, value: &Value, place: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) if PATHS.contains(&key) => Value::String(place(text)),
        Value::Array(values) => {
            let values = values.iter().map(|value| with_places(key, value, place));
            Value::Array(values.collect())
        }
        Value::Table(table) => {
            let entries = table.iter();
            let entries = entries.map(|(key, value)| (key.clone(), with_places(key, value, place)));
            Value::Table(entries.collect())
        }
        _ => value.clone(),
    }
}

/// An address as it is, and a path as seen from `folder`.
fn absolute(place: &str, folder: &Path) -> String {
    if place.contains("://") {
        place.to_owned()
    } else {
        folder.join(place).display().to_string()
    }
}
