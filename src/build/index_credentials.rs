//! Credentials for downloading wheels: `uv` uses them itself but leaves them out of the addresses that it prints.
//!
//! Whoever runs `lls` gives each of them for one place: an index's address in the environment, with a user in it or bound
//! to it by name, for its scheme, host and port; a `machine` of `.netrc` for that host, encrypted. A repository and a page
//! name other hosts at will: those get none. Never shown.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use netrc::Netrc;

use crate::http::Url;

/// The variables that hold index addresses.
const INDEX_VARIABLES: [&str; 5] = [
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
];

/// What is known of the indexes' credentials.
pub(super) struct IndexCredentials {
    indexes: Vec<IndexCredential>,
    /// By host; good for https only.
    netrc: Vec<(String, Login)>,
}

/// Who may read an index.
struct IndexCredential {
    index: Url,
    login: Login,
}

struct Login {
    user: String,
    password: String,
}

impl IndexCredentials {
    /// Collects what the environment (names and values), the `.netrc` file and `indexes` of the runner's own settings of
    /// uv say, which are `name=address` or an address alone.
    pub fn collect(environment: &[(String, String)], indexes: &[String]) -> Self {
        let variable = |name: &str| {
            environment
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let values = INDEX_VARIABLES.iter().filter_map(|name| variable(name));
        let words = values.flat_map(str::split_whitespace);
        let words = words.chain(indexes.iter().map(String::as_str));
        let indexes = words
            .filter_map(|word| index_credential(word, &variable))
            .collect();
        let netrc = variable("NETRC").map(PathBuf::from).or_else(|| {
            let home = variable("HOME")?;
            Some(PathBuf::from(home).join(".netrc"))
        });
        let netrc =
            netrc
                .filter(|path| path.is_file())
                .and_then(|path| match Netrc::from_file(&path) {
                    Ok(netrc) => Some(netrc),
                    Err(_) => {
                        tracing::warn!(path = %path.display(), "the netrc file cannot be read");
                        None
                    }
                });
        // `default` is for every host there is, also for one that a repository, a page or a redirect names.
        let hosts = netrc.into_iter().flat_map(|netrc| netrc.hosts);
        let hosts = hosts.filter(|(host, _)| host != "default");
        let netrc = hosts
            .map(|(host, entry)| {
                (
                    host,
                    Login {
                        user: entry.login,
                        password: entry.password,
                    },
                )
            })
            .collect();
        Self { indexes, netrc }
    }

    /// The `Authorization` header for `url`: that of the index with the same origin whose path is nearest to its.
    pub fn authorization(&self, url: &Url) -> Option<String> {
        let same_origin = self
            .indexes
            .iter()
            .filter(|known| known.index.origin() == url.origin());
        let nearest = same_origin.max_by_key(|known| common_segments(&known.index, url));
        let login = match nearest {
            Some(known) => &known.login,
            None if url.scheme() == "https" => {
                let host = url.host_str()?;
                self.netrc
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(host))
                    .map(|(_, login)| login)?
            }
            None => return None,
        };
        Some(format!(
            "Basic {}",
            BASE64.encode(format!("{}:{}", login.user, login.password))
        ))
    }
}

/// How many segments two paths share from their starts.
fn common_segments(a: &Url, b: &Url) -> usize {
    a.path()
        .split('/')
        .zip(b.path().split('/'))
        .take_while(|(a, b)| a == b)
        .count()
}

/// Reads `[name=]address`, where the address or `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD` say who is asking.
fn index_credential<'a>(
    word: &str,
    variable: &impl Fn(&str) -> Option<&'a str>,
) -> Option<IndexCredential> {
    let (name, address) = match word.split_once('=') {
        Some((name, address)) if !name.contains([':', '/']) => (Some(name), address),
        _ => (None, word),
    };
    let index = Url::parse(address).ok()?;
    if !index.username().is_empty() {
        let user = percent_decoded(index.username());
        let password = percent_decoded(index.password().unwrap_or_default());
        return Some(IndexCredential {
            index,
            login: Login { user, password },
        });
    }
    let upper = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let name: String = name?.chars().map(upper).collect();
    let user = variable(&format!("UV_INDEX_{name}_USERNAME"))
        .unwrap_or_default()
        .to_owned();
    let password = variable(&format!("UV_INDEX_{name}_PASSWORD"))?.to_owned();
    Some(IndexCredential {
        index,
        login: Login { user, password },
    })
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization(environment: &[(&str, &str)], url: &str) -> Option<String> {
        let environment: Vec<_> = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        IndexCredentials::collect(&environment, &[]).authorization(&url.parse().unwrap())
    }

    #[test]
    fn credentials_come_from_the_index_settings() {
        let expected = Some(format!("Basic {}", BASE64.encode("me:p@ss")));
        let url = "https://files.example.com/a.whl";
        assert_eq!(
            authorization(
                &[("UV_INDEX_URL", "https://me:p%40ss@files.example.com/simple")],
                url
            ),
            expected
        );
        let named = [
            ("UV_INDEX", "corp=https://files.example.com/simple"),
            ("UV_INDEX_CORP_USERNAME", "me"),
            ("UV_INDEX_CORP_PASSWORD", "p@ss"),
        ];
        assert_eq!(authorization(&named, url), expected);
        assert_eq!(
            authorization(&named, "https://other.example.com/a.whl"),
            None
        );
    }

    #[test]
    fn an_index_of_the_users_own_settings_has_its_credentials() {
        let environment = [
            ("UV_INDEX_CORP_USERNAME", "me"),
            ("UV_INDEX_CORP_PASSWORD", "p@ss"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let indexes = ["corp=https://files.example.com/simple".to_owned()];
        let credentials = IndexCredentials::collect(&environment, &indexes);
        let header = |url: &str| credentials.authorization(&url.parse().unwrap());
        let expected = Some(format!("Basic {}", BASE64.encode("me:p@ss")));
        assert_eq!(header("https://files.example.com/a.whl"), expected);
        assert_eq!(header("https://other.example.com/a.whl"), None);
    }

    #[test]
    fn credentials_stay_with_their_origin_and_path() {
        let indexes = [(
            "UV_INDEX",
            "https://a:1@host.example.com/one/simple https://b:2@host.example.com/two/simple",
        )];
        let expected = |login: &str| Some(format!("Basic {}", BASE64.encode(login)));
        assert_eq!(
            authorization(&indexes, "https://host.example.com/one/files/x.whl"),
            expected("a:1")
        );
        assert_eq!(
            authorization(&indexes, "https://host.example.com/two/files/x.whl"),
            expected("b:2")
        );
        for url in [
            "http://host.example.com/one/x.whl",
            "https://host.example.com:8443/one/x.whl",
        ] {
            assert_eq!(authorization(&indexes, url), None, "{url}");
        }
    }

    #[test]
    fn a_name_is_bound_to_an_address_by_the_environment_alone() {
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
    fn netrc_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "machine Files.example.com login me password secret\ndefault login you password other\n",
        )
        .unwrap();
        let environment = [("NETRC", file.path().to_str().unwrap())];
        let expected = Some(format!("Basic {}", BASE64.encode("me:secret")));
        assert_eq!(
            authorization(&environment, "https://files.example.com/a.whl"),
            expected
        );
        assert_eq!(
            authorization(&environment, "http://files.example.com/a.whl"),
            None
        );
        for host in ["evil.example", "default"] {
            let url = format!("https://{host}/a.whl");
            assert_eq!(authorization(&environment, &url), None, "{host}");
        }
    }
}
