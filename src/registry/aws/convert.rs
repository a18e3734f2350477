//! Between the SDK's types and those of `lls`.

use std::collections::BTreeSet;

use aws_sdk_lambda as lambda;
use aws_sdk_lambda::operation::get_layer_version::GetLayerVersionOutput;
use aws_sdk_lambda::operation::get_layer_version_by_arn::GetLayerVersionByArnOutput;
use aws_sdk_lambda::operation::publish_layer_version::PublishLayerVersionOutput;
use aws_sdk_lambda::types::LayerVersionsListItem;

use super::errors::{Outcome, missing};
use crate::digest::Sha256;
use crate::layer::{Architecture, PublishedVersion, Runtime, VersionMetadata, VersionNumber};
use crate::registry::{ArchiveAddress, DescribedVersion};

pub(super) fn sdk_runtime(runtime: &Runtime) -> lambda::types::Runtime {
    runtime.as_str().into()
}

pub(super) fn sdk_number(number: VersionNumber) -> i64 {
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

pub(super) fn published(item: LayerVersionsListItem) -> Outcome<PublishedVersion> {
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

pub(super) fn described(output: GetLayerVersionOutput) -> Outcome<DescribedVersion> {
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

/// The output of `GetLayerVersion` with the fields of one that has the same, but is another type.
macro_rules! as_described {
    ($output:expr) => {{
        let output = $output;
        GetLayerVersionOutput::builder()
            .set_content(output.content)
            .set_layer_version_arn(output.layer_version_arn)
            .set_description(output.description)
            .set_created_date(output.created_date)
            .version(output.version)
            .set_compatible_runtimes(output.compatible_runtimes)
            .set_compatible_architectures(output.compatible_architectures)
            .set_license_info(output.license_info)
            .build()
    }};
}

/// The same of a version that was asked for by its ARN.
pub(super) fn described_by_arn(output: GetLayerVersionByArnOutput) -> Outcome<DescribedVersion> {
    described(as_described!(output))
}

/// The same of a version that was just published.
pub(super) fn described_new(output: PublishLayerVersionOutput) -> Outcome<DescribedVersion> {
    described(as_described!(output))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the SDK has gained belongs into the list of `layer::runtime`.
    #[test]
    fn the_known_runtimes_are_those_of_the_sdk() {
        let sorted = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
        let (known, modelled) = (Runtime::known(), lambda::types::Runtime::values());
        assert_eq!(sorted(known), sorted(modelled));
        assert_eq!(known.len(), modelled.len(), "one is there twice");
    }
}
