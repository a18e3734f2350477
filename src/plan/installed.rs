//! The packages that are installed in an archive, and the files that belong to them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::evidence::Evidence;
use crate::archive::{EntryPath, Listing, Text, Texts};
use crate::ecosystem::{Installed, PackageChange, below_root};
use crate::layer::PackageName;

/// A package of a published version; several versions where runtimes differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageVersions {
    /// Its name.
    pub name: PackageName,
    /// Its versions.
    pub versions: BTreeSet<String>,
}

/// The packages that differ between two archives.
pub fn changed_packages(before: &Listing, after: &Listing) -> BTreeSet<PackageName> {
    let changes = compare_packages(before, after).into_iter();
    changes.map(|change| change.name).collect()
}

/// The packages of an archive.
pub fn packages(listing: &Listing) -> Vec<PackageVersions> {
    let packages = compare_packages(&Listing::default(), listing).into_iter();
    packages
        .map(|PackageChange { name, after, .. }| PackageVersions {
            name,
            versions: after,
        })
        .collect()
}

/// The inventories of these packages in an archive.
pub fn records(listing: &Listing, packages: &BTreeSet<PackageName>) -> BTreeSet<EntryPath> {
    let paths = listing.0.iter().map(|entry| &entry.path);
    let of_packages = paths.filter(|path| {
        let installed = Installed::at(path);
        installed.is_some_and(|package| packages.contains(&package.name))
    });
    of_packages.cloned().collect()
}

/// The files that belong to the packages with these inventories. Where one was not read: what has the package's name,
/// as by custom.
pub fn package_files(listing: &Listing, records: &Texts) -> BTreeSet<EntryPath> {
    let mut files = BTreeSet::new();
    for (path, record) in records {
        let Some(package) = Installed::at(path) else {
            continue;
        };
        let paths = listing.0.iter().map(|entry| &entry.path);
        match record {
            Text::Lines(text) => {
                files.extend(package.listed(text.as_bytes()));
                let described = paths.filter(|path| path.as_str().starts_with(package.description));
                files.extend(described.cloned());
            }
            _ => files.extend(paths.filter(|path| package.has_name_of(path)).cloned()),
        }
    }
    files
}

/// The files that two archives have of packages that differ.
pub(super) fn files_of_changed_packages(
    before: &Listing,
    after: &Listing,
    evidence: &Evidence,
) -> BTreeSet<EntryPath> {
    let changes = compare_packages(before, after);
    let all = changes.iter().map(|change| change.name.clone()).collect();
    let with_records = |listing, read: &Texts| {
        let paths = records(listing, &all).into_iter();
        let text = |path: EntryPath| {
            let text = read.get(&path).cloned().unwrap_or(Text::Unreadable);
            (path, text)
        };
        package_files(listing, &paths.map(text).collect())
    };
    let mut files = with_records(before, &evidence.before);
    let new = with_records(after, &evidence.after);
    // An archive without metadata of packages may have more in their folders: compiled modules, for example.
    if packages(before).is_empty() {
        let of_packages = new.iter().filter_map(package_folder);
        let folders: BTreeSet<_> = of_packages.collect();
        let paths = before.0.iter().map(|entry| &entry.path);
        let inside = paths.filter(|path| {
            let folder = package_folder(path);
            folder.is_some_and(|folder| folders.contains(folder))
        });
        files.extend(inside.cloned());
    }
    files.extend(new);
    files
}

/// The folder right below a package root that `path` is in.
fn package_folder(path: &EntryPath) -> Option<&str> {
    let (root, below) = below_root(path)?;
    Some(&path.as_str()[..root.len() + below.find('/')?])
}

/// The packages of an archive with their versions and the checksums of their inventories, which tell builds apart.
fn packages_of(listing: &Listing) -> BTreeMap<PackageName, (BTreeSet<String>, BTreeSet<u32>)> {
    let mut packages: BTreeMap<_, (BTreeSet<String>, BTreeSet<u32>)> = BTreeMap::new();
    for entry in &listing.0 {
        let Some(package) = Installed::at(&entry.path) else {
            continue;
        };
        let (versions, records) = packages.entry(package.name).or_default();
        versions.insert(package.version.to_owned());
        records.insert(entry.crc32);
    }
    packages
}

pub(super) fn compare_packages(before: &Listing, after: &Listing) -> Vec<PackageChange> {
    let (before, after) = (packages_of(before), packages_of(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = names
        .into_iter()
        .filter(|name| before.get(name) != after.get(name));
    let versions = |packages: &BTreeMap<PackageName, (BTreeSet<String>, _)>, name| {
        packages
            .get(name)
            .map(|(versions, _)| versions.clone())
            .unwrap_or_default()
    };
    changed
        .map(|name| PackageChange {
            name: name.clone(),
            before: versions(&before, name),
            after: versions(&after, name),
        })
        .collect()
}
