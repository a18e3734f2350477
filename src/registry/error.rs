//! What a registry refuses or fails at, in one vocabulary for all of them.

use crate::digest::Sha256;
use crate::error::{Failure, PathError};
use crate::input::InputError;
use crate::layer::{AccountId, PolicyError, VersionNumber};

/// What a registry comes to, before it is said where and in what.
pub(super) type Outcome<T> = Result<T, RegistryErrorKind>;

/// A failure of a registry.
#[derive(Debug, thiserror::Error)]
#[error("{destination}: cannot {operation}")]
pub struct RegistryError {
    /// The registry: a region, or a folder.
    pub destination: String,
    /// What was attempted, as a verb and its object.
    pub operation: String,
    /// What went wrong.
    #[source]
    pub kind: RegistryErrorKind,
}

/// What went wrong with a registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryErrorKind {
    /// There are no usable credentials.
    #[error("no usable AWS credentials: {0}")]
    NoCredentials(String),
    /// The AWS configuration has no such profile.
    #[error("{} names the profile `{}`, which the AWS configuration does not have", .0.from, .0.profile)]
    NoProfile(Box<NoProfile>),
    /// The operating system trusts nobody, so that no server can be recognised.
    #[error("this machine has no trusted certificates")]
    NoCertificates,
    /// No region is set anywhere.
    #[error("no AWS region is set")]
    NoRegion,
    /// The caller is in another account than the manifest wants.
    #[error(
        "these are credentials of account {found}, but target `{target}` is pinned to {expected}"
    )]
    WrongAccount {
        /// The target.
        target: String,
        /// The account of the manifest.
        expected: AccountId,
        /// The caller's account.
        found: AccountId,
    },
    /// The caller may not do it.
    #[error("access denied: {0}")]
    AccessDenied(String),
    /// The credentials are known but not valid (any more).
    #[error("the credentials were rejected: {0}")]
    BadCredentials(String),
    /// The clock of this machine, and so the time in signatures, is wrong.
    #[error("the request's timestamp was rejected: {0}")]
    ClockSkew(String),
    /// There is no such thing.
    #[error("not found: {0}")]
    NotFound(String),
    /// A statement with this identifier exists.
    #[error("the statement already exists: {0}")]
    Exists(String),
    /// The policy changed since it was read.
    #[error("the policy changed since it was read: {0}")]
    Changed(String),
    /// A version was published since the versions were listed.
    #[error("version {0} was published in the meantime")]
    Overtaken(VersionNumber),
    /// Too many requests.
    #[error("too many requests: {0}")]
    Throttled(String),
    /// The request is larger than the registry takes.
    #[error("the archive is too large to be uploaded directly: {0}")]
    TooLarge(String),
    /// The bucket for large archives cannot be used.
    #[error("the staging bucket `{bucket}` {problem}")]
    Bucket {
        /// The bucket.
        bucket: String,
        /// Why not.
        problem: BucketProblem,
    },
    /// The registry refuses the request.
    #[error("{code}: {message}")]
    Refused {
        /// The registry's name of the error.
        code: String,
        /// What it says.
        message: String,
    },
    /// The registry failed at the request; whether it was carried out is unknown.
    #[error("{code}: {message}")]
    ServerError {
        /// The registry's name of the error.
        code: String,
        /// What it says.
        message: String,
    },
    /// No answer, or none that can be understood; whether the request was carried out is unknown.
    #[error("no valid response: {0}")]
    Unreachable(String),
    /// The policy that the registry gave cannot be understood.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The registry stored something else than it was given.
    #[error("the published hash is {found}, not {expected}: the version must not be used")]
    OtherHash {
        /// The hash of the archive.
        expected: Sha256,
        /// The hash that the registry gave back.
        found: Sha256,
    },
    /// It was not begun, because the user asked to stop.
    #[error("interrupted while another process was changing the layer")]
    Stopped,
    /// A file of a directory registry cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A file of a directory registry is none that a repository may name.
    #[error(transparent)]
    Input(#[from] InputError),
    /// An archive of a directory registry was changed since it was published.
    #[error("`{path}` was changed since it was published: it has the hash {found}")]
    OtherArchive {
        /// The archive.
        path: String,
        /// Its hash, which is not that of its version's record.
        found: Sha256,
    },
    /// A file of a directory registry is damaged.
    #[error("`{0}` is damaged")]
    Damaged(String),
}

