//! Who uses which version of a layer, and how far behind the current one that is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::planned::VersionReference;
use crate::layer::{
    AccountId, Description, FunctionLayers, FunctionVersion, LayerName, PublishedVersion,
    VersionNumber,
};

/// The layer versions of an account that functions of one destination use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// The function versions that use each version, sorted.
    pub layers: BTreeMap<LayerName, BTreeMap<VersionNumber, Vec<FunctionVersion>>>,
    /// How many layer versions of other accounts are used; nothing can be said of these.
    pub foreign: usize,
}

/// A layer as one destination has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedLayer {
    /// The layer.
    pub layer: LayerName,
    /// The destination.
    pub destination: String,
    /// All versions, newest first.
    pub versions: Vec<PublishedVersion>,
    /// The function versions that use each version, those included that are deleted.
    pub users: BTreeMap<VersionNumber, Vec<FunctionVersion>>,
    /// The description that the manifest says, where it declares the layer.
    pub declared: Option<Description>,
    /// The version that is what the manifest says, where several have its description and one was recognised.
    pub recognised: Option<VersionNumber>,
}

/// Which versions of a layer are used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerUsage {
    /// The layer.
    pub layer: LayerName,
    /// The version that functions should use; `None` where none is left.
    pub current: Option<VersionReference>,
    /// The versions that are used, newest first.
    pub versions: Vec<VersionUsage>,
}

/// Who uses one version of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionUsage {
    /// The version's number.
    pub number: VersionNumber,
    /// Its description; `None` where it is deleted, which functions that use it survive.
    pub description: Option<String>,
    /// How many versions that are there are newer than it, up to the current one.
    pub behind: usize,
    /// The function versions that use it.
    pub users: Vec<FunctionVersion>,
}

impl Uses {
    /// What `functions` use of the layers of `account`.
    pub fn of(functions: &[FunctionLayers], account: &AccountId) -> Self {
        let mut uses = Self::default();
        let mut foreign = Vec::new();
        for user in functions {
            for arn in &user.layers {
                if arn.account == *account {
                    let versions = uses.layers.entry(arn.layer.clone()).or_default();
                    let users: &mut Vec<_> = versions.entry(arn.number).or_default();
                    users.push(user.function.clone());
                } else if !foreign.contains(&arn) {
                    foreign.push(arn);
                }
            }
        }
        let users = uses.layers.values_mut().flat_map(BTreeMap::values_mut);
        users.for_each(|users| users.sort());
        uses.foreign = foreign.len();
        uses
    }
}

impl PublishedLayer {
    /// The version that functions should use: of those with the description that the manifest says the one that was
    /// recognised, or else the newest; the newest of all where none has it.
    pub fn current(&self) -> Option<&PublishedVersion> {
        let mut versions = self.versions.iter();
        let recognised = |version: &&PublishedVersion| Some(version.number) == self.recognised;
        let recognised = versions.clone().find(recognised);
        let declared = recognised.or_else(|| versions.find(|version| self.declares(version)));
        declared.or(self.versions.first())
    }

    /// Whether several versions have the description that the manifest says, so that it does not tell which one is
    /// current.
    pub fn is_ambiguous(&self) -> bool {
        let mut declared = self
            .versions
            .iter()
            .filter(|version| self.declares(version));
        declared.nth(1).is_some()
    }

    /// Whether the manifest says the version's description.
    pub fn declares(&self, version: &PublishedVersion) -> bool {
        let declared = self.declared.as_ref().map(Description::as_str);
        declared == Some(version.metadata.description.as_str())
    }

    /// Whether there is anything to say of it: it is published, or used.
    pub fn is_known(&self) -> bool {
        !self.versions.is_empty() || !self.users.is_empty()
    }

    /// The function versions that use a version.
    pub fn users_of(&self, number: VersionNumber) -> Vec<FunctionVersion> {
        self.users.get(&number).cloned().unwrap_or_default()
    }

    /// Which versions are used, and how far behind they are.
    pub fn usage(&self) -> LayerUsage {
        let versions = self.users.iter().rev();
        LayerUsage {
            layer: self.layer.clone(),
            current: self.current().map(VersionReference::from),
            versions: versions
                .map(|(number, users)| self.version_usage(*number, users))
                .collect(),
        }
    }

    fn version_usage(&self, number: VersionNumber, users: &[FunctionVersion]) -> VersionUsage {
        let mut versions = self.versions.iter();
        let version = versions.find(|version| version.number == number);
        let newest = self.current().map(|current| current.number);
        let newer = self
            .versions
            .iter()
            .filter(|version| version.number > number && Some(version.number) <= newest);
        VersionUsage {
            number,
            description: version.map(|version| version.metadata.description.clone()),
            behind: newer.count(),
            users: users.to_vec(),
        }
    }
}
