//! `lls bump`: raises a layer's description, as much as is asked for or as the difference from what is published asks.

use super::edited::edit_manifest;
use super::planning::{organization_lookup, plan_layers, prepare_layers};
use super::{Context, ExitStatus};
use crate::build::Builder;
use crate::cli::{BumpOptions, Format, RebuildOption};
use crate::error::{Error, Failure, Failures};
use crate::layer::{Description, LayerName, Level, VersionNumber};
use crate::manifest::{LayerSettings, Manifest, Republish};
use crate::plan::{Action, LayerPlan, Suggestion, TextDetail};
use crate::registry::Session;
use crate::render::{BumpReason, BumpedLayer, Document, render_bump};

/// It is not known how much a layer differs from what is published.
#[derive(Debug, thiserror::Error)]
#[error("cannot compare layer `{layer}` with what is published: {cause}")]
struct CannotCompare {
    layer: LayerName,
    cause: Error,
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

/// Nothing was found that the layer differs in.
#[derive(Debug, thiserror::Error)]
enum NotCompared {
    /// What is published could not be read.
    #[error("the published archive cannot be read")]
    Unreadable,
    /// A version is equal, but another one has its description.
    #[error(":{0} is equal, but came second with its description")]
    Second(VersionNumber),
}

impl Failure for NotCompared {}

/// There is no higher version.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` cannot be raised: its numbers are too large")]
struct Highest(Description);

impl Failure for Highest {
    fn hint(&self) -> Option<String> {
        Some("write another description into the manifest".into())
    }
}

pub(super) async fn bump(options: &BumpOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let chosen = manifest.select(&[options.layer.to_string()])?;
    let [(name, settings)] = chosen.as_slice() else {
        return Ok(ExitStatus::Success); // a layer's name is a glob that matches it alone
    };
    let before = settings.description.clone();
    let (target, reason, after) = match options.level.level() {
        Some(level) => {
            let after = raised(&before, level)?;
            (None, BumpReason::Asked { level }, Some(after))
        }
        None => {
            let layer = (*name, *settings);
            let (target, reason, after) = suggest(&manifest, layer, options, context).await?;
            (Some(target), reason, after)
        }
    };
    if let Some(after) = after.as_ref().filter(|_| !options.dry_run) {
        edit_manifest(&manifest.path, &manifest.repository, |text| {
            text.with_description(name, after)
        })?;
    }
    let position = settings.description_position;
    let bumped = BumpedLayer {
        layer: (*name).clone(),
        manifest: manifest.path.clone(),
        line: position.map_or(0, |position| position.line),
        before,
        after,
        dry_run: options.dry_run,
        target,
        reason,
    };
    context.output.result(&match options.format.format {
        Format::Terminal => render_bump(&bumped),
        Format::Json => Document::new(&bumped).render(),
    })?;
    Ok(ExitStatus::Success)
}

fn raised(description: &Description, level: Level) -> Result<Description, Highest> {
    description
        .raised(level)
        .ok_or_else(|| Highest(description.clone()))
}

/// The target that the layer is compared with, why its description is to be raised, or not, and to what: one that
/// something else was published with is raised further.
async fn suggest(
    manifest: &Manifest,
    (name, settings): (&LayerName, &LayerSettings),
    options: &BumpOptions,
    context: &Context,
) -> Result<(String, BumpReason, Option<Description>), Failures> {
    let mut settings = settings.clone();
    // What may be published again is raised as any other.
    settings.republish = Republish::Deny;
    let target = manifest.target(context.target()?)?;
    // Who is granted tells which of equal versions is current.
    let lookup = organization_lookup(&[(name, &settings)]);
    let session = context.connect(manifest, target, lookup);
    let mut session = session.await.map_err(|cause| cannot(name, cause))?;
    session.ssm_prefix = None;
    let builder = context.builder(manifest.folder(), &manifest.repository, options.inputs)?;
    let mut suggested: Option<Suggestion> = None;
    loop {
        let suggestion = match compare((name, &settings), &session, &builder).await? {
            BumpReason::Suggested(suggestion) => suggestion,
            other => {
                let target = target.name.clone();
                return Ok(match suggested {
                    Some(suggestion) => {
                        let reason = BumpReason::Suggested(suggestion);
                        (target, reason, Some(settings.description))
                    }
                    None => (target, other, None),
                });
            }
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
    session: &Session,
    builder: &Builder<'_>,
) -> Result<BumpReason, Failures> {
    let (prepared, unprepared) = prepare_layers(&[layer], builder, RebuildOption::default()).await;
    let mut planned = plan_layers(&prepared, session, builder, TextDetail::Counts).await;
    let failed = unprepared.0.into_iter().chain(planned.failures.0.drain(..));
    let failed: Vec<_> = failed.map(|cause| cannot(layer.0, cause)).collect();
    match planned.plan.layers.first().filter(|_| failed.is_empty()) {
        Some(plan) => judged(plan).map_err(|cause| cannot(layer.0, cause.into()).into()),
        None => Err(Failures(failed)),
    }
}

fn cannot(layer: &LayerName, cause: Error) -> Error {
    let layer = layer.clone();
    CannotCompare { layer, cause }.into()
}

/// How the description stands to what is published.
fn judged(plan: &LayerPlan) -> Result<BumpReason, NotCompared> {
    let actions = || plan.destinations.iter().map(|plan| &plan.action);
    let blocked = actions().filter_map(|action| match action {
        Action::Blocked {
            changes, ungranted, ..
        } => Some(changes.suggestion().ok_or(match ungranted {
            Some(version) => NotCompared::Second(version.number),
            None => NotCompared::Unreadable,
        })),
        _ => None,
    });
    let blocked: Vec<Suggestion> = blocked.collect::<Result<_, _>>()?;
    let weightiest = blocked
        .into_iter()
        .max_by_key(|suggestion| suggestion.level);
    if let Some(suggestion) = weightiest {
        return Ok(BumpReason::Suggested(suggestion));
    }
    let is_unpublished =
        |action: &Action| matches!(action, Action::Create | Action::Publish { .. });
    Ok(match actions().any(is_unpublished) {
        true => BumpReason::Unpublished,
        false => BumpReason::Unchanged,
    })
}
