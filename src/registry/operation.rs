//! What is asked of a registry, in the words of every message about it.

use std::fmt;

use crate::layer::{LayerName, LayerVersionArn, ParameterName, StatementId, VersionNumber};

/// What is asked of a registry. Shown as a verb and its object, as it stands behind "cannot".
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation<'a> {
    Layers,
    Versions(&'a LayerName),
    Describe(&'a LayerName, VersionNumber),
    DescribeArn(&'a LayerVersionArn),
    Policy(&'a LayerName, VersionNumber),
    ReadArchive,
    Functions,
    Publish(&'a LayerName),
    Grant(&'a LayerName, VersionNumber),
    Revoke(&'a LayerName, VersionNumber, &'a StatementId),
    Delete(&'a LayerName, VersionNumber),
    Parameters,
    SetParameter(&'a ParameterName),
    Stage(&'a str),
}

impl fmt::Display for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layers => write!(f, "list the layers"),
            Self::Versions(layer) => write!(f, "list the versions of layer `{layer}`"),
            Self::Describe(layer, number) => write!(f, "describe {layer}:{number}"),
            Self::DescribeArn(arn) => write!(f, "describe {arn}"),
            Self::Policy(layer, number) => write!(f, "read the policy of {layer}:{number}"),
            Self::ReadArchive => write!(f, "read a published archive"),
            Self::Functions => write!(f, "list the functions"),
            Self::Publish(layer) => write!(f, "publish layer `{layer}`"),
            Self::Grant(layer, number) => write!(f, "grant {layer}:{number}"),
            Self::Revoke(layer, number, statement) => {
                write!(f, "revoke {statement} of {layer}:{number}")
            }
            Self::Delete(layer, number) => write!(f, "delete {layer}:{number}"),
            Self::Parameters => write!(f, "read the parameters"),
            Self::SetParameter(name) => write!(f, "set parameter {name}"),
            Self::Stage(bucket) => write!(f, "upload to the staging bucket `{bucket}`"),
        }
    }
}
