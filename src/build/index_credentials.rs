//! Credentials for downloading wheels: `uv` uses them itself but leaves them out of the addresses that it prints.
//!
//! Looked for in the index settings of the environment, then in `.netrc`, as uv does. Never shown.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use netrc::Netrc;
use reqwest::Url;

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
    /// Host, user, password.
    known: Vec<(String, String, String)>,
}

impl IndexCredentials {
    /// Collects what the environment (names and values) and the `.netrc` file say.
    pub fn collect(environment: &[(String, String)]) -> Self {
        let variable = |name: &str| {
            environment
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let mut known = Vec::new();
        for value in INDEX_VARIABLES.iter().filter_map(|name| variable(name)) {
            for word in value.split_whitespace() {
                known.extend(index_credentials(word, &variable));
            }
        }
        let netrc = variable("NETRC").map(PathBuf::from).or_else(|| {
            let home = variable("HOME")?;
            Some(PathBuf::from(home).join(".netrc"))
        });
        let netrc = netrc
            .filter(|path| path.is_file())
            .and_then(|path| Netrc::from_file(&path).ok());
        for (host, entry) in netrc.into_iter().flat_map(|netrc| netrc.hosts) {
            known.push((host, entry.login, entry.password));
        }
        Self { known }
    }

    /// The `Authorization` header for `url`, if its host has credentials.
    pub fn authorization(&self, url: &Url) -> Option<String> {
        let host = url.host_str()?;
        let (_, user, password) = self.known.iter().find(|(known, _, _)| known == host)?;
        Some(format!(
            "Basic {}",
            BASE64.encode(format!("{user}:{password}"))
        ))
    }
}

/// Reads `[name=]address`, where the address or `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD` say who is asking.
fn index_credentials<'a>(
    word: &str,
    variable: &impl Fn(&str) -> Option<&'a str>,
) -> Option<(String, String, String)> {
    let (name, address) = match word.split_once('=') {
        Some((name, address)) if !name.contains([':', '/']) => (Some(name), address),
        _ => (None, word),
    };
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.to_owned();
    if !url.username().is_empty() {
        let user = percent_decoded(url.username());
        return Some((
            host,
            user,
            percent_decoded(url.password().unwrap_or_default()),
        ));
    }
    let name: String = name?
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    let user = variable(&format!("UV_INDEX_{name}_USERNAME")).unwrap_or_default();
    let password = variable(&format!("UV_INDEX_{name}_PASSWORD"))?;
    Some((host, user.to_owned(), password.to_owned()))
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
        IndexCredentials::collect(&environment).authorization(&url.parse().unwrap())
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
    fn netrc_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "machine files.example.com login me password secret\n",
        )
        .unwrap();
        let environment = [("NETRC", file.path().to_str().unwrap())];
        let expected = Some(format!("Basic {}", BASE64.encode("me:secret")));
        assert_eq!(
            authorization(&environment, "https://files.example.com/a.whl"),
            expected
        );
    }
}
