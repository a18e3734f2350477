//! How a layer's description is to be raised: as far as the difference from what is published asks.

use super::planner::Planner;
use crate::build::Builder;
use crate::error::{Error, Failure, Failures};
use crate::layer::{Description, LayerName, Level};
use crate::manifest::{LayerSettings, Republish};
use crate::plan::{BumpReason, LayerPlan, Suggestion};
use crate::registry::Session;

/// It is not known how much a layer differs from what is published.
#[derive(Debug, thiserror::Error)]
#[error("cannot compare layer `{layer}` with what is published: {cause}")]
pub struct CannotCompare {
    /// The layer.
    pub layer: LayerName,
    /// Why.
    pub cause: Error,
}

impl Failure for CannotCompare {
    fn hint(&self) -> Option<String> {
        let level = format!("give a level, such as `lls bump {} --minor`", self.layer);
        Some(match self.cause.hint() {
            Some(hint) => format!("{hint}; or {level}"),
            None => level,
        })
    }
}

/// There is no higher version.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` cannot be bumped: its numbers are too large")]
pub struct Highest(Description);

impl Failure for Highest {
    fn hint(&self) -> Option<String> {
        Some("set another description in the manifest".into())
    }
}

/// The description with one of its numbers raised.
pub fn raised(description: &Description, level: Level) -> Result<Description, Highest> {
    description
        .raised(level)
        .ok_or_else(|| Highest(description.clone()))
}

/// Why the description of a layer is to be raised, or not, and to what: one that something else was published with is
/// raised further.
pub async fn suggest(
    (layer, settings): (&LayerName, &LayerSettings),
    session: Session,
    builder: &Builder<'_>,
) -> Result<(BumpReason, Option<Description>), Failures> {
    let mut settings = settings.clone();
    // What may be published again is raised as any other.
    settings.republish = Republish::Deny;
    let mut session = Session {
        ssm_prefix: None,
        ..session
    };
    let mut suggested: Option<Suggestion> = None;
    loop {
        let (reason, reached) = compare((layer, &settings), session, builder).await?;
        session = reached;
        let BumpReason::Suggested(suggestion) = reason else {
            return Ok(match suggested {
                Some(suggestion) => (
                    BumpReason::Suggested(suggestion),
                    Some(settings.description),
                ),
                None => (reason, None),
            });
        };
        settings.description = raised(&settings.description, suggestion.level)?;
        // The weightiest, and of those the one that tells it from the nearest version.
        let is_weightier = |known: &Suggestion| suggestion.level >= known.level;
        if suggested.as_ref().is_none_or(is_weightier) {
            suggested = Some(suggestion);
        }
    }
}

/// Plans the layer as `lls plan` does, and takes from that how its description stands to what is published.
async fn compare(
    layer: (&LayerName, &LayerSettings),
    session: Session,
    builder: &Builder<'_>,
) -> Result<(BumpReason, Session), Failures> {
    let cannot = |cause| {
        let layer = layer.0.clone();
        Error::from(CannotCompare { layer, cause })
    };
    let all = |failures: Failures| Failures(failures.0.into_iter().map(cannot).collect());
    let planner = Planner::new(builder);
    let prepared = planner.prepare_one(layer).await.map_err(all)?;
    let (planned, failures) = planner.plan_target(&[prepared], session).await;
    all(failures).into_result()?;
    let plan = planned.plan.layers.first();
    let reason = plan.map_or(Ok(BumpReason::Unchanged), LayerPlan::bump);
    let reason = reason.map_err(|cause| cannot(cause.into()))?;
    Ok((reason, planned.session))
}
