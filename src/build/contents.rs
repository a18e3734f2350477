//! What fills a layer, by package and folder: from a stored archive, or from the listing of a published one.

use std::collections::BTreeMap;

use crate::archive::{EntryPath, Listing, Tail, read_listed, read_tail};
use crate::bytecode::is_bytecode;
use crate::cache::StoredArchive;
use crate::ecosystem::{Installed, below_root};
use crate::layer::PackageName;

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
    /// Nobody: it was made from the sources of the others.
    Bytecode,
    /// Nobody that is known: the layer itself, or the inventories of packages.
    Others,
}

impl From<&Installed<'_>> for Owner {
    fn from(package: &Installed<'_>) -> Self {
        Self::Package {
            name: package.name.clone(),
            version: package.version.to_owned(),
        }
    }
}

impl Contents {
    /// The contents of an archive that was built or is stored: each package's inventory says which files are its own.
    pub fn of_archive(archive: &StoredArchive) -> Self {
        let listing = match read_tail(&archive.bytes, archive.summary.size) {
            Tail::Whole { listing, .. } => listing,
            Tail::Partial { .. } | Tail::Foreign => Listing::default(),
        };
        let mut owners = BTreeMap::new();
        for entry in &listing.0 {
            let Some(package) = Installed::at(&entry.path) else {
                continue;
            };
            // Not the strict reader of artifacts, which takes no links: a layer may have some of its own.
            let start = usize::try_from(entry.place.start).ok();
            let inventory = start
                .and_then(|start| archive.bytes.get(start..))
                .and_then(|bytes| read_listed(bytes, entry).ok()?.unpack().ok());
            for path in package.listed(&inventory.unwrap_or_default()) {
                owners.insert(path, Owner::from(&package));
            }
        }
        Self::new(&listing, |path| owners.get(path).cloned())
    }

    /// The contents of an archive of which only the listing is at hand: a package's files are those in folders that
    /// have its name, which is custom and no rule.
    pub fn of_listing(listing: &Listing) -> Self {
        let entries = listing.0.iter();
        let packages = entries.filter_map(|entry| Installed::at(&entry.path));
        let packages: Vec<_> = packages.collect();
        Self::new(listing, |path| {
            let mut packages = packages.iter();
            let owner = packages.find(|package| package.has_name_of(path));
            owner.map(Owner::from)
        })
    }

    fn new(listing: &Listing, owner: impl Fn(&EntryPath) -> Option<Owner>) -> Self {
        let mut shares: BTreeMap<Owner, BTreeMap<String, u64>> = BTreeMap::new();
        for entry in &listing.0 {
            let path = &entry.path;
            let is_inventory = Installed::at(path).is_some();
            let owner = if is_bytecode(listing, path) {
                Owner::Bytecode
            } else {
                owner(path)
                    .filter(|_| !is_inventory)
                    .unwrap_or(Owner::Others)
            };
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

/// The folder under which a file is counted: two levels below the package root, so that `numpy/_core` is told from
/// `numpy/linalg`; `""` for files at the top.
fn folder_of(path: &EntryPath) -> &str {
    let below = below_root(path).map_or(path.as_str(), |(_, below)| below);
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
