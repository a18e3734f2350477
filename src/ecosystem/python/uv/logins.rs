//! Who reads package indexes: the logins that the runner has given, each for one origin (scheme, host and port).
//!
//! An address of an index in a variable or in the runner's own settings has its login in it, or bound to it by name. An
//! entry of a netrc file is for https on the default port of its host, and for the origins that the runner names; its
//! `default` is for the latter alone. A repository, a page or a redirect names other origins at will: those get none.
//! uv gets just these logins, and so does the downloader: uv leaves them out of the addresses that it prints.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::percent_decode_str;
use toml::{Table, Value};

use super::netrc::{Login, NetrcFile};
use super::places::{IndexPlace, in_variables};
use crate::http::Url;
use crate::process::Launcher;

/// The logins of the runner.
#[derive(Clone, Debug, Default)]
pub struct Logins {
    /// Those that addresses of indexes have. They are for the origin of the address, which keeps no login.
    indexes: Vec<(Url, Login)>,
    /// Those of the netrc file, with the roots of the origins that they are for.
    netrc: Vec<(Url, Login)>,
}

impl Logins {
    /// Collects the logins of the indexes that the runner names, and of the netrc file.
    pub(super) fn collect(indexes: &[IndexPlace<'_>], launcher: &Launcher) -> Self {
        let netrc = NetrcFile::for_indexes(launcher);
        let named = indexes
            .iter()
            .filter_map(|index| Some((web_address(index.place)?, index.name)));
        let logins = named.clone().filter_map(|(url, name)| {
            let login = index_login(&url, name, &netrc, launcher)?;
            Some((without_login(url), login))
        });
        let origins = named.filter_map(|(url, _)| {
            let login = netrc.login(url.host_str()?)?;
            Some((root(url), login))
        });
        let hosts = netrc
            .entries()
            .filter_map(|(host, login)| Some((encrypted(host)?, login)));
        Self {
            indexes: logins.collect(),
            netrc: origins.chain(hosts).collect(),
        }
    }

    /// The `Authorization` header for `url`: that of the index with the same origin whose path is nearest to its, else of
    /// the netrc file.
    pub fn authorization(&self, url: &Url) -> Option<String> {
        let nearest = self
            .indexes
            .iter()
            .filter(|(index, _)| index.origin() == url.origin())
            .max_by_key(|(index, _)| common_segments(index, url));
        let of_netrc = || {
            let mut known = self.netrc.iter();
            known.find(|(root, _)| root.origin() == url.origin())
        };
        let (_, Login { user, password }) = nearest.or_else(of_netrc)?;
        let login = BASE64.encode(format!("{user}:{password}"));
        Some(format!("Basic {login}"))
    }

    /// An address of an index with the login that the netrc file has for it; anything else as it is.
    pub(super) fn in_address(&self, place: &str) -> String {
        let login = web_address(place).and_then(|url| {
            let mut known = self.netrc.iter();
            let (_, login) = known.find(|(root, _)| root.origin() == url.origin())?;
            let is_asked = url.username().is_empty() && url.password().is_none();
            with_login(&url, login).filter(|_| is_asked)
        });
        login.map_or_else(|| place.to_owned(), |url| url.to_string())
    }

    /// The logins of the netrc file, as uv takes them: indexes that it asks for no package, with logins in their
    /// addresses. uv knows origins, and does not send them further. An origin whose index has another login is left out.
    pub(super) fn as_settings(&self) -> Vec<Value> {
        let has_other = |root: &Url, login: &Login| {
            let mut indexes = self.indexes.iter();
            indexes.any(|(index, known)| index.origin() == root.origin() && known != login)
        };
        let needed = self
            .netrc
            .iter()
            .filter(|(root, login)| !has_other(root, login));
        let addresses = needed.filter_map(|(root, login)| with_login(root, login));
        let settings = addresses.enumerate().map(|(number, url)| {
            let mut index = Table::new();
            index.insert("name".into(), format!("lls-login-{number}").into());
            index.insert("url".into(), url.to_string().into());
            index.insert("explicit".into(), true.into());
            Value::Table(index)
        });
        settings.collect()
    }
}

/// The login of an index: in its address, or in `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`. The netrc file may have the
/// password of a user in the address.
fn index_login(
    url: &Url,
    name: Option<&str>,
    netrc: &NetrcFile,
    launcher: &Launcher,
) -> Option<Login> {
    if !url.username().is_empty() {
        let user = percent_decoded(url.username());
        let of_netrc = || {
            let login = netrc.login(url.host_str()?)?;
            (login.user == user).then_some(login.password)
        };
        let password = url.password().map(percent_decoded).or_else(of_netrc);
        let password = password.unwrap_or_default();
        return Some(Login { user, password });
    }
    let name = in_variables(name?);
    let value = |kind: &str| launcher.value(&format!("UV_INDEX_{name}_{kind}"));
    Some(Login {
        user: value("USERNAME").unwrap_or_default().to_owned(),
        password: value("PASSWORD")?.to_owned(),
    })
}

/// An address for HTTP or HTTPS.
fn web_address(place: &str) -> Option<Url> {
    let url = Url::parse(place.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The root of a host that a netrc file names.
fn encrypted(host: &str) -> Option<Url> {
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    let is_host = root(url.clone()) == url && url.port().is_none();
    is_host.then_some(url)
}

/// The root of an address's origin.
fn root(url: Url) -> Url {
    let mut root = without_login(url);
    root.set_path("");
    root.set_query(None);
    root.set_fragment(None);
    root
}

fn without_login(mut url: Url) -> Url {
    // Neither fails where there is a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

fn with_login(root: &Url, login: &Login) -> Option<Url> {
    let mut url = root.clone();
    url.set_username(&login.user).ok()?;
    url.set_password(Some(&login.password)).ok()?;
    Some(url)
}

/// How many segments two paths share from their starts.
fn common_segments(a: &Url, b: &Url) -> usize {
    a.path()
        .split('/')
        .zip(b.path().split('/'))
        .take_while(|(a, b)| a == b)
        .count()
}

fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::python::uv::index_names::runner_indexes;

    fn collect(environment: &[(&str, &str)], settings: &str) -> Logins {
        let variables = environment.iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let launcher = Launcher::new(variables);
        let settings = settings.parse().unwrap();
        Logins::collect(&runner_indexes(&launcher, &settings), &launcher)
    }

    fn authorization(environment: &[(&str, &str)], url: &str) -> Option<String> {
        collect(environment, "").authorization(&url.parse().unwrap())
    }

    fn basic(login: &str) -> String {
        format!("Basic {}", BASE64.encode(login))
    }

    fn netrc(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn logins_come_from_the_index_settings() {
        let url = "https://files.example.com/a.whl";
        let address = "https://me:p%40ss@files.example.com/simple";
        let two = format!("https://a:1@other.example.com,{address}");
        for variable in [("UV_INDEX_URL", address), ("UV_FIND_LINKS", &two)] {
            assert_eq!(authorization(&[variable], url), Some(basic("me:p@ss")));
        }
        let named = [
            ("UV_INDEX", "corp=https://files.example.com/simple"),
            ("UV_INDEX_CORP_USERNAME", "me"),
            ("UV_INDEX_CORP_PASSWORD", "p@ss"),
        ];
        let own = "[[index]]\nname = \"corp\"\nurl = \"https://files.example.com/simple\"\n";
        for logins in [collect(&named, ""), collect(&named[1..], own)] {
            let header = |url: &str| logins.authorization(&url.parse().unwrap());
            assert_eq!(header(url), Some(basic("me:p@ss")));
            assert_eq!(header("https://other.example.com/a.whl"), None);
        }
    }

    #[test]
    fn logins_stay_with_their_origin_and_path() {
        let indexes = [(
            "UV_INDEX",
            "https://a:1@host.example.com/one/simple https://b:2@host.example.com/two/simple",
        )];
        for (url, expected) in [
            (
                "https://host.example.com/one/files/x.whl",
                Some(basic("a:1")),
            ),
            (
                "https://host.example.com/two/files/x.whl",
                Some(basic("b:2")),
            ),
            ("http://host.example.com/one/x.whl", None),
            ("https://host.example.com:8443/one/x.whl", None),
        ] {
            assert_eq!(authorization(&indexes, url), expected, "{url}");
        }
    }

    #[test]
    fn a_name_is_bound_to_an_address_by_the_runner_alone() {
        let login = [
            ("UV_INDEX_CORP_USERNAME", "me"),
            ("UV_INDEX_CORP_PASSWORD", "secret"),
        ];
        // As where a repository's uv.toml has an index `corp`.
        assert_eq!(authorization(&login, "https://evil.example/a.whl"), None);
        let bound = [
            login[0],
            login[1],
            ("UV_INDEX", "corp=https://good.example/s"),
        ];
        assert_eq!(authorization(&bound, "https://evil.example/a.whl"), None);
        assert!(authorization(&bound, "https://good.example/a.whl").is_some());
    }

    #[test]
    fn what_a_page_writes_is_nobody() {
        let index = [("UV_DEFAULT_INDEX", "https://me:secret@good.example/simple")];
        for url in [
            "https://me:secret@evil.example/a.whl",
            "https://good.example@evil.example/a.whl",
            "https://good.example.evil.example/a.whl",
            "https://evil.example/good.example/a.whl",
            "https://evil.example\\@good.example/a.whl",
            "http://good.example/a.whl",
            "https://good.example:444/a.whl",
            "ftp://good.example/a.whl",
            "file://good.example/a.whl",
        ] {
            assert_eq!(authorization(&index, url), None, "{url}");
        }
        let same = "https://GOOD.example:443/a.whl";
        assert!(authorization(&index, same).is_some());
    }

    #[test]
    fn an_entry_of_netrc_is_for_https_on_the_default_port_and_what_the_runner_names() {
        let file = netrc(
            "machine A.example login me password secret\nmachine b.example:444 login x password y\n\
             machine x@c.example login x password y\ndefault login you password other\n",
        );
        let environment = [
            ("NETRC", file.path().to_str().unwrap()),
            (
                "UV_INDEX",
                "http://a.example:81/simple http://d.example/simple",
            ),
            (
                "UV_FIND_LINKS",
                "https://you@e.example/links,https://her@e.example/hers",
            ),
        ];
        for (url, expected) in [
            ("https://a.example/a.whl", Some(basic("me:secret"))),
            ("https://A.EXAMPLE:443/a.whl", Some(basic("me:secret"))),
            ("http://a.example:81/other", Some(basic("me:secret"))),
            ("http://d.example/a.whl", Some(basic("you:other"))),
            ("https://e.example/links/a.whl", Some(basic("you:other"))),
            ("https://e.example/hers/a.whl", Some(basic("her:"))),
            ("http://a.example/a.whl", None),
            ("https://a.example:444/a.whl", None),
            ("https://b.example:444/a.whl", None),
            ("https://c.example/a.whl", None),
            ("https://d.example/a.whl", None),
            ("https://evil.example/a.whl", None),
            ("https://default/a.whl", None),
        ] {
            assert_eq!(authorization(&environment, url), expected, "{url}");
        }
    }

    #[test]
    fn uv_gets_the_logins_of_netrc_for_their_origins() {
        let file = netrc(
            "machine a.example login me password p@ss/word\nmachine b.example login me password p\n\
             machine c.example login me password p\n",
        );
        let environment = [
            ("NETRC", file.path().to_str().unwrap()),
            (
                "UV_INDEX",
                "http://a.example:81/simple https://own:own@b.example/simple https://me@c.example/simple",
            ),
        ];
        let settings = collect(&environment, "").as_settings();
        let mut addresses: Vec<_> = settings
            .iter()
            .map(|index| index["url"].as_str().unwrap())
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(
            addresses,
            [
                "http://me:p%40ss%2Fword@a.example:81/",
                "https://me:p%40ss%2Fword@a.example/",
                "https://me:p@c.example/"
            ]
        );
        assert!(
            settings
                .iter()
                .all(|index| index["explicit"] == true.into())
        );
        for (place, expected) in [
            (
                "https://a.example/links?x",
                "https://me:p%40ss%2Fword@a.example/links?x",
            ),
            ("https://you@a.example/links", "https://you@a.example/links"),
            ("http://a.example/links", "http://a.example/links"),
            ("wheels", "wheels"),
        ] {
            assert_eq!(collect(&environment, "").in_address(place), expected);
        }
    }

    #[test]
    fn no_login_is_shown() {
        let index = [(
            "UV_DEFAULT_INDEX",
            "https://runner:secret@good.example/simple",
        )];
        let shown = format!("{:?}", collect(&index, ""));
        assert!(
            !shown.contains("secret") && !shown.contains("runner"),
            "{shown}"
        );
    }
}
