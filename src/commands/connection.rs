//! From options and a manifest to sessions with the registries of targets.

use futures::future::join_all;

use super::Context;
use crate::error::{Error, Failure};
use crate::layer::LayerName;
use crate::manifest::{LayerSettings, Manifest, Target};
use crate::reconcile::Opened;
use crate::registry::{ConnectOptions, OrganizationLookup, Session, connect, connect_environment};
use crate::render::render_place;

/// An option for AWS, although the target is a folder.
#[derive(Debug, thiserror::Error)]
#[error("`--{option}` is for AWS, but target `{target}` is a folder")]
struct NotAws {
    option: &'static str,
    target: String,
}

impl Failure for NotAws {
    fn hint(&self) -> Option<String> {
        Some("name a target in AWS with `--target`, or leave the option out".into())
    }
}

/// Several targets for something that is done to one.
#[derive(Debug, thiserror::Error)]
#[error("this command takes only one target, but several are given: {0}")]
pub(super) struct OneTargetOnly(pub String);

impl Failure for OneTargetOnly {
    fn hint(&self) -> Option<String> {
        Some(
            "name one with `--target` or LLS_TARGET; only `outputs`, and `plan` and `apply` without a saved plan, work on several"
                .into(),
        )
    }
}

impl Context {
    /// The target that the options name, for a command that works on one.
    pub fn target(&self) -> Result<Option<&str>, Error> {
        match self.options.targets.as_slice() {
            [] => Ok(None),
            [target] => Ok(Some(target)),
            several => Err(OneTargetOnly(several.join(", ")).into()),
        }
    }

    /// Connects to a target of the manifest.
    pub async fn connect(
        &self,
        manifest: &Manifest,
        target: &Target,
        organization: OrganizationLookup,
    ) -> Result<Session, Error> {
        target.check_region(self.options.region.as_deref())?;
        if target.place.is_folder() {
            for (option, value) in [
                ("region", &self.options.region),
                ("profile", &self.options.profile),
            ] {
                if value.is_some() {
                    return Err(NotAws {
                        option,
                        target: target.name.clone(),
                    }
                    .into());
                }
            }
        }
        Ok(connect(
            target,
            manifest,
            &self.connect_options(organization),
            &self.progress,
        )
        .await?)
    }

    /// Connects to `targets`, as far as they can be reached.
    pub async fn open(
        &self,
        manifest: &Manifest,
        layers: &[(&LayerName, &LayerSettings)],
        targets: &[&Target],
    ) -> Vec<Opened> {
        let opened = targets.iter().map(async |target| {
            let session = self.open_target(manifest, target, layers).await;
            (target.name.clone(), session)
        });
        join_all(opened).await
    }

    /// Connects to a target, which must allow what `layers` ask for.
    pub async fn open_target(
        &self,
        manifest: &Manifest,
        target: &Target,
        layers: &[(&LayerName, &LayerSettings)],
    ) -> Result<Session, Error> {
        manifest.check_public(target, layers)?;
        let organization = OrganizationLookup::of(layers);
        self.connect(manifest, target, organization).await
    }

    /// Connects to the target that the options name, or, without one, to AWS as the environment says.
    pub async fn connect_without_manifest(
        &self,
        organization: OrganizationLookup,
    ) -> Result<Session, Error> {
        match self.target()? {
            Some(name) => {
                let manifest = self.manifest()?;
                let target = manifest.target(Some(name))?;
                self.connect(&manifest, target, organization).await
            }
            None => Ok(
                connect_environment(&self.connect_options(organization), &self.progress).await?,
            ),
        }
    }

    /// Connects for reading: to the manifest's target, or without a manifest to AWS, as the environment says.
    pub async fn connect_for_reading(&self) -> Result<Session, Error> {
        self.connect_to(self.manifest_if_there()?.as_ref()).await
    }

    /// Connects to the target of `manifest`, or, without one, to AWS as the environment says.
    pub async fn connect_to(&self, manifest: Option<&Manifest>) -> Result<Session, Error> {
        let organization = OrganizationLookup::NotNeeded;
        match manifest {
            Some(manifest) => {
                let target = manifest.target(self.target()?)?;
                self.connect(manifest, target, organization).await
            }
            None => {
                let session = self.connect_without_manifest(organization).await?;
                self.output.message(&render_place(&session));
                Ok(session)
            }
        }
    }

    fn connect_options(&self, organization: OrganizationLookup) -> ConnectOptions {
        ConnectOptions {
            region: self.options.region.clone(),
            profile: self.options.profile.clone(),
            organization,
            limits: self.options.requests.limits(),
        }
    }
}
