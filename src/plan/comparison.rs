//! What differs between two versions of layers, neither of which has to be what a manifest says.

use std::collections::BTreeSet;

use super::difference::{compare_metadata, compare_packages, module_names};
use super::{
    Changes, Equality, FileChange, MetadataChange, PackageChange, PackageVersions, SizeChange,
    Texts,
};
use crate::archive::{ArchiveComment, EntryPath, Listing, Text};
use crate::digest::Sha256;
use crate::layer::{PackageName, VersionMetadata};

/// One of two versions that are compared.
#[derive(Clone, Copy, Debug)]
pub struct ComparedVersion<'a> {
    /// What describes it.
    pub metadata: &'a VersionMetadata,
    /// Hash over its archive.
    pub sha256: Sha256,
    /// Size of its archive in bytes.
    pub size: u64,
    /// The comment of its archive, where it was read and `lls` made it.
    pub comment: Option<ArchiveComment>,
    /// The files in it, where they were read.
    pub listing: Option<&'a Listing>,
}

/// What tells whose the files of two archives are.
#[derive(Debug, Default)]
pub struct Ownership<'a> {
    /// What packages before say which files are theirs: the `RECORD`s of [`records`].
    pub before: Texts,
    /// What packages after say.
    pub after: Texts,
    /// Which files are the layer's own, whatever packages say; none where that is not known.
    pub own_files: Option<&'a BTreeSet<EntryPath>>,
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

/// The `RECORD`s of these packages in an archive.
pub fn records(listing: &Listing, packages: &BTreeSet<PackageName>) -> BTreeSet<EntryPath> {
    let paths = listing.0.iter().map(|entry| &entry.path);
    let of_packages = paths.filter(|path| {
        let record = record_folder(path);
        record.is_some_and(|(_, name)| packages.contains(&name))
    });
    of_packages.cloned().collect()
}

/// The files that belong to the packages with these `RECORD`s. Where one was not read: what has the package's name, as
/// by custom.
pub fn package_files(listing: &Listing, records: &Texts) -> BTreeSet<EntryPath> {
    let mut files = BTreeSet::new();
    for (path, record) in records {
        let Some((folder, name)) = record_folder(path) else {
            continue;
        };
        let root = folder.rsplit_once('/').map_or("", |(root, _)| root);
        let mut below = vec![format!("{folder}/")];
        match record {
            Text::Lines(text) => files.extend(recorded(root, text)),
            _ => {
                let [module, libraries, file] = module_names(&name).map(|name| join(root, &name));
                files.extend(file.parse());
                below.extend([format!("{module}/"), format!("{libraries}/")]);
            }
        }
        let paths = listing.0.iter().map(|entry| &entry.path);
        let inside =
            paths.filter(|path| below.iter().any(|folder| path.as_str().starts_with(folder)));
        files.extend(inside.cloned());
    }
    files
}

/// The folder that holds a `RECORD` and the name of the package; `None` where it is no `RECORD`.
fn record_folder(path: &EntryPath) -> Option<(&str, PackageName)> {
    let (folder, name, _) = recorded_package(path)?;
    Some((folder, name))
}

/// The folder, name and version of the package of which this is the `RECORD`; `None` where it is none.
///
/// One that stands deeper than right below a package root was brought along by a package, as pip and setuptools bring
/// others in `_vendor`: it belongs to that one.
pub fn recorded_package(path: &EntryPath) -> Option<(&str, PackageName, &str)> {
    let folder = path.as_str().strip_suffix("/RECORD")?;
    let stem = folder.strip_suffix(".dist-info")?.rsplit('/').next()?;
    let (name, version) = stem.split_once('-')?;
    let is_installed = package_folder(path) == Some(folder);
    is_installed.then_some((folder, name.parse().ok()?, version))
}

/// The paths in a `RECORD`, which are relative to `root` (PEP 376). Those that lead out of it are left out.
fn recorded(root: &str, text: &str) -> Vec<EntryPath> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let rows = reader.records().map_while(Result::ok);
    rows.filter_map(|row| join(root, row.get(0)?).parse().ok())
        .collect()
}

fn join(root: &str, path: &str) -> String {
    match root {
        "" => path.to_owned(),
        root => format!("{root}/{path}"),
    }
}

