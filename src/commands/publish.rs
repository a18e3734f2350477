//! `lls publish`: the one-off that needs no manifest, with the options of the tool that `lls` succeeds.

use std::path::Path;

use super::planning::{organization_lookup, plan_layers, prepare_layers};
use super::{Context, ExitStatus};
use crate::apply::apply;
use crate::build::LockPolicy;
use crate::cli::{Format, PermissionOptions, PublishOptions, RebuildOption};
use crate::error::{Failure, Failures};
use crate::layer::Permission;
use crate::manifest::LayerSettings;
use crate::plan::TextDetail;
use crate::render::{Document, render_plan, render_summary};

/// The folder to publish is none.
#[derive(Debug, thiserror::Error)]
#[error("there is no folder `{0}`")]
struct NoFolder(String);

impl Failure for NoFolder {
    fn hint(&self) -> Option<String> {
        Some("name the layer's folder with `--layer-path`".into())
    }
}

pub(super) async fn publish(
    options: &PublishOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    if !options.layer_path.is_dir() {
        return Err(NoFolder(options.layer_path.display().to_string()).into());
    }
    let mut settings = LayerSettings::new(
        options.layer_path.components().collect(),
        options.description.clone(),
        options.runtimes.iter().cloned().collect(),
        options.architecture,
        permission(&options.permission),
    );
    // That tool put a layer's own files onto the import path.
    settings.prefix.push_str("python");
    // A lock that the manifest's layer has committed is not rewritten for a one-off with other runtimes.
    let repository = context.repository_around_named(&options.layer_path)?;
    let mut builder = context.builder(Path::new("."), &repository, options.inputs)?;
    if builder.lock_policy == LockPolicy::Update {
        builder.lock_policy = LockPolicy::Keep;
    }
    // What was built is used as it is; nothing is built here.
    settings.build = builder.built_packages(&options.layer, &settings)?;
    let layers = [(&options.layer, &settings)];
    if let Some(target) = context.target()? {
        let manifest = context.manifest()?;
        manifest.check_public(manifest.target(Some(target))?, &layers)?;
    }
    let session = context
        .connect_without_manifest(organization_lookup(&layers))
        .await?;
    let (prepared, unprepared) = prepare_layers(&layers, &builder, RebuildOption::default()).await;
    if !unprepared.0.is_empty() {
        return Err(unprepared);
    }
    let planned = plan_layers(&prepared, &session, &builder, TextDetail::Counts).await;
    if planned.plan.layers.is_empty() {
        return Err(planned.failures);
    }
    context.report(&planned.failures);
    if planned.plan.is_blocked() {
        context.output.message(&render_plan(&planned.plan, "", 0));
    }
    context.interruption.changes_begin()?;
    let mut summary = apply(
        &planned.plan,
        &session.registries,
        &planned.sources(),
        &builder,
    )
    .await;
    summary.unplanned = planned.failures.0.len();
    context.output.result(&match options.format.format {
        Format::Terminal => render_summary(&summary),
        Format::Json => Document::new(&summary).render(),
    })?;
    Ok(ExitStatus::of(summary.is_success()))
}

fn permission(options: &PermissionOptions) -> Permission {
    // Destructured, so that a new option is not forgotten. Just one of them is given.
    let PermissionOptions {
        my_account,
        my_organization,
        account,
        organization,
        public,
    } = options;
    match (account, organization) {
        (Some(account), _) => Permission::Account(account.clone()),
        (_, Some(organization)) => Permission::Organization(organization.clone()),
        _ if *my_account => Permission::MyAccount,
        _ if *my_organization => Permission::MyOrganization,
        _ if *public => Permission::Public,
        _ => Permission::None,
    }
}
