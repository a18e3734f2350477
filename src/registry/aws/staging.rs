//! Archives that are too large for a publish request go through a bucket of the same region.
//!
//! An object's key is the archive's hash, and it is made only where it is absent. It is sent in parts, so that a
//! failure costs one part; S3 checks the hash of each, and the hash over these tells whether an object that is there
//! already has the right bytes.

use std::sync::Arc;

use aws_sdk_s3 as s3;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};
use futures::{StreamExt as _, TryStreamExt as _};
use rayon::prelude::*;

use super::calls::{Calls, Repeat, Sending};
use super::errors::{Outcome, kind_of, missing};
use super::limits;
use super::requests::UploadMeter;
use crate::cache::StoredArchive;
use crate::digest::Sha256;
use crate::progress::Progress;
use crate::registry::{BucketProblem, RegistryErrorKind, RequestLimits};

/// The size of a part in bytes. S3 wants at least 5 MiB and at most 10,000 parts.
const PART: usize = 16 << 20;

/// The key of an upload that is begun to find out whether one can be.
const TRIED_KEY: &str = "lls/doctor";

/// How many parts are sent at a time.
const PARALLEL_PARTS: usize = 4;

/// The bucket of one region.
pub(super) struct Staging {
    pub bucket: String,
    pub client: s3::Client,
    pub calls: Calls,
    pub limits: RequestLimits,
    pub progress: Arc<dyn Progress>,
}

/// An archive in the bucket.
pub(super) struct StagedArchive {
    pub key: String,
    /// The version of the object, in a bucket that has versions.
    pub version: Option<String>,
}

/// What is to be in the bucket.
struct Upload<'a> {
    archive: &'a StoredArchive,
    key: String,
    parts: Vec<Sha256>,
}

impl Upload<'_> {
    /// What S3 says of the whole: the hash over the hashes of the parts, and their number.
    fn checksum(&self) -> String {
        let hashes: Vec<_> = self.parts.iter().map(Sha256::as_bytes).collect();
        let whole = Sha256::of(hashes.concat());
        format!("{}-{}", whole.base64(), self.parts.len())
    }
}

impl Staging {
    /// Makes sure that the archive is in the bucket.
    pub async fn stage(&self, archive: &StoredArchive) -> Outcome<StagedArchive> {
        let upload = Upload {
            archive,
            key: format!("lls/{}.zip", archive.summary.sha256),
            parts: archive
                .bytes
                .par_chunks(PART)
                .map(|part| Sha256::of_pieces([part]))
                .collect(),
        };
        if let Some(found) = self.find(&upload).await? {
            return Ok(found);
        }
        let id = self.begin(&upload.key).await?;
        let sent = self.send_parts(&upload, &id).await;
        let outcome = match sent {
            Ok(parts) => self.finish(&upload, &id, parts).await,
            Err(kind) => Err(kind),
        };
        if outcome.is_err() {
            self.abort(&upload.key, &id).await;
        }
        outcome
    }

    /// Fails if nothing can be uploaded. An upload is begun and given up.
    pub async fn try_upload(&self) -> Outcome<()> {
        let id = self.begin(TRIED_KEY).await?;
        self.abort(TRIED_KEY, &id).await;
        Ok(())
    }

    /// The object, if it is there with the right bytes. To whoever may not look, it is not there.
    async fn find(&self, upload: &Upload<'_>) -> Outcome<Option<StagedArchive>> {
        let request = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(&upload.key)
            .checksum_mode(ChecksumMode::Enabled);
        match self.send(|| request.clone().send()).await {
            Ok(found) if found.checksum_sha256.as_deref() == Some(&upload.checksum()) => {
                Ok(Some(StagedArchive {
                    key: upload.key.clone(),
                    version: found.version_id,
                }))
            }
            // A reply to HEAD has no body to say whether the object is missing or the bucket: sending it will tell.
            Ok(_)
            | Err(RegistryErrorKind::Bucket {
                problem: BucketProblem::Missing | BucketProblem::Denied(_),
                ..
            }) => Ok(None),
            Err(kind) => Err(kind),
        }
    }

