//! What can go wrong with `uv`, told in the words of a layer.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use humantime::format_duration;
use regex::{Captures, Regex};

use super::settings::UvSettingsError;
use crate::error::{Failure, PathError};
use crate::layer::{Architecture, PackageName, PythonVersion};
use crate::process::MOST_MEMORY;

/// A failure of `uv`, or of the search for it.
#[derive(Debug, thiserror::Error)]
pub enum UvError {
    /// `$LLS_UV` names something that cannot be run, or the program vanished.
    #[error("cannot run `{}`", program.display())]
    NotStarted {
        program: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// uv is neither there nor can it be installed.
    #[error("`uv` is not installed and could not be installed with `python3 -m pip`: {message}")]
    NotInstalled {
        /// The last line that pip printed, or why it could not be run.
        message: String,
    },
    /// A package that has no wheel for the platform.
    #[error("`{package}` has no wheel for python{python} on {architecture}")]
    NoWheel {
        /// The package, with a version where only some lack the wheel.
        package: String,
        python: PythonVersion,
        architecture: Architecture,
    },
    /// A package that may not be built, and has nothing but source distributions.
    #[error("`{package}` comes only as source code")]
    OnlySource {
        package: PackageName,
        /// The newest version that would do, where uv names it.
        version: Option<String>,
    },
    /// A package that is to be built, and has no source distribution.
    #[error("`{package}` is in `build`, but has no source distribution")]
    NoSource { package: PackageName },
    /// A package could not be built.
    #[error("the build failed\n{}", indented(message))]
    Build {
        /// The last lines that the build printed.
        message: String,
    },
    /// A build took too much time.
    #[error("the build did not finish within {}", format_duration(*.0))]
    BuildLate(Duration),
    /// A package that does not come from an index.
    #[error("`{package}` does not come as a wheel of a package index")]
    NotFromIndex { package: String },
    /// Any other failure, in uv's words.
    #[error("uv could not resolve the requirements\n{}", indented(message))]
    Failed {
        /// What uv printed.
        message: String,
    },
    /// uv took too much time.
    #[error("uv did not finish within {}", format_duration(*.0))]
    Late(Duration),
    /// uv took too much memory.
    #[error("uv used more than {} GiB of memory: a package index may be sending endless pages", MOST_MEMORY >> 30)]
    Memory,
    /// uv answered something that is no `pylock.toml`.
    #[error("uv printed a lock that cannot be read")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// uv's configuration cannot be used.
    #[error(transparent)]
    Settings(#[from] UvSettingsError),
    /// The cache folder cannot be used.
    #[error(transparent)]
    Cache(#[from] PathError),
    /// Temporary files could not be made.
    #[error("cannot write a temporary file")]
    Temporary(#[source] std::io::Error),
}

impl Failure for UvError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotStarted { .. } => "set LLS_UV to the path of uv, or unset it".into(),
            Self::NotInstalled { .. } => {
                "install uv, for example with `pip install uv`, and put it on PATH".into()
            }
            Self::NoWheel {
                package, python, ..
            } => format!(
                "require a version of `{package}` that has one, or leave python{python} out of `runtimes`, or change `architecture`"
            ),
            Self::OnlySource { package, .. } => format!(
                "add \"{package}\" to the layer's `build`: `lls lock` then runs the package's code to build a wheel; `plan`, `build` and `apply` never do; or require a version that has wheels"
            ),
            Self::NoSource { package } => {
                format!("take `{package}` out of `build`: it comes as wheels")
            }
            Self::Build { .. } => "see what the build printed; it may need programs or libraries that are not installed here".into(),
            Self::NotFromIndex { .. } => {
                "require a version from a package index, or put the code into the layer's folder"
                    .into()
            }
            Self::BuildLate(_) => "where the build is just slow, raise `--download-timeout` (LLS_DOWNLOAD_TIMEOUT): a build may take 60 times as long".into(),
            Self::Late(_) => "look at the indexes that uv is set up for; where they are just slow, raise `--download-timeout` (LLS_DOWNLOAD_TIMEOUT)".into(),
            Self::Memory => "look at the indexes that uv is set up for, and do not use this one".into(),
            Self::Settings(error) => return error.hint(),
            Self::Cache(error) => {
                let hint = error.hint();
                return hint.or(Some("set LLS_CACHE_DIR to a writable folder".into()));
            }
            Self::Failed { message } => return failure_hint(message).map(Into::into),
            Self::Answer(_) | Self::Temporary(_) => return None,
        })
    }
}

/// What helps, as far as uv's words tell.
fn failure_hint(message: &str) -> Option<&'static str> {
    let says = |text| message.contains(text);
    let hint = if says("'pylock.toml' for '--format") {
        "this uv is too old: update it, or set LLS_UV to a newer one"
    } else if says("401 Unauthorized") || says("403 Forbidden") {
        "check the index's credentials, which are taken from UV_INDEX variables, .netrc and the keyring; an entry of .netrc is for https on the default port, and for addresses that you name in UV_INDEX, UV_FIND_LINKS or your own uv.toml"
    } else if says("was not found in the package registry") {
        "check the name of the package, and the index that uv is set up for"
    } else if is_offline(message) {
        "unset UV_OFFLINE, or lock once with the network, which fills uv's cache"
    } else if is_network(message) {
        "check the network, and the index that uv is set up for"
    } else if says("Couldn't parse requirement") {
        "correct the requirement, such as `requests>=2.32` or `numpy==2.2.6`"
    } else if says(" was yanked") {
        "require another version: one that its authors have yanked is taken only where `==` pins it"
    } else if says("No solution found") {
        "require versions that exist and fit together, as the lines above say"
    } else {
        return None;
    };
    Some(hint)
}

