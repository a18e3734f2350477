//! What is published and who uses it: the reading that `usage`, `delete` and `prune` have in common.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _};

use super::PARALLEL;
use crate::error::{Error, Failures};
use crate::layer::LayerName;
use crate::manifest::Manifest;
use crate::plan::{Fate, PublishedLayer, Uses, VersionFate, shared_with};
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
