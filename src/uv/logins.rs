//! Who reads package indexes: which credentials of the runner `uv` would send to a host that a repository names.
//!
//! `uv` finds credentials by the *name* of an index, which a repository may give to any host, and by `default` in a
//! netrc file, which fits all hosts. Both are for hosts that the runner has named, and for no others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use netrc::Netrc;
use toml::{Table, Value};

use super::places::{index_folder, places_in_variables};
use super::settings::{UvSettings, index_places};
use crate::error::Failure;
use crate::http::Url;
use crate::input::read_of_runner;
use crate::process::Launcher;

/// A login of a netrc file that an address in a repository would get, though nobody gave it for that address.
///
/// A netrc file names hosts, but neither protocols nor ports: uv and Git send a host's login over http and to any port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrayLogin {
    /// The login of `default`, for hosts without an entry of their own.
    #[error(
        "names the host `{host}`, which would get the credentials of `default` in `{}`",
        netrc.display()
    )]
    Default {
        /// The host.
        host: String,
        /// The file.
        netrc: PathBuf,
    },
    /// The host's login, in clear text or at a port where another server may listen.
    #[error(
        "names `{origin}`, which would get the credentials of `{host}` in `{}`, but is not https on the default port",
        netrc.display()
    )]
    Exposed {
        /// Scheme, host and port.
        origin: String,
        /// The host.
        host: String,
        /// The file.
        netrc: PathBuf,
    },
}

impl StrayLogin {
    /// The login that an address in requirements would get. `folder` is where `lls` runs.
    pub fn of(address: &str, folder: &Path, launcher: &Launcher) -> Option<Self> {
        Self::unless_known(address, launcher, || {
            let settings = UvSettings::read(folder, None, launcher);
            let names = settings.map(|settings| settings.names().clone());
            names.unwrap_or_else(|_| IndexNames::of(launcher, &Table::new()))
        })
    }

    /// The login that an address would get, unless the runner has named that origin too.
    pub(super) fn unless_known(
        address: &str,
        launcher: &Launcher,
        names: impl Fn() -> IndexNames,
    ) -> Option<Self> {
        let url = web_address(address)?;
        let host = url.host_str()?.to_owned();
        let is_exposed = url.scheme() != "https" || url.port().is_some();
        netrc_files(launcher).find_map(|netrc| {
            let text = read_of_runner(&netrc).unwrap_or_default();
            let host = host.clone();
            if has_default_for(&host, &text) {
                return Some(Self::Default { host, netrc });
            }
            let is_stray = is_exposed && has_entry_of(&host, &text) && !names().knows(&url);
            is_stray.then(|| Self::Exposed {
                origin: url.origin().ascii_serialization(),
                host,
                netrc,
            })
        })
    }
}

impl Failure for StrayLogin {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Default { host, .. } => format!(
                "give `{host}` an entry of its own in the netrc file (`machine {host}`), or take `default` out: a repository may name any host"
            ),
            Self::Exposed { .. } => {
                "use `https://` without a port; or, if that address may have the credentials, name it in UV_INDEX, UV_FIND_LINKS or your own uv.toml".into()
            }
        })
    }
}

/// The netrc files that are there: uv reads the one that NETRC names, else `~/.netrc`; Git reads the latter.
fn netrc_files(launcher: &Launcher) -> impl Iterator<Item = PathBuf> {
    let home = launcher.value("HOME");
    let home = home.map(|home| Path::new(home).join(".netrc"));
    let named = launcher.value("NETRC").map(PathBuf::from);
    named.into_iter().chain(home).filter(|path| path.is_file())
}

fn has_default_for(host: &str, netrc: &str) -> bool {
    match netrc.parse::<Netrc>() {
        Ok(Netrc { hosts, .. }) => hosts.contains_key("default") && !hosts.contains_key(host),
        // Git may understand what this parser does not.
        Err(_) => netrc.split_whitespace().any(|word| word == "default"),
    }
}

