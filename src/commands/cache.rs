//! `lls cache`: what the caches take, and clearing them. Registries are no caches and stay.

use super::{Context, ExitStatus};
use crate::cache::{CachePart, project_cache_folder};
use crate::cli::CacheOptions;
use crate::ecosystem::python::installed_uv;
use crate::error::Failures;
use crate::manifest::folder_of;
use crate::render::{render_cache, render_cleared_cache};

pub(super) fn cache(options: &CacheOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let user = context.cache_folder(&context.repository())?;
    let project = project_cache_folder(folder_of(context.options.manifest_path()))?;
    let parts = [
        CachePart::measure("wheels of all projects", &user.join("wheels")),
        CachePart::measure("bytecode of all projects", &user.join("bytecode")),
        CachePart::measure("uv, where lls installed it", &installed_uv(&user)),
        CachePart::measure("archives of this project", &project.join("archives")),
        CachePart::measure("hashes of this project's files", &project.join("files")),
    ];
    if options.clear {
        for part in &parts {
            part.clear()?;
        }
    }
    let text = if options.clear {
        render_cleared_cache(&parts)
    } else {
        render_cache(&parts)
    };
    context.result(
        options.format,
        &text,
        serde_json::json!({ "cleared": options.clear, "parts": parts }),
    )?;
    Ok(ExitStatus::Success)
}
