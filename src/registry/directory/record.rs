//! What the folder of a registry tells of a version.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::layer::{
    Grantee, Identity, LayerName, PublishedVersion, StatementId, VersionMetadata, VersionNumber,
};

/// What `<number>.json` holds.
#[derive(Serialize, Deserialize)]
pub struct Record {
    #[serde(flatten)]
    pub metadata: VersionMetadata,
    pub created: String,
    pub sha256: Sha256,
    pub size: u64,
    #[serde(default)]
    pub policy: StoredPolicy,
}

/// Its policy.
#[derive(Default, Serialize, Deserialize)]
pub struct StoredPolicy {
    pub revision: Option<String>,
    pub statements: Vec<StoredStatement>,
}

/// A statement of it.
#[derive(Serialize, Deserialize)]
pub struct StoredStatement {
    pub id: StatementId,
    pub grantee: Option<Grantee>,
}

impl Record {
    /// The version that it makes exist.
    pub fn published(self, layer: &LayerName, number: VersionNumber) -> PublishedVersion {
        let account = Identity::of_directory().account;
        PublishedVersion {
            number,
            arn: format!("arn:lls:lambda:directory:{account}:layer:{layer}:{number}"),
            created: self.created,
            metadata: self.metadata,
        }
    }
}
