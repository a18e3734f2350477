//! From layers and sessions to plans: what `plan`, `apply`, `outputs`, `bump` and `publish` have in common.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::future::join_all;

use super::PARALLEL;
use super::evidence::with_evidence;
use super::prepared::{Prepared, Rebuild};
use crate::build::{Builder, upload_size};
use crate::error::{Error, Failures};
use crate::layer::{Identity, LayerName, ParameterNames, VersionNumber};
use crate::manifest::LayerSettings;
use crate::observe::{is_recognised, observe};
use crate::plan::{Action, Desired, LayerPlan, Observed, Plan, TextDetail, plan_layer};
use crate::registry::{ReadRegistry, RegistryError, Session};

/// Plans layers, with what makes their archives.
pub struct Planner<'p> {
    /// What finds their inputs, and builds them.
    pub builder: &'p Builder<'p>,
    /// Which of them to build.
    pub rebuild: Rebuild,
    /// How much to tell of texts that change.
    pub detail: TextDetail,
}

/// The plan of a target with what applying it takes.
pub struct Planned<'a> {
    /// The target's registries.
    pub session: Session,
    /// The plan, of all that could be planned.
    pub plan: Plan,
    /// The layers of the plan, in its order.
    pub layers: Vec<Arc<Prepared<'a>>>,
}

/// A layer as a target should have it.
type Wanted<'l, 'a> = (&'l Arc<Prepared<'a>>, Desired);

/// What a destination has of a layer.
type Seen = Result<Observed, RegistryError>;

impl<'p> Planner<'p> {
    /// A planner that builds no more than it must, and counts the lines that change.
    pub fn new(builder: &'p Builder<'p>) -> Self {
        Self {
            builder,
            rebuild: Rebuild::default(),
            detail: TextDetail::default(),
        }
    }

