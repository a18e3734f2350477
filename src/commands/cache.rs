//! `lls cache`: what the caches take, and clearing them. Registries are no caches and stay.

use super::{Context, ExitStatus};
use crate::cache::{CachePart, project_cache_folder};
use crate::cli::{CacheOptions, Format};
use crate::error::Failures;
use crate::manifest::folder_of;
use crate::render::{Document, render_cache};
use crate::uv::installed_uv;

pub(super) fn cache(options: &CacheOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let user = context.cache_folder()?;
    let project = project_cache_folder(folder_of(context.options.manifest_path()))?;
    let parts = [
        CachePart::measure("wheels of all projects", &user.join("wheels")),
        CachePart::measure("uv, where lls installed it", &installed_uv(&user)),
        CachePart::measure("archives of this project", &project.join("archives")),
        CachePart::measure("hashes of this project's files", &project.join("files")),
    ];
    if options.clear {
        for part in &parts {
            part.clear()?;
        }
    }
    context.output.result(&match options.format.format {
        Format::Terminal => render_cache(&parts, options.clear),
        Format::Json => {
            Document::new(serde_json::json!({ "cleared": options.clear, "parts": parts })).render()
        }
    })?;
    Ok(ExitStatus::Success)
}
