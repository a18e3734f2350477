//! `lls publish`: the one-off that needs no manifest, with the options of the tool that `lls` succeeds.

use std::path::{Path, PathBuf};

use super::{Context, ExitStatus};
use crate::apply::apply;
use crate::cli::{PermissionOptions, PublishOptions};
use crate::ecosystem::{Ecosystem, LockPolicy};
use crate::error::{Failure, Failures};
use crate::layer::Permission;
use crate::manifest::{LayerSettings, project_files_in};
use crate::reconcile::Planner;
use crate::registry::OrganizationLookup;
use crate::render::{render_plan, render_summary};

/// The folder to publish does not exist.
#[derive(Debug, thiserror::Error)]
#[error("there is no folder `{0}`")]
struct NoFolder(String);

impl Failure for NoFolder {
    fn hint(&self) -> Option<String> {
        Some("name the layer's folder with `--layer-path`".into())
    }
}

/// A project in the folder, of which the command does not say what to do with it.
#[derive(Debug, thiserror::Error)]
#[error("`{}` has {}, but `lls publish` takes packages only from a requirements.txt", folder.display(), listed(files))]
struct HasProject {
    folder: PathBuf,
    files: Vec<&'static str>,
}

fn listed(files: &[&str]) -> String {
    let files: Vec<_> = files.iter().map(|file| format!("`{file}`")).collect();
    files.join(" and ")
}

impl Failure for HasProject {
    fn hint(&self) -> Option<String> {
        let first = self.files.first()?;
        Some(match *first {
            "package.json" => "`lls` does not install packages of Node.js: move it out of the folder".to_owned(),
            "Pipfile" => "declare the layer in layers.toml, with `packages = \"Pipfile.lock\"` after `pipenv lock`, and run `lls apply`; or move it out of the folder".to_owned(),
            first => format!("declare the layer in layers.toml, with `packages = \"{first}\"`, and run `lls apply`; or move it out of the folder"),
        })
    }
}

pub(super) async fn publish(
    options: &PublishOptions,
    context: &Context,
) -> Result<ExitStatus, Failures> {
    if !options.layer_path.is_dir() {
        return Err(NoFolder(options.layer_path.display().to_string()).into());
    }
    let files = project_files_in(&options.layer_path);
    if !files.is_empty() {
        let folder = options.layer_path.clone();
        return Err(HasProject { folder, files }.into());
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
    if builder.bench.lock_policy == LockPolicy::Update {
        builder.bench.lock_policy = LockPolicy::Keep;
    }
    // `lls publish` builds no package from source.
    settings.build =
        Ecosystem::of(&settings).built_packages(&builder.bench, &options.layer, &settings)?;
    let layers = [(&options.layer, &settings)];
    if let Some(target) = context.target()? {
        let manifest = context.manifest()?;
        manifest.check_public(manifest.target(Some(target))?, &layers)?;
    }
    let session = context
        .connect_without_manifest(OrganizationLookup::of(&layers))
        .await?;
    let opened = vec![(session.target.clone(), Ok(session))];
    let plans = Planner::new(&builder).plan(&layers, opened).await?;
    let Some(planned) = plans.planned().next() else {
        return Err(plans.failures);
    };
    context.report(&plans.failures);
    if planned.plan.is_blocked() {
        context.output.message(&render_plan(&planned.plan, "", 0));
    }
    context.interruption.changes_begin()?;
    let mut summary = apply(planned, &builder).await;
    summary.unplanned = plans.failures.0.len();
    context.result(options.format, &render_summary(&summary), &summary)?;
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
