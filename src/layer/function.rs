//! Lambda functions, as far as layers are concerned: which layer versions each of their versions uses.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{AccountId, LayerName, VersionNumber};

/// A version of a Lambda function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FunctionVersion {
    /// The function's name.
    pub function: String,
    /// `$LATEST`, or the number of a published version. Aliases point to one of these.
    pub version: String,
}

/// A function version with the layer versions that it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionLayers {
    /// The function version.
    pub function: FunctionVersion,
    /// Its layer versions, in the order in which they are unpacked.
    pub layers: Vec<LayerVersionArn>,
}

/// A layer version of an account in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerVersionArn {
    /// The partition: `aws`, `aws-cn`, ..., or `lls` for a folder.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account that owns the layer.
    pub account: AccountId,
    /// The layer.
    pub layer: LayerName,
    /// The version.
    pub number: VersionNumber,
}

/// A text that is not the ARN of a layer version.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the ARN of a layer version")]
pub struct LayerVersionArnError(String);

impl FromStr for LayerVersionArn {
    type Err = LayerVersionArnError;

    /// Parses `arn:<partition>:lambda:<region>:<account>:layer:<name>:<number>`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || match text.split(':').collect::<Vec<_>>()[..] {
            [
                "arn",
                partition,
                "lambda",
                region,
                account,
                "layer",
                layer,
                number,
            ] => Some(Self {
                partition: partition.to_owned(),
                region: region.to_owned(),
                account: account.parse().ok()?,
                layer: layer.parse().ok()?,
                number: VersionNumber(number.parse().ok()?),
            }),
            _ => None,
        };
        parse().ok_or_else(|| LayerVersionArnError(text.to_owned()))
    }
}

impl fmt::Display for LayerVersionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            region,
            account,
            layer,
            number,
        } = self;
        write!(
            f,
            "arn:{partition}:lambda:{region}:{account}:layer:{layer}:{number}"
        )
    }
}

impl fmt::Display for FunctionVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.function, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_layer_versions_are_told_from_others() {
        let text = "arn:aws:lambda:us-east-1:123456789012:layer:hello:3";
        let arn: LayerVersionArn = text.parse().unwrap();
        assert_eq!(arn.to_string(), text);
        assert_eq!(
            (arn.layer.as_str(), arn.number),
            ("hello", VersionNumber(3))
        );
        for text in [
            "",
            "arn:aws:lambda:us-east-1:123456789012:layer:hello",
            "arn:aws:lambda:us-east-1:123456789012:function:hello:3",
            "arn:aws:lambda:us-east-1:aws:layer:hello:3",
        ] {
            assert!(text.parse::<LayerVersionArn>().is_err(), "{text}");
        }
    }
}
