//! What happens to a package: whether it comes, goes, or becomes another version or build.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::Version;
use crate::layer::{Level, PackageName};

/// A package that comes, goes or changes. Written with its kind, as `change`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(transform = with_kind)]
pub struct PackageChange {
    /// The package.
    pub name: PackageName,
    /// Its published versions: none where it is new, several where runtimes differ.
    pub before: BTreeSet<String>,
    /// Its versions in the layer. Equal to those before where only the build differs.
    pub after: BTreeSet<String>,
}

/// What happens to a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackageChangeKind {
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// Its version is a later one; of several, none is an earlier one.
    Upgraded,
    /// Its version is an earlier one; of several, none is a later one.
    Downgraded,
    /// Its versions are others, some later and some earlier perhaps, or not ordered by PEP 440.
    Changed,
    /// Its version is the same, its files are not.
    Rebuilt,
}

impl PackageChange {
    /// What happens to the package, versions compared as PEP 440 orders them.
    pub fn kind(&self) -> PackageChangeKind {
        match (self.before.is_empty(), self.after.is_empty()) {
            (true, _) => return PackageChangeKind::Added,
            (_, true) => return PackageChangeKind::Removed,
            _ if self.before == self.after => return PackageChangeKind::Rebuilt,
            _ => {}
        }
        let (Some(before), Some(after)) = (range(&self.before), range(&self.after)) else {
            return PackageChangeKind::Changed;
        };
        if before == after {
            PackageChangeKind::Changed
        } else if before.0 <= after.0 && before.1 <= after.1 {
            PackageChangeKind::Upgraded
        } else if before.0 >= after.0 && before.1 >= after.1 {
            PackageChangeKind::Downgraded
        } else {
            PackageChangeKind::Changed
        }
    }

    /// How much it asks to raise a layer's description.
    pub fn level(&self) -> Level {
        match (self.before.is_empty(), self.after.is_empty()) {
            (true, _) => return Level::Minor,
            (_, true) => return Level::Major,
            _ if self.before == self.after => return Level::Patch,
            _ => {}
        }
        match (range(&self.before), range(&self.after)) {
            (Some((_, before)), Some((_, after))) => before.level_to(&after),
            // Versions without an order may mean anything.
            _ => Level::Major,
        }
    }
}

/// The lowest and the highest of some versions; `None` where one is not ordered.
fn range(versions: &BTreeSet<String>) -> Option<(Version, Version)> {
    let versions = versions.iter().map(|text| Version::parse(text));
    let mut versions = versions.collect::<Option<Vec<Version>>>()?;
    versions.sort();
    Some((versions.first()?.clone(), versions.last()?.clone()))
}

/// Adds to the schema of a package's change what is written beside its fields.
fn with_kind(schema: &mut Schema) {
    let kind = PackageChangeKind::json_schema(&mut SchemaGenerator::default());
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("change".to_owned(), kind.to_value());
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.push("change".into());
    }
}

impl Serialize for PackageChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            name,
            before,
            after,
        } = self;
        let mut fields = serializer.serialize_struct("PackageChange", 4)?;
        fields.serialize_field("name", name)?;
        fields.serialize_field("change", &self.kind())?;
        fields.serialize_field("before", before)?;
        fields.serialize_field("after", after)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_change_as_pep_440_orders_their_versions() {
        use PackageChangeKind::{Added, Changed, Downgraded, Rebuilt, Removed, Upgraded};
        let cases: [(&[&str], &[&str], _); 12] = [
            (&[], &["1"], Added),
            (&["1"], &[], Removed),
            (&["1"], &["1"], Rebuilt),
            (&["9.0"], &["10.0"], Upgraded),
            (&["2.0"], &["2.0rc1"], Downgraded),
            (&["2.0"], &["2.0.post1"], Upgraded),
            (&["1.0"], &["1.0.0"], Changed),
            (&["1.0+cpu"], &["1.0+cu2"], Upgraded),
            (&["1", "2"], &["2"], Upgraded),
            (&["1", "3"], &["1", "2"], Downgraded),
            (&["1", "3"], &["2"], Changed),
            (&["1"], &["unknown"], Changed),
        ];
        let set = |versions: &[&str]| versions.iter().map(ToString::to_string).collect();
        for (before, after, expected) in cases {
            let change = PackageChange {
                name: "p".parse().unwrap(),
                before: set(before),
                after: set(after),
            };
            assert_eq!(change.kind(), expected, "{before:?} -> {after:?}");
            let text = serde_json::to_string(&change).unwrap();
            assert_eq!(
                serde_json::from_str::<PackageChange>(&text).unwrap(),
                change
            );
        }
    }

    fn of_package(before: &[&str], after: &[&str]) -> Level {
        let versions = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let change = PackageChange {
            name: "numpy".parse().unwrap(),
            before: versions(before),
            after: versions(after),
        };
        change.level()
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
}
