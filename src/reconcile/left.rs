//! Layers that are published and not in the manifest, as one that was taken out of it: told, and left as they are.
//!
//! In a folder that is every other layer. An AWS account holds layers of others too: there it is those whose names begin
//! as those of the manifest do, or that have a parameter below the target's `ssm_prefix`.

use std::collections::{BTreeMap, BTreeSet};

use crate::layer::LayerName;
use crate::manifest::Manifest;
use crate::progress::{Event, Progress};
use crate::registry::{Registry, RegistryError, RegistryErrorKind, Session};

/// How many layers are named.
const NAMED: usize = 10;

/// How many layers of an account are looked up by their parameters; one request takes ten.
const LOOKED_UP: usize = 200;

/// Warns of layers that are left. Reads no more than lists of names, and says nothing where those may not be read.
pub async fn warn_of_left_layers(manifest: &Manifest, session: &Session, progress: &dyn Progress) {
    let warn = |message: &str| progress.event(Event::Warning { message });
    let declared: BTreeSet<_> = manifest.layers.keys().cloned().collect();
    let mut left: BTreeMap<LayerName, BTreeSet<String>> = BTreeMap::new();
    let read = session
        .registries
        .iter()
        .map(|registry| left_in(registry.as_ref(), &declared, session));
    let read = futures::future::join_all(read).await;
    for (registry, found) in session.registries.iter().zip(read) {
        match found {
            Ok(names) => names.into_iter().for_each(|name| {
                let places = left.entry(name).or_default();
                places.insert(registry.destination().to_owned());
            }),
            Err(error) if matches!(error.kind, RegistryErrorKind::AccessDenied(_)) => {
                tracing::debug!(%error, "what else is published is not known");
            }
            Err(error) => warn(&format!(
                "which layers are published and not in `{}` is not known: {error}",
                manifest.path.display()
            )),
        }
    }
    if !left.is_empty() {
        let path = manifest.path.display();
        warn(&format!(
            "published, but no longer in `{path}`: {}; functions may use them (`lls usage`); `lls versions LAYER` lists their versions, and `lls delete LAYER:VERSION` deletes one",
            listed(&left)
        ));
    }
}

fn listed(left: &BTreeMap<LayerName, BTreeSet<String>>) -> String {
    let named = left.iter().take(NAMED).map(|(name, places)| {
        let places: Vec<_> = places.iter().map(String::as_str).collect();
        format!("{name} in {}", places.join(" and "))
    });
    let mut named: Vec<_> = named.collect();
    if left.len() > NAMED {
        named.push(format!("{} more", left.len() - NAMED));
    }
    named.join(", ")
}

/// The layers of one destination that are left.
async fn left_in(
    registry: &dyn Registry,
    declared: &BTreeSet<LayerName>,
    session: &Session,
) -> Result<BTreeSet<LayerName>, RegistryError> {
    let prefix = common_prefix(declared);
    if session.account.is_some() && prefix.is_none() && session.ssm_prefix.is_none() {
        return Ok(BTreeSet::new());
    }
    let others = registry.layers_except(declared).await?;
    let others = others.into_iter().map(|layer| layer.name);
    if session.account.is_none() {
        return Ok(others.collect());
    }
    let is_alike =
        |name: &LayerName| prefix.is_some_and(|prefix| name.as_str().starts_with(prefix));
    let (left, others): (Vec<_>, Vec<_>) = others.partition(is_alike);
    let mut left = BTreeSet::from_iter(left);
    if let Some(prefix) = &session.ssm_prefix {
        let asked = others.into_iter().take(LOOKED_UP);
        let asked: BTreeMap<_, _> = asked.map(|name| (prefix.current(&name), name)).collect();
        let names: Vec<_> = asked.keys().cloned().collect();
        let held = registry.parameters(&names).await?;
        left.extend(held.keys().filter_map(|name| asked.get(name)).cloned());
    }
    Ok(left)
}

/// What the names of all layers begin with, up to a `-` or `_`; `None` where that is nothing, or where there is one layer.
fn common_prefix(names: &BTreeSet<LayerName>) -> Option<&str> {
    let (first, last) = (names.first()?.as_str(), names.last()?.as_str());
    if names.len() < 2 {
        return None;
    }
    // Names are sorted: what the first and the last have in common, all have.
    let bytes = first.bytes().zip(last.bytes());
    let common = bytes.take_while(|(one, other)| one == other).count();
    let end = first[..common].rfind(['-', '_'])?;
    Some(&first[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_a_word_does() {
        let prefix = |names: &[&str]| {
            let names = names.iter().map(|name| name.parse().unwrap()).collect();
            common_prefix(&names).map(str::to_owned)
        };
        assert_eq!(
            prefix(&["acme-db", "acme-data", "acme-x"]).unwrap(),
            "acme-"
        );
        assert_eq!(prefix(&["acme_a-b", "acme_a-c"]).unwrap(), "acme_a-");
        assert_eq!(prefix(&["acme-db"]), None);
        assert_eq!(prefix(&["numpy", "numba"]), None);
        assert_eq!(prefix(&[]), None);
    }
}
