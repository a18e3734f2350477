//! `lls delete`: deletes the named versions, unless a function uses one of them.

use super::removal::remove;
use super::{Context, ExitStatus};
use crate::cli::DeleteOptions;
use crate::error::{Error, Failure, Failures};
use crate::layer::{FunctionVersion, LayerVersion};
use crate::plan::{Fate, VersionFate, plan_delete};
use crate::reconcile::{only_registry, probably_meant, read_published};

pub(super) async fn delete(
    options: &DeleteOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest_if_there()?;
    let session = context.connect_to(manifest.as_ref()).await?;
    let registry = only_registry(&session)?;
    let mut named = options.versions.clone();
    named.sort();
    named.dedup();
    let layers = named.iter().map(|version| version.layer.clone());
    let published = read_published(&session, manifest.as_ref(), |_| layers.clone().collect());
    let mut fates = Vec::new();
    for layer in published
        .await?
        .iter()
        .flat_map(|published| &published.layers)
    {
        for version in named.iter().filter(|version| version.layer == layer.layer) {
            let Some(fate) = plan_delete(layer, version.number) else {
                let place = &layer.destination;
                let near = if layer.versions.is_empty() {
                    probably_meant(&[registry], &layer.layer, manifest.as_ref()).await
                } else {
                    None
                };
                let near = near.map(|near| format!("; did you mean `{near}`?"));
                let near = near.unwrap_or_default();
                let message = format!("{place}: there is no {version}, or no longer{near}\n");
                context.output.message(&message);
                continue;
            };
            if layer.declares(&fate.version) {
                let description = &fate.version.metadata.description;
                context.output.message(&format!(
                    "note: the manifest says {description} of {}: the next apply publishes it again\n",
                    layer.layer
                ));
            }
            fates.push(not_used(fate));
        }
    }
    let fates = Failures::collect(fates)?;
    remove(fates, &session, &options.removal, context).await
}

/// The same, unless a function uses the version.
fn not_used(fate: VersionFate) -> Result<VersionFate, Error> {
    if fate.fate == Fate::Delete {
        return Ok(fate);
    }
    Err(InUse {
        destination: fate.destination,
        version: LayerVersion {
            layer: fate.layer,
            number: fate.version.number,
        },
        users: fate.users,
    }
    .into())
}

/// Functions use a version.
#[derive(Debug, thiserror::Error)]
#[error("{destination}: {version} is used by {}", listed(users))]
struct InUse {
    destination: String,
    version: LayerVersion,
    users: Vec<FunctionVersion>,
}

fn listed(users: &[FunctionVersion]) -> String {
    let users: Vec<_> = users.iter().map(ToString::to_string).collect();
    users.join(", ")
}

impl Failure for InUse {
    fn hint(&self) -> Option<String> {
        Some("nothing was deleted; first move these functions to another version".into())
    }
}