fn has_entry_of(host: &str, netrc: &str) -> bool {
    let is_host = |word: &str| word.eq_ignore_ascii_case(host);
    match netrc.parse::<Netrc>() {
        Ok(Netrc { hosts, .. }) => hosts.keys().any(|known| is_host(known)),
        Err(_) => netrc.split_whitespace().any(is_host),
    }
}

/// An address for HTTP or HTTPS, be it one of Git.
fn web_address(address: &str) -> Option<Url> {
    let url = match address.split_once('+') {
        Some((kind, url)) if kind.chars().all(|c| c.is_ascii_alphabetic()) => url,
        _ => address,
    };
    let url = Url::parse(url).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The indexes that the runner has named.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexNames {
    /// The hosts of those that have names. Names are as they stand in variables: `UV_INDEX_<NAME>_PASSWORD`.
    named: BTreeMap<String, Vec<Origin>>,
    /// The hosts of all.
    all: Vec<Origin>,
}

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin(String, String, Option<u16>);

impl IndexNames {
    /// Those in variables, as `name=address`, and in the runner's own configuration of uv.
    pub fn of(launcher: &Launcher, settings: &Table) -> Self {
        let mut names = Self::default();
        for variable in ["UV_INDEX", "UV_DEFAULT_INDEX"] {
            let words = launcher.value(variable).unwrap_or_default();
            for (name, address) in words
                .split_whitespace()
                .filter_map(|word| word.split_once('='))
            {
                names.add(name, address);
            }
        }
        for (name, address) in named_indexes(settings) {
            names.add(name, address);
        }
        let places = runner_places(launcher, settings);
        names.all = places.iter().filter_map(|place| origin(place)).collect();
        names
    }

    /// Whether the runner has named an index on this host, at this port.
    fn knows(&self, address: &Url) -> bool {
        origin(address.as_str()).is_some_and(|origin| self.all.contains(&origin))
    }

    fn add(&mut self, name: &str, address: &str) {
        if let Some(origin) = origin(address) {
            self.named
                .entry(in_variables(name))
                .or_default()
                .push(origin);
        }
    }

    /// Whether the runner has given the name to any host.
    pub fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// The first index of a project's settings that has the name of credentials, and another host than the runner gave
    /// to that name: its name, and what the credentials' variables begin with.
    pub fn first_stranger(
        &self,
        settings: &Table,
        launcher: &Launcher,
    ) -> Option<(String, String)> {
        named_indexes(settings).find_map(|(name, address)| {
            let key = in_variables(name);
            let has_login = launcher.index_logins().any(|(login, ..)| login == key);
            let known = self.named.get(&key).map_or(&[][..], Vec::as_slice);
            // An address that cannot be parsed is not known.
            let is_known = match origin(address) {
                Some(origin) => known.contains(&origin),
                None => index_folder(address).is_some(),
            };
            (has_login && !is_known).then(|| (name.to_owned(), format!("UV_INDEX_{key}_")))
        })
    }
}

/// The addresses and folders of the indexes in variables and in the runner's own settings.
pub(super) fn runner_places(launcher: &Launcher, settings: &Table) -> Vec<String> {
    let variables = places_in_variables(launcher).map(str::to_owned);
    index_places(settings)
        .into_iter()
        .chain(variables)
        .collect()
}

/// The indexes of settings as variables would have them: `name=address`, or an address alone.
pub(super) fn as_words(settings: &Table) -> Vec<String> {
    let named = named_indexes(settings).map(|(name, address)| format!("{name}={address}"));
    named.chain(index_places(settings)).collect()
}

/// The names and addresses of the indexes in settings, at the top and in the table `pip`.
fn named_indexes(settings: &Table) -> impl Iterator<Item = (&str, &str)> {
    let pip = settings.get("pip").and_then(Value::as_table);
    let lists = [Some(settings), pip].into_iter().flatten();
    let lists = lists.filter_map(|table| table.get("index")?.as_array());
    lists.flatten().filter_map(|index| {
        let text = |key: &str| index.get(key)?.as_str();
        Some((text("name")?, text("url")?))
    })
}

fn origin(address: &str) -> Option<Origin> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.to_owned();
    Some(Origin(
        url.scheme().to_owned(),
        host,
        url.port_or_known_default(),
    ))
}

