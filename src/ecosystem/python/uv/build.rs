//! Builds a wheel from a source tree or a source distribution, and finds the interpreter to build with.
//!
//! This runs the package's code. Whoever calls it has made sure that the manifest allows that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::{UvError, package_with_source_only};
use super::places::index_option;
use super::program::Uv;
use crate::layer::{PackageName, PythonVersion};
use crate::process::{Launcher, Purpose, Unfinished};

/// Midnight of 1980-01-01 UTC, the earliest time that a ZIP archive can say, in seconds since 1970.
const EARLIEST: &str = "315532800";

/// How many of the last lines of a failed build are shown.
const SHOWN_LINES: usize = 20;

/// What a build is given beside the source.
pub struct BuildOptions<'a> {
    /// The interpreter to build with.
    pub python: &'a Path,
    /// The packages that may be built from source, should the build require one of them.
    pub from_source: &'a BTreeSet<PackageName>,
    /// Lines of the requirements that name package indexes, which hold for build backends as well.
    pub index_options: &'a [String],
}

impl Uv {
    /// The interpreter of this version, if there is one that can be run; uv decides where to look for it.
    pub async fn find_python(&self, python: PythonVersion) -> Result<Option<PathBuf>, UvError> {
        Ok(self.python(python, &[]).await?.map(PathBuf::from))
    }

    /// The release of that interpreter, such as `3.12.11`.
    pub async fn python_release(&self, python: PythonVersion) -> Result<Option<String>, UvError> {
        self.python(python, &["--show-version"]).await
    }

    /// What uv says of that interpreter.
    async fn python(
        &self,
        python: PythonVersion,
        options: &[&str],
    ) -> Result<Option<String>, UvError> {
        let settings = self.settings.file()?;
        let mut command = self.command(Purpose::Resolve, settings.path())?;
        command
            .args(["python", "find", "--no-project", "--color", "never"])
            .args(options)
            .arg(format!("cpython{python}"));
        let longest = self.patience.search();
        let outcome = command.output_within(longest).await;
        let outcome = outcome.map_err(|why| self.unfinished(why))?;
        let text = String::from_utf8_lossy(&outcome.stdout).trim().to_owned();
        Ok((outcome.status.success() && !text.is_empty()).then_some(text))
    }

    /// Builds a wheel of `source`, a folder or a source distribution, into the folder `output`.
    ///
    /// The build backend and what it requires are installed from wheels, but for packages that may be built. What is known to make two builds differ
    /// is set: times, the order of hashed sets, time zone, locale; debug information, which holds paths, is left out.
    pub async fn build_wheel(
        &self,
        source: &Path,
        output: &Path,
        options: &BuildOptions<'_>,
    ) -> Result<(), UvError> {
        let settings = self.settings.file()?;
        let mut command = self.command(Purpose::BuildWheel, settings.path())?;
        for (name, value) in index_variables(options.index_options, &self.launcher) {
            command.env(name, value);
        }
        if let Some(links) = self.find_links(options.index_options) {
            command.env("UV_FIND_LINKS", links);
        }
        let linker_flags = linker_flags(self.launcher.value("LDFLAGS"));
        command
            .args(["build", "--wheel", "--no-build", "--no-progress"])
            .args(["--color", "never", "--python"])
            .arg(options.python)
            .arg("--out-dir")
            .arg(output)
            .arg(source)
            .env("LDFLAGS", linker_flags)
            .env("SOURCE_DATE_EPOCH", EARLIEST)
            .env("PYTHONHASHSEED", "0")
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8");
        for name in options.from_source {
            command.args(["--no-binary-package", name.as_str()]);
        }
        tracing::debug!(python = %options.python.display(), "uv build");
        let longest = self.patience.whole();
        let outcome = command.output_within(longest).await;
        let outcome = outcome.map_err(|why| match why {
            Unfinished::Failed(source) => self.not_started(source),
            Unfinished::Exceeded(_) => UvError::BuildLate(longest),
        })?;
        if outcome.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&outcome.stderr);
        if let Some(package) = package_with_source_only(&text) {
            return Err(UvError::OnlySource {
                package,
                version: None,
            });
        }
        let lines: Vec<_> = text.trim().lines().collect();
        let message = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        Err(UvError::Build { message })
    }
}

/// The flags, and one that leaves out debug information. It is not for the compiler: setuptools takes `CFLAGS` in place
/// of the interpreter's own flags, which optimise.
fn linker_flags(given: Option<&str>) -> String {
    format!("{} -Wl,-S", given.unwrap_or_default())
        .trim_start()
        .to_owned()
}

/// The options of a requirements file that name package indexes, as variables: other users do not see those, as they
/// would see arguments. As where uv resolves, the environment comes first, and further indexes are added to its own.
fn index_variables(options: &[String], launcher: &Launcher) -> Vec<(&'static str, String)> {
    let given = |name: &str| launcher.value(name).map(str::to_owned);
    let (mut index, mut variables) = (given("UV_INDEX_URL"), Vec::new());
    let mut extra = Vec::from_iter(given("UV_EXTRA_INDEX_URL"));
    let mut links = Vec::from_iter(given("UV_FIND_LINKS"));
    for line in options {
        let (option, value) = index_option(line);
        let value = value.to_owned();
        match option {
            "-i" | "--index-url" => drop(index.get_or_insert(value)),
            "--extra-index-url" => extra.push(value),
            "-f" | "--find-links" => links.push(value),
            "--no-index" => variables.push(("UV_NO_INDEX", "1".to_owned())),
            _ => {}
        }
    }
    variables.extend(index.map(|index| ("UV_INDEX_URL", index)));
    for (name, values, joint) in [
        ("UV_EXTRA_INDEX_URL", extra, " "),
        ("UV_FIND_LINKS", links, ","),
    ] {
        if !values.is_empty() {
            variables.push((name, values.join(joint)));
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_of_the_requirements_become_variables() {
        let lines = [
            "--index-url=http://host/simple",
            "--extra-index-url http://a/simple  # ours",
            "--extra-index-url http://b/simple",
            "-f wheels",
            "--no-index",
        ];
        let environment = [
            ("UV_FIND_LINKS", ""),
            ("UV_EXTRA_INDEX_URL", "http://c/simple"),
        ];
        let launcher = Launcher::new(environment.map(|(name, value)| (name.into(), value.into())));
        let variables = index_variables(&lines.map(str::to_owned), &launcher);
        let expected = [
            ("UV_NO_INDEX", "1"),
            ("UV_INDEX_URL", "http://host/simple"),
            (
                "UV_EXTRA_INDEX_URL",
                "http://c/simple http://a/simple http://b/simple",
            ),
            ("UV_FIND_LINKS", "wheels"),
        ];
        let expected = expected.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(variables, expected);
    }
}
