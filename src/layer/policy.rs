//! The resource policy of a layer version, parsed into types that cannot confuse an organization with everyone.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::unambiguous::Unambiguous;
use super::{AccountId, Grantee, OrganizationId};

/// The identifier of a policy statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct StatementId(pub String);

impl StatementId {
    /// The identifier under which `lls` grants `grantee`.
    pub fn of(grantee: &Grantee) -> Self {
        Self(match grantee {
            Grantee::Account(account) => format!("lls-account-{account}"),
            Grantee::Organization(organization) => format!("lls-organization-{organization}"),
            Grantee::Public => "lls-public".to_owned(),
        })
    }

    /// Whether `lls`, or the tool that it succeeds (`LayerVersionPermission`), made the statement.
    pub fn is_managed(&self) -> bool {
        self.0 == "LayerVersionPermission" || self.0.starts_with("lls-")
    }
}

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One statement of a layer version's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// Its identifier.
    pub id: StatementId,
    /// Whom it lets use the version; `None` where it says something that `lls` never writes.
    pub grantee: Option<Grantee>,
}

/// The policy of a layer version; one without statements where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Its statements, in the order of the registry.
    pub statements: Vec<Statement>,
    /// What the registry calls this state of the policy; changes with every change.
    pub revision: Option<String>,
}

/// A policy that is not the JSON document that AWS documents.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is no JSON, or has a key twice in one place.
    #[error("the policy cannot be read as JSON")]
    Json(#[from] serde_json::Error),
    /// A part is missing or of another type.
    #[error("the policy has no `{0}`")]
    Missing(&'static str),
}

impl Policy {
    /// Parses the `Policy` text of `GetLayerVersionPolicy`.
    pub fn parse(text: &str, revision: Option<String>) -> Result<Self, PolicyError> {
        let Unambiguous(document) = serde_json::from_str(text)?;
        let statements = match &document["Statement"] {
            Value::Array(statements) => statements
                .iter()
                .map(parse_statement)
                .collect::<Result<_, _>>()?,
            statement @ Value::Object(_) => vec![parse_statement(statement)?],
            _ => return Err(PolicyError::Missing("Statement")),
        };
        Ok(Self {
            statements,
            revision,
        })
    }

    /// Statements that `lls` may change.
    pub fn managed(&self) -> impl Iterator<Item = &Statement> {
        self.statements
            .iter()
            .filter(|statement| statement.id.is_managed())
    }

    /// Statements that `lls` reports and leaves alone.
    pub fn unmanaged(&self) -> impl Iterator<Item = &Statement> {
        self.statements
            .iter()
            .filter(|statement| !statement.id.is_managed())
    }
}

fn parse_statement(statement: &Value) -> Result<Statement, PolicyError> {
    let id = statement["Sid"]
        .as_str()
        .ok_or(PolicyError::Missing("Sid"))?;
    Ok(Statement {
        id: StatementId(id.to_owned()),
        grantee: parse_grantee(statement),
    })
}

/// `None` for whatever is not exactly one of the three forms that `AddLayerVersionPermission` makes.
fn parse_grantee(statement: &Value) -> Option<Grantee> {
    let plain = statement["Effect"] == "Allow" && statement["Action"] == "lambda:GetLayerVersion";
    let known = statement.as_object()?.keys().all(|key| {
        matches!(
            key.as_str(),
            "Sid" | "Effect" | "Principal" | "Action" | "Resource" | "Condition"
        )
    });
    if !plain || !known {
        return None;
    }
    let principal = parse_principal(&statement["Principal"])?;
    match (principal, statement.get("Condition")) {
        ("*", None) => Some(Grantee::Public),
        ("*", Some(condition)) => parse_organization(condition).map(Grantee::Organization),
        (_, Some(_)) => None,
        (account, None) => parse_account(account).map(Grantee::Account),
    }
}

/// A text, or one text under `AWS` and nothing beside it.
fn parse_principal(principal: &Value) -> Option<&str> {
    match principal {
        Value::Object(kinds) if kinds.len() == 1 => kinds.get("AWS")?.as_str(),
        principal => principal.as_str(),
    }
}

fn parse_organization(condition: &Value) -> Option<OrganizationId> {
    let operators = condition
        .as_object()
        .filter(|operators| operators.len() == 1)?;
    let keys = operators
        .get("StringEquals")?
        .as_object()
        .filter(|keys| keys.len() == 1)?;
    let (key, value) = keys.iter().next()?;
    let is_organization = key.eq_ignore_ascii_case("aws:PrincipalOrgID");
    value.as_str().filter(|_| is_organization)?.parse().ok()
}

/// An account is `123456789012` or `arn:aws:iam::123456789012:root`, in any partition.
fn parse_account(principal: &str) -> Option<AccountId> {
    let number = match principal.strip_suffix(":root") {
        Some(arn) => arn
            .strip_prefix("arn:")
            .filter(|rest| rest.contains(":iam::"))?
            .rsplit(':')
            .next()?,
        None => principal,
    };
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grantee(principal: &str, condition: &str) -> Option<Grantee> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"lls-x","Effect":"Allow","Principal":{principal},
               "Action":"lambda:GetLayerVersion","Resource":"arn"{condition}}}]}}"#
        );
        Policy::parse(&text, None)
            .unwrap()
            .statements
            .remove(0)
            .grantee
    }

    #[test]
    fn the_three_forms_are_told_apart() {
        let organization = r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#;
        assert_eq!(grantee(r#""*""#, ""), Some(Grantee::Public));
        assert_eq!(grantee(r#"{"AWS":"*"}"#, ""), Some(Grantee::Public));
        let expected = Grantee::Organization("o-a1b2c3d4e5".parse().unwrap());
        assert_eq!(grantee(r#""*""#, organization), Some(expected));
        let account = Some(Grantee::Account("123456789012".parse().unwrap()));
        assert_eq!(
            grantee(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#, ""),
            account
        );
        assert_eq!(grantee(r#""123456789012""#, ""), account);
    }

    #[test]
    fn whatever_lls_never_writes_is_no_grantee() {
        let like = r#","Condition":{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#;
        let two =
            r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5","aws:x":"y"}}"#;
        let list = r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5"]}}"#;
        let empty = [r#","Condition":{}"#, r#","Condition":null"#];
        let foreign = [r#","NotAction":"x""#, r#","condition":{}"#];
        for condition in [like, two, list].into_iter().chain(empty).chain(foreign) {
            assert_eq!(grantee(r#""*""#, condition), None, "{condition}");
        }
        assert_eq!(grantee(r#"{"AWS":["*"]}"#, ""), None);
        for principal in ["*", "123456789012"] {
            let two = format!(r#"{{"AWS":"{principal}","Service":"s"}}"#);
            assert_eq!(grantee(&two, ""), None, "{two}");
        }
        assert_eq!(
            grantee(r#"{"AWS":"arn:aws:iam::123456789012:user/a"}"#, ""),
            None
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let statement = r#"{"Sid":"x","Principal":"123456789012","Principal":"*"}"#;
        let text = format!(r#"{{"Statement":{statement}}}"#);
        assert!(matches!(
            Policy::parse(&text, None),
            Err(PolicyError::Json(_))
        ));
    }

    #[test]
    fn both_makers_of_statements_are_recognised() {
        assert!(StatementId("LayerVersionPermission".into()).is_managed());
        assert!(StatementId::of(&Grantee::Public).is_managed());
        assert!(!StatementId("partner".into()).is_managed());
    }
}
