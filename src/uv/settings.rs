//! What uv's configuration files say of package indexes. uv is given that alone, and reads none of the files itself:
//! `no-binary` in a `uv.toml`, which a pull request may bring along, would have it run the code of packages.
//!
//! Files, order and merging are those of uv (docs.astral.sh/uv/concepts/configuration-files).

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use toml::{Table, Value};

use super::UvError;
use crate::error::{Failure, PathContext as _, PathError};

/// The settings that are used, at the top and in the table `pip`: where packages come from, how they are reached, and
/// which versions are wanted. None of them has uv run code.
const USED: [&str; 22] = [
    "allow-insecure-host",
    "concurrent-downloads",
    "exclude-newer",
    "exclude-newer-package",
    "extra-index-url",
    "find-links",
    "fork-strategy",
    "http-proxy",
    "https-proxy",
    "index",
    "index-strategy",
    "index-url",
    "keyring-provider",
    "native-tls",
    "no-index",
    "no-proxy",
    "offline",
    "prerelease",
    "required-version",
    "resolution",
    "system-certs",
    "trusted-host",
];

/// Settings whose values are addresses or paths.
const PATHS: [&str; 4] = ["index-url", "extra-index-url", "find-links", "url"];

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UvSettingsError {
    /// It cannot be read, or a copy of its settings cannot be written.
    #[error(transparent)]
    Read(#[from] PathError),
    /// It is no TOML, or not what uv takes. The text is not shown, for it may hold credentials.
    #[error("`{}:{line}` is not a configuration of uv: {message}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

impl Failure for UvSettingsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read(error) => error.hint(),
            Self::Content { .. } => Some("correct the file, or remove it".into()),
        }
    }
}

/// The settings for every run of uv.
#[derive(Clone, Debug, Default)]
pub(super) struct UvSettings(Table);

impl UvSettings {
    /// Reads the files that uv would read in `folder`, with these variables of the environment.
    pub fn read(folder: &Path, environment: &[(String, String)]) -> Result<Self, UvSettingsError> {
        let variable = |name: &str| {
            let mut variables = environment.iter();
            let found = variables.find(|(key, value)| key == name && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        };
        let mut settings = Table::new();
        if let Some(file) = variable("UV_CONFIG_FILE") {
            let file = folder.join(file);
            merge(&mut settings, used(&read_file(&file)?, folder_of(&file)));
            return Ok(Self(settings));
        }
        let is_off = |value: &str| matches!(value, "0" | "false" | "no" | "off" | "n" | "f");
        if variable("UV_NO_CONFIG").is_some_and(|value| !is_off(&value.to_lowercase())) {
            return Ok(Self(settings));
        }
        if let Some((folder, table)) = project_settings(folder)? {
            merge(&mut settings, used(&table, &folder));
        }
        let user = variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let user = user.filter(|folder| folder.is_absolute());
        let user = user.or_else(|| Some(Path::new(variable("HOME")?).join(".config")));
        let shared = variable("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
        let shared = std::env::split_paths(shared).chain([PathBuf::from("/etc")]);
        let in_folder = |folder: PathBuf| folder.join("uv").join("uv.toml");
        let user = user.map(in_folder).filter(|file| file.is_file());
        let shared = shared.map(in_folder).find(|file| file.is_file());
        for file in user.into_iter().chain(shared) {
            merge(&mut settings, used(&read_file(&file)?, folder_of(&file)));
        }
        Ok(Self(settings))
    }

    /// The values of all settings that name indexes, be they addresses or paths.
    pub fn index_places(&self) -> Vec<String> {
        let mut places = Vec::new();
        collect_places(&self.0, &mut places);
        places
    }

    /// A file for `--config-file`, for whoever runs `lls` alone.
    pub fn file(&self) -> Result<NamedTempFile, UvError> {
        let file = tempfile::Builder::new()
            .prefix("lls-")
            .suffix(".toml")
            .tempfile();
        let mut file = file.map_err(UvError::Temporary)?;
        let text = self.0.to_string();
        file.write_all(text.as_bytes())
            .map_err(UvError::Temporary)?;
        Ok(file)
    }
}

/// The settings of the project: those in the nearest folder that has any, and that folder.
fn project_settings(folder: &Path) -> Result<Option<(PathBuf, Table)>, UvSettingsError> {
    for folder in folder.ancestors() {
        let file = folder.join("uv.toml");
        if file.is_file() {
            return Ok(Some((folder.to_owned(), read_file(&file)?)));
        }
        let file = folder.join("pyproject.toml");
        if file.is_file()
            && let Some(Value::Table(tool)) = read_file(&file)?.remove("tool")
            && let Some(Value::Table(uv)) = tool.get("uv")
        {
            return Ok(Some((folder.to_owned(), uv.clone())));
        }
    }
    Ok(None)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}

fn read_file(path: &Path) -> Result<Table, UvSettingsError> {
    let text = std::fs::read_to_string(path).at("read", path)?;
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        UvSettingsError::Content {
            path: path.to_owned(),
            line: 1 + text[..start].matches('\n').count(),
            message: error.message().to_owned(),
        }
    })
}

