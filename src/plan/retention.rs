//! Which published versions may be deleted, and why the others stay.

use serde::Serialize;

use super::usage::PublishedLayer;
use crate::layer::{
    FunctionVersion, Grantee, Identity, LayerName, Policy, PublishedVersion, Statement,
    VersionNumber,
};

/// What pruning keeps, beside versions that are used and those that the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How many of a layer's newest versions stay.
    pub newest: usize,
    /// Versions stay that were published at this time or later: UTC, such as `2026-01-31T12:00:00`. `None` where
    /// their age does not matter.
    pub published_since: Option<String>,
}

/// What is to become of a published version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionFate {
    /// The layer.
    pub layer: LayerName,
    /// The destination.
    pub destination: String,
    /// The version.
    #[serde(flatten)]
    pub version: PublishedVersion,
    /// What is to become of it.
    pub fate: Fate,
    /// The function versions that use it.
    pub users: Vec<FunctionVersion>,
    /// Statements that let others use it; looked up for versions that are to be deleted.
    pub shared_with: Vec<Statement>,
}

/// What is to become of a version, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is to be deleted.
    Delete,
    /// It stays: a function uses it.
    Used,
    /// It stays: the manifest says its description.
    Declared,
    /// It stays: it is one of the newest.
    Newest,
    /// It stays: it is young, or nobody knows how old.
    Young,
}

/// What pruning does to each version of a layer, newest first.
pub fn plan_prune(layer: &PublishedLayer, retention: &Retention) -> Vec<VersionFate> {
    let is_young = |created: &str| {
        let since = retention.published_since.as_deref();
        since.is_some_and(|since| !is_older(created, since))
    };
    let fates = layer.versions.iter().enumerate().map(|(place, version)| {
        let fate = if layer.users.contains_key(&version.number) {
            Fate::Used
        } else if layer.declares(version) {
            Fate::Declared
        } else if place < retention.newest {
            Fate::Newest
        } else if is_young(&version.created) {
            Fate::Young
        } else {
            Fate::Delete
        };
        version_fate(layer, version, fate)
    });
    fates.collect()
}

/// What deleting one version does; `None` where there is no such version.
pub fn plan_delete(layer: &PublishedLayer, number: VersionNumber) -> Option<VersionFate> {
    let mut versions = layer.versions.iter();
    let version = versions.find(|version| version.number == number)?;
    let fate = if layer.users.contains_key(&number) {
        Fate::Used
    } else {
        Fate::Delete
    };
    Some(version_fate(layer, version, fate))
}

/// The statements that let others than the owner use a version. Whoever they are, they cannot be seen.
pub fn shared_with(policy: &Policy, owner: &Identity) -> Vec<Statement> {
    let owner = Some(Grantee::Account(owner.account.clone()));
    let statements = policy.statements.iter();
    statements
        .filter(|statement| statement.grantee != owner)
        .cloned()
        .collect()
}

fn version_fate(layer: &PublishedLayer, version: &PublishedVersion, fate: Fate) -> VersionFate {
    VersionFate {
        layer: layer.layer.clone(),
        destination: layer.destination.clone(),
        version: version.clone(),
        fate,
        users: layer.users_of(version.number),
        shared_with: Vec::new(),
    }
}

/// Whether a version was created before `time`; one whose time is not in UTC is not believed.
fn is_older(created: &str, time: &str) -> bool {
    let digits = |text: &str, separators: &str| {
        text.bytes()
            .zip(separators.bytes())
            .all(|(byte, expected)| match expected {
                b'0' => byte.is_ascii_digit(),
                separator => byte == separator,
            })
    };
    let form = "0000-00-00T00:00:00";
    let is_utc = created.ends_with('Z') || created.ends_with("+0000");
    match (created.get(..form.len()), time.get(..form.len())) {
        (Some(created), Some(time)) => is_utc && digits(created, form) && created < time,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Fate::{Declared, Delete, Newest, Used, Young};
    use super::*;
    use crate::layer::VersionMetadata;

    /// Version `number` of 9, published on that day of January 2026 as `v1.<number>.0`.
    fn version(number: u64) -> PublishedVersion {
        PublishedVersion {
            number: VersionNumber(number),
            arn: String::new(),
            created: format!("2026-01-0{number}T12:00:00.000+0000"),
            metadata: VersionMetadata {
                description: format!("v1.{number}.0"),
                runtimes: [].into(),
                architectures: [].into(),
                license: None,
            },
        }
    }

    #[test]
    fn a_version_is_deleted_only_without_any_reason_to_stay() {
        let user = FunctionVersion {
            function: "api".to_owned(),
            version: "$LATEST".to_owned(),
        };
        let layer = PublishedLayer {
            layer: "hello".parse().unwrap(),
            destination: "us-east-1".to_owned(),
            versions: (1..=9).rev().map(version).collect(),
            users: BTreeMap::from([(VersionNumber(2), vec![user])]),
            declared: "v1.3.0".parse().ok(),
            recognised: None,
        };
        let fates = |newest, since: Option<&str>| {
            let published_since = since.map(str::to_owned);
            let retention = Retention {
                newest,
                published_since,
            };
            let fates = plan_prune(&layer, &retention).into_iter();
            fates.map(|fate| fate.fate).collect::<Vec<_>>()
        };
        assert_eq!(
            fates(2, Some("2026-01-06T00:00:00Z")),
            [
                Newest, Newest, Young, Young, Delete, Delete, Declared, Used, Delete
            ]
        );
        assert_eq!(
            fates(1, None),
            [
                Newest, Delete, Delete, Delete, Delete, Delete, Declared, Used, Delete
            ]
        );
        assert!(!fates(9, None).contains(&Delete));
        assert!(!fates(1, Some("2025-01-01T00:00:00Z")).contains(&Delete));
    }

    #[test]
    fn only_times_in_utc_are_compared() {
        let time = "2026-01-31T12:00:00";
        for created in ["2026-01-31T11:59:59.999+0000", "2025-12-31T23:00:00Z"] {
            assert!(is_older(created, time), "{created}");
        }
        for created in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T11:00:00+0200",
            "2026-01-31T11:00:00",
            "2026-01-31 11:00:00Z",
            "31.01.2025 11:00:00Z",
            "2025Z",
            "",
        ] {
            assert!(!is_older(created, time), "{created}");
        }
    }
}
