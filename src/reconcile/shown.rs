//! All that is told of a published version in one destination.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::described::PublishedContent;
use super::evidence::Files;
use crate::archive::Listing;
use crate::digest::Sha256;
use crate::error::Error;
use crate::layer::{AccountId, LayerName, NamedVersion, PublishedVersion, Statement};
use crate::plan::{PackageVersions, package_files, packages, records};
use crate::registry::Registry;

/// A published version in one destination.
#[derive(Debug, Serialize)]
pub struct ShownVersion {
    /// The destination.
    pub destination: String,
    /// The layer.
    pub layer: LayerName,
    /// What the registry tells of it.
    #[serde(flatten)]
    pub version: PublishedVersion,
    /// Hash over its archive.
    pub sha256: Sha256,
    /// Size of its archive in bytes.
    pub size: u64,
    /// Bytes that it unpacks to; `None` where its archive could not be read.
    pub unpacked_size: Option<u64>,
    /// Its packages, sorted by name; `None` where its archive could not be read.
    pub packages: Option<Vec<PackageVersions>>,
    /// Its own files, by the folders that they are in; `None` where its archive could not be read.
    pub files: Option<Vec<FileGroup>>,
    /// Who may use it beside the owning account; `None` for a version of another account, whose policy is its own.
    pub statements: Option<Vec<ShownStatement>>,
}

/// A file, or all files in a folder.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FileGroup {
    /// The file, or the folder with a `/` behind it.
    pub path: String,
    /// How many files these are.
    pub files: usize,
    /// Bytes that they unpack to.
    pub size: u64,
}

/// A statement of a version's policy.
#[derive(Debug, Serialize)]
pub struct ShownStatement {
    /// The statement.
    #[serde(flatten)]
    pub statement: Statement,
    /// Whether `lls` manages it.
    pub is_managed: bool,
}

/// Reads the version in one destination; `None` where it has none.
pub async fn read_shown(
    registry: &dyn Registry,
    named: &NamedVersion,
    account: &AccountId,
) -> Result<Option<ShownVersion>, Error> {
    let Some(content) = PublishedContent::read(registry, named).await? else {
        return Ok(None);
    };
    registry.check_archive(&content.described).await?;
    let version = content.described.version.clone();
    let is_foreign = matches!(named, NamedVersion::Arn(arn) if arn.account != *account);
    let statements = if is_foreign {
        None
    } else {
        let policy = registry.policy(&content.layer, version.number).await?;
        let statements = policy.statements.into_iter();
        let statements = statements.map(|statement| ShownStatement {
            is_managed: statement.id.is_managed(),
            statement,
        });
        Some(statements.collect())
    };
    let listing = content.listing.as_ref();
    let files = match content.files(registry) {
        Some(files) => Some(own_files(&files).await),
        None => None,
    };
    Ok(Some(ShownVersion {
        destination: registry.destination().to_owned(),
        layer: content.layer.clone(),
        version,
        sha256: content.described.sha256,
        size: content.described.size,
        unpacked_size: listing.map(Listing::unpacked_size),
        packages: listing.map(packages),
        files,
        statements,
    }))
}

/// The files that belong to no package.
async fn own_files(files: &Files<'_>) -> Vec<FileGroup> {
    let listing = files.listing;
    let packages = packages(listing).into_iter();
    let names: BTreeSet<_> = packages.map(|package| package.name).collect();
    let records = files.texts(&records(listing, &names)).await;
    let of_packages = package_files(listing, &records);
    let mut groups: BTreeMap<&str, FileGroup> = BTreeMap::new();
    for entry in listing
        .0
        .iter()
        .filter(|entry| !of_packages.contains(&entry.path))
    {
        let path = below_root(entry.path.as_str());
        let group = groups.entry(path).or_insert_with(|| FileGroup {
            path: path.to_owned(),
            files: 0,
            size: 0,
        });
        group.files += 1;
        group.size = group.size.saturating_add(entry.size);
    }
    groups.into_values().collect()
}

/// The file, or the uppermost folder that it is in; under `python/`, where layers have their modules, the one in that.
fn below_root(path: &str) -> &str {
    let root = if path.starts_with("python/") {
        "python/".len()
    } else {
        0
    };
    match path[root..].find('/') {
        Some(end) => &path[..=root + end],
        None => path,
    }
}
