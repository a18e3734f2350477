//! The region of versions that arguments name by their ARNs.

use super::Context;
use crate::error::{Error, Failure};
use crate::layer::{LayerVersionArn, NamedVersion};
use crate::manifest::Manifest;

/// Makes `context` work in the region of the versions that are named by ARNs.
///
/// # Errors
/// If another one is named, or the target is a folder.
pub fn choose_region<'a>(
    context: &mut Context,
    manifest: Option<&Manifest>,
    named: impl IntoIterator<Item = &'a NamedVersion>,
) -> Result<(), Error> {
    for named in named {
        let NamedVersion::Arn(arn) = named else {
            continue;
        };
        if arn.partition == "lls" {
            continue;
        }
        if let Some(manifest) = manifest {
            let target = manifest.target(context.target()?)?;
            if target.place.is_folder() {
                let (arn, target) = (arn.clone(), target.name.clone());
                return Err(InAws { arn, target }.into());
            }
        }
        match &context.options.region {
            None => context.options.region = Some(arn.region.clone()),
            Some(region) if *region == arn.region => {}
            Some(region) => {
                return Err(OtherRegion {
                    arn: arn.clone(),
                    region: region.clone(),
                }
                .into());
            }
        }
    }
    Ok(())
}

/// An ARN is of another region than the one to work in.
#[derive(Debug, thiserror::Error)]
#[error("{arn} is in {}, not in {region}", arn.region)]
struct OtherRegion {
    arn: LayerVersionArn,
    region: String,
}

impl Failure for OtherRegion {
    fn hint(&self) -> Option<String> {
        Some("leave out `--region` and LLS_REGION, and name only versions of one region".into())
    }
}

/// An ARN is of AWS, and the target is a folder.
#[derive(Debug, thiserror::Error)]
#[error("{arn} is in AWS, but target `{target}` is a folder")]
struct InAws {
    arn: LayerVersionArn,
    target: String,
}

impl Failure for InAws {
    fn hint(&self) -> Option<String> {
        Some("name a target in AWS with `--target`".into())
    }
}
