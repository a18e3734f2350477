//! `lls build`: builds archives, without looking at any registry.

use futures::StreamExt as _;

use super::{Context, ExitStatus};
use crate::build::{Builder, Inputs, explain};
use crate::cache::write_copy;
use crate::cli::BuildOptions;
use crate::error::{Error, Failures};
use crate::manifest::LayerSettings;
use crate::render::{BuiltLayer, render_builds, render_explanation};

/// How many layers are built at a time. Each uses several cores, but waits for downloads before.
pub(super) const PARALLEL_BUILDS: usize = 4;

pub(super) async fn build(
    options: &BuildOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.globs())?;
    let builder = context.builder(manifest.folder(), &manifest.repository, options.inputs)?;
    let tracked = context.tracked_caches(&manifest, &builder);
    let prepared = builder.prepare(&layers).await;
    let settings = layers.iter().map(|(_, settings)| *settings);
    let builds = settings.zip(prepared).map(|(settings, inputs)| {
        let (builder, options) = (&builder, options);
        async move { build_layer(inputs?, settings, builder, options).await }
    });
    let built: Vec<_> = futures::stream::iter(builds)
        .buffered(PARALLEL_BUILDS)
        .collect()
        .await;
    tracked.warn(context.progress.as_ref()).await;
    let built = Failures::collect(built)?;
    let explained = built
        .iter()
        .filter_map(|layer| Some((&layer.layer, layer.explanation.as_ref()?)));
    let explained: String = explained
        .map(|(layer, explanation)| render_explanation(layer, explanation))
        .collect();
    context.result(
        options.format,
        &(render_builds(&built) + &explained),
        serde_json::json!({ "layers": built }),
    )?;
    Ok(ExitStatus::Success)
}

async fn build_layer(
    inputs: Inputs,
    settings: &LayerSettings,
    builder: &Builder<'_>,
    options: &BuildOptions,
) -> Result<BuiltLayer, Error> {
    let archive = builder.open(&inputs, settings).await?;
    let explanation = options
        .explain
        .then(|| explain(&archive.listing(), &archive.summary.packages));
    let path = match &options.output_dir {
        None => archive.path.clone(),
        Some(folder) => {
            let path = folder.join(format!("{}.zip", inputs.layer));
            builder.bench.repository.check_output(&path)?;
            write_copy(&path, &archive.bytes)?;
            path
        }
    };
    Ok(BuiltLayer {
        layer: inputs.layer,
        path,
        fingerprint: inputs.fingerprint,
        archive: archive.summary,
        explanation,
    })
}
