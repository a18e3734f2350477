//! The lines of requirements files, as far as it matters where a package comes from: an index, an address, a path.
//!
//! uv decides what they mean; here it is only decided whether uv may be asked. It gets a copy of the lines that were read
//! here, so that nothing reaches it unseen.

mod files;
mod hashes;
mod reach;
mod read;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use files::IncludeError;
pub(super) use files::{RequirementsCopy, SourceFile, index_options, read_sources};
pub use hashes::HashError;
pub(super) use hashes::WrittenHashes;
pub use reach::ReachError;
pub(super) use reach::check_reach;
use read::{Line, LogicalLine, is_address, is_wheel, read_line, scheme};

use crate::digest::{Hasher, Sha256};
use crate::error::Failure;
use crate::layer::{LayerName, PackageName};
use crate::lock::{Commit, WheelSource};
use crate::uv::{GitPin, without_secrets};

/// A requirement that `lls` does not take.
#[derive(Debug, thiserror::Error)]
pub enum RequirementLineError {
    /// Code on this machine.
    #[error("{place} requires the local path `{path}`")]
    LocalPath {
        /// Where it stands.
        place: RequirementPlace,
        /// The path.
        path: String,
    },
    /// An address that does not say which package is there: it would have to be built to find out.
    #[error("{place} requires `{address}` without the name of a package")]
    Unnamed {
        /// Where it stands.
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
    },
    /// An address to be worked on in place.
    #[error("{place} requires `{address}` as editable")]
    Editable {
        /// Where it stands.
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
    },
    /// A file that is elsewhere, so that nobody could say what it asks for.
    #[error("{place} includes `{address}`, which is not a file of this machine")]
    IncludedAddress {
        /// Where it stands.
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
    },
    /// An option that is not known to be harmless: some have uv run the code of packages.
    #[error("{place} has the option `{option}`, which `lls` does not take")]
    Option {
        /// Where it stands.
        place: RequirementPlace,
        /// The option, without its value.
        option: String,
    },
    /// A line that is neither a requirement nor an option.
    #[error("{place} is not a requirement")]
    Unknown {
        /// Where it stands.
        place: RequirementPlace,
    },
    /// Source code that the manifest does not allow to be built.
    #[error("{place} requires `{package}` as source code")]
    NotAllowed {
        /// Where it stands.
        place: RequirementPlace,
        /// The package.
        package: PackageName,
    },
    /// Source code that comes in a way in which anybody on the way could change it.
    #[error("{place} requires `{package}` by `{scheme}`, which does not prove where it comes from")]
    Protocol {
        /// Where it stands.
        place: RequirementPlace,
        /// The package.
        package: PackageName,
        /// What the address begins with.
        scheme: String,
    },
    /// A package of an index that has no wheels, and that the manifest does not allow to be built.
    #[error("{}", only_source(layer, package, place.as_ref()))]
    OnlySource {
        /// The layer.
        layer: LayerName,
        /// The package.
        package: PackageName,
        /// Where it is required; `None` where another package requires it.
        place: Option<RequirementPlace>,
    },
}

/// What addresses of packages may begin with: files of the web, and repositories whose host proves who it is.
const PROTOCOLS: [&str; 5] = ["http", "https", "git+https", "git+ssh", "git+file"];

fn only_source(
    layer: &LayerName,
    package: &PackageName,
    place: Option<&RequirementPlace>,
) -> String {
    match place {
        Some(place) => format!("{place} requires `{package}`, which comes only as source code"),
        None => format!("layer `{layer}` needs `{package}`, which comes only as source code"),
    }
}

impl Failure for RequirementLineError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::LocalPath { .. } => {
                "put the code into the layer's folder, which makes it part of the archive".into()
            }
            Self::Unnamed { .. } => {
                "write `name @ address`, and add the name to the layer's `build` in the manifest"
                    .into()
            }
            Self::Editable { .. } => "write `name @ address` without `-e`".into(),
            Self::IncludedAddress { .. } => {
                "copy it into the layer's folder, and include that file".into()
            }
            Self::Option { option, .. } if option == "--no-binary" => {
                "remove it, and name the package in the layer's `build` in the manifest: `lls lock` then builds it, and no other command does".into()
            }
            Self::Option { .. } => {
                "remove it; what may stand here is `-r` and `-c` with one file, `-i`, `--extra-index-url`, `-f` with one value, `--no-index`, `--pre`, `--only-binary`, `--prefer-binary` and `--require-hashes`".into()
            }
            Self::Unknown { .. } => {
                "write a requirement such as `requests>=2`, an option, or a comment".into()
            }
            Self::NotAllowed { package, .. } => allow(package),
            Self::Protocol { .. } => {
                "name the repository by `git+https`, `git+ssh` or `git+file`".into()
            }
            Self::OnlySource { package, .. } => {
                format!("{}; or require a version that has wheels", allow(package))
            }
        })
    }
}

