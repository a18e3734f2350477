//! What fills a layer, by package and folder: from a stored archive, or from the listing of a published one.

use std::collections::BTreeMap;

use crate::archive::{EntryPath, Listing, Tail, read_listed, read_tail};
use crate::cache::StoredArchive;
use crate::layer::PackageName;
use crate::plan::recorded_package;
use crate::wheel::parse_record;

/// What fills a layer, in unpacked bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Bytes of all files.
    pub unpacked_size: u64,
    /// Who brings them, the largest first.
    pub shares: Vec<Share>,
}

/// What one owner contributes to a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The owner.
    pub owner: Owner,
    /// Bytes of its files.
    pub size: u64,
    /// The folders that they are in, with the bytes of the files in each, the largest first.
    pub folders: Vec<(String, u64)>,
}

/// Who brings files into a layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A package.
    Package {
        /// Its name.
        name: PackageName,
        /// Its version.
        version: String,
    },
    /// Nobody that is known: the layer itself, or what describes the packages (`RECORD`s).
    Others,
}

impl Contents {
    /// The contents of an archive that was built or is stored: each package's `RECORD` says which files are its own.
    pub fn of_archive(archive: &StoredArchive) -> Self {
        let listing = match read_tail(&archive.bytes, archive.summary.size) {
            Tail::Whole { listing, .. } => listing,
            Tail::Partial { .. } | Tail::Foreign => Listing::default(),
        };
        let mut owners = BTreeMap::new();
        for entry in &listing.0 {
            let Some((root, package)) = package_of_record(&entry.path) else {
                continue;
            };
            // Not the strict reader of wheels, which takes no links: a layer may have some of its own.
            let start = usize::try_from(entry.place.start).ok();
            let rows = start
                .and_then(|start| archive.bytes.get(start..))
                .and_then(|bytes| read_listed(bytes, entry).ok()?.unpack().ok())
                .and_then(|text| parse_record(&text).ok());
            for path in rows.unwrap_or_default().into_keys() {
                owners.insert(format!("{root}{path}"), package.clone());
            }
        }
        Self::new(&listing, |path| owners.get(path).cloned())
    }

    /// The contents of an archive of which only the listing is at hand: a package's files are those in folders that
    /// have its name, which is custom and no rule.
    pub fn of_listing(listing: &Listing) -> Self {
        let records = listing.0.iter();
        let packages: Vec<_> = records
            .filter_map(|entry| package_of_record(&entry.path))
            .collect();
        Self::new(listing, |path| {
            let of_path = packages.iter().find(|(root, owner)| {
                let below = path.strip_prefix(root.as_str());
                below.is_some_and(|below| is_named_after(below, owner))
            });
            of_path.map(|(_, owner)| owner.clone())
        })
    }

    fn new(listing: &Listing, owner: impl Fn(&str) -> Option<Owner>) -> Self {
        let mut shares: BTreeMap<Owner, BTreeMap<String, u64>> = BTreeMap::new();
        for entry in &listing.0 {
            let path = entry.path.as_str();
            let is_record = package_of_record(&entry.path).is_some();
            let owner = owner(path).filter(|_| !is_record).unwrap_or(Owner::Others);
            let folders = shares.entry(owner).or_default();
            let size = folders.entry(folder_of(path).to_owned()).or_default();
            *size = size.saturating_add(entry.size);
        }
        let mut shares: Vec<_> = shares.into_iter().map(share).collect();
        shares.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.owner.cmp(&b.owner)));
        Self {
            unpacked_size: listing.unpacked_size(),
            shares,
        }
    }
}

fn share((owner, folders): (Owner, BTreeMap<String, u64>)) -> Share {
    let mut folders: Vec<_> = folders.into_iter().collect();
    folders.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let sizes = folders.iter().map(|(_, size)| *size);
    Share {
        owner,
        size: sizes.fold(0, u64::saturating_add),
        folders,
    }
}

/// The package root, with `/` at its end, and the package whose `RECORD` stands at `path`.
fn package_of_record(path: &EntryPath) -> Option<(String, Owner)> {
    let (folder, name, version) = recorded_package(path)?;
    let root = folder.rsplit_once('/');
    let root = root.map_or_else(String::new, |(root, _)| format!("{root}/"));
    let version = version.to_owned();
    Some((root, Owner::Package { name, version }))
}

/// Whether the first part of `below`, a path below a package root, bears the name of `owner`.
fn is_named_after(below: &str, owner: &Owner) -> bool {
    let Owner::Package { name, version } = owner else {
        return false;
    };
    let first = below.split('/').next().unwrap_or_default();
    let stem = first
        .strip_suffix(".libs")
        .or_else(|| first.strip_suffix(".py"))
        .or_else(|| first.strip_suffix(&format!("-{version}.dist-info")))
        .unwrap_or(first);
    stem.parse::<PackageName>().is_ok_and(|stem| stem == *name)
}

/// The folder under which a file is counted: two levels below the package root, so that `numpy/_core` is told from
/// `numpy/linalg`; `""` for files at the top.
fn folder_of(path: &str) -> &str {
    let below = match path.split_once("/site-packages/") {
        Some((root, below)) if root.starts_with("python/lib/python") => below,
        _ => path.strip_prefix("python/").unwrap_or(path),
    };
    let mut slashes = below.match_indices('/').map(|(index, _)| index);
    match (slashes.next(), slashes.next()) {
        (None, _) => "",
        (Some(first), None) => &below[..first],
        (Some(_), Some(second)) => &below[..second],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{EntryPlace, ListingEntry, Mode};

    #[test]
    fn files_of_a_listing_belong_to_packages_by_their_names() {
        let entry = |(path, size): (&str, u64)| ListingEntry {
            path: path.parse().unwrap(),
            mode: Mode::File,
            size,
            crc32: 0,
            place: EntryPlace::default(),
        };
        let files = [
            ("python/numpy-2.2.6.dist-info/METADATA", 3),
            ("python/numpy-2.2.6.dist-info/RECORD", 10),
            ("python/numpy.libs/libblas.so", 200),
            ("python/numpy/__init__.py", 4),
            ("python/numpy/_core/a/x.so", 50),
            ("python/numpy/_core/y.so", 60),
            ("python/own.py", 7),
        ];
        let contents = Contents::of_listing(&Listing(files.map(entry).to_vec()));
        assert_eq!(contents.unpacked_size, 334);
        let [numpy, others] = contents.shares.as_slice() else {
            panic!("{contents:?}");
        };
        assert_eq!(
            (numpy.size, others.size, &others.owner),
            (317, 17, &Owner::Others)
        );
        let folders: Vec<_> = numpy
            .folders
            .iter()
            .map(|(name, size)| (name.as_str(), *size))
            .collect();
        let expected = [
            ("numpy.libs", 200),
            ("numpy/_core", 110),
            ("numpy", 4),
            ("numpy-2.2.6.dist-info", 3),
        ];
        assert_eq!(folders, expected);
    }
}
