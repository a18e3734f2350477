//! Brings the policy of a version to what the manifest says: grants, checks what is granted, and only then revokes.

use super::DestinationSummary;
use crate::error::{Error, Failure};
use crate::layer::{Grantee, LayerName, Policy, Statement, VersionNumber};
use crate::plan::plan_permission;
use crate::registry::{Registry, RegistryErrorKind};

/// How often the policy is read again where somebody else changes it at the same time.
const ATTEMPTS: usize = 5;

/// The policy of one version.
pub(super) struct PolicyOf<'a> {
    pub registry: &'a dyn Registry,
    pub layer: &'a LayerName,
    pub number: VersionNumber,
}

impl PolicyOf<'_> {
    /// Makes `desired` the only managed grantee; notes in `summary` what was done, step by step.
    ///
    /// What to do is decided from the policy as it is now, not as it was when the plan was made.
    pub async fn reconcile(
        &self,
        desired: Option<&Grantee>,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        for attempt in 1.. {
            let outcome = self.reconcile_once(desired, summary).await;
            match outcome {
                Err(error) if attempt < ATTEMPTS && is_race(&error) => {}
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn reconcile_once(
        &self,
        desired: Option<&Grantee>,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        let mut policy = self.read().await?;
        if let Some(grantee) = plan_permission(desired, &policy).grant {
            let statement = Statement::granting(&grantee, &policy);
            let revision = policy.revision.as_deref();
            self.registry
                .grant(self.layer, self.number, &statement, revision)
                .await?;
            policy = self.read().await?;
            self.check_granted(&statement, &policy).await?;
            summary.granted = Some(grantee);
        }
        for statement in plan_permission(desired, &policy).revoke {
            let revision = policy.revision.as_deref();
            self.registry
                .revoke(self.layer, self.number, &statement.id, revision)
                .await?;
            summary.revoked += 1;
            policy = self.read().await?;
        }
        Ok(())
    }

    async fn read(&self) -> Result<Policy, Error> {
        Ok(self.registry.policy(self.layer, self.number).await?)
    }

    /// Checks that the statement says what was asked for; one that says something else is taken back at once.
    async fn check_granted(&self, statement: &Statement, policy: &Policy) -> Result<(), Error> {
        if policy.statements.contains(statement) {
            return Ok(());
        }
        let taken_back = match policy
            .statements
            .iter()
            .find(|found| found.id == statement.id)
        {
            None => false,
            Some(found) => {
                let revision = policy.revision.as_deref();
                self.registry
                    .revoke(self.layer, self.number, &found.id, revision)
                    .await?;
                true
            }
        };
        let destination = self.registry.destination().to_owned();
        Err(GrantNotAsAsked {
            destination,
            layer: self.layer.clone(),
            number: self.number,
            taken_back,
        }
        .into())
    }
}

/// Whether somebody else changed the policy between reading and changing it.
fn is_race(error: &Error) -> bool {
    let kind = error
        .downcast_ref::<crate::registry::RegistryError>()
        .map(|error| &error.kind);
    matches!(
        kind,
        Some(
            RegistryErrorKind::Exists(_)
                | RegistryErrorKind::Changed(_)
                | RegistryErrorKind::NotFound(_)
        )
    )
}

/// The registry's policy does not say what was granted.
#[derive(Debug, thiserror::Error)]
#[error(
    "{destination}: the policy of {layer}:{number} does not say what was just granted{}",
    if *taken_back { "; the statement was taken back" } else { "" }
)]
struct GrantNotAsAsked {
    destination: String,
    layer: LayerName,
    number: VersionNumber,
    taken_back: bool,
}

impl Failure for GrantNotAsAsked {
    fn hint(&self) -> Option<String> {
        Some(
            "look at the policy of that version before anybody uses it, and run the command again"
                .into(),
        )
    }
}
