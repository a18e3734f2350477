//! AWS Lambda as a registry. The only module that names types of the AWS SDK.

mod archives;
mod calls;
mod connect;
mod convert;
mod dry_run;
mod errors;
mod functions;
mod limits;
mod parameters;
mod profile;
mod publish;
mod requests;
mod staging;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda as lambda;
use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::list_layer_versions::ListLayerVersionsOutput;
use aws_sdk_lambda::operation::list_layers::ListLayersOutput;

use super::{
    ArchiveAddress, DescribedVersion, DryRun, ListedLayer, Operation, Parameter, PublishRequest,
    ReadRegistry, Registry, RegistryErrorKind, RequestLimits, Result,
};
use crate::http::Http;
use crate::layer::{
    AccountId, FunctionLayers, Grantee, HeldValue, LayerName, LayerVersionArn, ParameterName,
    Policy, PublishedVersion, Runtime, Statement, StatementId, VersionNumber,
};
use crate::progress::Progress;

use calls::{Calls, Repeat};
pub(super) use connect::connect_aws;
use convert::{described, described_by_arn, published, sdk_number, sdk_runtime};
use errors::{Outcome, missing};
use parameters::Parameters;
use staging::Staging;

/// Lambda in one region.
pub struct AwsRegistry {
    region: String,
    client: lambda::Client,
    calls: Arc<Calls>,
    /// For archives, which are downloaded from presigned addresses outside of the SDK.
    http: Http,
    downloads: Calls,
    /// Whether the last archive could not be reached: S3 is then not asked again, as each time might take long.
    is_s3_unreachable: AtomicBool,
    limits: RequestLimits,
    /// Who is told how much of an archive has left.
    progress: Arc<dyn Progress>,
    /// For archives that are too large to be published directly.
    staging: Option<Staging>,
    parameters: Parameters,
}

impl AwsRegistry {
    fn at<T>(&self, operation: Operation<'_>, outcome: Outcome<T>) -> Result<T> {
        tracing::debug!(region = %self.region, ok = outcome.is_ok(), "{operation}");
        outcome.map_err(|kind| kind.at(&self.region, operation.to_string()))
    }

    async fn list_layers(&self, runtime: Option<&Runtime>) -> Outcome<Vec<ListedLayer>> {
        let request = self
            .client
            .list_layers()
            .set_compatible_runtime(runtime.map(sdk_runtime));
        let page = |marker| request.clone().set_marker(marker).send();
        let pages = self
            .calls
            .pages(page, ListLayersOutput::next_marker)
            .await?;
        let mut layers = Vec::new();
        for layer in pages
            .into_iter()
            .flat_map(|page| page.layers.unwrap_or_default())
        {
            let (Some(name), Some(latest)) = (layer.layer_name, layer.latest_matching_version)
            else {
                continue;
            };
            let Ok(name) = name.parse() else { continue };
            let latest = published(latest)?;
            layers.push(ListedLayer { name, latest });
        }
        layers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(layers)
    }

    async fn list_versions(
        &self,
        layer: &LayerName,
        runtime: Option<&Runtime>,
    ) -> Outcome<Vec<PublishedVersion>> {
        let request = self.client.list_layer_versions().layer_name(layer.as_str());
        let request = request.set_compatible_runtime(runtime.map(sdk_runtime));
        let page = |marker| request.clone().set_marker(marker).send();
        let pages = self.calls.pages(page, ListLayerVersionsOutput::next_marker);
        let items = pages.await?.into_iter();
        let items = items.flat_map(|page| page.layer_versions.unwrap_or_default());
        let mut versions = items.map(published).collect::<Outcome<Vec<_>>>()?;
        versions.sort_by_key(|version| std::cmp::Reverse(version.number));
        Ok(versions)
    }

    async fn get_version(
        &self,
        layer: &LayerName,
        number: VersionNumber,
    ) -> Outcome<Option<DescribedVersion>> {
        let request = self
            .client
            .get_layer_version()
            .layer_name(layer.as_str())
            .version_number(sdk_number(number));
        let request = || request.clone().send();
        match self.calls.send(Repeat::Safe, request).await {
            Ok(output) => described(output).map(Some),
            Err(RegistryErrorKind::NotFound(_)) => Ok(None),
            Err(kind) => Err(kind),
        }
    }

    async fn get_version_by_arn(&self, arn: &LayerVersionArn) -> Outcome<Option<DescribedVersion>> {
        let request = self.client.get_layer_version_by_arn();
        let request = request.arn(arn.to_string());
        let request = || request.clone().send();
        match self.calls.send(Repeat::Safe, request).await {
            Ok(output) => described_by_arn(output).map(Some),
            Err(RegistryErrorKind::NotFound(_)) => Ok(None),
            Err(kind) => Err(kind),
        }
    }

    async fn get_policy(&self, layer: &LayerName, number: VersionNumber) -> Outcome<Policy> {
        let request = self
            .client
            .get_layer_version_policy()
            .layer_name(layer.as_str())
            .version_number(sdk_number(number));
        let request = || request.clone().send();
        match self.calls.send(Repeat::Safe, request).await {
            Ok(output) => {
                let text = output.policy.as_deref().ok_or_else(|| missing("Policy"))?;
                Ok(Policy::parse(text, output.revision_id)?)
            }
            // AWS says the same of "no policy" and of "no such version".
            Err(RegistryErrorKind::NotFound(_)) => Ok(Policy::default()),
            Err(kind) => Err(kind),
        }
    }

