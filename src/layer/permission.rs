//! Who may use a layer: as the manifest says it, and as it is granted.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A 12-digit AWS account number.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct AccountId(String);

/// The identifier of an AWS organization: `o-` and 10 to 32 of `a-z 0-9`
/// (`OrganizationId` of the Lambda API model).
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct OrganizationId(String);

/// Why a text names no account or organization.
#[derive(Debug, thiserror::Error)]
pub enum GranteeError {
    /// It is no account number.
    #[error("an account ID is 12 digits, not `{0}`")]
    Account(String),
    /// It is no organization identifier.
    #[error("an organization is `o-` and 10 to 32 lowercase letters or digits, not `{0}`")]
    Organization(String),
}

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = GranteeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(GranteeError::Account(text.to_owned()))
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl OrganizationId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganizationId {
    type Err = GranteeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = text.strip_prefix("o-").is_some_and(|id| {
            (10..=32).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(GranteeError::Organization(text.to_owned()))
        }
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Who may use a layer, as the manifest says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Nobody beside the owning account, which needs no statement.
    None,
    /// The account that publishes, by an explicit statement.
    MyAccount,
    /// The organization of the account that publishes.
    MyOrganization,
    /// Everyone.
    Public,
    /// One account.
    Account(AccountId),
    /// One organization.
    Organization(OrganizationId),
}

/// Who a registry takes the caller for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account that owns what is published.
    pub account: AccountId,
    /// Its organization, where it was asked for and there is one.
    pub organization: Option<OrganizationId>,
}

/// Whom a statement lets use a layer version.
///
/// "Everyone" without a condition can only be [`Grantee::Public`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Grantee {
    /// One account.
    Account(AccountId),
    /// Every account of one organization.
    Organization(OrganizationId),
    /// Every AWS account.
    Public,
}

impl Identity {
    /// Who everybody is in a directory registry: an account and an organization that AWS never gives out.
    pub fn of_directory() -> Self {
        Self {
            account: AccountId("000000000000".to_owned()),
            organization: Some(OrganizationId("o-0000000000".to_owned())),
        }
    }
}

impl Permission {
    /// Whom to grant, given who the caller is; `None` where no statement is asked for.
    ///
    /// Fails where the caller's organization is needed and unknown.
    pub fn grantee(&self, identity: &Identity) -> Result<Option<Grantee>, NoOrganization> {
        Ok(Some(match self {
            Self::None => return Ok(None),
            Self::MyAccount => Grantee::Account(identity.account.clone()),
            Self::MyOrganization => {
                let organization = identity.organization.clone();
                Grantee::Organization(
                    organization.ok_or_else(|| NoOrganization(identity.account.clone()))?,
                )
            }
            Self::Public => Grantee::Public,
            Self::Account(account) => Grantee::Account(account.clone()),
            Self::Organization(organization) => Grantee::Organization(organization.clone()),
        }))
    }
}

/// The layer is for the caller's organization, and the caller has none.
#[derive(Debug, thiserror::Error)]
#[error(
    "account {0} does not belong to an organization, which `permission = \"my-organization\"` needs"
)]
pub struct NoOrganization(pub AccountId);

impl crate::error::Failure for NoOrganization {
    fn hint(&self) -> Option<String> {
        Some("name it, `permission = { organization = \"o-...\" }`, or use \"my-account\"".into())
    }
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account {account}"),
            Self::Organization(organization) => write!(f, "organization {organization}"),
            Self::Public => f.write_str("everyone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_checked() {
        assert!("123456789012".parse::<AccountId>().is_ok());
        for text in ["", "12345678901", "12345678901a", "*"] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
        assert!("o-a1b2c3d4e5".parse::<OrganizationId>().is_ok());
        for text in ["o-short", "a1b2c3d4e5", "o-A1B2C3D4E5", "*"] {
            assert!(text.parse::<OrganizationId>().is_err(), "{text}");
        }
    }
}