/// A name as uv has it in variables.
fn in_variables(name: &str) -> String {
    let upper = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    };
    name.chars().map(upper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launcher(variables: &[(&str, &str)]) -> Launcher {
        let variables = variables.iter();
        Launcher::new(variables.map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn a_name_is_good_for_the_hosts_that_the_runner_gave_it() {
        let launcher = launcher(&[
            (
                "UV_INDEX",
                "https://x/simple my-corp=https://a.example/simple",
            ),
            ("UV_INDEX_MY_CORP_PASSWORD", "p"),
        ]);
        let own = "[[index]]\nname = \"my.corp\"\nurl = \"https://b.example:444/x\"\n";
        let names = IndexNames::of(&launcher, &own.parse().unwrap());
        assert!(names.has("MY_CORP") && !names.has("CORP"));
        for (address, is_stranger) in [
            ("https://a.example/other", false),
            ("https://A.example:443/", false),
            ("https://b.example:444", false),
            ("http://a.example/simple", true),
            ("https://a.example:444/simple", true),
            ("https://a.example.evil/simple", true),
            ("https:evil", true),
            ("https://[evil/simple", true),
            ("https://${HOST}/simple", true),
            ("wheels", false),
        ] {
            for name in ["my-corp", "My_Corp"] {
                let index = format!("[[index]]\nname = \"{name}\"\nurl = \"{address}\"\n");
                let settings = index.parse().unwrap();
                let stranger = names.first_stranger(&settings, &launcher);
                assert_eq!(stranger.is_some(), is_stranger, "{address}");
            }
        }
        let other = "[[index]]\nname = \"other\"\nurl = \"https://evil\"\n";
        assert!(
            names
                .first_stranger(&other.parse().unwrap(), &launcher)
                .is_none()
        );
    }

    #[test]
    fn a_default_entry_is_for_no_host_that_has_one_of_its_own() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let launcher = launcher(&[("NETRC", path)]);
        let text = "machine a.example login me password p\n";
        std::fs::write(path, text).unwrap();
        let of = |host: &str| {
            let address = format!("https://{host}/simple");
            StrayLogin::of(&address, Path::new("/nowhere"), &launcher)
        };
        assert_eq!(of("b.example"), None);
        std::fs::write(path, format!("{text}default login me password p\n")).unwrap();
        assert_eq!(of("a.example"), None);
        let (host, netrc) = ("b.example".to_owned(), path.into());
        assert_eq!(of("b.example"), Some(StrayLogin::Default { host, netrc }));
    }

    #[test]
    fn an_entry_is_for_the_usual_port_unless_the_runner_names_another() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        std::fs::write(path, "machine A.example login me password p\n").unwrap();
        let launcher = launcher(&[
            ("NETRC", path),
            ("UV_INDEX", "x=http://a.example:81/simple"),
        ]);
        for (address, is_stray) in [
            ("https://a.example/simple", false),
            ("https://a.example:443/simple", false),
            ("git+https://a.example/x@main", false),
            ("git+ssh://a.example/x", false),
            ("http://b.example/simple", false),
            ("http://a.example:81/other", false),
            ("/a.example", false),
            ("http://a.example/simple", true),
            ("https://a.example:81/simple", true),
            ("HTTP://me@A.example/simple", true),
            ("git+https://a.example:444/x", true),
            ("git+http://a.example/x", true),
        ] {
            let login = StrayLogin::of(address, Path::new("/nowhere"), &launcher);
            assert_eq!(login.is_some(), is_stray, "{address}");
        }
    }

    #[test]
    fn hosts_are_those_of_the_web() {
        for (address, host) in [
            ("https://A.example/x", Some("a.example")),
            ("GIT+http://me:p@b.example:8/x.git@main", Some("b.example")),
            ("https:c.example", Some("c.example")),
            ("git+ssh://git@d.example/x", None),
            ("file:///x", None),
            ("wheels", None),
        ] {
            let url = web_address(address);
            let found = url.as_ref().and_then(Url::host_str);
            assert_eq!(found, host, "{address}");
        }
    }
}
