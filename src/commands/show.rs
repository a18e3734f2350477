//! `lls show`: one published version in each destination.

use futures::future::join_all;

use super::region::choose_region;
use super::{Context, ExitStatus};
use crate::cli::ShowOptions;
use crate::error::Failures;
use crate::reconcile::{missing, read_shown};
use crate::render::render_shown;

pub(super) async fn show(
    options: &ShowOptions,
    context: &mut Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest_if_there()?;
    choose_region(context, manifest.as_ref(), [&options.version])?;
    let session = context.connect_to(manifest.as_ref()).await?;
    let registries: Vec<_> = session.registries.iter().map(AsRef::as_ref).collect();
    let account = &session.identity.account;
    let read = registries
        .iter()
        .map(|registry| read_shown(*registry, &options.version, account));
    let shown = Failures::collect(join_all(read).await)?;
    let places = registries.iter().zip(&shown);
    let lacking = places.filter(|(_, shown)| shown.is_none());
    let lacking: Vec<_> = lacking.map(|(registry, _)| *registry).collect();
    if lacking.len() == registries.len() {
        return Err(missing(&registries, &options.version, manifest.as_ref())
            .await
            .into());
    }
    for registry in lacking {
        let (place, version) = (registry.destination(), &options.version);
        let message = format!("{place}: {version} is not published there\n");
        context.output.message(&message);
    }
    let shown: Vec<_> = shown.into_iter().flatten().collect();
    context.result(
        options.format,
        &render_shown(&shown),
        serde_json::json!({ "destinations": shown }),
    )?;
    Ok(ExitStatus::Success)
}
