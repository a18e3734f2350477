//! How much a layer's description should be raised, judged by what differs from the published version.

use std::str::FromStr as _;

use pep440_rs::Version;
use serde::{Deserialize, Serialize};

use super::{Changes, FileChange, MetadataChange, PackageChange};
use crate::layer::Level;

/// How much to raise a description, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// How much.
    pub level: Level,
    /// The changes that ask for it; empty where nothing asks for more than a patch.
    pub reasons: Changes,
}

impl Changes {
    /// How much to raise the description; `None` where it is not known what differs.
    ///
    /// Major where something that functions may rely on goes away: a package, an own Python file, a runtime, an
    /// architecture, or what a package's other major version had. Minor where something comes.
    pub fn suggestion(&self) -> Option<Suggestion> {
        if !self.compared {
            return None;
        }
        let packages = self.packages.iter().map(package_level);
        let files = self.files.iter().map(file_level);
        let metadata = self.metadata.iter().map(metadata_level);
        let levels = packages.chain(files).chain(metadata);
        let level = levels.max().unwrap_or(Level::Patch);
        Some(Suggestion {
            level,
            reasons: self.of_level(level),
        })
    }

    fn of_level(&self, level: Level) -> Self {
        let packages = self.packages.iter().filter(|c| package_level(c) == level);
        let files = self.files.iter().filter(|c| file_level(c) == level);
        let metadata = self.metadata.iter().filter(|c| metadata_level(c) == level);
        Self {
            same_content: self.same_content,
            compared: self.compared,
            packages: packages.cloned().collect(),
            files: files.cloned().collect(),
            metadata: metadata.cloned().collect(),
            ..Self::default()
        }
    }
}

fn package_level(change: &PackageChange) -> Level {
    match (change.before.is_empty(), change.after.is_empty()) {
        (true, _) => Level::Minor,
        (_, true) => Level::Major,
        _ => {
            let newest = |versions: &std::collections::BTreeSet<String>| {
                let parsed = versions.iter().map(|version| Version::from_str(version));
                parsed
                    .collect::<Result<Vec<_>, _>>()
                    .ok()?
                    .into_iter()
                    .max()
            };
            match (newest(&change.before), newest(&change.after)) {
                (Some(before), Some(after)) => version_level(&before, &after),
                // Versions that PEP 440 does not know may mean anything.
                _ if change.before == change.after => Level::Patch,
                _ => Level::Major,
            }
        }
    }
}

/// A step back takes away what the newer version had, as a new major version may.
fn version_level(before: &Version, after: &Version) -> Level {
    let part = |version: &Version, index| version.release().get(index).copied().unwrap_or(0);
    let major = |version: &Version| (version.epoch(), part(version, 0));
    if major(before) != major(after) {
        return Level::Major;
    }
    match part(after, 1).cmp(&part(before, 1)) {
        std::cmp::Ordering::Less => Level::Major,
        std::cmp::Ordering::Greater => Level::Minor,
        std::cmp::Ordering::Equal => Level::Patch,
    }
}

fn file_level(change: &FileChange) -> Level {
    let is_python = change.path.as_str().ends_with(".py");
    match (change.before.is_some(), change.after.is_some()) {
        (true, false) if is_python => Level::Major,
        (false, true) => Level::Minor,
        _ => Level::Patch,
    }
}

/// Runtimes and architectures are lists in words; a licence takes nothing from functions.
fn metadata_level(change: &MetadataChange) -> Level {
    if change.field == "license" {
        return Level::Patch;
    }
    let items = |text: &str| -> Vec<String> { text.split(", ").map(str::to_owned).collect() };
    let (before, after) = (items(&change.before), items(&change.after));
    match before.iter().all(|item| after.contains(item)) {
        true => Level::Minor,
        false => Level::Major,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_package(before: &[&str], after: &[&str]) -> Level {
        let versions = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        package_level(&PackageChange {
            name: "numpy".parse().unwrap(),
            before: versions(before),
            after: versions(after),
        })
    }

    #[test]
    fn packages_count_by_the_first_part_of_their_version_that_differs() {
        use Level::{Major, Minor, Patch};
        for (before, after, level) in [
            ("2.1.3", "2.2.0", Minor),
            ("2.1.3", "2.1.10", Patch),
            ("2.1", "2.1.0", Patch),
            ("2.1.3", "2.1.3.post1", Patch),
            ("2.2.0rc1", "2.2.0", Patch),
            ("2.9.0", "2.10.0", Minor),
            ("1.26.4", "2.0.0", Major),
            ("2024.1", "1!1.0", Major),
            ("2.2.0", "2.1.3", Major),
            ("2.1.3", "2.1.3", Patch),
            ("any", "other", Major),
        ] {
            assert_eq!(
                of_package(&[before], &[after]),
                level,
                "{before} -> {after}"
            );
        }
        assert_eq!(of_package(&[], &["1.0"]), Minor);
        assert_eq!(of_package(&["1.0"], &[]), Major);
        assert_eq!(of_package(&["2.1.0", "2.2.0"], &["2.2.1"]), Patch);
    }

    fn of_metadata(field: &'static str, before: &str, after: &str) -> Level {
        metadata_level(&MetadataChange {
            field: field.into(),
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    #[test]
    fn a_runtime_that_goes_is_major_and_one_that_comes_is_minor() {
        let both = "python3.12, python3.13";
        assert_eq!(of_metadata("runtimes", both, "python3.13"), Level::Major);
        assert_eq!(of_metadata("runtimes", "python3.13", both), Level::Minor);
        assert_eq!(
            of_metadata("architectures", "x86_64", "arm64"),
            Level::Major
        );
        assert_eq!(of_metadata("license", "MIT", "none"), Level::Patch);
    }

    #[test]
    fn what_was_not_compared_is_not_judged() {
        assert_eq!(Changes::default().suggestion(), None);
    }
}
