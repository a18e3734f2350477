//! Where layer versions are published: what every registry can do, and the two that there are.
//!
//! Reading and writing are two traits, so that whatever plans cannot write.

mod aws;
mod connect;
mod directory;
mod error;
mod operation;
mod patience;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use crate::cache::StoredArchive;
use crate::digest::Sha256;
use crate::layer::{
    AccountId, FunctionLayers, HeldValue, LayerName, LayerVersionArn, ParameterName, Policy,
    PublishedVersion, Runtime, Statement, StatementId, VersionMetadata, VersionNumber,
};

pub use connect::{connect, connect_environment};
pub use directory::DirectoryRegistry;
pub use error::{BucketProblem, NoProfile, RegistryError, RegistryErrorKind};
use operation::Operation;
pub use patience::Patience;
pub use session::{ConnectOptions, OrganizationLookup, RequestLimits, Session};

/// What reading a registry gives.
pub type Result<T, E = RegistryError> = std::result::Result<T, E>;

/// A layer with the newest of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedLayer {
    /// The layer.
    #[serde(rename = "layer")]
    pub name: LayerName,
    /// Its newest version; of those for one runtime, where that was asked for.
    pub latest: PublishedVersion,
}

/// What a registry tells of one version's content.
#[derive(Clone, Debug)]
pub struct DescribedVersion {
    /// The version.
    pub version: PublishedVersion,
    /// Hash over the archive.
    pub sha256: Sha256,
    /// Size of the archive in bytes.
    pub size: u64,
    /// Where the archive can be read for a while.
    pub archive: ArchiveAddress,
}

/// Where an archive can be read. Holds a token in AWS: never shown.
#[derive(Clone)]
pub struct ArchiveAddress(String);

impl fmt::Debug for ArchiveAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArchiveAddress(..)")
    }
}

/// A version to be published.
pub struct PublishRequest<'a> {
    /// The layer.
    pub layer: &'a LayerName,
    /// What describes the version.
    pub metadata: &'a VersionMetadata,
    /// What it holds.
    pub archive: &'a StoredArchive,
    /// The highest version seen; a registry that can tell publishes only if it still is that.
    pub after: Option<VersionNumber>,
}

/// A parameter to be set.
pub struct Parameter<'a> {
    /// The parameter.
    pub name: &'a ParameterName,
    /// What it is to hold.
    pub value: &'a str,
    /// Whether it was there when it was read; if not, one that is there now is left as it is where that can be told.
    pub replaces: bool,
}

/// What trying a change without making it came to.
#[derive(Debug)]
pub struct DryRun {
    /// The change, as an apply makes it, such as `publish`.
    pub change: &'static str,
    /// Whether it would be allowed.
    pub outcome: Result<()>,
}

/// Reading published layers.
#[async_trait]
pub trait ReadRegistry: Send + Sync {
    /// What the registry is called within its target: a region, or a folder.
    fn destination(&self) -> &str;

    /// How long a change may take until it can be read; zero where that is at once.
    fn settle_time(&self) -> Duration;

    /// The layers, sorted by name; only those for `runtime`, where one is given.
    async fn layers(&self, runtime: Option<&Runtime>) -> Result<Vec<ListedLayer>>;

    /// The layers other than these, sorted by name.
    async fn layers_except(&self, known: &BTreeSet<LayerName>) -> Result<Vec<ListedLayer>>;

    /// The versions of a layer, newest first; none where the layer is unknown.
    async fn versions(
        &self,
        layer: &LayerName,
        runtime: Option<&Runtime>,
    ) -> Result<Vec<PublishedVersion>>;

    /// What one version holds; `None` where there is no such version.
    async fn describe(
        &self,
        layer: &LayerName,
        number: VersionNumber,
    ) -> Result<Option<DescribedVersion>>;

    /// What the version with this ARN holds, which may be of another account; `None` where there is no such version.
    /// AWS denies access to those of others that do not exist.
    async fn describe_arn(&self, arn: &LayerVersionArn) -> Result<Option<DescribedVersion>>;

    /// The policy of one version; without statements where there is none.
    async fn policy(&self, layer: &LayerName, number: VersionNumber) -> Result<Policy>;

    /// All versions of all functions beside the layers, with what they use; `None` where there can be no functions.
    async fn functions(&self) -> Result<Option<Vec<FunctionLayers>>>;

    /// The bytes of a part of an archive, as many of them as there are; `None` where the registry cannot give a part
    /// of it, or AWS nothing at all. What is compared then is the hash.
    async fn archive_range(
        &self,
        archive: &ArchiveAddress,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>>;

    /// Fails where the archive is not the one that was published, as far as somebody could have changed it.
    async fn check_archive(&self, described: &DescribedVersion) -> Result<()>;

    /// What those of the parameters hold that are there. Without names nothing is asked.
    async fn parameters(
        &self,
        names: &[ParameterName],
    ) -> Result<BTreeMap<ParameterName, HeldValue>>;
}

/// Changing published layers.
#[async_trait]
pub trait Registry: ReadRegistry {
    /// Publishes a version. Sent once: after an ambiguous failure it is unknown whether it was published.
    async fn publish(&self, request: &PublishRequest<'_>) -> Result<DescribedVersion>;

    /// Adds a statement to a version's policy, if the policy is still the one with this revision.
    async fn grant(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &Statement,
        revision: Option<&str>,
    ) -> Result<()>;

    /// Removes a statement from a version's policy, if the policy is still the one with this revision.
    async fn revoke(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &StatementId,
        revision: Option<&str>,
    ) -> Result<()>;

    /// Sets a parameter.
    async fn set_parameter(&self, parameter: &Parameter<'_>) -> Result<()>;

    /// Deletes a version; one that does not exist is no error.
    async fn delete(&self, layer: &LayerName, number: VersionNumber) -> Result<()>;

    /// Tries each change that an apply makes of the layer, in a way that tells whether it is allowed and changes nothing.
    /// `account` is the caller's.
    async fn dry_run(&self, layer: &LayerName, account: &AccountId) -> Vec<DryRun>;
}
