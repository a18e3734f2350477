//! What uv's configuration files say of package indexes. uv is given that alone, and reads none of the files itself:
//! `no-binary` in a `uv.toml`, which a pull request may bring along, would have it run the code of packages.
//!
//! A project's files may name indexes and wanted versions. How they are reached, with proxies, certificates and
//! keyrings, is for the user and the system to say. Files, order and merging are those of uv
//! (docs.astral.sh/uv/concepts/configuration-files).

mod file;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use toml::{Table, Value};

use super::error::UvError;
use super::index_names::{IndexNames, runner_indexes};
use super::logins::Logins;
use super::places::{IndexPlace, index_folder, index_places};
use crate::input::{FileKind, Repository, decode, read_of_runner};
use crate::process::Launcher;
pub use file::UvSettingsError;
use file::{Owner, SettingsFile};

/// The settings for every run of uv.
#[derive(Clone, Debug, Default)]
pub(super) struct UvSettings {
    table: Table,
    names: IndexNames,
    logins: Logins,
    left_out: Vec<String>,
}

impl UvSettings {
    /// Reads the files that uv would read in `folder`, with the variables of the launcher. The project's are those of
    /// `repository`, if there is one.
    pub fn read(
        folder: &Path,
        repository: Option<&Repository>,
        launcher: &Launcher,
    ) -> Result<Self, UvSettingsError> {
        let mut runner = Table::new();
        for path in runner_files(folder, launcher) {
            let file = SettingsFile::parse(&path, read_of_runner(&path)?)?;
            file.check_variables(launcher)?;
            merge(&mut runner, file.used(Owner::Runner, launcher));
        }
        let indexes = runner_indexes(launcher, &runner);
        if let Some(repository) = repository {
            check_runner_folders(&indexes, repository)?;
        }
        let mut settings = Self {
            names: IndexNames::of(&indexes),
            logins: Logins::collect(&indexes, launcher),
            ..Self::default()
        };
        if reads_project(launcher)
            && let Some(repository) = repository
            && let Some(file) = project_file(folder, repository)?
        {
            file.check_variables(launcher)?;
            file.check_folders((repository, launcher))?;
            file.check_logins(&settings.names, launcher)?;
            settings.table = file.used(Owner::Project, launcher);
            settings.left_out = file.left_out();
        }
        merge(&mut settings.table, runner);
        Ok(settings)
    }

    /// What is to be said of settings of the project that are not used.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        self.left_out.iter().map(String::as_str)
    }

    /// Whether uv may have the credentials for indexes of this name, as it stands in variables.
    pub fn may_pass_login(&self, name: &str) -> bool {
        self.names.has(name)
    }

    /// The logins of the runner, each for one origin.
    pub fn logins(&self) -> &Logins {
        &self.logins
    }

    /// The values of all settings that name indexes, be they addresses or paths.
    pub fn index_places(&self) -> Vec<String> {
        let places = index_places(&self.table).into_iter();
        places.map(str::to_owned).collect()
    }

    /// A file for `--config-file`, for whoever runs `lls` alone.
    pub fn file(&self) -> Result<NamedTempFile, UvError> {
        let file = tempfile::Builder::new()
            .prefix("lls-")
            .suffix(".toml")
            .tempfile();
        let mut file = file.map_err(UvError::Temporary)?;
        let text = self.with_logins().to_string();
        file.write_all(text.as_bytes())
            .map_err(UvError::Temporary)?;
        Ok(file)
    }

    /// The settings with the logins of the netrc file, in place of the file itself.
    fn with_logins(&self) -> Table {
        let mut settings = self.table.clone();
        // Without an index, uv takes logins from these alone.
        for_each_link(&mut settings, &|place| self.logins.in_address(place));
        let indexes = settings.entry("index");
        let indexes = indexes.or_insert_with(|| Vec::<Value>::new().into());
        // What is no list is for uv to refuse.
        if let Value::Array(indexes) = indexes {
            indexes.extend(self.logins.as_settings());
        }
        settings
    }
}

/// Changes the values of `find-links`, at the top and in the table `pip`.
fn for_each_link(settings: &mut Table, change: &impl Fn(&str) -> String) {
    if let Some(Value::Array(places)) = settings.get_mut("find-links") {
        for place in places {
            if let Value::String(place) = place {
                *place = change(place);
            }
        }
    }
    if let Some(Value::Table(pip)) = settings.get_mut("pip") {
        for_each_link(pip, change);
    }
}