/// Whether uv says that no index could be reached at all, whatever was asked for.
pub(super) fn is_unreachable(message: &str) -> bool {
    ["error sending request", "dns error"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// Whether uv left out packages because it may not use the network: then it says of others why they do not do, which
/// is not the reason.
pub(super) fn is_offline(message: &str) -> bool {
    message.contains("the network was disabled")
}

fn is_network(message: &str) -> bool {
    ["error sending request", "dns error", "Failed to fetch"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// Addresses without the parts that may hold secrets: what stands before `@` and behind `?`.
pub fn without_secrets(message: &str) -> String {
    let masked = message.split_inclusive(char::is_whitespace).map(|word| {
        let Some((scheme, rest)) = word.split_once("://") else {
            return word.to_owned();
        };
        let end = &word[word.trim_end().len()..];
        let rest = rest.split(['?', '#']).next().unwrap_or_default().trim_end();
        let (authority, path) = rest
            .split_once('/')
            .map_or((rest, String::new()), |(authority, path)| {
                (authority, format!("/{path}"))
            });
        let host = authority.rsplit('@').next().unwrap_or_default();
        let closing = if word.contains(['?', '#']) && word.trim_end().ends_with([')', '`', '\'']) {
            &word.trim_end()[word.trim_end().len() - 1..]
        } else {
            ""
        };
        format!("{scheme}://{host}{path}{closing}{end}")
    });
    masked.collect()
}

/// What another program says, without addresses of indexes and repositories, nor the names of their machines: they are
/// of one network, and may hold secrets in any of their parts.
pub(super) fn without_addresses(message: &str) -> String {
    let mut machines = BTreeSet::new();
    let masked = ADDRESS.replace_all(message, |found: &Captures<'_>| {
        // A name without a dot may be any word.
        machines.extend(
            found["machine"]
                .contains('.')
                .then(|| found["machine"].to_owned()),
        );
        "[address]"
    });
    let masked = masked.into_owned();
    machines.iter().fold(masked, |message, machine| {
        message.replace(machine, "[address]")
    })
}

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    let address = r#"[A-Za-z][A-Za-z0-9+.-]*://([^ \t\r\n@]*@)?(?<machine>[^ \t\r\n/:?\#`'"()<>]*)[^ \t\r\n`'"()<>]*"#;
    Regex::new(address).expect("it is constant")
});

fn indented(message: &str) -> String {
    without_addresses(message)
        .lines()
        .map(|line| format!("    {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The package that has sources only, from the sentences in which uv says so: it considered no wheel at all.
pub(super) fn package_with_source_only(message: &str) -> Option<PackageName> {
    if !message.contains(" no usable wheels") {
        return None;
    }
    quoted(message, "Wheels are required for `")?.parse().ok()
}

/// The package that is to be built from source and has none, from the sentence in which uv says so.
pub(super) fn package_without_source(message: &str) -> Option<PackageName> {
    let package = quoted(message, "A source distribution is required for `")?;
    package.parse().ok()
}

/// What stands between `start` and the next backtick.
fn quoted(message: &str, start: &str) -> Option<String> {
    let rest = message.split_once(start)?.1;
    rest.split_once('`').map(|(name, _)| name.to_owned())
}

/// The package that uv found no wheel of, from the sentences in which uv says so.
pub(super) fn package_without_wheel(message: &str) -> Option<String> {
    let quoted = |start: &str| quoted(message, start);
    let before = |end: &str| {
        let words = message.split_once(end)?.0;
        let word = words.rsplit(char::is_whitespace).next()?;
        let name: String = word
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
            .collect();
        (!name.is_empty()).then_some(name)
    };
    quoted("Wheels are required for `")
        .or_else(|| quoted("found wheels for `"))
        .or_else(|| quoted("Wheels are available for `"))
        .or_else(|| before(" has no wheels with a matching"))
        .or_else(|| before(" have no wheels with a matching"))
        .or_else(|| before(" has no usable wheels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_secrets() {
        let message =
            "Failed to fetch: `http://me:pw@host:9/simple/x/?token=QQ`\n  (see https://host/a)";
        let expected = "Failed to fetch: `http://host:9/simple/x/`\n  (see https://host/a)";
        assert_eq!(without_secrets(message), expected);
    }

    #[test]
    fn addresses_of_indexes_are_left_out() {
        let message = "Failed to fetch: `http://me:p/w@host.name:9/simple/x/?token=QQ`\n  (see https://host.name/a)\n\
                       no certificate for host.name; git+ssh://git@b.example/r.git@main gone, and file:///x/y too";
        let expected = "Failed to fetch: `[address]`\n  (see [address])\n\
                        no certificate for [address]; [address] gone, and [address] too";
        assert_eq!(without_addresses(message), expected);
    }

    #[test]
    fn the_package_is_found_in_what_uv_says() {
        let find = |message: &str| package_without_wheel(message);
        let required = "Because all versions of a have no usable wheels\n\nhint: Wheels are required for `a` because";
        assert_eq!(find(required).as_deref(), Some("a"));
        let abi = "Because tensorflow==2.4.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and";
        assert_eq!(find(abi).as_deref(), Some("tensorflow"));
        assert_eq!(
            find("Because x was not found in the package registry"),
            None
        );
    }
}
