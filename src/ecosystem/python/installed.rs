//! Which package a path of an archive belongs to: by the inventories in it, which are `RECORD`s, or by custom.

use super::import_path::below_root;
use crate::archive::EntryPath;
use crate::layer::PackageName;

/// A package that is installed in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed<'a> {
    /// The folder that it is installed in, with `/` at its end.
    pub root: &'a str,
    /// The folder that describes it, with `/` at its end.
    pub description: &'a str,
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: &'a str,
}

impl<'a> Installed<'a> {
    /// The package whose inventory is at `path`; `None` where that is something else.
    ///
    /// One that is deeper than right below a package root was brought along by a package, as pip and setuptools bring
    /// others in `_vendor`: it belongs to that one.
    pub fn at(path: &'a EntryPath) -> Option<Self> {
        let (root, below) = below_root(path)?;
        let folder = below.strip_suffix("RECORD")?;
        let stem = folder.strip_suffix(".dist-info/")?;
        let (name, version) = stem.split_once('-')?;
        (!stem.contains('/')).then_some(Self {
            root,
            description: &path.as_str()[..root.len() + folder.len()],
            name: name.parse().ok()?,
            version,
        })
    }

    /// The files that its inventory lists, relative to the root (PEP 376). Those that lead out of it are left out.
    pub fn listed(&self, inventory: &[u8]) -> Vec<EntryPath> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(inventory);
        let rows = reader.records().map_while(Result::ok);
        rows.filter_map(|row| format!("{}{}", self.root, row.get(0)?).parse().ok())
            .collect()
    }

    /// Whether the file at `path` is one that the package has by custom: in a folder of its name or one of libraries, a
    /// single file, or in its description.
    pub fn has_name_of(&self, path: &EntryPath) -> bool {
        let Some(below) = path.as_str().strip_prefix(self.root) else {
            return false;
        };
        let first = below.split('/').next().unwrap_or_default();
        let stem = first
            .strip_suffix(".libs")
            .or_else(|| first.strip_suffix(".py"))
            .unwrap_or(first);
        path.as_str().starts_with(self.description)
            || stem
                .parse::<PackageName>()
                .is_ok_and(|stem| stem == self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_brings_along_is_no_package_of_the_layer() {
        let package = |path: &str| {
            let path: EntryPath = path.parse().unwrap();
            Installed::at(&path).map(|found| format!("{} {}", found.name, found.version))
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
