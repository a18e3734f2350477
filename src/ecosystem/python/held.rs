//! Sources that were downloaded and compared with hashes, which uv is given in place of indexes and addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::source_error::SourceError;
use super::transfer::{Downloader, LARGEST_SOURCE, TransferError};
use super::uv::{PackageSource, ResolvedPackage, Uv, without_secrets};
use crate::digest::Sha256;
use crate::ecosystem::Workbench;
use crate::error::{Error, PathContext as _, PathError};
use crate::http::Url;
use crate::layer::PackageName;

/// The sources that were downloaded.
pub struct HeldSources {
    pub folder: tempfile::TempDir,
    /// Where they are, and their hashes, by address.
    pub files: BTreeMap<String, (PathBuf, Sha256)>,
}

/// What uv is given for one runtime in place of sources that hashes are written for.
#[derive(Default)]
pub struct Held {
    /// What takes the place of addresses in lines.
    pub addresses: BTreeMap<String, String>,
    /// Lines that hold for packages of indexes.
    pub constraints: Vec<String>,
    /// Where the files come from, without what may be secret.
    pub origins: Vec<(String, String)>,
    /// The addresses that they were downloaded from.
    urls: BTreeMap<(PackageName, Sha256), String>,
    /// The packages that no source of is allowed.
    pub refused: BTreeSet<PackageName>,
}

impl HeldSources {
    /// None yet, and a folder for them that goes with the value.
    pub fn new() -> Result<Self, PathError> {
        let folder = tempfile::Builder::new().prefix("lls-").tempdir();
        Ok(Self {
            folder: folder.at("write to", &std::env::temp_dir())?,
            files: BTreeMap::new(),
        })
    }

    /// The file that was downloaded from an address, with its hash.
    pub fn file(&self, url: &str) -> Option<(PathBuf, Sha256)> {
        self.files.get(url).cloned()
    }
}

impl Held {
    /// Puts a file in place of an address, as lines have it.
    pub fn replace(
        &mut self,
        written: String,
        name: &PackageName,
        url: &str,
        file: (PathBuf, Sha256),
    ) -> Result<(), SourceError> {
        let (_, fragment) = written.split_once('#').unwrap_or_default();
        let mut parts = fragment.split('&');
        if let Some(folder) = parts.find_map(|part| part.strip_prefix("subdirectory=")) {
            return Err(SourceError::Subdirectory {
                package: name.clone(),
                subdirectory: folder.to_owned(),
            });
        }
        let address = self.note(name, url, file);
        self.addresses.insert(written, address);
        Ok(())
    }

    /// Leaves uv no other source of a package than a file.
    pub fn constrain(&mut self, name: &PackageName, url: &str, file: (PathBuf, Sha256)) {
        let address = self.note(name, url, file);
        self.constraints.push(format!("{name} @ {address}"));
    }

    /// Notes where a file comes from, and returns its address here.
    fn note(&mut self, name: &PackageName, url: &str, (path, sha256): (PathBuf, Sha256)) -> String {
        let address = file_address(&path);
        self.urls.insert((name.clone(), sha256), url.to_owned());
        self.origins.push((address.clone(), without_secrets(url)));
        address
    }

    /// Gives a package the address that its source was downloaded from; tells whether uv has that source.
    pub fn restore(&self, package: &mut ResolvedPackage) -> bool {
        if let Some(PackageSource::Archive { url, sha256, .. }) = &mut package.source
            && let Some(sha256) = *sha256
            && let Some(origin) = self.urls.get(&(package.name.clone(), sha256))
        {
            url.clone_from(origin);
            return true;
        }
        false
    }
}

/// The address of a file in a folder made here.
fn file_address(path: &Path) -> String {
    let address = Url::from_file_path(path);
    address.map_or_else(|()| path.display().to_string(), String::from)
}

/// Downloads a source into `folder`.
pub async fn download(
    (bench, uv, index_options): (&Workbench<'_>, &Uv, &[String]),
    name: &PackageName,
    url: &str,
    folder: &Path,
) -> Result<(PathBuf, Sha256), Error> {
    let failed = |error: TransferError| match error {
        TransferError::File(error) => error.into(),
        source => SourceError::Transfer {
            package: name.clone(),
            source,
        },
    };
    let downloader = Downloader::new(bench, uv, index_options);
    let downloader = downloader.map_err(|error| failed(error.into()))?;
    let output = tempfile::NamedTempFile::new_in(folder).at("write to", folder)?;
    let outcome = downloader.fetch(url, LARGEST_SOURCE, &output).await;
    let sha256 = outcome.map_err(failed)?;
    let path = folder.join(format!("source{}", archive_end(url)));
    let persisted = output.persist(&path).map_err(|error| error.error);
    persisted.at("write", &path)?;
    Ok((path, sha256))
}

/// The end of an archive's name, by which uv tells its kind. The rest of the name need not be that of the package.
fn archive_end(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ends = [".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar"];
    let end = ends.into_iter().find(|end| path.ends_with(end));
    end.unwrap_or(".tar.gz")
}
