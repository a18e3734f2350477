//! `lls lock`: resolves requirements into `requirements.lock`.

use futures::StreamExt as _;

use super::{Context, ExitStatus};
use crate::build::{PARALLEL_LOCKS, Upgrade};
use crate::cli::{Format, InputOptions, LockOptions};
use crate::error::{Error, Failures};
use crate::render::{Document, LockedLayer, render_locks};

pub(super) async fn lock(options: &LockOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let upgrade = if options.upgrade {
        Upgrade::Newest
    } else {
        Upgrade::Keep
    };
    let builder = context.builder(
        manifest.folder(),
        &manifest.repository,
        InputOptions {
            locked: options.check,
            no_cache: false,
        },
    )?;
    let layers = manifest.select(&options.layers.layers)?;
    let locks = layers.iter().map(|(name, settings)| async {
        let (outcome, changes) = builder.lock(name, settings, upgrade).await?;
        let layer = (*name).clone();
        Ok(LockedLayer {
            layer,
            outcome,
            changes,
        })
    });
    let locked: Vec<_> = futures::stream::iter(locks)
        .buffered(PARALLEL_LOCKS)
        .collect()
        .await;
    let mut failures = Failures::default();
    let locked: Vec<_> = locked
        .into_iter()
        .filter_map(|outcome| failures.keep::<_, Error>(outcome))
        .collect();
    context.output.result(&match options.format.format {
        Format::Terminal => render_locks(&locked),
        Format::Json => {
            let texts: Vec<_> = failures.0.iter().map(Error::to_string).collect();
            Document::new(serde_json::json!({ "layers": locked, "failures": texts })).render()
        }
    })?;
    context.report(&failures);
    Ok(ExitStatus::of(failures.0.is_empty()))
}
