//! From a target of the manifest to its registries and who the caller is there.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::aws::connect_aws;
use super::{DirectoryRegistry, Registry, RegistryError};
use crate::layer::{Identity, ParameterPrefix};
use crate::manifest::{AwsTarget, Manifest, Place, Target};
use crate::progress::Progress;

/// How to reach a target, beside what the manifest says.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The only region to use (`--region`).
    pub region: Option<String>,
    /// The profile to use (`--profile`).
    pub profile: Option<String>,
    /// Whether the caller's organization will be needed.
    pub organization: OrganizationLookup,
    /// How modest and how patient to be with AWS.
    pub limits: RequestLimits,
}

/// How modest and how patient to be with AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Requests to Lambda a second, for each account and region. The service takes about 15 from all callers together.
    pub rate: NonZeroU32,
    /// How long one attempt of a request may take. An upload has twice as long, and more by its size. With all
    /// its attempts a request has four times as long as one of them.
    pub timeout: Duration,
    /// How long a change may take until it can be read.
    pub settle_time: Duration,
}

impl RequestLimits {
    /// Requests to Lambda a second.
    pub const RATE: NonZeroU32 = NonZeroU32::new(8).unwrap();
    /// The seconds of `timeout`.
    pub const TIMEOUT: u32 = 30;
    /// The seconds of `settle_time`.
    pub const SETTLE_TIME: u32 = 30;
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            rate: Self::RATE,
            timeout: Duration::from_secs(Self::TIMEOUT.into()),
            settle_time: Duration::from_secs(Self::SETTLE_TIME.into()),
        }
    }
}

/// Whether to ask for the caller's organization, which takes a permission of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrganizationLookup {
    /// No layer is for it.
    #[default]
    NotNeeded,
    /// A layer is for it.
    Needed,
}

/// A target that can be read and written.
pub struct Session {
    /// The target's name.
    pub target: String,
    /// Who the caller is there.
    pub identity: Identity,
    /// Whether the target is in AWS.
    pub is_aws: bool,
    /// Whether archives are published in one request, which limits their size, for want of a staging bucket.
    pub is_direct: bool,
    /// Where the parameters of its layers stand, if they have any.
    pub ssm_prefix: Option<ParameterPrefix>,
    /// One registry for each destination, in the manifest's order.
    pub registries: Vec<Box<dyn Registry>>,
}

impl Session {
    /// The registry of this destination.
    pub fn registry(&self, destination: &str) -> Option<&dyn Registry> {
        let mut registries = self.registries.iter();
        let found = registries.find(|registry| registry.destination() == destination);
        found.map(AsRef::as_ref)
    }
}

/// Connects to a target of `manifest`, to whose folder directory targets are relative; `progress` is told of what is
/// waited for.
///
/// Fails without credentials or region, and where the caller is in another account than the target is pinned to.
pub async fn connect(
    target: &Target,
    manifest: &Manifest,
    options: &ConnectOptions,
    progress: &Arc<dyn Progress>,
) -> Result<Session, RegistryError> {
    let session = match &target.place {
        Place::Aws(aws) => connect_aws(&target.name, aws, options, progress).await?,
        Place::Directory(directory) => {
            let folder = match manifest.folder() {
                folder if folder == Path::new(".") => directory.clone(),
                folder => folder.join(directory),
            };
            let (repository, progress) = (manifest.repository.clone(), Arc::clone(progress));
            let registry: Box<dyn Registry> =
                Box::new(DirectoryRegistry::new(folder, repository, progress));
            Session {
                target: target.name.clone(),
                identity: Identity::of_directory(),
                is_aws: false,
                is_direct: false,
                ssm_prefix: None,
                registries: vec![registry],
            }
        }
    };
    Ok(Session {
        ssm_prefix: target.ssm_prefix.clone(),
        ..session
    })
}

/// Connects to AWS as the environment says, for commands that need no manifest.
pub async fn connect_environment(
    options: &ConnectOptions,
    progress: &Arc<dyn Progress>,
) -> Result<Session, RegistryError> {
    connect_aws("environment", &AwsTarget::default(), options, progress).await
}