/// Compares two versions, as far as their content was read.
pub fn compare_versions(
    before: &ComparedVersion<'_>,
    after: &ComparedVersion<'_>,
    ownership: &Ownership<'_>,
) -> Changes {
    let listings = before.listing.zip(after.listing);
    let same_comment = before.comment.is_some() && before.comment == after.comment;
    let equality = match listings {
        _ if before.sha256 == after.sha256 => Some(Equality::SameBytes),
        Some((before, after)) => (before == after).then_some(Equality::SameFiles),
        None => same_comment.then_some(Equality::SameInputs),
    };
    let mut changes = Changes {
        same_content: equality.is_some(),
        equality,
        has_false_comment: equality.is_none() && same_comment,
        compared: equality.is_some() || listings.is_some(),
        size: Some(SizeChange {
            before: before.size,
            after: after.size,
        }),
        unpacked_size: listings.map(|(before, after)| SizeChange {
            before: before.unpacked_size(),
            after: after.unpacked_size(),
        }),
        metadata: metadata(before.metadata, after.metadata),
        ..Changes::default()
    };
    if let (None, Some((old, new))) = (equality, listings) {
        changes.packages = compare_packages(old, new);
        changes.files = changed_files(old, new, ownership);
    }
    changes
}

/// What differs in the metadata, the description included.
fn metadata(before: &VersionMetadata, after: &VersionMetadata) -> Vec<MetadataChange> {
    let description = (before.description != after.description).then(|| MetadataChange {
        field: "description".into(),
        before: described(before),
        after: described(after),
    });
    let rest = compare_metadata(before, after);
    description.into_iter().chain(rest).collect()
}

fn described(metadata: &VersionMetadata) -> String {
    match metadata.description.as_str() {
        "" => "none".to_owned(),
        description => description.to_owned(),
    }
}

/// The files that differ, but for those of packages that do.
pub fn changed_files(
    before: &Listing,
    after: &Listing,
    ownership: &Ownership<'_>,
) -> Vec<FileChange> {
    let of_packages = files_of_changed_packages(before, after, ownership);
    let is_own = |path: &EntryPath| {
        let own_files = ownership.own_files;
        own_files.is_some_and(|files| files.contains(path)) || !of_packages.contains(path)
    };
    let paths = before.0.iter().chain(&after.0).map(|entry| &entry.path);
    let paths: BTreeSet<_> = paths.filter(|path| is_own(path)).collect();
    let sides = paths
        .into_iter()
        .map(|path| (path, before.get(path), after.get(path)));
    sides
        .filter(|(_, old, new)| old != new)
        .map(|(path, old, new)| FileChange::new(path, old, new))
        .collect()
}

/// The files that two archives have of packages that differ.
fn files_of_changed_packages(
    before: &Listing,
    after: &Listing,
    ownership: &Ownership<'_>,
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
    let mut files = with_records(before, &ownership.before);
    let new = with_records(after, &ownership.after);
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
    let text = path.as_str();
    let root = match text.split_once("/site-packages/") {
        Some((root, _)) if root.starts_with("python/lib/python") => {
            root.len() + "/site-packages/".len()
        }
        _ if text.starts_with("python/") => "python/".len(),
        _ => return None,
    };
    let end = text[root..].find('/')?;
    Some(&text[..root + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_brings_along_is_no_package_of_the_layer() {
        let package = |path: &str| {
            let path: EntryPath = path.parse().unwrap();
            recorded_package(&path).map(|(_, name, version)| format!("{name} {version}"))
        };
        let six = Some("six 1.17.0".to_owned());
        assert_eq!(package("python/six-1.17.0.dist-info/RECORD"), six);
        let root = "python/lib/python3.12/site-packages";
        assert_eq!(package(&format!("{root}/six-1.17.0.dist-info/RECORD")), six);
        let vendored = "python/setuptools/_vendor/six-1.17.0.dist-info/RECORD";
        assert_eq!(package(vendored), None);
        assert_eq!(package("six-1.17.0.dist-info/RECORD"), None);
        assert_eq!(package("python/six-1.17.0.dist-info/METADATA"), None);
    }
}
