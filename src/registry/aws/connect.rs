//! From a target to Lambda clients: credentials, role, region, account and organization.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_lambda::error::ErrorMetadata;

use super::calls::{Calls, Repeat};
use super::errors::{Outcome, chain, kind_of_code, missing};
use super::parameters::Parameters;
use super::profile::check_profile;
use super::requests::RequestLog;
use super::staging::Staging;
use super::{AwsRegistry, limits};
use crate::archive::MAX_DIRECT_UPLOAD;
use crate::http::Http;
use crate::layer::{AccountId, Identity, OrganizationId};
use crate::manifest::AwsTarget;
use crate::progress::Progress;
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
    progress: &Arc<dyn Progress>,
) -> Result<Session> {
    let at = |kind: RegistryErrorKind| kind.at(name, "connect to AWS");
    // The SDK panics without any.
    if rustls_native_certs::load_native_certs().certs.is_empty() {
        return Err(at(RegistryErrorKind::NoCertificates));
    }
    check_profile(name, target, options).await.map_err(at)?;
    let config = Box::pin(load_config(target, options)).await.map_err(at)?;
    let regions = regions(target, options, &config).map_err(at)?;
    let configs: Vec<_> = regions
        .iter()
        .map(|region| in_region(&config, region))
        .collect();
    let account = account(options, &configs).await.map_err(at)?;
    let identity = identify(name, target, options, account, &configs[0]);
    let identity = identity.await.map_err(at)?;
    let http = Http::new(options.limits.timeout)
        .map_err(|error| at(RegistryErrorKind::Unreachable(chain(&error))))?;
    let registry = |(region, config): (String, &SdkConfig)| -> Box<dyn Registry> {
        let staging = target.staging_bucket.as_ref().map(|bucket| Staging {
            bucket: bucket.in_region(&region),
            client: s3_client(config),
            calls: Calls::new(options.limits),
            limits: options.limits,
            progress: Arc::clone(progress),
        });
        Box::new(AwsRegistry {
            calls: Calls::to_lambda(&identity.account, &region, options.limits),
            region,
            staging,
            client: lambda_client(config),
            parameters: Parameters::new(ssm_client(config), options.limits),
            progress: Arc::clone(progress),
            http: http.clone(),
            downloads: Calls::new(options.limits),
            is_s3_unreachable: AtomicBool::default(),
            limits: options.limits,
        })
    };
    let registries = regions.into_iter().zip(&configs).map(registry).collect();
    Ok(Session {
        target: name.to_owned(),
        account: Some(identity.account.clone()),
        identity,
        upload_limit: target.staging_bucket.is_none().then_some(MAX_DIRECT_UPLOAD),
        lists_functions: true,
        ssm_prefix: None,
        registries,
    })
}

async fn load_config(target: &AwsTarget, options: &ConnectOptions) -> Outcome<SdkConfig> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(limits::timeouts(options.limits));
    let profile = options.profile.as_ref().or(target.profile.as_ref());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile).no_credentials();
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
    let base = match profile {
        Some(profile) => with_profile(base, profile, options),
        None => base,
    };
    let config = match &target.role_arn {
        Some(role) => with_role(base, role.as_str(), target.external_id.as_deref()).await,
        None => base,
    };
    let provider = config.credentials_provider();
    let provider = provider
        .ok_or_else(|| RegistryErrorKind::NoCredentials("none are configured".to_owned()))?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(config),
        Err(CredentialsError::CredentialsNotLoaded(_)) => {
            let place = match profile {
                Some(profile) => format!("profile `{profile}` has none"),
                None => "none in the environment, in the AWS configuration, or for this machine"
                    .to_owned(),
            };
            Err(RegistryErrorKind::NoCredentials(place))
        }
        Err(error) => Err(refused_by_service(&error)
            .unwrap_or_else(|| RegistryErrorKind::NoCredentials(chain(&error)))),
    }
}

/// What AWS said where it was asked for credentials and gave none.
fn refused_by_service(error: &CredentialsError) -> Option<RegistryErrorKind> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(said) = error.downcast_ref::<ErrorMetadata>() {
            return Some(kind_of_code(said.code()?, said.message()?));
        }
        cause = error.source();
    }
    None
}

