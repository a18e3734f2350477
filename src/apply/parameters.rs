//! Lets the parameters of a layer hold its current version: sets those that do not, and reads them back.

use std::collections::BTreeMap;

use super::summary::{CurrentVersion, DestinationSummary};
use crate::error::{Error, Failure};
use crate::layer::{HeldValue, ParameterName};
use crate::plan::ParameterChange;
use crate::registry::{Parameter, Patience, Registry, RegistryErrorKind};

/// The parameters of one layer in one destination.
pub(super) struct ParametersOf<'a> {
    pub registry: &'a dyn Registry,
    /// Those that were planned to be set.
    pub changes: &'a [ParameterChange],
    /// What they are to hold.
    pub current: &'a CurrentVersion,
}

impl ParametersOf<'_> {
    /// Notes in `summary` which parameters were set, as reading shows it.
    pub async fn reconcile(&self, summary: &mut DestinationSummary) -> Result<(), Error> {
        let mut patience = Patience::of(self.registry);
        let mut sent: Vec<ParameterName> = Vec::new();
        let mut unconfirmed = None;
        loop {
            let held = self.read().await?;
            let wrong: Vec<_> = self
                .changes
                .iter()
                .filter(|c| !self.is_right(c, &held))
                .collect();
            let is_right = |name: &ParameterName| wrong.iter().all(|change| change.name != *name);
            let confirmed = sent.iter().filter(|name| is_right(name)).cloned();
            summary.parameters = confirmed.collect();
            if wrong.is_empty() {
                return Ok(());
            }
            let unsent: Vec<_> = wrong.iter().filter(|c| !sent.contains(&c.name)).collect();
            if unsent.is_empty() && !patience.wait().await {
                let error = unconfirmed.unwrap_or_else(|| self.not_as_asked(&wrong[0].name));
                return Err(error);
            }
            for change in &unsent {
                self.check_unmoved(change, &held)?;
            }
            for change in unsent {
                sent.push(change.name.clone());
                let parameter = Parameter {
                    name: &change.name,
                    value: &self.current.arn,
                    replaces: held.contains_key(&change.name),
                };
                match self.registry.set_parameter(&parameter).await {
                    Ok(()) => summary.parameters.push(change.name.clone()),
                    // It may have been carried out: reading tells.
                    Err(error) if may_be_set(&error.kind) => unconfirmed = Some(error.into()),
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }

    async fn read(&self) -> Result<BTreeMap<ParameterName, HeldValue>, Error> {
        let names: Vec<_> = self
            .changes
            .iter()
            .map(|change| change.name.clone())
            .collect();
        Ok(self.registry.parameters(&names).await?)
    }

    fn is_right(
        &self,
        change: &ParameterChange,
        held: &BTreeMap<ParameterName, HeldValue>,
    ) -> bool {
        held.get(&change.name).map(HeldValue::as_str) == Some(&self.current.arn)
    }

    /// Fails where somebody set it since the plan was made: perhaps to a newer version, which must not be undone.
    fn check_unmoved(
        &self,
        change: &ParameterChange,
        held: &BTreeMap<ParameterName, HeldValue>,
    ) -> Result<(), ParameterMoved> {
        match held.get(&change.name) {
            Some(found) if Some(found) != change.before.as_ref() => Err(ParameterMoved {
                destination: self.registry.destination().to_owned(),
                name: change.name.clone(),
                found: found.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn not_as_asked(&self, name: &ParameterName) -> Error {
        let kind =
            RegistryErrorKind::Changed("it does not hold the value that was just set".to_owned());
        let operation = format!("settle parameter {name}");
        kind.at(self.registry.destination(), operation).into()
    }
}

/// Whether a parameter may hold the value though setting it failed.
fn may_be_set(kind: &RegistryErrorKind) -> bool {
    kind.is_ambiguous() || matches!(kind, RegistryErrorKind::Exists(_))
}

/// A parameter is not what it was when the plan was made.
#[derive(Debug, thiserror::Error)]
#[error("{destination}: parameter {name} was set to {found} since the plan was made")]
struct ParameterMoved {
    destination: String,
    name: ParameterName,
    found: HeldValue,
}

impl Failure for ParameterMoved {
    fn hint(&self) -> Option<String> {
        Some("run the command again: it starts from what is there now".into())
    }
}
