//! Tries the changes of an apply in ways that AWS checks the permissions of, and then cannot carry out.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LayerVersionContentInput;

use super::AwsRegistry;
use super::calls::Repeat;
use super::errors::{Outcome, missing};
use crate::layer::{AccountId, Grantee, LayerName, Statement, StatementId, VersionNumber};
use crate::registry::{DryRun, Operation, RegistryErrorKind};

/// An archive that is none: Lambda refuses it, after it has looked at the permission.
const NO_ARCHIVE: &[u8] = b"lls doctor";

/// A number that no version has.
const MISSING: VersionNumber = VersionNumber(i32::MAX as u64);

impl AwsRegistry {
    pub(super) async fn try_changes(&self, layer: &LayerName, account: &AccountId) -> Vec<DryRun> {
        let grantee = Grantee::Account(account.clone());
        let statement = Statement {
            id: StatementId::of(&grantee),
            grantee: Some(grantee),
        };
        let publish = self.try_publishing(layer).await;
        let grant = self.add_permission(layer, MISSING, &statement, None).await;
        let revoke = self.remove_permission(layer, MISSING, &statement.id, None);
        let revoke = refused_as_missing(revoke.await);
        let mut tried = vec![
            DryRun {
                change: "publish",
                outcome: self.at(Operation::Publish(layer), publish),
            },
            DryRun {
                change: "grant",
                outcome: self.at(Operation::Grant(layer, MISSING), refused_as_missing(grant)),
            },
            DryRun {
                change: "revoke",
                outcome: self.at(Operation::Revoke(layer, MISSING, &statement.id), revoke),
            },
        ];
        if let Some(staging) = &self.staging {
            let outcome = staging.try_upload().await;
            tried.push(DryRun {
                change: "stage archives",
                outcome: self.at(Operation::Stage(&staging.bucket), outcome),
            });
        }
        tried
    }

    async fn try_publishing(&self, layer: &LayerName) -> Outcome<()> {
        let content = LayerVersionContentInput::builder().zip_file(Blob::new(NO_ARCHIVE));
        let request = self.client.publish_layer_version();
        let request = request
            .layer_name(layer.as_str())
            .description("lls doctor: not an archive")
            .content(content.build());
        let publish = || request.clone().send();
        match self.calls.send(Repeat::Unsafe, publish).await {
            Err(RegistryErrorKind::Refused { code, .. })
                if code == "InvalidParameterValueException" =>
            {
                Ok(())
            }
            Err(kind) => Err(kind),
            // Not AWS: a server that takes whatever it is given. The version goes again.
            Ok(output) => {
                let number = u64::try_from(output.version).map_err(|_| missing("Version"))?;
                self.delete_version(layer, VersionNumber(number)).await
            }
        }
    }
}

/// AWS looks for a version only if the caller may change it.
fn refused_as_missing(outcome: Outcome<()>) -> Outcome<()> {
    match outcome {
        Err(RegistryErrorKind::NotFound(_)) => Ok(()),
        outcome => outcome,
    }
}
