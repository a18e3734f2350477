//! What changes in texts: reads the files that the planner wants compared, published ones and the layer's own.

use std::collections::BTreeSet;

use crate::archive::{EntryPath, Listing, read_text};
use crate::cache::StoredArchive;
use crate::observe::read_texts;
use crate::plan::{
    LayerPlan, Observed, TextDetail, Texts, compare_texts, unreadable_texts, wanted_texts,
};
use crate::registry::Session;

/// The layer's archive, with its files.
pub struct LocalArchive<'a> {
    /// Its bytes.
    pub stored: &'a StoredArchive,
    /// Its files.
    pub listing: &'a Listing,
}

/// Tells what changes in the lines of the own files that a layer's plan names.
pub async fn add_text_changes(
    layer: &mut LayerPlan,
    observed: &[Observed],
    local: &LocalArchive<'_>,
    session: &Session,
    detail: TextDetail,
) {
    let name = layer.layer.clone();
    let destinations = layer.destinations.iter_mut().zip(observed);
    let compared = destinations.filter_map(|(plan, observed)| {
        let (number, changes) = plan.action.compared()?;
        let content = observed.contents.get(&number)?;
        let listing = content.listing.as_ref()?;
        let registry = session.registry(&observed.destination)?;
        Some((number, content.sha256, listing, registry, changes))
    });
    let compared = compared.map(async |(number, sha256, listing, registry, changes)| {
        let (old, new) = wanted_texts(changes, listing, local.listing);
        // Asked for again: an address is good for ten minutes, and building may have taken longer.
        let described = match old.is_empty() {
            true => None,
            false => registry.describe(&name, number).await.ok().flatten(),
        };
        let before = match described.filter(|described| described.sha256 == sha256) {
            Some(described) => read_texts(registry, &described.archive, listing, &old).await,
            None => unreadable_texts(&old),
        };
        compare_texts(changes, &before, &local.texts(&new), detail);
    });
    futures::future::join_all(compared).await;
}

impl LocalArchive<'_> {
    /// The files at `paths`.
    pub fn texts(&self, paths: &BTreeSet<EntryPath>) -> Texts {
        let entries = paths.iter().filter_map(|path| self.listing.get(path));
        let texts = entries.filter_map(|entry| {
            let start = usize::try_from(entry.place.start).ok()?;
            let bytes = self.stored.bytes.get(start..)?;
            Some((entry.path.clone(), read_text(bytes, entry)))
        });
        texts.collect()
    }
}
