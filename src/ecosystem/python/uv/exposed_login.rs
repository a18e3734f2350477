//! Logins of netrc that Git would send too far: Git reads `~/.netrc` itself, sends a host's login to any of its ports,
//! and that of `default` to every other host.
//!
//! uv gets no netrc file at all, but `logins`. For Git there is no such way, so addresses that would get a login are
//! refused.

use std::path::PathBuf;

use super::netrc::{NetrcFile, path_for_git};
use crate::error::Failure;
use crate::http::Url;
use crate::process::Launcher;

/// A login that Git would send to an address that nobody gave it for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExposedLogin {
    /// The login of `default`, for hosts without an entry of their own.
    #[error(
        "names the host `{host}`, which would get the credentials of `default` in `{}`",
        netrc.display()
    )]
    Default { host: String, netrc: PathBuf },
    /// The host's login, in clear text or at a port where another server may listen.
    #[error(
        "names `{origin}`, which would get the credentials of `{host}` in `{}`, but is not https on the default port",
        netrc.display()
    )]
    Origin {
        /// Scheme, host and port.
        origin: String,
        host: String,
        netrc: PathBuf,
    },
}

impl ExposedLogin {
    /// The login that the address of a package would get, if Git reads it.
    pub fn of(address: &str, launcher: &Launcher) -> Option<Self> {
        let url = address_for_git(address)?;
        let host = url.host_str()?.to_owned();
        let netrc = path_for_git(launcher)?;
        let file = NetrcFile::read(&netrc);
        let is_exposed = url.scheme() != "https" || url.port().is_some();
        match file.may_have(&host) {
            true if is_exposed => Some(Self::Origin {
                origin: url.origin().ascii_serialization(),
                host,
                netrc,
            }),
            false if file.may_have_default() => Some(Self::Default { host, netrc }),
            _ => None,
        }
    }
}

impl Failure for ExposedLogin {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Default { host, .. } => format!(
                "give `{host}` an entry of its own in the netrc file (`machine {host}`), or take `default` out: a repository may name any host"
            ),
            Self::Origin { host, .. } => format!(
                "use `https://` without a port, or `ssh://`; or move the entry of `{host}` from the netrc file to a credential helper of Git, which tells ports apart"
            ),
        })
    }
}

/// The address that Git would ask for by HTTP or HTTPS. uv takes what ends with `.git` for a repository, too.
fn address_for_git(address: &str) -> Option<Url> {
    let (is_git, url) = match address.split_once('+') {
        Some((kind, url)) if kind.eq_ignore_ascii_case("git") => (true, url),
        _ => (false, address),
    };
    let url = Url::parse(url).ok()?;
    let is_git = is_git || url.path().to_lowercase().ends_with(".git");
    (is_git && matches!(url.scheme(), "http" | "https")).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is exposed where the user has this netrc file.
    fn exposed(netrc: &str, address: &str) -> Option<ExposedLogin> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(".netrc"), netrc).unwrap();
        let launcher = Launcher::new([("HOME".into(), home.path().into())]);
        ExposedLogin::of(address, &launcher)
    }

    #[test]
    fn a_default_login_is_for_no_host_without_an_entry() {
        let own = "machine a.example login me password p\n";
        let default = "default login me password p\n";
        for (netrc, is_exposed) in [
            (default, true),
            (
                "machine b.example login me password p\ndefault login me password p\n",
                true,
            ),
            (
                "machine a.example login me password p\ndefault login me password p\n",
                false,
            ),
            (own, false),
            ("machine a.exam", false),
            ("default login \"", true),
        ] {
            let found = exposed(netrc, "git+https://a.example/x");
            assert_eq!(found.is_some(), is_exposed, "{netrc}");
        }
    }

    #[test]
    fn a_host_s_login_is_for_https_on_the_default_port() {
        let netrc = "machine A.example login me password p\n";
        for (address, is_exposed) in [
            ("git+https://a.example/x@main", false),
            ("git+https://a.example:443/x", false),
            ("git+ssh://a.example:444/x", false),
            ("git+file:///x", false),
            ("git+http://b.example/x", false),
            // Git reads none of these.
            ("http://a.example/x.whl", false),
            ("https://a.example:444/simple", false),
            ("git+https://a.example:444/x", true),
            ("GIT+https://me@A.example:444/x", true),
            ("git+http://a.example/x", true),
            ("http://a.example/x.git#x", true),
        ] {
            assert_eq!(exposed(netrc, address).is_some(), is_exposed, "{address}");
        }
    }
}
