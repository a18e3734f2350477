//! Who reads package indexes: which credentials of the runner `uv` would send to a host that a repository names.
//!
//! `uv` finds credentials by the *name* of an index, which a repository may give to any host, and by `default` in a
//! netrc file, which fits all hosts. Both are for hosts that the runner has named, and for no others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use netrc::Netrc;
use toml::{Table, Value};

use super::settings::index_places;
use crate::http::Url;
use crate::input::read_of_runner;
use crate::process::Launcher;

/// The entry of a netrc file for all hosts that have none of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultLogin {
    /// The file.
    pub path: PathBuf,
}

impl DefaultLogin {
    /// The entry that fits `host`, if no other entry of its file does.
    ///
    /// uv reads the file that NETRC names, else `~/.netrc`; Git reads the latter.
    pub fn of(host: &str, launcher: &Launcher) -> Option<Self> {
        let home = launcher
            .value("HOME")
            .map(|home| Path::new(home).join(".netrc"));
        let named = launcher.value("NETRC").map(PathBuf::from);
        let mut files = named.into_iter().chain(home).filter(|path| path.is_file());
        files
            .find(|path| {
                let text = read_of_runner(path).unwrap_or_default();
                has_default_for(host, &text)
            })
            .map(|path| Self { path })
    }
}

/// What to do where a host would get the credentials of a default entry.
pub fn default_login_hint(host: &str) -> String {
    format!(
        "give `{host}` an entry of its own in the netrc file (`machine {host}`), or take `default` out: a repository may name any host"
    )
}

fn has_default_for(host: &str, netrc: &str) -> bool {
    match netrc.parse::<Netrc>() {
        Ok(Netrc { hosts, .. }) => hosts.contains_key("default") && !hosts.contains_key(host),
        // Git may understand what this parser does not.
        Err(_) => netrc.split_whitespace().any(|word| word == "default"),
    }
}

/// The host of an address for HTTP or HTTPS, be it one of Git.
pub fn web_host(address: &str) -> Option<String> {
    let url = match address.split_once('+') {
        Some((kind, url)) if kind.chars().all(|c| c.is_ascii_alphabetic()) => url,
        _ => address,
    };
    let url = Url::parse(url).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    url.host_str().filter(|_| is_web).map(str::to_owned)
}

/// The hosts that the runner has given to names of indexes.
///
/// Names are as they stand in variables: `UV_INDEX_<NAME>_PASSWORD`.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexNames(BTreeMap<String, Vec<Origin>>);

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
        names
    }

    fn add(&mut self, name: &str, address: &str) {
        if let Some(origin) = origin(address) {
            self.0.entry(in_variables(name)).or_default().push(origin);
        }
    }

    /// Whether the runner has given the name to any host.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
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
            let origin = origin(address)?;
            let is_known = self
                .0
                .get(&key)
                .is_some_and(|known| known.contains(&origin));
            (has_login && !is_known).then(|| (name.to_owned(), format!("UV_INDEX_{key}_")))
        })
    }
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
        assert_eq!(DefaultLogin::of("b.example", &launcher), None);
        std::fs::write(path, format!("{text}default login me password p\n")).unwrap();
        assert_eq!(DefaultLogin::of("a.example", &launcher), None);
        let found = DefaultLogin::of("b.example", &launcher);
        assert_eq!(found, Some(DefaultLogin { path: path.into() }));
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
            assert_eq!(web_host(address).as_deref(), host, "{address}");
        }
    }
}