/// The credentials of a named profile, which come before keys in the environment, as they do for the AWS CLI; for the
/// SDK they would not. A role or a web identity of the profile is asked for in the region of `base`.
fn with_profile(base: SdkConfig, profile: &str, options: &ConnectOptions) -> SdkConfig {
    let config = ProviderConfig::without_region()
        .with_region(base.region().cloned())
        .with_use_fips(base.use_fips())
        .with_use_dual_stack(base.use_dual_stack())
        .with_timeout_config(limits::timeouts(options.limits));
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&config)
        .profile_name(profile)
        .build();
    with_credentials(base, provider)
}

/// The credentials of a role, which is assumed with those of `base`.
async fn with_role(base: SdkConfig, role: &str, external_id: Option<&str>) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(role)
        .session_name("lls")
        .configure(&base);
    if let Some(external_id) = external_id {
        provider = provider.external_id(external_id);
    }
    let provider = provider.build().await;
    with_credentials(base, provider)
}

fn with_credentials(base: SdkConfig, provider: impl ProvideCredentials + 'static) -> SdkConfig {
    base.into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build()
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

/// Who the caller is, which the target must allow, and in which organization, where that is needed.
async fn identify(
    name: &str,
    target: &AwsTarget,
    options: &ConnectOptions,
    account: AccountId,
    config: &SdkConfig,
) -> Outcome<Identity> {
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
        organization(options, config).await?
    } else {
        None
    };
    Ok(Identity {
        account,
        organization,
    })
}

/// The caller's account, asked for in the first region that answers: the credentials are the same in all of them.
async fn account(options: &ConnectOptions, regions: &[SdkConfig]) -> Outcome<AccountId> {
    let mut unanswered = None;
    for config in regions {
        let config = aws_sdk_sts::config::Builder::from(config).interceptor(RequestLog);
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let request = || client.get_caller_identity().send();
        match Calls::new(options.limits).send(Repeat::Safe, request).await {
            Ok(caller) => {
                let account = caller.account.and_then(|account| account.parse().ok());
                return account.ok_or_else(|| missing("Account"));
            }
            Err(kind) if kind.is_ambiguous() => unanswered = unanswered.or(Some(kind)),
            Err(kind) => return Err(kind),
        }
    }
    Err(unanswered.unwrap_or(RegistryErrorKind::NoRegion))
}

async fn organization(
    options: &ConnectOptions,
    config: &SdkConfig,
) -> Outcome<Option<OrganizationId>> {
    let config = aws_sdk_organizations::config::Builder::from(config).interceptor(RequestLog);
    let client = aws_sdk_organizations::Client::from_conf(config.build());
    let request = || client.describe_organization().send();
    let outcome = Calls::new(options.limits).send(Repeat::Safe, request).await;
    match outcome {
        Ok(output) => {
            let id = output.organization.and_then(|organization| organization.id);
            id.and_then(|id| id.parse().ok())
                .map(Some)
                .ok_or_else(|| missing("Organization"))
        }
        Err(RegistryErrorKind::Refused { code, .. })
            if code == "AWSOrganizationsNotInUseException" =>
        {
            Ok(None)
        }
        Err(kind) => Err(kind),
    }
}

fn lambda_client(config: &SdkConfig) -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::config::Builder::from(config).interceptor(RequestLog);
    aws_sdk_lambda::Client::from_conf(config.build())
}

fn ssm_client(config: &SdkConfig) -> aws_sdk_ssm::Client {
    let config = aws_sdk_ssm::config::Builder::from(config).interceptor(RequestLog);
    aws_sdk_ssm::Client::from_conf(config.build())
}

fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).interceptor(RequestLog);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// The configuration in a region, without the SDK's repetitions: `Calls` repeats what may be repeated.
fn in_region(config: &SdkConfig, region: &str) -> SdkConfig {
    let region = Region::new(region.to_owned());
    let config = config.to_builder().region(region);
    config.retry_config(RetryConfig::disabled()).build()
}
