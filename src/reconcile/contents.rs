//! What fills the layers of a plan, for reports: from archives that are stored here, else from published ones.

use std::collections::BTreeMap;

use futures::StreamExt as _;

use super::PARALLEL;
use super::planner::Planned;
use crate::archive::{Listing, Tail};
use crate::build::{Builder, Contents, Inputs};
use crate::cache::Found;
use crate::error::Error;
use crate::layer::{LayerName, VersionNumber};
use crate::observe::read_archive_tail;
use crate::plan::{Action, DestinationPlan, LayerPlan};
use crate::registry::{self, ReadRegistry, Session};

/// What fills a layer, as far as it could be found out.
#[derive(Clone, Debug)]
pub enum LayerContents {
    /// Its archive is stored here.
    Stored(Contents),
    /// It was read from a published archive.
    Published {
        /// What that holds.
        contents: Contents,
        /// Where it is published.
        destination: String,
        /// Its version.
        number: VersionNumber,
    },
    /// It could not be found out, for this reason.
    Unknown(String),
}

/// Finds what fills each layer of a plan. What cannot be found out is said, and stops nothing.
pub async fn read_contents(
    planned: &Planned<'_>,
    builder: &Builder<'_>,
) -> BTreeMap<LayerName, LayerContents> {
    let layers = planned.plan.layers.iter().zip(&planned.layers);
    let contents = layers.map(async |(plan, prepared)| {
        let contents = of_layer(plan, &prepared.inputs, &planned.session, builder).await;
        (plan.layer.clone(), contents)
    });
    let contents = futures::stream::iter(contents).buffered(PARALLEL);
    contents.collect().await
}

async fn of_layer(
    layer: &LayerPlan,
    inputs: &Inputs,
    session: &Session,
    builder: &Builder<'_>,
) -> LayerContents {
    if let Ok(Found::Sound(archive)) = builder.archives.get(inputs.fingerprint) {
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
