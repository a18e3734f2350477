//! `lls prune`: deletes old versions of the manifest's layers, unless a function uses them.

use std::time::{Duration, SystemTime};

use super::removal::remove;
use super::{Context, ExitStatus};
use crate::cli::PruneOptions;
use crate::error::Failures;
use crate::plan::{Retention, plan_prune};
use crate::reconcile::{read_published, warn_of_left_layers};

pub(super) async fn prune(
    options: &PruneOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.globs())?;
    let session = context.connect_to(Some(&manifest)).await?;
    let names = layers.iter().map(|(name, _)| (*name).clone());
    let published = read_published(&session, Some(&manifest), |_| names.clone().collect());
    let retention = Retention {
        newest: options.keep.get(),
        published_since: (options.keep_days > 0).then(|| days_ago(options.keep_days)),
    };
    let published = published.await?;
    if options.layers.globs().is_empty() {
        warn_of_left_layers(&manifest, &session, context.progress.as_ref()).await;
    }
    let layers = published.iter().flat_map(|published| &published.layers);
    let fates = layers.flat_map(|layer| plan_prune(layer, &retention));
    remove(fates.collect(), &session, &options.removal, context).await
}

/// The time so many days ago, or the earliest that there is.
fn days_ago(days: u32) -> String {
    let age = Duration::from_hours(24) * days;
    let time = SystemTime::now().checked_sub(age);
    let time = time
        .unwrap_or(SystemTime::UNIX_EPOCH)
        .max(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_seconds(time).to_string()
}
