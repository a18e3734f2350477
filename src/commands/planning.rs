//! From a manifest to a plan: the work that `plan`, `apply` and `publish` have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt as _;

use super::PARALLEL;
use super::build::listing;
use super::texts::add_file_changes;
use crate::apply::LayerSource;
use crate::build::{Builder, Inputs, direct_upload};
use crate::cache::{ArchiveSummary, StoredArchive};
use crate::cli::RebuildOption;
use crate::error::{Error, Failures};
use crate::layer::{
    Grantee, Identity, LayerName, ParameterNames, Permission, VersionMetadata, VersionNumber,
};
use crate::manifest::LayerSettings;
use crate::observe::{is_recognised, observe};
use crate::plan::{
    Action, Desired, DesiredArchive, LayerPlan, Observed, Plan, TextDetail, plan_layer,
};
use crate::registry::{OrganizationLookup, ReadRegistry, RegistryError, Session};

/// A plan with everything that executing it takes.
pub struct Planned<'a> {
    /// The plan, of all that could be planned.
    pub plan: Plan,
    /// Why the rest could not be.
    pub failures: Failures,
    layers: Vec<TargetLayer<'a>>,
}

/// A layer whose inputs are known, for any number of targets.
pub struct Prepared<'a> {
    settings: &'a LayerSettings,
    inputs: Inputs,
    /// Its archive, where it was to be built whatever is published.
    rebuilt: Option<Built>,
}

/// A layer as one target should have it.
struct TargetLayer<'a> {
    prepared: Arc<Prepared<'a>>,
    desired: Desired,
}

/// An archive that was built.
#[derive(Clone)]
struct Built {
    summary: ArchiveSummary,
    archive: DesiredArchive,
    stored: Arc<StoredArchive>,
}

impl Prepared<'_> {
    /// The layer.
    pub fn layer(&self) -> &LayerName {
        &self.inputs.layer
    }
}

impl Planned<'_> {
    /// What each layer is made of.
    pub fn sources(&self) -> BTreeMap<LayerName, LayerSource<'_>> {
        let sources = self.layers.iter().map(|layer| {
            let source = LayerSource {
                inputs: &layer.prepared.inputs,
                settings: layer.prepared.settings,
                metadata: &layer.desired.metadata,
                trusts_comments: layer.desired.trusts_comments,
            };
            (layer.desired.layer.clone(), source)
        });
        sources.collect()
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

/// Finds what each layer is made of, as far as that can be found; with `rebuild`, builds each anew.
pub async fn prepare_layers<'a>(
    layers: &[(&'a LayerName, &'a LayerSettings)],
    builder: &Builder<'_>,
    rebuild: RebuildOption,
) -> (Vec<Arc<Prepared<'a>>>, Failures) {
    let inputs = builder.prepare(layers).await;
    let settings = layers.iter().map(|(_, settings)| *settings);
    let prepared = settings.zip(inputs).map(|(settings, inputs)| async move {
        let inputs = inputs?;
        let rebuilt = match rebuild.rebuild {
            true => Some(built(&inputs, builder.rebuild(&inputs, settings).await?)),
            false => None,
        };
        Ok::<_, Error>(Arc::new(Prepared {
            settings,
            inputs,
            rebuilt,
        }))
    });
    let mut failures = Failures::default();
    let prepared = futures::stream::iter(prepared).buffered(PARALLEL);
    let prepared: Vec<_> = prepared.collect().await;
    let kept = prepared
        .into_iter()
        .filter_map(|layer| failures.keep(layer));
    (kept.collect(), failures)
}

/// Plans `layers` for the destinations of `session`, as far as they can be planned.
///
/// Builds only what was not built before, and only where a destination is not recognised to have it.
pub async fn plan_layers<'a>(
    layers: &[Arc<Prepared<'a>>],
    session: &Session,
    builder: &Builder<'_>,
    detail: TextDetail,
) -> Planned<'a> {
    let mut failures = Failures::default();
    let desired = layers
        .iter()
        .filter_map(|layer| failures.keep(with_desired(layer, session, builder)));
    let desired: Vec<_> = desired.collect();
    let observed = observe_all(&desired, session, &mut failures).await;
    let planned = desired
        .iter()
        .zip(observed)
        .map(|(layer, observed)| plan_one(layer, observed, session, builder, detail));
    let planned: Vec<_> = futures::stream::iter(planned)
        .buffered(PARALLEL)
        .collect()
        .await;
    let mut layers = Vec::new();
    for (layer, failed) in planned {
        failures.extend(failed);
        layers.extend(layer);
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
    Planned {
        plan,
        failures,
        layers: desired,
    }
}

/// The version that a plan would take for current in one destination, as far as that is known without building.
pub async fn current_version(
    layer: &Prepared<'_>,
    registry: &dyn ReadRegistry,
    identity: &Identity,
    builder: &Builder<'_>,
) -> Result<Option<VersionNumber>, RegistryError> {
    // An organization that nobody asked for is not known, and then who is granted makes no difference.
    let grantee = layer.settings.permission.grantee(identity).ok().flatten();
    let desired = desired(layer, grantee, None, builder);
    let observed = observe(registry, &desired).await?;
    let planned = plan_layer(&desired, &[observed]);
    let current = planned
        .destinations
        .iter()
        .find_map(|plan| match &plan.action {
            Action::Unchanged { current, .. } => Some(current.number),
            _ => None,
        });
    Ok(current)
}

