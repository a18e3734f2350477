//! Brings the policy of a version to what the manifest says: grants, checks what is granted, and only then revokes.

use super::DestinationSummary;
use crate::error::{Error, Failure};
use crate::layer::{Grantee, LayerName, Policy, Statement, StatementId, VersionNumber};
use crate::plan::plan_permission;
use crate::registry::{Patience, Registry, RegistryErrorKind};

/// How often the policy is read again at once where somebody else changes it at the same time.
const ATTEMPTS: usize = 5;

/// The policy of one version.
pub(super) struct PolicyOf<'a> {
    pub registry: &'a dyn Registry,
    pub layer: &'a LayerName,
    pub number: VersionNumber,
}

/// Changes that were asked for and not confirmed: their replies may have been lost.
#[derive(Default)]
struct Unconfirmed {
    grant: Option<Statement>,
    revoke: Option<StatementId>,
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
        let mut unconfirmed = Unconfirmed::default();
        let mut patience = Patience::of(self.registry);
        for attempt in 1.. {
            let outcome = self
                .reconcile_once(desired, &mut unconfirmed, summary)
                .await;
            match outcome {
                Err(error) if is_race(&error) && (attempt < ATTEMPTS || patience.wait().await) => {}
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn reconcile_once(
        &self,
        desired: Option<&Grantee>,
        unconfirmed: &mut Unconfirmed,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        let mut policy = self.read().await?;
        unconfirmed.confirm(&policy, summary);
        if let Some(grantee) = plan_permission(desired, &policy).grant {
            let statement = Statement::granting(&grantee, &policy);
            unconfirmed.grant = Some(statement.clone());
            let revision = policy.revision.as_deref();
            self.registry
                .grant(self.layer, self.number, &statement, revision)
                .await?;
            policy = self.read_granted(&statement).await?;
            unconfirmed.confirm(&policy, summary);
        }
        for statement in plan_permission(desired, &policy).revoke {
            unconfirmed.revoke = Some(statement.id.clone());
            let revision = policy.revision.as_deref();
            self.registry
                .revoke(self.layer, self.number, &statement.id, revision)
                .await?;
            policy = self.read().await?;
            unconfirmed.confirm(&policy, summary);
        }
        if plan_permission(desired, &policy).is_change() {
            Err(self.not_yet())
        } else {
            Ok(())
        }
    }

    async fn read(&self) -> Result<Policy, Error> {
        Ok(self.registry.policy(self.layer, self.number).await?)
    }

    /// Reads until the statement is there; one that says something else is taken back at once.
    async fn read_granted(&self, statement: &Statement) -> Result<Policy, Error> {
        let mut patience = Patience::of(self.registry);
        loop {
            let policy = self.read().await?;
            let mut statements = policy.statements.iter();
            match statements.find(|found| found.id == statement.id) {
                Some(found) if found == statement => return Ok(policy),
                Some(found) => {
                    // Whatever else was changed in the meantime: this must go.
                    self.registry
                        .revoke(self.layer, self.number, &found.id, None)
                        .await?;
                    return Err(self.not_as_asked(Instead::Other));
                }
                None if !patience.wait().await => return Err(self.not_as_asked(Instead::Nothing)),
                None => {}
            }
        }
    }

    fn not_as_asked(&self, instead: Instead) -> Error {
        GrantNotAsAsked {
            destination: self.registry.destination().to_owned(),
            layer: self.layer.clone(),
            number: self.number,
            instead,
        }
        .into()
    }

    fn not_yet(&self) -> Error {
        let kind = RegistryErrorKind::Changed("it is not what was requested".to_owned());
        let operation = format!("settle the policy of {}:{}", self.layer, self.number);
        kind.at(self.registry.destination(), operation).into()
    }
}

impl Unconfirmed {
    /// Notes in `summary` what the policy shows to have been carried out.
    fn confirm(&mut self, policy: &Policy, summary: &mut DestinationSummary) {
        let statements = &policy.statements;
        if let Some(granted) = self.grant.take_if(|grant| statements.contains(grant)) {
            summary.granted = granted.grantee;
        }
        let is_gone = |id: &mut StatementId| statements.iter().all(|found| found.id != *id);
        if self.revoke.take_if(is_gone).is_some() {
            summary.revoked += 1;
        }
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

/// What a policy says in place of a statement that was just granted.
#[derive(Clone, Copy, Debug)]
enum Instead {
    Nothing,
    Other,
}

/// The registry's policy does not say what was granted.
#[derive(Debug, thiserror::Error)]
#[error(
    "{destination}: the policy of {layer}:{number} does not say what was just granted{}",
    match instead {
        Instead::Nothing => "",
        Instead::Other => "; the statement was taken back",
    }
)]
struct GrantNotAsAsked {
    destination: String,
    layer: LayerName,
    number: VersionNumber,
    instead: Instead,
}

impl Failure for GrantNotAsAsked {
    fn hint(&self) -> Option<String> {
        Some(
            "check the policy of that version before anyone uses it, and run the command again"
                .into(),
        )
    }
}
