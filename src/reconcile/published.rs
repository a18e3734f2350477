//! What is published and who uses it: the reading that `usage`, `delete` and `prune` have in common.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _};

use super::PARALLEL;
use super::planner::Planner;
use crate::error::{Error, Failures};
use crate::layer::{LayerName, ParameterNames};
use crate::manifest::{LayerSettings, Manifest};
use crate::plan::{Fate, PublishedLayer, Uses, VersionFate, shared_with};
use crate::progress::Event;
use crate::registry::{Registry, RegistryError, Session};

/// What one destination has.
pub struct Published {
    /// The destination.
    pub destination: String,
    /// What its functions use; `None` where there can be no functions.
    pub uses: Option<Uses>,
    /// The layers that were asked for, sorted by name.
    pub layers: Vec<PublishedLayer>,
}

/// Reads, in every destination, the layers that `names` chooses with a look at what is used there.
pub async fn read_published(
    session: &Session,
    manifest: Option<&Manifest>,
    names: impl Fn(&Uses) -> BTreeSet<LayerName>,
) -> Result<Vec<Published>, Failures> {
    let read = session.registries.iter().map(async |registry| {
        let functions = registry.functions().await?;
        let uses = functions.map(|functions| Uses::of(&functions, &session.identity.account));
        let used = uses.clone().unwrap_or_default();
        let layers = futures::stream::iter(names(&used))
            .map(|layer| read_layer(registry.as_ref(), layer, manifest, &used))
            .buffered(PARALLEL)
            .try_collect()
            .await?;
        Ok(Published {
            destination: registry.destination().to_owned(),
            uses,
            layers,
        })
    });
    Failures::collect(futures::future::join_all(read).await)
}

async fn read_layer(
    registry: &dyn Registry,
    layer: LayerName,
    manifest: Option<&Manifest>,
    used: &Uses,
) -> Result<PublishedLayer, RegistryError> {
    let settings = manifest.and_then(|manifest| manifest.layers.get(&layer));
    Ok(PublishedLayer {
        destination: registry.destination().to_owned(),
        versions: registry.versions(&layer, None).await?,
        users: used.layers.get(&layer).cloned().unwrap_or_default(),
        declared: settings.map(|settings| settings.description.clone()),
        recognised: None,
        layer,
    })
}

/// Looks up who else may use the versions that are to be deleted.
pub async fn read_sharing(fates: &mut [VersionFate], session: &Session) -> Result<(), Failures> {
    let looked_up = futures::stream::iter(fates)
        .map(async |fate| {
            let mut registries = session.registries.iter();
            let registry = registries.find(|registry| {
                fate.fate == Fate::Delete && registry.destination() == fate.destination
            });
            if let Some(registry) = registry {
                let policy = registry.policy(&fate.layer, fate.version.number).await?;
                fate.shared_with = shared_with(&policy, &session.identity);
            }
            Ok::<_, Error>(())
        })
        .buffered(PARALLEL);
    Failures::collect(looked_up.collect::<Vec<_>>().await)?;
    Ok(())
}

/// A note for each parameter that holds a version which is to be deleted. Parameters are left as they are: who reads
/// them is not known.
pub async fn parameters_left(
    fates: &[VersionFate],
    session: &Session,
) -> Result<Vec<String>, Error> {
    let Some(prefix) = &session.ssm_prefix else {
        return Ok(Vec::new());
    };
    let mut notes = Vec::new();
    for registry in &session.registries {
        let is_here = |fate: &&VersionFate| {
            fate.fate == Fate::Delete && fate.destination == registry.destination()
        };
        let doomed: Vec<_> = fates.iter().filter(is_here).collect();
        let names = doomed.iter().filter_map(|fate| {
            // One that is no description of `lls` has no parameter of its own.
            let description = fate.version.metadata.description.parse().ok()?;
            ParameterNames::new(prefix, &fate.layer, &description).ok()
        });
        let names: BTreeSet<_> = names
            .flat_map(|names| [names.described, names.current])
            .collect();
        let names: Vec<_> = names.into_iter().collect();
        let held = registry.parameters(&names).await?;
        for (name, value) in held {
            if let Some(fate) = doomed
                .iter()
                .find(|fate| fate.version.arn == value.as_str())
            {
                notes.push(format!(
                    "note: parameter {name} holds {}:{} in {}, and stays\n",
                    fate.layer, fate.version.number, fate.destination
                ));
            }
        }
    }
    Ok(notes)
}

/// Finds, where several versions have the declared description, which one a plan takes for current; says where it
/// cannot.
pub async fn recognise_current(
    published: &mut [Published],
    layers: &[(&LayerName, &LayerSettings)],
    session: &Session,
    planner: &Planner<'_>,
) -> Result<(), RegistryError> {
    let progress = planner.builder.bench.progress;
    let warn = |message: &str| progress.event(Event::Warning { message });
    let (prepared, failures) = planner.prepare(layers).await;
    for failure in &failures.0 {
        warn(&format!(
            "cannot compare the manifest with what is published: {failure}"
        ));
    }
    for (published, registry) in published.iter_mut().zip(&session.registries) {
        for layer in published
            .layers
            .iter_mut()
            .filter(|layer| layer.is_ambiguous())
        {
            if let Some(prepared) = prepared.iter().find(|known| *known.layer() == layer.layer) {
                let (registry, identity) = (registry.as_ref(), &session.identity);
                let current = planner.current_version(prepared, registry, identity);
                layer.recognised = current.await?;
            }
            if layer.recognised.is_none() {
                let (name, place) = (&layer.layer, &layer.destination);
                warn(&format!(
                    "several versions of `{name}` in {place} have the description of the manifest, and none is \
                     recognised as what it says: the newest of them is called current"
                ));
            }
        }
    }
    Ok(())
}
