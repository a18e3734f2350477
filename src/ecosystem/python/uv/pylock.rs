//! `pylock.toml` (PEP 751) as far as `lls` reads and writes it.

use serde::Deserialize;

use super::error::UvError;
use super::request::{GitPin, Preferences};
use crate::digest::Sha256;
use crate::ecosystem::python::lock::{Commit, CommitError};
use crate::ecosystem::python::wheel::WheelName;
use crate::layer::{PackageName, PackageNameError};

/// A package that uv resolved, with the wheels that it listed.
#[derive(Clone, Debug)]
pub struct ResolvedPackage {
    /// Its name.
    pub name: PackageName,
    /// Its version; `None` only for a source that tells it no sooner than it is built.
    pub version: Option<String>,
    /// Its wheels; never empty where there is no source.
    pub wheels: Vec<IndexFile>,
    /// Its source, where uv was told to use that.
    pub source: Option<PackageSource>,
    /// Why its authors have withdrawn the version (PEP 592), `""` for no reason; `None` where they have not, as far as uv
    /// says.
    pub yanked: Option<String>,
}

/// Where the source of a package is.
#[derive(Clone, Debug)]
pub enum PackageSource {
    /// An archive: a source distribution of an index, or one that the requirements name.
    Archive {
        /// Where it can be downloaded, or a path, where uv was given a file. Without credentials; never shown.
        url: String,
        /// The hash that the index claims, or that of the file.
        sha256: Option<Sha256>,
        /// The folder in it that holds the package.
        subdirectory: Option<String>,
    },
    /// A commit of a Git repository.
    Git {
        /// The repository. Without credentials.
        url: String,
        commit: Commit,
        /// The folder in it that holds the package.
        subdirectory: Option<String>,
    },
}

/// A wheel that an index offers.
#[derive(Clone, Debug)]
pub struct IndexFile {
    /// Its file name.
    pub name: WheelName,
    /// Where it can be downloaded. Without credentials; never shown.
    pub url: String,
    /// Its size in bytes, where the index says.
    pub size: Option<u64>,
    /// The hash that the index claims.
    pub sha256: Sha256,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    #[serde(default)]
    wheels: Vec<Wheel>,
    sdist: Option<Archive>,
    archive: Option<Archive>,
    vcs: Option<Vcs>,
}

#[derive(Deserialize)]
struct Archive {
    url: Option<String>,
    path: Option<String>,
    subdirectory: Option<String>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    r#type: String,
    url: Option<String>,
    commit_id: String,
    subdirectory: Option<String>,
}

#[derive(Deserialize)]
struct Wheel {
    name: Option<String>,
    url: Option<String>,
    size: Option<u64>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// Reads the packages of a `pylock.toml`.
pub(super) fn parse(text: &str) -> Result<Vec<ResolvedPackage>, UvError> {
    let document: Document = toml::from_str(text).map_err(|error| UvError::Answer(error.into()))?;
    document
        .packages
        .into_iter()
        .map(resolved_package)
        .collect()
}

fn resolved_package(package: Package) -> Result<ResolvedPackage, UvError> {
    // A wheel that the requirements name by address is listed as an archive.
    let archive = package.archive;
    let (direct, archive) = match archive.map(Archive::wheel) {
        Some(Ok(wheel)) => (Some(wheel), None),
        Some(Err(archive)) => (None, Some(archive)),
        None => (None, None),
    };
    let source = match (package.vcs, package.sdist.or(archive)) {
        (Some(vcs), _) => git_source(vcs)?,
        (None, Some(archive)) => archive_source(archive),
        (None, None) => None,
    };
    let wheels = package.wheels.into_iter();
    let wheels: Vec<_> = wheels.chain(direct).filter_map(index_file).collect();
    if source.is_none() && (wheels.is_empty() || package.version.is_none()) {
        return Err(UvError::NotFromIndex {
            package: package.name,
        });
    }
    let name = package.name.parse();
    Ok(ResolvedPackage {
        name: name.map_err(|error: PackageNameError| UvError::Answer(error.into()))?,
        version: package.version,
        wheels,
        source,
        yanked: None,
    })
}

/// `None` for a repository of another kind than Git, and for one that has no address.
fn git_source(vcs: Vcs) -> Result<Option<PackageSource>, UvError> {
    let commit = vcs.commit_id.parse();
    let commit = commit.map_err(|error: CommitError| UvError::Answer(error.into()))?;
    let source = |url| PackageSource::Git {
        url,
        commit,
        subdirectory: vcs.subdirectory,
    };
    Ok(vcs.url.filter(|_| vcs.r#type == "git").map(source))
}

impl Archive {
    /// The wheel that it is, or itself.
    fn wheel(self) -> Result<Wheel, Self> {
        let is_wheel = |url: &String| WheelName::at(url).is_some();
        if !self.url.as_ref().is_some_and(is_wheel) {
            return Err(self);
        }
        Ok(Wheel {
            name: None,
            url: self.url,
            size: None,
            hashes: self.hashes,
        })
    }
}

fn archive_source(archive: Archive) -> Option<PackageSource> {
    Some(PackageSource::Archive {
        url: archive.url.or(archive.path)?,
        sha256: archive.hashes.sha256.as_deref().and_then(Sha256::from_hex),
        subdirectory: archive.subdirectory,
    })
}

/// `None` for a file that cannot be locked: one without a hash, or no wheel at all.
fn index_file(wheel: Wheel) -> Option<IndexFile> {
    let url = wheel.url?;
    Some(IndexFile {
        name: match wheel.name {
            Some(name) => name.parse().ok()?,
            None => WheelName::at(&url)?,
        },
        sha256: Sha256::from_hex(&wheel.hashes.sha256?)?,
        url,
        size: wheel.size,
    })
}

/// A `pylock.toml` that makes uv keep these versions and commits where it can.
pub(super) fn with_preferences(preferences: &Preferences) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    let mut document = String::from("lock-version = \"1.0\"\ncreated-by = \"lls\"\n");
    for (name, version) in &preferences.pins {
        let version = text(version);
        document.push_str(&format!(
            "\n[[packages]]\nname = \"{name}\"\nversion = {version}\n"
        ));
    }
    for GitPin {
        name,
        url,
        revision,
        commit,
    } in &preferences.commits
    {
        let revision = revision.as_deref().map_or_else(String::new, |revision| {
            format!(", requested-revision = {}", text(revision))
        });
        let url = text(url);
        document.push_str(&format!(
            "\n[[packages]]\nname = \"{name}\"\nvcs = {{ type = \"git\", url = {url}{revision}, commit-id = \"{commit}\" }}\n"
        ));
    }
    document
}