/// A profile that the AWS configuration does not have.
#[derive(Debug)]
pub struct NoProfile {
    /// The setting that names the profile.
    pub from: String,
    /// The profile.
    pub profile: String,
    /// What to do about it.
    pub remedy: String,
}

/// Why a bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketProblem {
    /// There is none with this name.
    #[error("does not exist")]
    Missing,
    /// It is in another region, which is this one where S3 says so. Lambda reads only from its own.
    #[error("is in {}", .0.as_deref().unwrap_or("another region"))]
    OtherRegion(Option<String>),
    /// The caller may not use it.
    #[error("cannot be written: {0}")]
    Denied(String),
}

impl Failure for RegistryError {
    fn hint(&self) -> Option<String> {
        self.kind.hint()
    }
}

impl RegistryErrorKind {
    /// Says where and at what it happened.
    pub fn at(self, destination: &str, operation: impl Into<String>) -> RegistryError {
        RegistryError {
            destination: destination.to_owned(),
            operation: operation.into(),
            kind: self,
        }
    }

    /// Whether the request may have been carried out though it failed.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::ServerError { .. })
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoCredentials(_) => {
                "set AWS_PROFILE or `--profile`, log in with `aws sso login`, or give the CI job a role"
            }
            Self::NoProfile(missing) => return Some(missing.remedy.clone()),
            Self::NoCertificates => {
                "install them (package `ca-certificates`), or name a file of them in SSL_CERT_FILE"
            }
            Self::NoRegion => {
                "set AWS_REGION or `--region`, or `regions` of the target in layers.toml"
            }
            Self::WrongAccount { .. } => {
                "use the target's profile or role, or change `account` in layers.toml"
            }
            Self::AccessDenied(_) => {
                "allow the action in the IAM policy of the profile or role that is used; docs/iam has policies to copy"
            }
            Self::ClockSkew(_) => "set the clock of this machine",
            Self::BadCredentials(_) => "log in again, for example with `aws sso login`",
            Self::Throttled(_) | Self::ServerError { .. } => "run the command again in a while",
            Self::Bucket { problem, .. } => match problem {
                BucketProblem::Missing => {
                    "create it in the destination's region, or change `staging_bucket` of the target in layers.toml"
                }
                BucketProblem::OtherRegion(_) => {
                    "use a bucket in the destination's region: `staging_bucket` may have `{region}` in its name"
                }
                BucketProblem::Denied(_) => {
                    "allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on its `lls/*`"
                }
            },
            Self::TooLarge(_) => {
                "set `staging_bucket` of the target, leave out what is not needed with `exclude`, or split the layer"
            }
            Self::Changed(_) | Self::Overtaken(_) => {
                "run the command again: it starts from what is there now"
            }
            Self::Unreachable(_) => {
                "check the network, the region and AWS_ENDPOINT_URL, and run the command again"
            }
            Self::Damaged(_) => "restore it, or remove the version's files from the registry",
            Self::OtherArchive { .. } => {
                "restore it; or delete the version with `lls delete`, and the next apply publishes it again"
            }
            Self::OtherHash { .. } => {
                "delete that version, and find out what changed the archive on its way"
            }
            Self::Refused { code, .. } => return refusal_hint(code).map(str::to_owned),
            Self::Path(error) => return error.hint(),
            Self::Input(error) => return error.hint(),
            Self::NotFound(_) | Self::Exists(_) | Self::Policy(_) | Self::Stopped => {
                return None;
            }
        };
        Some(hint.to_owned())
    }
}

/// What to do about a refusal that AWS names so (Lambda API reference, `PublishLayerVersion` and
/// `AddLayerVersionPermission`).
fn refusal_hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "CodeStorageExceededException" => {
            "delete old versions with `lls prune`, or ask AWS for more code storage in the region"
        }
        "ValidationException" => {
            "correct in the manifest what AWS names; which runtimes there are is up to AWS"
        }
        "InvalidParameterValueException" => "correct in the manifest what AWS names",
        "PolicyLengthExceededException" => {
            "the version has too many statements that lls does not manage: remove some of them"
        }
        _ => return None,
    })
}