    async fn add_permission(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &Statement,
        revision: Option<&str>,
    ) -> Outcome<()> {
        let (principal, organization) = match &statement.grantee {
            Some(Grantee::Account(account)) => (account.as_str(), None),
            Some(Grantee::Organization(organization)) => ("*", Some(organization.as_str())),
            Some(Grantee::Public) => ("*", None),
            None => return Err(RegistryErrorKind::NotFound("nobody to grant to".to_owned())),
        };
        let request = self
            .client
            .add_layer_version_permission()
            .layer_name(layer.as_str())
            .version_number(sdk_number(number))
            .statement_id(&statement.id.0)
            .action("lambda:GetLayerVersion")
            .principal(principal)
            .set_organization_id(organization.map(str::to_owned))
            .set_revision_id(revision.map(str::to_owned));
        self.change(|| request.clone().send()).await
    }

    async fn remove_permission(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &StatementId,
        revision: Option<&str>,
    ) -> Outcome<()> {
        let request = self
            .client
            .remove_layer_version_permission()
            .layer_name(layer.as_str())
            .version_number(sdk_number(number))
            .statement_id(&statement.0)
            .set_revision_id(revision.map(str::to_owned));
        self.change(|| request.clone().send()).await
    }

    async fn delete_version(&self, layer: &LayerName, number: VersionNumber) -> Outcome<()> {
        let request = self.client.delete_layer_version();
        let request = request
            .layer_name(layer.as_str())
            .version_number(sdk_number(number));
        self.change(|| request.clone().send()).await
    }

    /// Sends a change that has the same effect once and twice: it names a statement or a version. A second one may
    /// find that the first was carried out, and be refused.
    async fn change<T, E, F>(&self, request: impl Fn() -> F) -> Outcome<()>
    where
        F: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.calls.send(Repeat::Safe, request).await.map(drop)
    }
}

#[async_trait]
impl ReadRegistry for AwsRegistry {
    fn destination(&self) -> &str {
        &self.region
    }

    fn settle_time(&self) -> Duration {
        self.limits.settle_time
    }

    async fn layers(&self, runtime: Option<&Runtime>) -> Result<Vec<ListedLayer>> {
        self.at(Operation::Layers, self.list_layers(runtime).await)
    }

    /// Lambda keeps what it was given, and gives the hash of that.
    async fn check_archive(&self, _described: &DescribedVersion) -> Result<()> {
        Ok(())
    }

    async fn layers_except(&self, known: &BTreeSet<LayerName>) -> Result<Vec<ListedLayer>> {
        let mut layers = self.layers(None).await?;
        layers.retain(|layer| !known.contains(&layer.name));
        Ok(layers)
    }

    async fn versions(
        &self,
        layer: &LayerName,
        runtime: Option<&Runtime>,
    ) -> Result<Vec<PublishedVersion>> {
        self.at(
            Operation::Versions(layer),
            self.list_versions(layer, runtime).await,
        )
    }

    async fn describe(
        &self,
        layer: &LayerName,
        number: VersionNumber,
    ) -> Result<Option<DescribedVersion>> {
        self.at(
            Operation::Describe(layer, number),
            self.get_version(layer, number).await,
        )
    }

    async fn describe_arn(&self, arn: &LayerVersionArn) -> Result<Option<DescribedVersion>> {
        let outcome = self.get_version_by_arn(arn).await;
        self.at(Operation::DescribeArn(arn), outcome)
    }

    async fn policy(&self, layer: &LayerName, number: VersionNumber) -> Result<Policy> {
        self.at(
            Operation::Policy(layer, number),
            self.get_policy(layer, number).await,
        )
    }

    async fn functions(&self) -> Result<Option<Vec<FunctionLayers>>> {
        let outcome = self.list_functions().await;
        self.at(Operation::Functions, outcome.map(Some))
    }

    async fn archive_range(
        &self,
        archive: &ArchiveAddress,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>> {
        Ok(self.read_range(archive, &range).await)
    }

    async fn parameters(
        &self,
        names: &[ParameterName],
    ) -> Result<BTreeMap<ParameterName, HeldValue>> {
        self.at(Operation::Parameters, self.parameters.get(names).await)
    }
}

#[async_trait]
impl Registry for AwsRegistry {
    async fn publish(&self, request: &PublishRequest<'_>) -> Result<DescribedVersion> {
        self.at(
            Operation::Publish(request.layer),
            self.publish_version(request).await,
        )
    }

    async fn grant(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &Statement,
        revision: Option<&str>,
    ) -> Result<()> {
        self.at(
            Operation::Grant(layer, number),
            self.add_permission(layer, number, statement, revision)
                .await,
        )
    }

    async fn revoke(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &StatementId,
        revision: Option<&str>,
    ) -> Result<()> {
        let outcome = self
            .remove_permission(layer, number, statement, revision)
            .await;
        self.at(Operation::Revoke(layer, number, statement), outcome)
    }

    async fn set_parameter(&self, parameter: &Parameter<'_>) -> Result<()> {
        let outcome = self.parameters.put(parameter).await;
        self.at(Operation::SetParameter(parameter.name), outcome)
    }

    async fn delete(&self, layer: &LayerName, number: VersionNumber) -> Result<()> {
        self.at(
            Operation::Delete(layer, number),
            self.delete_version(layer, number).await,
        )
    }

    async fn dry_run(&self, layer: &LayerName, account: &AccountId) -> Vec<DryRun> {
        self.try_changes(layer, account).await
    }
}
