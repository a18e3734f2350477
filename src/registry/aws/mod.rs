//! AWS Lambda as a registry. The only module that names types of the AWS SDK.

mod connect;
mod errors;
mod functions;
mod limits;

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_lambda as lambda;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::operation::get_layer_version::GetLayerVersionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{LayerVersionContentInput, LayerVersionsListItem};

use super::{
    ArchiveAddress, DescribedVersion, ListedLayer, PublishRequest, ReadRegistry, Registry,
    RegistryErrorKind, Result,
};
use crate::digest::Sha256;
use crate::layer::{
    Architecture, FunctionLayers, Grantee, LayerName, Policy, PublishedVersion, Runtime, Statement,
    StatementId, VersionMetadata, VersionNumber,
};

pub(super) use connect::connect_aws;
use errors::{Outcome, kind_of, missing};

/// Lambda in one region.
pub struct AwsRegistry {
    region: String,
    client: lambda::Client,
    /// For archives, which are downloaded from presigned addresses outside of the SDK.
    http: reqwest::Client,
}

impl AwsRegistry {
    fn at<T>(&self, operation: impl Into<String>, outcome: Outcome<T>) -> Result<T> {
        let operation = operation.into();
        tracing::debug!(region = %self.region, ok = outcome.is_ok(), "{operation}");
        outcome.map_err(|kind| kind.at(&self.region, operation))
    }

    async fn list_layers(&self, runtime: Option<&Runtime>) -> Outcome<Vec<ListedLayer>> {
        let request = self
            .client
            .list_layers()
            .set_compatible_runtime(runtime.map(sdk_runtime));
        let mut pages = request.into_paginator().send();
        let mut layers = Vec::new();
        while let Some(page) = pages.next().await {
            for layer in page.map_err(kind_of)?.layers.unwrap_or_default() {
                let (Some(name), Some(latest)) = (layer.layer_name, layer.latest_matching_version)
                else {
                    continue;
                };
                let Ok(name) = name.parse() else { continue };
                layers.push(ListedLayer {
                    name,
                    latest: published(latest)?,
                });
            }
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
        let mut pages = request
            .set_compatible_runtime(runtime.map(sdk_runtime))
            .into_paginator()
            .send();
        let mut versions = Vec::new();
        while let Some(page) = pages.next().await {
            let items = page.map_err(kind_of)?.layer_versions.unwrap_or_default();
            versions.extend(
                items
                    .into_iter()
                    .map(published)
                    .collect::<Outcome<Vec<_>>>()?,
            );
        }
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
        match request.send().await {
            Ok(output) => described(output).map(Some),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(kind_of(error)),
        }
    }

    async fn get_policy(&self, layer: &LayerName, number: VersionNumber) -> Outcome<Policy> {
        let request = self.client.get_layer_version_policy();
        match request
            .layer_name(layer.as_str())
            .version_number(sdk_number(number))
            .send()
            .await
        {
            Ok(output) => {
                let text = output.policy.as_deref().ok_or_else(|| missing("Policy"))?;
                Ok(Policy::parse(text, output.revision_id)?)
            }
            // AWS says the same of "no policy" and of "no such version".
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                Ok(Policy::default())
            }
            Err(error) => Err(kind_of(error)),
        }
    }

    /// Sent once: the SDK would repeat a publish whose reply was lost, and make a second version.
    async fn publish_version(&self, request: &PublishRequest<'_>) -> Outcome<DescribedVersion> {
        let archive = &request.archive.bytes;
        let content = LayerVersionContentInput::builder()
            .zip_file(Blob::new(archive.to_vec()))
            .build();
        let metadata = request.metadata;
        let once = lambda::config::Builder::new()
            .retry_config(RetryConfig::disabled())
            .timeout_config(limits::upload_timeouts(archive.len() as u64));
        let architectures = metadata
            .architectures
            .iter()
            .map(|architecture| architecture.as_str().into())
            .collect();
        let outcome = self
            .client
            .publish_layer_version()
            .layer_name(request.layer.as_str())
            .description(&metadata.description)
            .content(content)
            .set_compatible_runtimes(Some(metadata.runtimes.iter().map(sdk_runtime).collect()))
            .set_compatible_architectures(Some(architectures))
            .set_license_info(metadata.license.clone())
            .customize()
            .config_override(once)
            .send()
            .await;
        // The output has the fields of GetLayerVersion's, but is another type.
        let output = outcome.map_err(kind_of)?;
        described(
            GetLayerVersionOutput::builder()
                .set_content(output.content)
                .set_layer_version_arn(output.layer_version_arn)
                .set_description(output.description)
                .set_created_date(output.created_date)
                .version(output.version)
                .set_compatible_runtimes(output.compatible_runtimes)
                .set_compatible_architectures(output.compatible_architectures)
                .set_license_info(output.license_info)
                .build(),
        )
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
        request.send().await.map(|_| ()).map_err(kind_of)
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
        request.send().await.map(|_| ()).map_err(kind_of)
    }

    async fn delete_version(&self, layer: &LayerName, number: VersionNumber) -> Outcome<()> {
        let request = self.client.delete_layer_version();
        let request = request
            .layer_name(layer.as_str())
            .version_number(sdk_number(number));
        request.send().await.map(|_| ()).map_err(kind_of)
    }