    /// Begins an upload and returns its id.
    async fn begin(&self, key: &str) -> Outcome<String> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/zip")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_type(ChecksumType::Composite);
        let begun = self.send(|| request.clone().send()).await?;
        begun.upload_id.ok_or_else(|| missing("UploadId"))
    }

    async fn send_parts(&self, upload: &Upload<'_>, id: &str) -> Outcome<Vec<CompletedPart>> {
        let parts = (0..upload.parts.len()).map(|index| self.send_part(upload, id, index));
        futures::stream::iter(parts)
            .buffered(PARALLEL_PARTS)
            .try_collect()
            .await
    }

    async fn send_part(
        &self,
        upload: &Upload<'_>,
        id: &str,
        index: usize,
    ) -> Outcome<CompletedPart> {
        let start = index * PART;
        let length = PART.min(upload.archive.bytes.len() - start) as u64;
        let number = i32::try_from(index + 1).unwrap_or(i32::MAX);
        let checksum = upload.parts[index].base64();
        let attempt = limits::upload_time(self.limits, length);
        let timeouts = limits::attempts_of(self.limits, attempt);
        let patient = s3::config::Builder::new().timeout_config(timeouts);
        let meter = UploadMeter::new(&self.progress, length);
        let send = || async {
            let body = ByteStream::read_from()
                .path(&upload.archive.path)
                .offset(start as u64)
                .length(Length::Exact(length));
            let request = self
                .client
                .upload_part()
                .bucket(&self.bucket)
                .key(&upload.key)
                .upload_id(id)
                .part_number(number)
                .checksum_sha256(&checksum)
                .body(body.build().await.map_err(SdkError::construction_failure)?)
                .customize()
                .config_override(patient.clone())
                .interceptor(meter.clone());
            request.send().await
        };
        let repeat = Repeat::Safe;
        let sent = self.send_as(Sending { repeat, attempt }, send).await?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .checksum_sha256(&checksum)
            .build())
    }

    async fn finish(
        &self,
        upload: &Upload<'_>,
        id: &str,
        parts: Vec<CompletedPart>,
    ) -> Outcome<StagedArchive> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(&upload.key)
            .upload_id(id)
            .multipart_upload(parts.build());
        match self.send(|| request.clone().send()).await {
            Ok(done) => Ok(StagedArchive {
                key: upload.key.clone(),
                version: done.version_id,
            }),
            // Where the reply to the first request was lost, the second finds the upload gone and the object there.
            Err(kind) => self.find(upload).await?.ok_or(kind),
        }
    }

    /// Removes the parts that were sent. Where that fails they stay, as the bucket's lifecycle rules say.
    async fn abort(&self, key: &str, id: &str) {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(id);
        if let Err(kind) = self.send(|| request.clone().send()).await {
            tracing::debug!(%kind, "the parts of an upload were not removed");
        }
    }

    async fn send<T, E, F>(&self, request: impl Fn() -> F) -> Outcome<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let sending = self.calls.usual(Repeat::Safe);
        self.send_as(sending, request).await
    }

    async fn send_as<T, E, F>(&self, sending: Sending, request: impl Fn() -> F) -> Outcome<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let kind = |error| self.kind_of(error);
        self.calls.send_to(sending, request, kind).await
    }

    /// What an error means, where it says something of the bucket.
    fn kind_of<E>(&self, error: SdkError<E, HttpResponse>) -> RegistryErrorKind
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let region = || {
            let header =
                response.and_then(|response| response.headers().get("x-amz-bucket-region"));
            header.map(str::to_owned)
        };
        let problem = match (error.code(), status) {
            (Some("PermanentRedirect" | "AuthorizationHeaderMalformed"), _) | (_, Some(301)) => {
                BucketProblem::OtherRegion(region())
            }
            (Some("NoSuchBucket" | "NotFound"), _) => BucketProblem::Missing,
            (Some("AccessDenied" | "AllAccessDisabled" | "Forbidden") | None, Some(403)) => {
                BucketProblem::Denied(error.message().unwrap_or("no message").to_owned())
            }
            _ => return kind_of(error),
        };
        RegistryErrorKind::Bucket {
            bucket: self.bucket.clone(),
            problem,
        }
    }
}
