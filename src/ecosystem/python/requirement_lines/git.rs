//! Packages that requirements name by Git addresses: what the lock knows these by, and what keeps their commits.

use super::read::{Line, read_line};
use super::source_file::SourceFile;
use crate::digest::{Hasher, Sha256};
use crate::ecosystem::python::lock::{Commit, WheelSource};
use crate::ecosystem::python::uv::GitPin;
use crate::layer::PackageName;

/// Hash over the Git addresses that the requirements name for `package`.
pub fn git_request(sources: &[SourceFile], package: &PackageName) -> Sha256 {
    let mut hasher = Hasher::default();
    for address in git_addresses(sources, package) {
        hasher.field(address);
    }
    hasher.finish()
}

/// What makes uv stay with `commit`, unless the requirements ask for something else than they did.
pub fn git_pins(
    sources: &[SourceFile],
    package: &PackageName,
    source: &WheelSource,
) -> Vec<GitPin> {
    let commit = match source {
        WheelSource::Git { commit, request } if *request == git_request(sources, package) => commit,
        _ => return Vec::new(),
    };
    let addresses = git_addresses(sources, package);
    addresses
        .iter()
        .map(|address| git_pin(package.clone(), address, commit.clone()))
        .collect()
}

/// The Git addresses that lines require a package from, without what stands before `+`.
pub fn git_addresses(sources: &[SourceFile], package: &PackageName) -> Vec<String> {
    let mut addresses = Vec::new();
    for line in sources.iter().flat_map(SourceFile::logical_lines) {
        if let Line::At(name, address) = read_line(&line.text)
            && name == *package
            && let Some((kind, address)) = address.split_once('+')
            && kind.eq_ignore_ascii_case("git")
        {
            addresses.push(address.to_owned());
        }
    }
    addresses
}

/// Splits `url@revision#fragment`.
fn git_pin(name: PackageName, address: &str, commit: Commit) -> GitPin {
    let address = address.split('#').next().unwrap_or_default();
    let host = address.find("://").map_or(0, |index| index + 3);
    let path = address[host..]
        .find('/')
        .map_or(address.len(), |index| host + index);
    let (url, revision) = match address[path..].rfind('@') {
        Some(index) => (&address[..path + index], Some(&address[path + index + 1..])),
        None => (address, None),
    };
    GitPin {
        name,
        url: url.to_owned(),
        revision: revision.map(str::to_owned),
        commit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        text.parse().unwrap()
    }

    #[test]
    fn revisions_are_not_taken_from_the_host() {
        let commit: Commit = "0".repeat(40).parse().unwrap();
        let split = |address: &str| {
            let pin = git_pin(name("a"), address, commit.clone());
            (pin.url, pin.revision)
        };
        let of = |url: &str, revision: Option<&str>| (url.to_owned(), revision.map(str::to_owned));
        assert_eq!(split("ssh://git@h/x.git"), of("ssh://git@h/x.git", None));
        assert_eq!(
            split("https://t:s@h/x@v1#egg=a@b"),
            of("https://t:s@h/x", Some("v1"))
        );
        assert_eq!(split("file:///x@a/b"), of("file:///x", Some("a/b")));
    }
}