/// The settings that are used, with absolute paths.
fn used(settings: &Table, folder: &Path) -> Table {
    let mut used = Table::new();
    for (key, value) in settings {
        match value {
            Value::Table(pip) if key == "pip" => {
                used.insert(key.clone(), Value::Table(self::used(pip, folder)));
            }
            _ if USED.contains(&key.as_str()) => {
                used.insert(key.clone(), absolute(key, value, folder));
            }
            _ => {}
        }
    }
    used
}

/// The value of a setting with absolute paths.
fn absolute(key: &str, value: &Value, folder: &Path) -> Value {
    match value {
        Value::String(text) if PATHS.contains(&key) && !text.contains("://") => {
            Value::String(folder.join(text).display().to_string())
        }
        Value::Array(values) => {
            let values = values.iter().map(|value| absolute(key, value, folder));
            Value::Array(values.collect())
        }
        Value::Table(table) => {
            let entries = table.iter();
            let entries = entries.map(|(key, value)| (key.clone(), absolute(key, value, folder)));
            Value::Table(entries.collect())
        }
        _ => value.clone(),
    }
}

/// Adds the values of settings that are addresses or paths, in tables and lists as well.
fn collect_places(settings: &Table, places: &mut Vec<String>) {
    for (key, value) in settings {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            match value {
                Value::Table(table) => collect_places(table, places),
                Value::String(place) if PATHS.contains(&key.as_str()) => {
                    places.push(place.clone());
                }
                _ => {}
            }
        }
    }
}

/// Adds settings of less weight: lists are joined, other values stay as they are.
fn merge(settings: &mut Table, weaker: Table) {
    for (key, value) in weaker {
        match (settings.get_mut(&key), value) {
            (Some(Value::Array(values)), Value::Array(more)) => values.extend(more),
            (Some(Value::Table(table)), Value::Table(more)) => merge(table, more),
            (Some(_), _) => {}
            (None, value) => drop(settings.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: &Path, environment: &[(&str, &Path)]) -> Result<String, UvSettingsError> {
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, path)| ((*name).to_owned(), path.display().to_string()))
            .chain([("XDG_CONFIG_DIRS".to_owned(), "/nowhere".to_owned())])
            .collect();
        UvSettings::read(folder, &environment).map(|settings| settings.0.to_string())
    }

    #[test]
    fn files_are_merged_and_only_what_is_used_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let (home, project) = (root.path().join("home"), root.path().join("project"));
        std::fs::create_dir_all(home.join("uv")).unwrap();
        std::fs::create_dir_all(project.join("sub")).unwrap();
        let user = "no-binary-package = [\"a\"]\nextra-index-url = [\"http://b\"]\nindex-url = \"http://c\"\n[pip]\nno-binary = [\"a\"]\n";
        std::fs::write(home.join("uv/uv.toml"), user).unwrap();
        let own = "[tool.uv]\nextra-index-url = [\"http://a\"]\nindex-url = \"http://d\"\noverride-dependencies = [\"a\"]\n[tool.uv.pip]\nfind-links = [\"/w\"]\nno-binary = [\"a\"]\n";
        std::fs::write(project.join("pyproject.toml"), own).unwrap();
        let merged = read(&project.join("sub"), &[("XDG_CONFIG_HOME", &home)]).unwrap();
        let expected = "extra-index-url = [\"http://a\", \"http://b\"]\nindex-url = \"http://d\"\n\n[pip]\nfind-links = [\"/w\"]\n";
        assert_eq!(merged, expected);
        assert_eq!(
            read(&project, &[("UV_NO_CONFIG", Path::new("1"))]).unwrap(),
            ""
        );
        let named = [("UV_CONFIG_FILE", home.join("uv/uv.toml"))];
        let named = named.each_ref().map(|(name, path)| (*name, path.as_path()));
        let expected = "extra-index-url = [\"http://b\"]\nindex-url = \"http://c\"\n\n[pip]\n";
        assert_eq!(read(&project, &named).unwrap(), expected);
    }

    #[test]
    fn relative_paths_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = "find-links = [\"w\", \"http://a\"]\n[[index]]\nname = \"x\"\nurl = \"i\"\n";
        std::fs::write(folder.path().join("uv.toml"), text).unwrap();
        let here = folder.path().display();
        let expected = format!(
            "find-links = [\"{here}/w\", \"http://a\"]\n\n[[index]]\nname = \"x\"\nurl = \"{here}/i\"\n"
        );
        assert_eq!(read(folder.path(), &[]).unwrap(), expected);
        let variables = [("XDG_CONFIG_DIRS".to_owned(), "/nowhere".to_owned())];
        let settings = UvSettings::read(folder.path(), &variables).unwrap();
        let places = [format!("{here}/w"), "http://a".into(), format!("{here}/i")];
        assert_eq!(settings.index_places(), places);
    }

    #[test]
    fn broken_files_are_named_without_their_text() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[pip]\nindex-url = \"http://me:secret@host\n";
        std::fs::write(folder.path().join("uv.toml"), text).unwrap();
        let error = read(folder.path(), &[]).unwrap_err().to_string();
        assert!(
            error.contains("uv.toml:2` is not a configuration of uv"),
            "{error}"
        );
        assert!(!error.contains("secret"), "{error}");
    }
}
