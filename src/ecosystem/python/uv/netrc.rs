//! The netrc file of whoever runs `lls`: where it is, and which login it has for a host.
//!
//! It names hosts, but neither protocols nor ports. Which addresses get a host's login is for `logins` and
//! `exposed_login` to say.

use std::fmt;
use std::path::{Path, PathBuf};

use netrc::Netrc;

use crate::input::read_of_runner;
use crate::process::Launcher;

/// A user and a password. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

/// A netrc file that was read.
#[derive(Default)]
pub(super) struct NetrcFile {
    text: String,
    /// `None` where the text is not understood. Git may understand it all the same.
    parsed: Option<Netrc>,
}

impl NetrcFile {
    /// The file for package indexes: that which `NETRC` names, else `~/.netrc`. It is empty where there is none.
    pub fn for_indexes(launcher: &Launcher) -> Self {
        let named = launcher.value("NETRC").map(|path| in_home(path, launcher));
        let named = named.filter(|path| path.exists());
        let path = named.or_else(|| path_for_git(launcher));
        path.map_or_else(Self::default, |path| Self::read(&path))
    }

    /// Reads a file, in bounds.
    pub fn read(path: &Path) -> Self {
        if !path.is_file() {
            return Self::default();
        }
        let text = read_of_runner(path).unwrap_or_default();
        let parsed = text.parse::<Netrc>().ok();
        if text.is_empty() || parsed.is_none() {
            tracing::warn!(path = %path.display(), "the netrc file holds nothing that can be read");
        }
        Self { text, parsed }
    }

    /// The hosts that have entries of their own, each with its login.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Login)> {
        let hosts = self.parsed.iter().flat_map(|netrc| &netrc.hosts);
        let own = hosts.filter(|(host, _)| *host != "default");
        own.map(|(host, entry)| {
            let login = Login {
                user: entry.login.clone(),
                password: entry.password.clone(),
            };
            (host.as_str(), login)
        })
    }

    /// The login of a host: that of its own entry, else of `default`.
    pub fn login(&self, host: &str) -> Option<Login> {
        let mut own = self.entries();
        let own = own.find(|(known, _)| known.eq_ignore_ascii_case(host));
        let default = || {
            let entry = self.parsed.as_ref()?.hosts.get("default")?;
            Some(Login {
                user: entry.login.clone(),
                password: entry.password.clone(),
            })
        };
        own.map(|(_, login)| login).or_else(default)
    }

    /// Whether a host has an entry of its own, as far as can be told.
    pub fn may_have(&self, host: &str) -> bool {
        match self.parsed {
            Some(_) => self
                .entries()
                .any(|(known, _)| known.eq_ignore_ascii_case(host)),
            None => self
                .text
                .split_whitespace()
                .any(|word| word.eq_ignore_ascii_case(host)),
        }
    }

    /// Whether there is an entry for all hosts, as far as can be told.
    pub fn may_have_default(&self) -> bool {
        match &self.parsed {
            Some(netrc) => netrc.hosts.contains_key("default"),
            None => self.text.split_whitespace().any(|word| word == "default"),
        }
    }
}

/// The file that Git reads, whether it is there or not.
pub(super) fn path_for_git(launcher: &Launcher) -> Option<PathBuf> {
    Some(Path::new(launcher.value("HOME")?).join(".netrc"))
}

/// A path with the home folder in place of `~`.
fn in_home(path: &str, launcher: &Launcher) -> PathBuf {
    let home = launcher.value("HOME");
    match path.strip_prefix("~/").zip(home) {
        Some((rest, home)) => Path::new(home).join(rest),
        None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> NetrcFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        NetrcFile::read(file.path())
    }

    fn password(netrc: &NetrcFile, host: &str) -> Option<String> {
        netrc.login(host).map(|login| login.password)
    }

    #[test]
    fn hosts_have_their_own_logins_or_the_default() {
        let netrc = read("machine A.example login me password p\ndefault login you password q\n");
        assert_eq!(password(&netrc, "a.example").as_deref(), Some("p"));
        assert_eq!(password(&netrc, "b.example").as_deref(), Some("q"));
        assert!(netrc.may_have("a.EXAMPLE") && !netrc.may_have("default"));
        assert!(netrc.may_have_default());
        let netrc = read("machine a.example login me password p\n");
        assert_eq!(password(&netrc, "b.example"), None);
        assert!(!netrc.may_have_default());
    }

    #[test]
    fn what_is_not_understood_has_no_logins_but_may_have_entries() {
        let netrc = read("machine a.example nonsense default");
        assert_eq!(password(&netrc, "a.example"), None);
        assert!(netrc.may_have("a.example") && netrc.may_have_default());
        assert!(!netrc.may_have("b.example"));
        let nothing = NetrcFile::read("/nonexistent".as_ref());
        assert!(!nothing.may_have("a.example") && !nothing.may_have_default());
    }

    #[test]
    fn a_file_that_is_named_is_the_only_one() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name).display().to_string();
        std::fs::write(path(".netrc"), "machine a.example login x password of-home").unwrap();
        std::fs::write(path("named"), "machine a.example login x password of-name").unwrap();
        for (named, expected) in [
            ("", Some("of-home")),
            ("/nonexistent", Some("of-home")),
            ("/dev/null", None),
            ("~/named", Some("of-name")),
            (path("named").as_str(), Some("of-name")),
        ] {
            let variables = [("HOME", path("")), ("NETRC", named.to_owned())];
            let variables = variables.map(|(name, value)| (name.into(), value.into()));
            let netrc = NetrcFile::for_indexes(&Launcher::new(variables));
            assert_eq!(
                password(&netrc, "a.example").as_deref(),
                expected,
                "{named}"
            );
        }
    }
}
