//! From a target to Lambda clients: credentials, role, region, account and organization.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_lambda::config::ProvideCredentials as _;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;

use super::errors::{Outcome, chain, kind_of, missing};
use super::{AwsRegistry, limits};
use crate::layer::{AccountId, Identity, OrganizationId};
use crate::manifest::AwsTarget;
use crate::registry::{
    ConnectOptions, OrganizationLookup, Registry, RegistryErrorKind, Result, Session,
};

/// Connects to the regions of `target`.
///
/// Fails without credentials or region, and where the caller is in another account than the target is pinned to.
pub async fn connect_aws(
    name: &str,
    target: &AwsTarget,
    options: &ConnectOptions,
) -> Result<Session> {
    let at = |kind: RegistryErrorKind| kind.at(name, "connect to AWS");
    let config = load_config(target, options).await.map_err(at)?;
    let regions = regions(target, options, &config).map_err(at)?;
    let identity = identify(name, target, options, &config).await.map_err(at)?;
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(30))
        .build()
        .map_err(|error| at(RegistryErrorKind::Unreachable(chain(&error))))?;
    let registry = |region: String| -> Box<dyn Registry> {
        let regional = aws_sdk_lambda::config::Builder::from(&config)
            .region(Region::new(region.clone()))
            .build();
        Box::new(AwsRegistry {
            region,
            client: aws_sdk_lambda::Client::from_conf(regional),
            http: http.clone(),
        })
    };
    let registries = regions.into_iter().map(registry).collect();
    Ok(Session {
        target: name.to_owned(),
        identity,
        is_aws: true,
        registries,
    })
}

async fn load_config(target: &AwsTarget, options: &ConnectOptions) -> Outcome<SdkConfig> {
    let mut loader =
        aws_config::defaults(BehaviorVersion::latest()).timeout_config(limits::timeouts());
    let profile = options.profile.as_ref().or(target.profile.as_ref());
    if let Some(profile) = profile {
        // A named profile comes before keys in the environment, as it does for the AWS CLI; for the SDK it would not.
        let provider = ProfileFileCredentialsProvider::builder()
            .profile_name(profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    let named = options.region.clone().or_else(|| {
        target
            .regions
            .first()
            .map(|region| region.as_str().to_owned())
    });
    if let Some(region) = named {
        loader = loader.region(Region::new(region));
    }
    let base = loader.load().await;
    if base
        .region()
        .is_none_or(|region| region.as_ref().is_empty())
    {
        return Err(RegistryErrorKind::NoRegion);
    }
    let config = match &target.role_arn {
        None => base,
        Some(role) => {
            let mut provider = AssumeRoleProvider::builder(role.as_str())
                .session_name("lls")
                .configure(&base);
            if let Some(external_id) = &target.external_id {
                provider = provider.external_id(external_id);
            }
            let provider = provider.build().await;
            base.into_builder()
                .credentials_provider(aws_sdk_lambda::config::SharedCredentialsProvider::new(
                    provider,
                ))
                .build()
        }
    };
    let provider = config.credentials_provider();
    let provider = provider
        .ok_or_else(|| RegistryErrorKind::NoCredentials("none are configured".to_owned()))?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(config),
        Err(CredentialsError::CredentialsNotLoaded(_)) => {
            let place = match profile {
                Some(profile) => format!("profile `{profile}` does not exist or holds none"),
                None => "none in the environment, the shared configuration or the machine's role"
                    .to_owned(),
            };
            Err(RegistryErrorKind::NoCredentials(place))
        }
        Err(error) => Err(RegistryErrorKind::NoCredentials(chain(&error))),
    }
}

fn regions(
    target: &AwsTarget,
    options: &ConnectOptions,
    config: &SdkConfig,
) -> Outcome<Vec<String>> {
    if let Some(region) = &options.region {
        return Ok(vec![region.clone()]);
    }
    if !target.regions.is_empty() {
        return Ok(target
            .regions
            .iter()
            .map(|region| region.as_str().to_owned())
            .collect());
    }
    config
        .region()
        .map(|region| vec![region.to_string()])
        .ok_or(RegistryErrorKind::NoRegion)
}

/// Who the caller is, from STS, and in which organization, from Organizations, where that is needed.
async fn identify(
    name: &str,
    target: &AwsTarget,
    options: &ConnectOptions,
    config: &SdkConfig,
) -> Outcome<Identity> {
    let caller = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send()
        .await
        .map_err(kind_of)?;
    let account: AccountId = caller
        .account
        .as_deref()
        .and_then(|account| account.parse().ok())
        .ok_or_else(|| missing("Account"))?;
    if let Some(expected) = target
        .account
        .as_ref()
        .filter(|expected| **expected != account)
    {
        let (target, expected) = (name.to_owned(), expected.clone());
        return Err(RegistryErrorKind::WrongAccount {
            target,
            expected,
            found: account,
        });
    }
    let organization = if options.organization == OrganizationLookup::Needed {
        organization(config).await?
    } else {
        None
    };
    Ok(Identity {
        account,
        organization,
    })
}

async fn organization(config: &SdkConfig) -> Outcome<Option<OrganizationId>> {
    let client = aws_sdk_organizations::Client::new(config);
    match client.describe_organization().send().await {
        Ok(output) => {
            let id = output.organization.and_then(|organization| organization.id);
            id.and_then(|id| id.parse().ok())
                .map(Some)
                .ok_or_else(|| missing("Organization"))
        }
        Err(error) if error.code() == Some("AWSOrganizationsNotInUseException") => Ok(None),
        Err(error) => Err(kind_of(error)),
    }
}