    /// Finds what each layer is made of, as far as that can be found.
    pub async fn prepare<'a>(
        &self,
        layers: &[(&'a LayerName, &'a LayerSettings)],
    ) -> (Vec<Arc<Prepared<'a>>>, Failures) {
        let inputs = self.builder.prepare(layers).await;
        let settings = layers.iter().map(|(_, settings)| *settings);
        let prepared = settings.zip(inputs).map(async |(settings, inputs)| {
            let prepared = Prepared::new(inputs?, settings, self.builder, self.rebuild).await?;
            Ok::<_, Error>(Arc::new(prepared))
        });
        let prepared = futures::stream::iter(prepared).buffered(PARALLEL);
        let prepared: Vec<_> = prepared.collect().await;
        let mut failures = Failures::default();
        let kept = prepared
            .into_iter()
            .filter_map(|layer| failures.keep(layer));
        (kept.collect(), failures)
    }

    /// Finds what one layer is made of.
    pub async fn prepare_one<'a>(
        &self,
        layer: (&'a LayerName, &'a LayerSettings),
    ) -> Result<Arc<Prepared<'a>>, Failures> {
        let (prepared, failures) = self.prepare(&[layer]).await;
        prepared.into_iter().next().ok_or(failures)
    }

    /// Plans `layers` for the destinations of `session`, as far as they can be planned.
    ///
    /// Builds only what was not built before, and only where a destination is not recognised to have it.
    pub(super) async fn plan_target<'a>(
        &self,
        layers: &[Arc<Prepared<'a>>],
        session: Session,
    ) -> (Planned<'a>, Failures) {
        let mut failures = Failures::default();
        let wanted = layers
            .iter()
            .filter_map(|layer| failures.keep(self.wanted(layer, &session)));
        let wanted: Vec<_> = wanted.collect();
        let seen = observe_all(&wanted, &session, &mut failures).await;
        let planned = wanted
            .iter()
            .zip(seen)
            .map(|(wanted, seen)| self.plan_layer(wanted, seen, &session));
        let planned = futures::stream::iter(planned).buffered(PARALLEL);
        let planned: Vec<_> = planned.collect().await;
        let (mut plans, mut planned_layers) = (Vec::new(), Vec::new());
        for ((layer, _), (plan, failed)) in wanted.iter().zip(planned) {
            failures.extend(failed.0);
            planned_layers.extend(plan.is_some().then(|| Arc::clone(layer)));
            plans.extend(plan);
        }
        let registries = session.registries.iter();
        let destinations = registries.map(|registry| registry.destination().to_owned());
        let plan = Plan {
            target: session.target.clone(),
            account: session.account.clone(),
            destinations: destinations.collect(),
            layers: plans,
        };
        let planned = Planned {
            session,
            plan,
            layers: planned_layers,
        };
        (planned, failures)
    }

    /// The version that a plan would take for current in one destination, as far as that is known without building.
    pub async fn current_version(
        &self,
        layer: &Prepared<'_>,
        registry: &dyn ReadRegistry,
        identity: &Identity,
    ) -> Result<Option<VersionNumber>, RegistryError> {
        // An organization that nobody asked for is not known, and then who is granted makes no difference.
        let grantee = layer.settings.permission.grantee(identity).ok().flatten();
        let desired = self.with_stored(layer, layer.desired(grantee));
        let observed = observe(registry, &desired).await?;
        let planned = plan_layer(&desired, &[observed]);
        let mut actions = planned.destinations.iter().map(|plan| &plan.action);
        Ok(actions.find_map(|action| match action {
            Action::Unchanged { current, .. } => Some(current.number),
            _ => None,
        }))
    }

    fn wanted<'l, 'a>(
        &self,
        layer: &'l Arc<Prepared<'a>>,
        session: &Session,
    ) -> Result<Wanted<'l, 'a>, Error> {
        let settings = layer.settings;
        let grantee = settings.permission.grantee(&session.identity)?;
        let names = |prefix| ParameterNames::new(prefix, layer.layer(), &settings.description);
        let desired = Desired {
            parameters: session.ssm_prefix.as_ref().map(names).transpose()?,
            ..layer.desired(grantee)
        };
        Ok((layer, self.with_stored(layer, desired)))
    }

    /// The same with the hash of an archive that was built before.
    fn with_stored(&self, layer: &Prepared<'_>, desired: Desired) -> Desired {
        let stored = || self.builder.archives.summary(layer.inputs.fingerprint);
        let sha256 = desired
            .sha256
            .or_else(|| stored().map(|summary| summary.sha256));
        Desired { sha256, ..desired }
    }

    /// Plans a layer for the destinations that could be read; the others fail.
    async fn plan_layer(
        &self,
        (layer, desired): &Wanted<'_, '_>,
        seen: Vec<Seen>,
        session: &Session,
    ) -> (Option<LayerPlan>, Failures) {
        let mut failures = Failures::default();
        let observed = seen
            .into_iter()
            .filter_map(|outcome| failures.keep(outcome));
        let observed: Vec<_> = observed.collect();
        if observed.is_empty() {
            return (None, failures);
        }
        if observed
            .iter()
            .all(|observed| is_recognised(desired, observed))
        {
            return (Some(plan_layer(desired, &observed)), failures);
        }
        let built = layer.build(self.builder).await;
        let Some(built) = failures.keep(built) else {
            return (None, failures);
        };
        let checked = upload_size(&layer.inputs, &built.stored.summary, session.upload_limit);
        if failures.keep(checked).is_none() {
            return (None, failures);
        }
        if session.account.is_none() {
            let summary = &built.stored.summary;
            self.builder.warn_of_size(&layer.inputs, summary);
        }
        let desired = Desired {
            sha256: Some(built.stored.summary.sha256),
            archive: Some(built.archive),
            ..desired.clone()
        };
        let observed = with_evidence(observed, &desired, &built.stored, session, self.detail).await;
        (Some(plan_layer(&desired, &observed)), failures)
    }
}

/// What every destination has of each layer. One that is slow holds up no other.
async fn observe_all(
    layers: &[Wanted<'_, '_>],
    session: &Session,
    failures: &mut Failures,
) -> Vec<Vec<Seen>> {
    let names = layers.iter().flat_map(|(_, desired)| &desired.parameters);
    let names: Vec<_> = names.flat_map(ParameterNames::iter).cloned().collect();
    let destinations = session.registries.iter().map(|registry| async {
        let observations = layers
            .iter()
            .map(|(_, desired)| observe(registry.as_ref(), desired));
        let observations = futures::stream::iter(observations).buffered(PARALLEL);
        futures::join!(
            observations.collect::<Vec<_>>(),
            registry.parameters(&names)
        )
    });
    let mut destinations: Vec<_> = join_all(destinations)
        .await
        .into_iter()
        .filter_map(|(observations, held)| {
            // A destination whose parameters cannot be read is not planned.
            let held = failures.keep(held)?;
            let with_parameters = move |(observed, (_, desired)): (Seen, &Wanted<'_, '_>)| {
                observed.map(|observed| Observed {
                    parameters: desired.held(&held),
                    ..observed
                })
            };
            Some(observations.into_iter().zip(layers).map(with_parameters))
        })
        .collect();
    let of_layer = |_| destinations.iter_mut().filter_map(Iterator::next).collect();
    layers.iter().map(of_layer).collect()
}
