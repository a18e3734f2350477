//! Publishing a version, whose archive is in the request or staged in a bucket.

use aws_sdk_lambda as lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LayerVersionContentInput;

use super::AwsRegistry;
use super::calls::{Repeat, Sending};
use super::convert::{described_new, sdk_runtime};
use super::errors::Outcome;
use super::limits;
use super::requests::UploadMeter;
use crate::archive::MAX_DIRECT_UPLOAD;
use crate::cache::StoredArchive;
use crate::registry::{DescribedVersion, PublishRequest};

impl AwsRegistry {
    /// What a publish request says of the archive, and how many bytes of it are in the request.
    async fn content(&self, archive: &StoredArchive) -> Outcome<(LayerVersionContentInput, u64)> {
        let content = LayerVersionContentInput::builder();
        let size = archive.summary.size;
        let Some(staging) = self.staging.as_ref().filter(|_| size > MAX_DIRECT_UPLOAD) else {
            let content = content.zip_file(Blob::new(archive.bytes.to_vec()));
            return Ok((content.build(), size));
        };
        let staged = staging.stage(archive).await?;
        let content = content
            .s3_bucket(&staging.bucket)
            .s3_key(staged.key)
            .set_s3_object_version(staged.version);
        Ok((content.build(), 0))
    }

    /// Sent once, or again where Lambda did not look at it: a publish whose reply was lost made a version perhaps.
    pub(super) async fn publish_version(
        &self,
        request: &PublishRequest<'_>,
    ) -> Outcome<DescribedVersion> {
        let (content, bytes) = self.content(request.archive).await?;
        let metadata = request.metadata;
        let architectures = metadata
            .architectures
            .iter()
            .map(|architecture| architecture.as_str().into())
            .collect();
        let request = self
            .client
            .publish_layer_version()
            .layer_name(request.layer.as_str())
            .description(&metadata.description)
            .content(content)
            .set_compatible_runtimes(Some(metadata.runtimes.iter().map(sdk_runtime).collect()))
            .set_compatible_architectures(Some(architectures))
            .set_license_info(metadata.license.clone());
        let attempt = limits::upload_time(self.limits, bytes);
        let timeouts = limits::attempts_of(self.limits, attempt);
        let meter = UploadMeter::new(&self.progress, bytes);
        let publish = || {
            let patient = lambda::config::Builder::new().timeout_config(timeouts.clone());
            let request = request.clone().customize().config_override(patient);
            request.interceptor(meter.clone()).send()
        };
        let repeat = Repeat::Unsafe;
        let output = self
            .calls
            .send_as(Sending { repeat, attempt }, publish)
            .await?;
        described_new(output)
    }
}
