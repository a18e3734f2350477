//! How a target is reached, and a target that was.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Registry;
use crate::layer::{AccountId, Identity, LayerName, ParameterPrefix, Permission};
use crate::manifest::LayerSettings;

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

impl OrganizationLookup {
    /// Whether one of the layers is for the caller's organization.
    pub fn of(layers: &[(&LayerName, &LayerSettings)]) -> Self {
        let is_for_it =
            |settings: &LayerSettings| settings.permission == Permission::MyOrganization;
        if layers.iter().any(|(_, settings)| is_for_it(settings)) {
            Self::Needed
        } else {
            Self::NotNeeded
        }
    }
}

/// A target that can be read and written.
pub struct Session {
    /// The target's name.
    pub target: String,
    /// Who the caller is there.
    pub identity: Identity,
    /// The account that it is in, beside the layers of others; `None` for a folder, which holds no others.
    pub account: Option<AccountId>,
    /// The most bytes that an archive may have; without a staging bucket it is published in one request.
    pub upload_limit: Option<u64>,
    /// Whether functions can be asked which layers they use.
    pub lists_functions: bool,
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
