//! `lls lock`: resolves requirements into `requirements.lock`.

use futures::StreamExt as _;

use super::{Context, ExitStatus};
use crate::build::PARALLEL_LOCKS;
use crate::cli::{InputOptions, LockOptions};
use crate::ecosystem::{Ecosystem, Upgrade};
use crate::error::{Error, Failures};
use crate::render::{LockedLayer, render_locks};

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
            ..InputOptions::default()
        },
    )?;
    let layers = manifest.select(&options.layers.globs())?;
    let locks = layers.iter().map(|(name, settings)| async {
        let locked = Ecosystem::of(settings).lock(&builder.bench, (name, settings), upgrade);
        let (outcome, changes) = locked.await?;
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
    let texts: Vec<_> = failures.0.iter().map(Error::to_string).collect();
    context.result(
        options.format,
        &render_locks(&locked),
        serde_json::json!({ "layers": locked, "failures": texts }),
    )?;
    context.report(&failures);
    Ok(ExitStatus::of(failures.0.is_empty()))
}
