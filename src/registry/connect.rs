//! From a target of the manifest to its registries and who the caller is there.

use std::path::Path;
use std::sync::Arc;

use super::aws::connect_aws;
use super::session::{ConnectOptions, Session};
use super::{DirectoryRegistry, Registry, RegistryError};
use crate::layer::Identity;
use crate::manifest::{AwsTarget, Manifest, Place, Target};
use crate::progress::Progress;

/// Connects to a target of `manifest`, to whose folder directory targets are relative; `progress` is told of what is
/// waited for.
///
/// Fails without credentials or region, and where the caller is in another account than the target is pinned to.
pub async fn connect(
    target: &Target,
    manifest: &Manifest,
    options: &ConnectOptions,
    progress: &Arc<dyn Progress>,
) -> Result<Session, RegistryError> {
    let session = match &target.place {
        Place::Aws(aws) => connect_aws(&target.name, aws, options, progress).await?,
        Place::Directory(directory) => {
            let folder = match manifest.folder() {
                folder if folder == Path::new(".") => directory.clone(),
                folder => folder.join(directory),
            };
            let (repository, progress) = (manifest.repository.clone(), Arc::clone(progress));
            let registry: Box<dyn Registry> =
                Box::new(DirectoryRegistry::new(folder, repository, progress));
            Session {
                target: target.name.clone(),
                identity: Identity::of_directory(),
                account: None,
                upload_limit: None,
                lists_functions: false,
                ssm_prefix: None,
                registries: vec![registry],
            }
        }
    };
    Ok(Session {
        ssm_prefix: target.ssm_prefix.clone(),
        ..session
    })
}

/// Connects to AWS as the environment says, for commands that need no manifest.
pub async fn connect_environment(
    options: &ConnectOptions,
    progress: &Arc<dyn Progress>,
) -> Result<Session, RegistryError> {
    connect_aws("environment", &AwsTarget::default(), options, progress).await
}
