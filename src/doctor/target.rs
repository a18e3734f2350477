//! What a run needs of a target: credentials of the right account, and the permissions to read and to change.

use super::{Check, Outcome};
use crate::error::Error;
use crate::layer::{AccountId, LayerName, ParameterName, VersionNumber};
use crate::registry::{Registry, Session};

/// A number that no version has: Lambda counts from 1, and one a second for 68 years does not get there.
const MISSING: VersionNumber = VersionNumber(i32::MAX as u64);

/// What the run is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// `lls plan` only reads.
    Plan,
    /// `lls apply` also publishes and grants.
    Apply,
}

/// Whether the target can be reached, and as whom.
pub fn check_connection(session: &Result<Session, Error>) -> Check {
    match session {
        Ok(session) => match &session.account {
            Some(account) => Check::passed("credentials", format!("account {account}")),
            None => Check::passed("folder", "needs no credentials"),
        },
        Err(error) => Check::failed("connection", error),
    }
}

/// Whether the registry allows what plans need, and what applies need if they are asked about. `layer` is the one whose
/// permissions are tried, `parameter` the one that its target has for it.
pub async fn check_destination(
    registry: &dyn Registry,
    (layer, account): (&LayerName, &AccountId),
    parameter: Option<&ParameterName>,
    needs: Needs,
) -> Vec<Check> {
    let mut checks = vec![
        list(registry.layers(None).await),
        tried("list versions", registry.versions(layer, None).await),
        tried("read versions", registry.describe(layer, MISSING).await),
        tried("read policies", registry.policy(layer, MISSING).await),
    ];
    if let Some(parameter) = parameter {
        let found = registry.parameters(std::slice::from_ref(parameter)).await;
        checks.push(tried("read parameters", found));
    }
    if needs == Needs::Apply {
        let runs = registry.dry_run(layer, account).await.into_iter();
        checks.extend(runs.map(|run| tried(run.change, run.outcome)));
    }
    checks
}

/// Lists of all layers are needed for `lls list`, and for telling which layers the manifest does not have any more.
fn list<T>(outcome: crate::registry::Result<T>) -> Check {
    let check = tried("list layers", outcome);
    match check.outcome {
        Outcome::Failed => Check {
            outcome: Outcome::Warned,
            finding: format!("{}; only `lls list` needs it", check.finding),
            ..check
        },
        _ => check,
    }
}

fn tried<T>(subject: &str, outcome: crate::registry::Result<T>) -> Check {
    match outcome {
        Ok(_) => Check::passed(subject, "allowed"),
        Err(error) => Check::failed(subject, &Error::from(error)),
    }
}
