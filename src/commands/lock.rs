//! `lls lock`: resolves requirements into `requirements.lock`.

use super::{Context, ExitStatus};
use crate::build::Upgrade;
use crate::cli::{Format, InputOptions, LockOptions};
use crate::error::Failures;
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
        InputOptions {
            locked: options.check,
            no_cache: false,
        },
    )?;
    let mut locked = Vec::new();
    for (name, settings) in manifest.select(&options.layers.layers)? {
        let outcome = builder.lock(name, settings, upgrade).await;
        locked.push(outcome.map(|outcome| LockedLayer {
            layer: name.clone(),
            outcome,
        }));
    }
    let locked = Failures::collect(locked)?;
    context.output.result(&match options.format.format {
        Format::Terminal => render_locks(&locked),
        Format::Json => Document::new(serde_json::json!({ "layers": locked })).render(),
    })?;
    Ok(ExitStatus::Success)
}