/// Checks the folders with packages that the runner names and a repository fills.
fn check_runner_folders(
    indexes: &[IndexPlace<'_>],
    repository: &Repository,
) -> Result<(), UvSettingsError> {
    let folders = indexes.iter().filter_map(|index| index_folder(index.place));
    for folder in folders.filter(|folder| repository.holds(folder)) {
        repository.check_tree(&folder)?;
    }
    Ok(())
}

/// Whether a project's configuration counts: `UV_CONFIG_FILE` stands for all others, and `UV_NO_CONFIG` for none.
fn reads_project(launcher: &Launcher) -> bool {
    let is_off = |value: &str| matches!(value, "0" | "false" | "no" | "off" | "n" | "f");
    let has_none = launcher.value("UV_NO_CONFIG");
    let has_none = has_none.is_some_and(|value| !is_off(&value.to_lowercase()));
    !has_none && launcher.value("UV_CONFIG_FILE").is_none()
}

/// The files of the user and of the system, strongest first.
fn runner_files(folder: &Path, launcher: &Launcher) -> Vec<PathBuf> {
    if let Some(file) = launcher.value("UV_CONFIG_FILE") {
        return vec![folder.join(file)];
    }
    if !reads_project(launcher) {
        return Vec::new();
    }
    let absolute = |name: &str| {
        let folder = launcher.value(name).map(PathBuf::from);
        folder.filter(|folder| folder.is_absolute())
    };
    let user = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    let shared = launcher.value("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
    let shared = std::env::split_paths(shared).filter(|folder| folder.is_absolute());
    let in_folder = |folder: PathBuf| folder.join("uv").join("uv.toml");
    let user = user.map(in_folder).filter(|file| file.is_file());
    let mut shared = shared.chain([PathBuf::from("/etc")]).map(in_folder);
    let shared = shared.find(|file| file.is_file());
    user.into_iter().chain(shared).collect()
}

/// The nearest file of the project that has settings.
fn project_file(
    folder: &Path,
    repository: &Repository,
) -> Result<Option<SettingsFile>, UvSettingsError> {
    let read = |path: &Path| match repository.read(path, FileKind::Settings) {
        Ok(bytes) => SettingsFile::parse(path, decode(path, bytes)?).map(Some),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    };
    let is_inside = |folder: &&Path| folder.starts_with(repository.root());
    for folder in folder.ancestors().take_while(is_inside) {
        if let Some(file) = read(&folder.join("uv.toml"))? {
            return Ok(Some(file));
        }
        if let Some(mut file) = read(&folder.join("pyproject.toml"))?
            && let Some(Value::Table(mut tool)) = file.table.remove("tool")
            && let Some(Value::Table(uv)) = tool.remove("uv")
        {
            file.table = uv;
            return Ok(Some(file));
        }
    }
    Ok(None)
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
    use std::ffi::OsString;

    use super::*;

    fn read(folder: &Path, environment: &[(&str, &Path)]) -> Result<String, UvSettingsError> {
        let variables = environment
            .iter()
            .map(|(name, path)| (OsString::from(name), path.as_os_str().to_owned()))
            .chain([("XDG_CONFIG_DIRS".into(), "/nowhere".into())]);
        let root = folder.ancestors().find(|folder| !folder.ends_with("sub"));
        let repository = Repository::around(root.unwrap(), folder, &[]);
        let settings = UvSettings::read(folder, Some(&repository), &Launcher::new(variables));
        settings.map(|settings| settings.table.to_string())
    }

    #[test]
    fn files_are_merged_and_only_what_is_used_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let (home, project) = (root.path().join("home"), root.path().join("project"));
        std::fs::create_dir_all(home.join("uv")).unwrap();
        std::fs::create_dir_all(project.join("sub")).unwrap();
        let user = "no-binary-package = [\"a\"]\nextra-index-url = [\"http://b\"]\nindex-url = \"http://c\"\n[pip]\nno-binary = [\"a\"]\n";
        std::fs::write(home.join("uv/uv.toml"), user).unwrap();
        let own = "[tool.uv]\nextra-index-url = [\"http://a\"]\nindex-url = \"http://d\"\noverride-dependencies = [\"a\"]\n[tool.uv.pip]\nfind-links = [\"w\"]\nno-binary = [\"a\"]\n";
        std::fs::write(project.join("pyproject.toml"), own).unwrap();
        let merged = read(&project.join("sub"), &[("XDG_CONFIG_HOME", &home)]).unwrap();
        let links = project.join("w").display().to_string();
        let expected = format!(
            "extra-index-url = [\"http://a\", \"http://b\"]\nindex-url = \"http://d\"\n\n[pip]\nfind-links = [\"{links}\"]\n"
        );
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
        let places = [format!("{here}/w"), "http://a".into(), format!("{here}/i")];
        assert_eq!(index_places(&expected.parse().unwrap()), places);
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