    /// `None` where the server ignores the range.
    async fn download_tail(
        &self,
        archive: &ArchiveAddress,
        start: u64,
    ) -> Outcome<Option<Vec<u8>>> {
        let hide = |error: reqwest::Error| {
            RegistryErrorKind::Unreachable(errors::chain(&error.without_url()))
        };
        let request = self
            .http
            .get(&archive.0)
            .header(reqwest::header::RANGE, format!("bytes={start}-"));
        let response = request
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(hide)?;
        if response.status() != reqwest::StatusCode::PARTIAL_CONTENT {
            return Ok(None);
        }
        Ok(Some(response.bytes().await.map_err(hide)?.to_vec()))
    }
}

fn sdk_runtime(runtime: &Runtime) -> lambda::types::Runtime {
    runtime.as_str().into()
}

fn sdk_number(number: VersionNumber) -> i64 {
    i64::try_from(number.0).unwrap_or(i64::MAX)
}

fn number_of(number: i64) -> Outcome<VersionNumber> {
    u64::try_from(number)
        .map(VersionNumber)
        .map_err(|_| missing("Version"))
}

fn metadata_of(
    description: Option<String>,
    runtimes: Option<Vec<lambda::types::Runtime>>,
    architectures: Option<Vec<lambda::types::Architecture>>,
    license: Option<String>,
) -> VersionMetadata {
    let runtimes = runtimes.unwrap_or_default();
    let architectures = architectures.unwrap_or_default();
    VersionMetadata {
        description: description.unwrap_or_default(),
        runtimes: runtimes
            .iter()
            .filter_map(|runtime| runtime.as_str().parse().ok())
            .collect(),
        architectures: architectures
            .iter()
            .filter_map(|architecture| architecture.as_str().parse::<Architecture>().ok())
            .collect::<BTreeSet<_>>(),
        license: license.filter(|license| !license.is_empty()),
    }
}

fn published(item: LayerVersionsListItem) -> Outcome<PublishedVersion> {
    Ok(PublishedVersion {
        number: number_of(item.version)?,
        arn: item
            .layer_version_arn
            .ok_or_else(|| missing("LayerVersionArn"))?,
        created: item.created_date.unwrap_or_default(),
        metadata: metadata_of(
            item.description,
            item.compatible_runtimes,
            item.compatible_architectures,
            item.license_info,
        ),
    })
}

fn described(output: GetLayerVersionOutput) -> Outcome<DescribedVersion> {
    let content = output.content.ok_or_else(|| missing("Content"))?;
    let sha256 = content.code_sha256.as_deref().and_then(Sha256::from_base64);
    Ok(DescribedVersion {
        sha256: sha256.ok_or_else(|| missing("CodeSha256"))?,
        size: u64::try_from(content.code_size).map_err(|_| missing("CodeSize"))?,
        archive: ArchiveAddress(content.location.unwrap_or_default()),
        version: PublishedVersion {
            number: number_of(output.version)?,
            arn: output
                .layer_version_arn
                .ok_or_else(|| missing("LayerVersionArn"))?,
            created: output.created_date.unwrap_or_default(),
            metadata: metadata_of(
                output.description,
                output.compatible_runtimes,
                output.compatible_architectures,
                output.license_info,
            ),
        },
    })
}

#[async_trait]
impl ReadRegistry for AwsRegistry {
    fn destination(&self) -> &str {
        &self.region
    }

    async fn layers(&self, runtime: Option<&Runtime>) -> Result<Vec<ListedLayer>> {
        self.at("list the layers", self.list_layers(runtime).await)
    }

    async fn versions(
        &self,
        layer: &LayerName,
        runtime: Option<&Runtime>,
    ) -> Result<Vec<PublishedVersion>> {
        self.at(
            format!("list the versions of layer `{layer}`"),
            self.list_versions(layer, runtime).await,
        )
    }

    async fn describe(
        &self,
        layer: &LayerName,
        number: VersionNumber,
    ) -> Result<Option<DescribedVersion>> {
        self.at(
            format!("describe {layer}:{number}"),
            self.get_version(layer, number).await,
        )
    }

    async fn policy(&self, layer: &LayerName, number: VersionNumber) -> Result<Policy> {
        self.at(
            format!("read the policy of {layer}:{number}"),
            self.get_policy(layer, number).await,
        )
    }

    async fn functions(&self) -> Result<Option<Vec<FunctionLayers>>> {
        let outcome = self.list_functions().await;
        self.at("list the functions", outcome.map(Some))
    }

    async fn archive_tail(&self, archive: &ArchiveAddress, start: u64) -> Result<Option<Vec<u8>>> {
        self.at(
            "read a published archive",
            self.download_tail(archive, start).await,
        )
    }
}

#[async_trait]
impl Registry for AwsRegistry {
    async fn publish(&self, request: &PublishRequest<'_>) -> Result<DescribedVersion> {
        self.at(
            format!("publish layer `{}`", request.layer),
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
            format!("grant {layer}:{number}"),
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
        self.at(format!("revoke {statement} of {layer}:{number}"), outcome)
    }

    async fn delete(&self, layer: &LayerName, number: VersionNumber) -> Result<()> {
        self.at(
            format!("delete {layer}:{number}"),
            self.delete_version(layer, number).await,
        )
    }
}
