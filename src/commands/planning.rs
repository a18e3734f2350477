//! From a manifest to a plan: the work that `plan`, `apply` and `publish` have in common.

use std::collections::BTreeMap;

use futures::StreamExt as _;

use super::Context;
use super::build::listing;
use crate::apply::LayerSource;
use crate::build::{Builder, Inputs, direct_upload};
use crate::digest::Sha256;
use crate::error::{Error, Failures};
use crate::layer::{LayerName, Permission, VersionMetadata};
use crate::manifest::{LayerSettings, Manifest};
use crate::observe::{is_recognised, observe};
use crate::plan::{Desired, DesiredArchive, LayerPlan, Plan, plan_layer};
use crate::registry::{OrganizationLookup, Session};

/// How many layers and destinations are observed at a time.
const PARALLEL_OBSERVATIONS: usize = 8;

/// A plan with everything that executing it takes.
pub struct Planned<'a> {
    /// The plan.
    pub plan: Plan,
    prepared: Vec<Prepared<'a>>,
}

/// A layer whose inputs are known.
struct Prepared<'a> {
    settings: &'a LayerSettings,
    inputs: Inputs,
    metadata: VersionMetadata,
}

impl Planned<'_> {
    /// What each layer is made of.
    pub fn sources<'p>(&'p self) -> BTreeMap<LayerName, LayerSource<'p>> {
        let source = |prepared: &'p Prepared<'_>| {
            let Prepared {
                settings,
                inputs,
                metadata,
            } = prepared;
            (
                inputs.layer.clone(),
                LayerSource {
                    inputs,
                    settings,
                    metadata,
                },
            )
        };
        self.prepared.iter().map(source).collect()
    }
}

/// Whether one of the layers is for the caller's organization, which then must be asked for.
pub fn organization_lookup(layers: &[(&LayerName, &LayerSettings)]) -> OrganizationLookup {
    match layers
        .iter()
        .any(|(_, settings)| settings.permission == Permission::MyOrganization)
    {
        true => OrganizationLookup::Needed,
        false => OrganizationLookup::NotNeeded,
    }
}

/// Reads nothing but the manifest's words: connects to its target, which must allow what the layers ask for.
pub async fn open_session(
    manifest: &Manifest,
    layers: &[(&LayerName, &LayerSettings)],
    context: &Context,
) -> Result<Session, Error> {
    manifest.check_public(manifest.target(context.options.target.as_deref())?, layers)?;
    context.connect(manifest, organization_lookup(layers)).await
}

/// Plans `layers` for the destinations of `session`.
///
/// Builds only what was not built before, and only where a destination is not recognised to have it.
pub async fn plan_layers<'a>(
    layers: &[(&'a LayerName, &'a LayerSettings)],
    session: &Session,
    builder: &Builder<'_>,
) -> Result<Planned<'a>, Failures> {
    let inputs = Failures::collect(builder.prepare(layers).await)?;
    let settings = layers.iter().map(|(_, settings)| *settings);
    let prepared: Vec<_> = settings
        .zip(inputs)
        .map(|(settings, inputs)| Prepared {
            settings,
            inputs,
            metadata: metadata(settings),
        })
        .collect();
    let planned = prepared
        .iter()
        .map(|layer| plan_one(layer, session, builder));
    let planned: Vec<_> = futures::stream::iter(planned)
        .buffered(PARALLEL_OBSERVATIONS)
        .collect()
        .await;
    let plan = Plan {
        target: session.target.clone(),
        account: session.is_aws.then(|| session.identity.account.clone()),
        destinations: session
            .registries
            .iter()
            .map(|registry| registry.destination().to_owned())
            .collect(),
        layers: Failures::collect(planned)?,
    };
    Ok(Planned { plan, prepared })
}

fn metadata(settings: &LayerSettings) -> VersionMetadata {
    VersionMetadata {
        description: settings.description.as_str().to_owned(),
        runtimes: settings.runtimes.clone(),
        architectures: [settings.architecture].into(),
        license: settings
            .license
            .as_ref()
            .map(|license| license.as_str().to_owned()),
    }
}

async fn plan_one(
    layer: &Prepared<'_>,
    session: &Session,
    builder: &Builder<'_>,
) -> Result<LayerPlan, Error> {
    let Prepared {
        settings,
        inputs,
        metadata,
    } = layer;
    let grantee = settings.permission.grantee(&session.identity)?;
    let mut desired = Desired {
        layer: inputs.layer.clone(),
        description: settings.description.clone(),
        description_position: settings.description_position,
        metadata: metadata.clone(),
        fingerprint: inputs.fingerprint,
        sha256: builder
            .archives
            .summary(inputs.fingerprint)
            .map(|summary| summary.sha256),
        archive: None,
        grantee,
        republish: settings.republish,
    };
    let observations = session
        .registries
        .iter()
        .map(|registry| observe(registry.as_ref(), &desired));
    let observed = futures::future::try_join_all(observations).await?;
    if !observed
        .iter()
        .all(|observed| is_recognised(&desired, observed))
    {
        let (sha256, archive) = build(inputs, settings, session, builder).await?;
        desired.sha256 = Some(sha256);
        desired.archive = Some(archive);
    }
    Ok(plan_layer(&desired, &observed))
}

/// Builds a layer's archive, or finds it built, and reads what it holds.
async fn build(
    inputs: &Inputs,
    settings: &LayerSettings,
    session: &Session,
    builder: &Builder<'_>,
) -> Result<(Sha256, DesiredArchive), Error> {
    let archive = builder.open(inputs, settings).await?;
    if session.is_aws {
        direct_upload(&inputs.layer, &archive.summary)?;
    }
    let listing = listing(&archive);
    let sha256 = archive.summary.sha256;
    let archive = DesiredArchive {
        size: archive.summary.size,
        listing,
        own_files: inputs
            .own_files
            .iter()
            .map(|file| file.path.clone())
            .collect(),
        packages: archive.summary.packages,
    };
    Ok((sha256, archive))
}