fn allow(package: &PackageName) -> String {
    format!(
        "add `build = [\"{package}\"]` to the layer in the manifest: `lls lock` then runs the package's code to build a wheel, and no other command does"
    )
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementPlace {
    /// The file.
    pub path: PathBuf,
    /// The number of the line, from 1.
    pub line: usize,
}

impl std::fmt::Display for RequirementPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}:{}`", self.path.display(), self.line)
    }
}

/// Fails at the first line that `lls` does not take, or that needs one of the packages that are not in `build` built.
pub(super) fn check(
    sources: &[SourceFile],
    build: &BTreeSet<PackageName>,
) -> Result<(), RequirementLineError> {
    for source in sources {
        for line in source.logical_lines() {
            let place = source.place(line.number);
            check_line(&line.text, place, build)?;
        }
    }
    Ok(())
}

fn check_line(
    text: &str,
    place: RequirementPlace,
    build: &BTreeSet<PackageName>,
) -> Result<(), RequirementLineError> {
    use RequirementLineError as E;
    Err(match read_line(text) {
        Line::Local(path) => E::LocalPath {
            place,
            path: path.to_owned(),
        },
        Line::Unnamed(address) => E::Unnamed {
            place,
            address: without_secrets(address),
        },
        Line::Editable(address) => E::Editable {
            place,
            address: without_secrets(address),
        },
        Line::Include(_, file) if is_address(file) => E::IncludedAddress {
            place,
            address: without_secrets(file),
        },
        Line::Option(option) => E::Option {
            place,
            option: option.to_owned(),
        },
        Line::Unknown => E::Unknown { place },
        Line::At(package, address) if !is_wheel(address) && !build.contains(&package) => {
            E::NotAllowed { place, package }
        }
        Line::At(package, address) if !PROTOCOLS.contains(&scheme(address).as_str()) => {
            E::Protocol {
                place,
                package,
                scheme: scheme(address),
            }
        }
        Line::At(..)
        | Line::Package(_)
        | Line::Include(..)
        | Line::Index(..)
        | Line::Harmless
        | Line::RequireHashes
        | Line::TrustedHost(_)
        | Line::Nothing => return Ok(()),
    })
}

/// The hosts whose certificates are not to be checked, with their places.
pub(super) fn trusted_hosts(sources: &[SourceFile]) -> Vec<(RequirementPlace, String)> {
    let mut hosts = Vec::new();
    for source in sources {
        for line in source.logical_lines() {
            if let Line::TrustedHost(host) = read_line(&line.text) {
                hosts.push((source.place(line.number), host.to_owned()));
            }
        }
    }
    hosts
}

/// The first line that requires `package`.
pub(super) fn place_of(sources: &[SourceFile], package: &PackageName) -> Option<RequirementPlace> {
    let requires = |text: &str| match read_line(text) {
        Line::Package(name) | Line::At(name, _) => name == *package,
        _ => false,
    };
    sources.iter().find_map(|source| {
        let mut lines = source.logical_lines().into_iter();
        let line = lines.find(|line| requires(&line.text))?;
        Some(source.place(line.number))
    })
}

/// What all lines together require of `package`, without markers and hashes; its bare name where none does.
pub(super) fn bare_requirements(sources: &[SourceFile], package: &PackageName) -> Vec<String> {
    let lines = sources.iter().flat_map(SourceFile::logical_lines);
    let is_of_package = |line: &LogicalLine| matches!(read_line(&line.text), Line::Package(name) if name == *package);
    let lines = lines.filter(is_of_package);
    let mut bare: Vec<_> = lines
        .map(|line| without_marker_and_hashes(&line.text))
        .collect();
    if bare.is_empty() {
        bare.push(package.to_string());
    }
    bare
}

fn without_marker_and_hashes(line: &str) -> String {
    let text = line.split(';').next().unwrap_or_default();
    let words = text.split_whitespace();
    let words = words.take_while(|word| !word.starts_with("--"));
    words.collect::<Vec<_>>().join(" ")
}

/// Hash over the Git addresses that the requirements name for `package`.
pub(super) fn git_request(sources: &[SourceFile], package: &PackageName) -> Sha256 {
    let mut hasher = Hasher::default();
    for address in git_addresses(sources, package) {
        hasher.field(address);
    }
    hasher.finish()
}

/// What makes uv stay with `commit`, unless the requirements ask for something else than they did.
pub(super) fn git_pins(
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

fn git_addresses(sources: &[SourceFile], package: &PackageName) -> Vec<String> {
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

    #[test]
    fn continued_lines_are_joined_and_have_the_place_of_the_first() {
        let lines = ["a", "b @ \\", "  git+https://h/b", "c"].map(str::to_owned);
        let source = SourceFile {
            name: "requirements.txt".into(),
            path: "layers/x/requirements.txt".into(),
            lines: lines.to_vec(),
            numbers: Vec::new(),
        };
        let error = check(&[source], &BTreeSet::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`layers/x/requirements.txt:2` requires `b` as source code"
        );
    }
}