/// What every destination has of each layer. One that is slow holds up no other.
async fn observe_all(
    layers: &[TargetLayer<'_>],
    session: &Session,
    failures: &mut Failures,
) -> Vec<Vec<Result<Observed, RegistryError>>> {
    let names = layers.iter().flat_map(|layer| &layer.desired.parameters);
    let names: Vec<_> = names.flat_map(ParameterNames::iter).cloned().collect();
    let destinations = session.registries.iter().map(|registry| async {
        let observations = layers
            .iter()
            .map(|layer| observe(registry.as_ref(), &layer.desired));
        let observations = futures::stream::iter(observations).buffered(PARALLEL);
        let parameters = async {
            match names.is_empty() {
                true => Ok(BTreeMap::new()),
                false => registry.parameters(&names).await,
            }
        };
        futures::join!(observations.collect::<Vec<_>>(), parameters)
    });
    let mut destinations: Vec<_> = futures::future::join_all(destinations)
        .await
        .into_iter()
        .filter_map(|(observations, held)| {
            // Without knowing the parameters nothing is known of the destination.
            let held = failures.keep(held)?;
            let with_parameters = move |(observed, layer): (Result<_, _>, &TargetLayer<'_>)| {
                observed.map(|observed| Observed {
                    parameters: layer.desired.held(&held),
                    ..observed
                })
            };
            Some(observations.into_iter().zip(layers).map(with_parameters))
        })
        .collect();
    let of_layer = |_| destinations.iter_mut().filter_map(Iterator::next).collect();
    layers.iter().map(of_layer).collect()
}

fn with_desired<'a>(
    prepared: &Arc<Prepared<'a>>,
    session: &Session,
    builder: &Builder<'_>,
) -> Result<TargetLayer<'a>, Error> {
    let settings = prepared.settings;
    let grantee = settings.permission.grantee(&session.identity)?;
    let names = |prefix| ParameterNames::new(prefix, prepared.layer(), &settings.description);
    let parameters = session.ssm_prefix.as_ref().map(names).transpose()?;
    Ok(TargetLayer {
        prepared: Arc::clone(prepared),
        desired: desired(prepared, grantee, parameters, builder),
    })
}

fn desired(
    prepared: &Prepared<'_>,
    grantee: Option<Grantee>,
    parameters: Option<ParameterNames>,
    builder: &Builder<'_>,
) -> Desired {
    let Prepared {
        settings,
        inputs,
        rebuilt,
    } = prepared;
    let summary = match rebuilt {
        Some(rebuilt) => Some(rebuilt.summary.clone()),
        None => builder.archives.summary(inputs.fingerprint),
    };
    Desired {
        layer: inputs.layer.clone(),
        description: settings.description.clone(),
        description_position: settings.description_position,
        metadata: metadata(settings),
        fingerprint: inputs.fingerprint,
        trusts_comments: rebuilt.is_none(),
        sha256: summary.map(|summary| summary.sha256),
        archive: rebuilt.as_ref().map(|rebuilt| rebuilt.archive.clone()),
        grantee,
        parameters,
        republish: settings.republish,
    }
}

/// What is to describe a version of a layer.
pub fn metadata(settings: &LayerSettings) -> VersionMetadata {
    let license = settings.license.as_ref();
    VersionMetadata {
        description: settings.description.as_str().to_owned(),
        runtimes: settings.runtimes.clone(),
        architectures: [settings.architecture].into(),
        license: license.map(|license| license.as_str().to_owned()),
    }
}

/// Plans a layer for the destinations that could be read; the others fail.
async fn plan_one(
    layer: &TargetLayer<'_>,
    observed: Vec<Result<Observed, RegistryError>>,
    session: &Session,
    builder: &Builder<'_>,
    detail: TextDetail,
) -> (Option<LayerPlan>, Vec<Error>) {
    let mut failures = Failures::default();
    let observed: Vec<_> = observed
        .into_iter()
        .filter_map(|outcome| failures.keep(outcome))
        .collect();
    if observed.is_empty() {
        return (None, failures.0);
    }
    let mut desired = layer.desired.clone();
    if observed
        .iter()
        .all(|observed| is_recognised(&desired, observed))
    {
        return (Some(plan_layer(&desired, &observed)), failures.0);
    }
    let built = build(&layer.prepared, session, builder).await;
    let Some(built) = failures.keep(built) else {
        return (None, failures.0);
    };
    desired.sha256 = Some(built.summary.sha256);
    desired.archive = Some(built.archive);
    let mut plan = plan_layer(&desired, &observed);
    if let Some(archive) = &desired.archive {
        let stored = &built.stored;
        add_file_changes(&mut plan, &observed, archive, stored, session, detail).await;
    }
    (Some(plan), failures.0)
}

/// Builds a layer's archive, or finds it built, and checks that the target takes it.
async fn build(
    layer: &Prepared<'_>,
    session: &Session,
    builder: &Builder<'_>,
) -> Result<Built, Error> {
    let built = match &layer.rebuilt {
        Some(rebuilt) => rebuilt.clone(),
        None => built(
            &layer.inputs,
            builder.open(&layer.inputs, layer.settings).await?,
        ),
    };
    if session.is_direct {
        direct_upload(&layer.inputs, &built.summary)?;
    }
    Ok(built)
}

/// What a stored archive holds.
fn built(inputs: &Inputs, stored: StoredArchive) -> Built {
    let own_files = inputs.own_files.iter().map(|file| file.path.clone());
    let summary = stored.summary.clone();
    let archive = DesiredArchive {
        size: summary.size,
        listing: listing(&stored),
        own_files: own_files.collect(),
        packages: summary.packages.clone(),
    };
    Built {
        summary,
        archive,
        stored: Arc::new(stored),
    }
}
