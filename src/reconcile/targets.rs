//! Planning for several targets: all at the same time, and none waits for another's success.

use futures::future::join_all;

use super::planner::{Planned, Planner};
use crate::error::{Error, Failure, Failures};
use crate::layer::LayerName;
use crate::manifest::{LayerSettings, Manifest, Target};
use crate::registry::Session;

/// The plans of several targets.
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
    /// Its plan; `None` where nothing could be planned.
    pub planned: Option<Planned<'a>>,
    /// Why the rest could not be planned.
    pub failures: Vec<String>,
}

impl<'a> TargetPlans<'a> {
    /// The plans that there are.
    pub fn planned(&self) -> impl Iterator<Item = &Planned<'a>> {
        self.targets
            .iter()
            .filter_map(|target| target.planned.as_ref())
    }
}

/// A target of the manifest, with its registries, if it could be reached.
pub type Opened = (String, Result<Session, Error>);

/// The targets with these names, each once, or the default one.
pub fn chosen_targets<'m>(
    manifest: &'m Manifest,
    names: &[String],
) -> Result<Vec<&'m Target>, Error> {
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

impl Planner<'_> {
    /// Plans `layers` for `targets`, as far as that is possible.
    ///
    /// # Errors
    /// If nothing can be planned in any of them.
    pub async fn plan<'a>(
        &self,
        layers: &[(&'a LayerName, &'a LayerSettings)],
        targets: Vec<Opened>,
    ) -> Result<TargetPlans<'a>, Failures> {
        let is_several = targets.len() > 1;
        // Without any target nothing else is begun: no lock is made, nothing is built.
        let (prepared, mut failures) = if targets.iter().any(|(_, session)| session.is_ok()) {
            self.prepare(layers).await
        } else {
            Default::default()
        };
        let unprepared = texts(&failures);
        let planned = targets
            .into_iter()
            .map(async |(name, session)| match session {
                Ok(session) => {
                    let (planned, failures) = self.plan_target(&prepared, session).await;
                    (name, Some(planned), failures)
                }
                Err(error) => (name, None, error.into()),
            });
        let mut targets = Vec::new();
        for (name, planned, own) in join_all(planned).await {
            let reasons = [unprepared.clone(), texts(&own)].concat();
            let is_planned =
                |planned: &Planned<'_>| !planned.plan.layers.is_empty() || reasons.is_empty();
            let planned = planned.filter(is_planned);
            failures.extend(own.0.into_iter().map(|error| {
                if is_several {
                    OfTarget(name.clone(), error).into()
                } else {
                    error
                }
            }));
            targets.push(TargetPlan {
                name,
                planned,
                failures: reasons,
            });
        }
        if targets.iter().all(|target| target.planned.is_none()) {
            return Err(failures);
        }
        Ok(TargetPlans { targets, failures })
    }
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
