//! What fills a layer, and what leaving out tests, type stubs and documentation would save.

use std::fmt;

use serde::Serialize;

use crate::archive::{EntryPath, Listing};
use crate::bytecode::bytecode_size;
use crate::layer::{ByteSize, PackageSummary};
use crate::manifest::Globs;

/// What fills one layer, in unpacked bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The packages, largest first.
    pub packages: Vec<PackageSummary>,
    /// What the layer's own files and the `RECORD`s take.
    pub others: u64,
    /// What bytecode takes.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytecode: u64,
    /// What could be left out; nothing that would save nothing.
    pub savings: Vec<Saving>,
}

/// Something that most layers can do without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saving {
    /// What it is.
    pub what: &'static str,
    /// The globs that leave it out.
    pub exclude: Vec<String>,
    /// What that would save, in bytes.
    pub size: u64,
}

impl fmt::Display for Saving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let globs: Vec<_> = self
            .exclude
            .iter()
            .map(|glob| format!("\"{glob}\""))
            .collect();
        let (size, what, globs) = (ByteSize(self.size), self.what, globs.join(", "));
        write!(f, "{size} less without {what}: exclude = [{globs}]")
    }
}

/// What is looked for, and the globs that find it. Folders of documentation may hold modules that are imported, such as
/// `botocore/docs`: so only texts and pictures in them are named.
const CANDIDATES: [(&str, &[&str]); 4] = [
    ("tests", &["**/tests/**", "**/test/**"]),
    ("type stubs", &["**/*.pyi"]),
    (
        "documentation",
        &["**/{docs,doc,examples}/**/*.{html,ipynb,md,pdf,png,rst,svg,txt}"],
    ),
    (
        "C and Cython sources",
        &[
            "**/*.c", "**/*.h", "**/*.cpp", "**/*.hpp", "**/*.pyx", "**/*.pxd",
        ],
    ),
];

/// Explains an archive with these files and packages.
pub fn explain(listing: &Listing, packages: &[PackageSummary]) -> Explanation {
    let mut packages = packages.to_vec();
    packages.sort_by(|a, b| {
        b.unpacked_size
            .cmp(&a.unpacked_size)
            .then_with(|| a.name.cmp(&b.name))
    });
    let known: u64 = packages.iter().map(|package| package.unpacked_size).sum();
    let bytecode = bytecode_size(listing);
    let others = listing.unpacked_size().saturating_sub(known + bytecode);
    let files = listing.0.iter().map(|entry| (&entry.path, entry.size));
    Explanation {
        packages,
        others,
        bytecode,
        savings: savings(&files),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(size: &u64) -> bool {
    *size == 0
}

/// What leaving out would save of files with these paths and sizes in bytes.
pub(super) fn savings<'a>(
    files: &(impl Iterator<Item = (&'a EntryPath, u64)> + Clone),
) -> Vec<Saving> {
    CANDIDATES
        .iter()
        .map(|(what, globs)| saving(files.clone(), what, globs))
        .filter(|saving| saving.size > 0)
        .collect()
}

fn saving<'a>(
    files: impl Iterator<Item = (&'a EntryPath, u64)>,
    what: &'static str,
    globs: &[&str],
) -> Saving {
    let exclude: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
    let found = Globs::new(exclude.clone()).unwrap_or_default();
    let matching = files.filter(|(path, _)| found.matches(path));
    let size = matching.map(|(_, size)| size).sum();
    Saving {
        what,
        exclude,
        size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{EntryPlace, ListingEntry, Mode};

    #[test]
    fn savings_are_those_of_the_globs() {
        let entry = |path: &str, size| ListingEntry {
            path: path.parse().unwrap(),
            mode: Mode::File,
            size,
            crc32: 0,
            place: EntryPlace::default(),
        };
        let listing = Listing(vec![
            entry("python/a/__init__.py", 10),
            entry("python/a/__init__.pyi", 20),
            entry("python/a/tests/test_a.py", 40),
            entry("python/a/docs/imported.py", 80),
            entry("python/a/docs/index.rst", 160),
            entry("python/docs/more/picture.svg", 320),
            entry("python/own.py", 5),
        ]);
        let package = PackageSummary {
            name: "a".parse().unwrap(),
            version: "1".to_owned(),
            unpacked_size: 630,
        };
        let explanation = explain(&listing, &[package]);
        assert_eq!(explanation.others, 5);
        let savings: Vec<_> = explanation
            .savings
            .iter()
            .map(|saving| (saving.what, saving.size))
            .collect();
        let expected = [("tests", 40), ("type stubs", 20), ("documentation", 480)];
        assert_eq!(savings, expected);
    }
}
