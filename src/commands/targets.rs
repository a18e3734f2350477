//! Planning for every target that the options name: all at the same time, and none waits for another's success.

use futures::future::join_all;

use super::Context;
use super::planning::{Planned, organization_lookup, plan_layers, prepare_layers};
use crate::build::Builder;
use crate::cli::RebuildOption;
use crate::error::{Error, Failure, Failures};
use crate::layer::LayerName;
use crate::manifest::{LayerSettings, Manifest, Target};
use crate::plan::TextDetail;
use crate::registry::Session;

/// The plans of all targets that the options name.
pub struct TargetPlans<'a> {
    /// The targets, in the order in which they were named; at least one has a plan.
    pub targets: Vec<TargetPlan<'a>>,
    /// All that could not be planned, and why; not yet told to the user.
    pub failures: Failures,
}

/// What planning came to for one target.
pub struct TargetPlan<'a> {
    /// The target.
    pub name: String,
    /// The plan, with the registries that it is for; `None` where nothing could be planned.
    pub work: Option<(Session, Planned<'a>)>,
    /// Why the rest could not be planned.
    pub failures: Vec<String>,
}

/// Which layers to plan, and how sure to be of them.
pub struct Selection<'m, 'a> {
    /// The manifest.
    pub manifest: &'m Manifest,
    /// Its layers.
    pub layers: &'m [(&'a LayerName, &'a LayerSettings)],
    /// Whether to build all of them.
    pub rebuild: RebuildOption,
    /// How much to tell of texts that change.
    pub detail: TextDetail,
}

/// The targets that the options name, or the default one.
pub fn chosen_targets<'m>(
    manifest: &'m Manifest,
    context: &Context,
) -> Result<Vec<&'m Target>, Error> {
    let names = &context.options.targets;
    if names.is_empty() {
        return Ok(vec![manifest.target(None)?]);
    }
    let mut targets: Vec<&Target> = Vec::new();
    for name in names {
        let target = manifest.target(Some(name))?;
        if targets.iter().all(|known| known.name != target.name) {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// Plans for `targets`, as far as that is possible.
///
/// # Errors
/// If nothing can be planned in any of them.
pub async fn plan_targets<'a>(
    selection: &Selection<'_, 'a>,
    targets: &[&Target],
    builder: &Builder<'_>,
    context: &Context,
) -> Result<TargetPlans<'a>, Failures> {
    let is_several = targets.len() > 1;
    let opened = targets
        .iter()
        .map(|target| open_session(selection, target, context));
    let mut opened = join_all(opened).await;
    // Without any target nothing else is begun: no lock is made, nothing is built.
    let (prepared, mut failures) = if opened.iter().any(Result::is_ok) {
        prepare_layers(selection.layers, builder, selection.rebuild).await
    } else {
        Default::default()
    };
    let unprepared = texts(&failures);
    let planned = opened.iter().map(async |session| match session {
        Ok(session) => Some(plan_layers(&prepared, session, builder, selection.detail).await),
        Err(_) => None,
    });
    let planned = join_all(planned).await;
    let mut plans = Vec::new();
    for ((target, session), planned) in targets.iter().zip(opened.drain(..)).zip(planned) {
        let mut own = Failures::default();
        let mut work = own.keep(session).zip(planned);
        if let Some((_, planned)) = &mut work {
            own.extend(std::mem::take(&mut planned.failures).0);
        }
        let reasons = [unprepared.clone(), texts(&own)].concat();
        let is_planned = |(_, planned): &(Session, Planned<'_>)| {
            !planned.plan.layers.is_empty() || reasons.is_empty()
        };
        plans.push(TargetPlan {
            name: target.name.clone(),
            work: work.filter(is_planned),
            failures: reasons,
        });
        let told = own.0.into_iter().map(|error| match is_several {
            true => OfTarget(target.name.clone(), error).into(),
            false => error,
        });
        failures.extend(told);
    }
    match plans.iter().any(|plan| plan.work.is_some()) {
        true => Ok(TargetPlans {
            targets: plans,
            failures,
        }),
        false => Err(failures),
    }
}

/// Reads nothing but the manifest's words: connects to a target, which must allow what the layers ask for.
async fn open_session(
    selection: &Selection<'_, '_>,
    target: &Target,
    context: &Context,
) -> Result<Session, Error> {
    let Selection {
        manifest, layers, ..
    } = selection;
    manifest.check_public(target, layers)?;
    let organization = organization_lookup(layers);
    context.connect(manifest, target, organization).await
}

/// What failed, each with its causes.
pub fn texts(failures: &Failures) -> Vec<String> {
    let texts = failures.0.iter().map(|error| error.chain().join(": "));
    texts.collect()
}

/// A failure in one of several targets.
#[derive(Debug, thiserror::Error)]
#[error("target `{0}`: {1}")]
struct OfTarget(String, Error);

impl Failure for OfTarget {
    fn hint(&self) -> Option<String> {
        self.1.hint()
    }
}
