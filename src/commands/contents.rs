//! What fills the layers of a plan, for reports: from archives that are stored here, else from published ones.

use std::collections::BTreeMap;

use futures::StreamExt as _;

use super::PARALLEL;
use super::planning::Planned;
use crate::archive::{Listing, Tail};
use crate::build::{Builder, Contents, Inputs};
use crate::cache::Found;
use crate::error::Error;
use crate::layer::{LayerName, VersionNumber};
use crate::observe::read_archive_tail;
use crate::plan::{Action, DestinationPlan, LayerPlan};
use crate::registry::{self, ReadRegistry, Session};
use crate::render::LayerContents;

/// Finds what fills each layer of a plan. What cannot be found out is said, and stops nothing.
pub async fn read_contents(
    session: &Session,
    planned: &Planned<'_>,
    builder: &Builder<'_>,
) -> BTreeMap<LayerName, LayerContents> {
    let sources = planned.sources();
    let contents = planned.plan.layers.iter().map(|layer| {
        let inputs = sources.get(&layer.layer).map(|source| source.inputs);
        async move {
            (
                layer.layer.clone(),
                of_layer(layer, inputs, session, builder).await,
            )
        }
    });
    let contents = futures::stream::iter(contents).buffered(PARALLEL);
    contents.collect().await
}

async fn of_layer(
    layer: &LayerPlan,
    inputs: Option<&Inputs>,
    session: &Session,
    builder: &Builder<'_>,
) -> LayerContents {
    let stored = inputs.map(|inputs| builder.archives.get(inputs.fingerprint));
    if let Some(Ok(Found::Sound(archive))) = stored {
        return LayerContents::Stored(Contents::of_archive(&archive));
    }
    let Some((registry, number)) = layer
        .destinations
        .iter()
        .find_map(|plan| current(plan, session))
    else {
        return LayerContents::Unknown(
            "its archive is not stored, and is published nowhere".into(),
        );
    };
    let destination = registry.destination().to_owned();
    match read_listing(registry, &layer.layer, number).await {
        Ok(Some(listing)) => LayerContents::Published {
            contents: Contents::of_listing(&listing),
            destination,
            number,
        },
        Ok(None) => LayerContents::Unknown(format!(
            "its archive is not stored, and version {number} in {destination} cannot be read"
        )),
        Err(error) => LayerContents::Unknown(Error::from(error).to_string()),
    }
}

/// The files of a published archive; `None` where it is gone, or cannot be read.
async fn read_listing(
    registry: &dyn ReadRegistry,
    layer: &LayerName,
    number: VersionNumber,
) -> registry::Result<Option<Listing>> {
    let Some(described) = registry.describe(layer, number).await? else {
        return Ok(None);
    };
    match read_archive_tail(registry, &described, |_| false).await? {
        Tail::Whole { listing, .. } => Ok(Some(listing)),
        Tail::Partial { .. } | Tail::Foreign => Ok(None),
    }
}

/// The version that stays current, with the registry that has it.
fn current<'s>(
    plan: &DestinationPlan,
    session: &'s Session,
) -> Option<(&'s dyn ReadRegistry, VersionNumber)> {
    let Action::Unchanged { current, .. } = &plan.action else {
        return None;
    };
    Some((session.registry(&plan.destination)?, current.number))
}
