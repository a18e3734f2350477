//! `lls build`: builds archives, without looking at any registry.

use std::path::Path;

use super::{Context, ExitStatus};
use crate::build::Builder;
use crate::cache::write_file;
use crate::cli::{BuildOptions, Format};
use crate::error::{Error, Failures};
use crate::layer::LayerName;
use crate::manifest::LayerSettings;
use crate::render::{BuiltLayer, Document, render_builds};

pub(super) async fn build(
    options: &BuildOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.layers)?;
    let builder = context.builder(manifest.folder(), options.inputs)?;
    let mut built = Vec::new();
    for (name, settings) in layers {
        built.push(build_layer(name, settings, &builder, options.output_dir.as_deref()).await);
    }
    builder.files.save();
    let built = Failures::collect(built)?;
    context.output.result(&match options.format.format {
        Format::Terminal => render_builds(&built),
        Format::Json => Document::new(serde_json::json!({ "layers": built })).render(),
    });
    Ok(ExitStatus::Success)
}

async fn build_layer(
    name: &LayerName,
    settings: &LayerSettings,
    builder: &Builder<'_>,
    output: Option<&Path>,
) -> Result<BuiltLayer, Error> {
    let inputs = builder.prepare(name, settings).await?;
    let archive = builder.open(&inputs, settings).await?;
    let path = match output {
        None => archive.path,
        Some(folder) => {
            let path = folder.join(format!("{name}.zip"));
            write_file(&path, &archive.bytes)?;
            path
        }
    };
    Ok(BuiltLayer {
        layer: name.clone(),
        path,
        fingerprint: inputs.fingerprint,
        archive: archive.summary,
    })
}
