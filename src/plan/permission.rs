//! From a version's policy, and whom the manifest lets use the layer, to grants and revocations.

use super::planned::PermissionPlan;
use crate::layer::{Grantee, Policy, Statement, StatementId};

/// Plans the policy of one version.
///
/// A managed statement that grants the right one stays, whoever made it; a second one, and every other managed
/// statement, is revoked. Statements that `lls` does not manage are only reported.
pub fn plan_permission(grantee: Option<&Grantee>, policy: &Policy) -> PermissionPlan {
    let right = policy
        .managed()
        .find(|statement| grantee.is_some() && statement.grantee.as_ref() == grantee);
    let revoke: Vec<Statement> = policy
        .managed()
        .filter(|statement| Some(*statement) != right)
        .cloned()
        .collect();
    PermissionPlan {
        desired: grantee.cloned(),
        grant: grantee.filter(|_| right.is_none()).cloned(),
        revoke,
        unmanaged: policy.unmanaged().cloned().collect(),
    }
}

impl Statement {
    /// The statement by which `lls` grants `grantee` beside the statements of `policy`.
    ///
    /// Its identifier follows from the grantee; where a wrong statement has it, a further one is derived from it.
    pub fn granting(grantee: &Grantee, policy: &Policy) -> Self {
        let plain = StatementId::of(grantee);
        let taken = |id: &StatementId| {
            policy
                .statements
                .iter()
                .any(|statement| statement.id == *id)
        };
        let numbered = (2..).map(|number| StatementId(format!("{plain}-{number}")));
        let id = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|id| !taken(id))
            .unwrap_or(plain.clone());
        Self {
            id,
            grantee: Some(grantee.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(id: &str, grantee: Option<Grantee>) -> Statement {
        Statement {
            id: StatementId(id.to_owned()),
            grantee,
        }
    }

    fn account(digit: &str) -> Grantee {
        Grantee::Account(digit.repeat(12).parse().unwrap())
    }

    #[test]
    fn what_is_granted_already_stays() {
        let policy = Policy {
            statements: vec![statement("LayerVersionPermission", Some(account("1")))],
            revision: None,
        };
        assert!(!plan_permission(Some(&account("1")), &policy).is_change());
    }

    #[test]
    fn a_wrong_statement_is_replaced_and_a_foreign_one_left_alone() {
        let wrong = statement("lls-account-2", Some(account("2")));
        let foreign = statement("partner", Some(Grantee::Public));
        let policy = Policy {
            statements: vec![wrong.clone(), foreign.clone()],
            revision: None,
        };
        let expected = PermissionPlan {
            desired: Some(account("1")),
            grant: Some(account("1")),
            revoke: vec![wrong.clone()],
            unmanaged: vec![foreign.clone()],
        };
        assert_eq!(plan_permission(Some(&account("1")), &policy), expected);
        let expected = PermissionPlan {
            desired: None,
            grant: None,
            revoke: vec![wrong],
            unmanaged: vec![foreign],
        };
        assert_eq!(plan_permission(None, &policy), expected);
    }

    #[test]
    fn a_statement_id_that_lies_is_not_believed() {
        let id = StatementId::of(&account("1"));
        let policy = Policy {
            statements: vec![statement(&id.0, Some(Grantee::Public))],
            revision: None,
        };
        let plan = plan_permission(Some(&account("1")), &policy);
        assert_eq!(
            (plan.grant.clone(), plan.revoke.len()),
            (Some(account("1")), 1)
        );
        assert_eq!(
            Statement::granting(&account("1"), &policy).id.0,
            format!("{id}-2")
        );
    }
}
