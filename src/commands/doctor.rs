//! `lls doctor`: checks what a run needs, and says what to do about what is missing. Changes nothing.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::{Context, ExitStatus};
use crate::build::Builder;
use crate::cli::{DoctorOptions, InputOptions};
use crate::doctor::{
    Check, Examination, Needs, Outcome, check_connection, check_destination, check_index,
    check_locks, check_python, check_uv,
};
use crate::error::Failures;
use crate::layer::{LayerName, Runtime};
use crate::manifest::{LayerSettings, Manifest};
use crate::reconcile::chosen_targets;
use crate::render::render_examination;

/// The layers that are asked about, by name.
type Layers<'a> = [(&'a LayerName, &'a LayerSettings)];

pub(super) async fn doctor(
    options: &DoctorOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    let mut examination = Examination::default();
    let manifest = context.manifest();
    match &manifest {
        Ok(manifest) => {
            let layers = manifest.select(&options.layers.globs())?;
            project(manifest, &layers, context, &mut examination).await;
            let needs = if options.plan_only {
                Needs::Plan
            } else {
                Needs::Apply
            };
            targets(manifest, &layers, needs, context, &mut examination).await;
        }
        Err(error) => {
            let builder =
                context.builder(".".as_ref(), &context.repository(), InputOptions::LOOKING);
            let machine = match &builder {
                Ok(builder) => check_uv(&builder.bench).await,
                Err(error) => Check::failed("caches", error),
            };
            examination.add("machine", vec![machine]);
            examination.add("project", vec![Check::failed("manifest", error)]);
        }
    }
    context.result(
        options.format,
        &render_examination(&examination),
        &examination,
    )?;
    Ok(ExitStatus::of(examination.count(Outcome::Failed) == 0))
}

/// Checks this machine and the project.
async fn project(
    manifest: &Manifest,
    layers: &Layers<'_>,
    context: &Context,
    examination: &mut Examination,
) {
    let builder = match context.builder(
        manifest.folder(),
        &manifest.repository,
        InputOptions::LOOKING,
    ) {
        Ok(builder) => builder,
        Err(error) => {
            examination.add("machine", vec![Check::failed("caches", &error)]);
            return;
        }
    };
    examination.add("machine", machine(&builder, layers).await);
    let mut checks = vec![Check::passed(
        "manifest",
        format!("`{}` is valid", manifest.path.display()),
    )];
    checks.extend(check_locks(&builder.bench, layers));
    for (layer, settings) in layers {
        // One is enough: to ask all of them could take minutes.
        if let Some(check) = check_index(&builder.bench, layer, settings).await {
            checks.push(check);
            break;
        }
    }
    examination.add("project", checks);
}

async fn machine(builder: &Builder<'_>, layers: &Layers<'_>) -> Vec<Check> {
    let uv = check_uv(&builder.bench).await;
    let is_found = uv.outcome == Outcome::Passed;
    let mut checks = vec![uv];
    let runtimes = layers.iter().flat_map(|(_, settings)| &settings.runtimes);
    let versions: BTreeSet<_> = runtimes.filter_map(Runtime::python).collect();
    // Only uv knows the paths of the interpreters.
    for version in versions.into_iter().filter(|_| is_found) {
        checks.push(check_python(&builder.bench, version).await);
    }
    checks
}

/// Checks each target that the options name, or the default one.
async fn targets(
    manifest: &Manifest,
    layers: &Layers<'_>,
    needs: Needs,
    context: &Context,
    examination: &mut Examination,
) {
    let targets = match chosen_targets(manifest, &context.options.targets) {
        Ok(targets) => targets,
        Err(error) => {
            examination.add("target", vec![Check::failed("target", &error)]);
            return;
        }
    };
    for target in targets {
        let session = context.open_target(manifest, target, layers).await;
        let title = format!("target `{}`", target.name);
        examination.add(&title, vec![check_connection(&session)]);
        let (Ok(session), Some((layer, _))) = (&session, layers.first()) else {
            continue;
        };
        let prefix = session.ssm_prefix.as_ref();
        let parameter = prefix.map(|prefix| prefix.current(layer));
        let whose = (*layer, &session.identity.account);
        let registries = session.registries.iter();
        let checked = join_all(registries.map(async |registry| {
            let checks = check_destination(registry.as_ref(), whose, parameter.as_ref(), needs);
            (registry.destination(), checks.await)
        }));
        for (destination, checks) in checked.await {
            examination.add(format!("{title}, {destination}, layer `{layer}`"), checks);
        }
    }
}
