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
use crate::plan::{Desired, DesiredArchive, LayerPlan, Observed, Plan, plan_layer};
use crate::registry::{OrganizationLookup, RegistryError, Session};

/// How many layers are worked on at a time, in each destination.
const PARALLEL: usize = 8;

/// A plan with everything that executing it takes.
pub struct Planned<'a> {
    /// The plan, of all that could be planned.
    pub plan: Plan,
    /// Why the rest could not be.
    pub failures: Failures,
    prepared: Vec<Prepared<'a>>,
}

/// A layer whose inputs are known.
struct Prepared<'a> {
    settings: &'a LayerSettings,
    inputs: Inputs,
    desired: Desired,
}

impl Planned<'_> {
    /// What each layer is made of.
    pub fn sources<'p>(&'p self) -> BTreeMap<LayerName, LayerSource<'p>> {
        let source = |prepared: &'p Prepared<'_>| {
            let Prepared {
                settings,
                inputs,
                desired,
            } = prepared;
            let metadata = &desired.metadata;
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

/// Plans `layers` for the destinations of `session`, as far as they can be planned.
///
/// Builds only what was not built before, and only where a destination is not recognised to have it.
pub async fn plan_layers<'a>(
    layers: &[(&'a LayerName, &'a LayerSettings)],
    session: &Session,
    builder: &Builder<'_>,
) -> Result<Planned<'a>, Failures> {
    let (mut prepared, mut failures) = (Vec::new(), Failures::default());
    let inputs = builder.prepare(layers).await;
    for ((_, settings), inputs) in layers.iter().zip(inputs) {
        let layer = inputs.and_then(|inputs| with_desired(settings, inputs, session, builder));
        prepared.extend(failures.keep(layer));
    }
    let observed = observe_all(&prepared, session).await;
    let planned = prepared
        .iter()
        .zip(observed)
        .map(|(layer, observed)| plan_one(layer, observed, session, builder));
    let planned: Vec<_> = futures::stream::iter(planned)
        .buffered(PARALLEL)
        .collect()
        .await;
    let mut layers = Vec::new();
    for (layer, failed) in planned {
        failures.extend(failed);
        layers.extend(layer);
    }
    if layers.is_empty() && !failures.0.is_empty() {
        return Err(failures);
    }
    let plan = Plan {
        target: session.target.clone(),
        account: session.is_aws.then(|| session.identity.account.clone()),
        destinations: session
            .registries
            .iter()
            .map(|registry| registry.destination().to_owned())
            .collect(),
        layers,
    };
    Ok(Planned {
        plan,
        failures,
        prepared,
    })
}

/// What every destination has of each layer. One that is slow holds up no other.
async fn observe_all(
    layers: &[Prepared<'_>],
    session: &Session,
) -> Vec<Vec<Result<Observed, RegistryError>>> {
    let destinations = session.registries.iter().map(|registry| async {
        let observations = layers
            .iter()
            .map(|layer| observe(registry.as_ref(), &layer.desired));
        let observations = futures::stream::iter(observations).buffered(PARALLEL);
        observations.collect::<Vec<_>>().await.into_iter()
    });
    let mut destinations = futures::future::join_all(destinations).await;
    let of_layer = |_| destinations.iter_mut().filter_map(Iterator::next).collect();
    layers.iter().map(of_layer).collect()
}

fn with_desired<'a>(
    settings: &'a LayerSettings,
    inputs: Inputs,
    session: &Session,
    builder: &Builder<'_>,
) -> Result<Prepared<'a>, Error> {
    let metadata = VersionMetadata {
        description: settings.description.as_str().to_owned(),
        runtimes: settings.runtimes.clone(),
        architectures: [settings.architecture].into(),
        license: settings
            .license
            .as_ref()
            .map(|license| license.as_str().to_owned()),
    };
    let built = builder.archives.summary(inputs.fingerprint);
    let desired = Desired {
        layer: inputs.layer.clone(),
        description: settings.description.clone(),
        description_position: settings.description_position,
        metadata,
        fingerprint: inputs.fingerprint,
        sha256: built.map(|summary| summary.sha256),
        archive: None,
        grantee: settings.permission.grantee(&session.identity)?,
        republish: settings.republish,
    };
    Ok(Prepared {
        settings,
        inputs,
        desired,
    })
}

/// Plans a layer for the destinations that could be read; the others fail.
async fn plan_one(
    layer: &Prepared<'_>,
    observed: Vec<Result<Observed, RegistryError>>,
    session: &Session,
    builder: &Builder<'_>,
) -> (Option<LayerPlan>, Vec<Error>) {
    let mut failures = Failures::default();
    let observed: Vec<_> = observed
        .into_iter()
        .filter_map(|outcome| failures.keep(outcome))
        .collect();
    if observed.is_empty() {
        return (None, failures.0);
    }
    let Prepared {
        settings,
        inputs,
        desired,
    } = layer;
    let mut desired = desired.clone();
    if !observed
        .iter()
        .all(|observed| is_recognised(&desired, observed))
    {
        let built = build(inputs, settings, session, builder).await;
        let Some((sha256, archive)) = failures.keep(built) else {
            return (None, failures.0);
        };
        desired.sha256 = Some(sha256);
        desired.archive = Some(archive);
    }
    (Some(plan_layer(&desired, &observed)), failures.0)
}

/// Builds a layer's archive, or finds it built, and reads what it holds.
async fn build(
    inputs: &Inputs,
    settings: &LayerSettings,
    session: &Session,
    builder: &Builder<'_>,
) -> Result<(Sha256, DesiredArchive), Error> {
    let archive = builder.open(inputs, settings).await?;
    if session.is_direct {
        direct_upload(inputs, &archive.summary)?;
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
