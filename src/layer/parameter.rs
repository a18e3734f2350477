//! Parameters of AWS Systems Manager that say which version of a layer to use: how they are called.
//!
//! `<prefix>/<layer>/<description>` holds the ARN of the version with that description, `<prefix>/<layer>/current` the
//! ARN of the version that the manifest declares.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Description, LayerName, LayerVersionArn};
use crate::error::Failure;

/// Characters that a name may have at most (Systems Manager user guide, "Requirements and constraints for parameter
/// names": 2048, of which 1037 are reserved).
const MAX_LENGTH: usize = 1011;

/// Levels that a hierarchy may have at most (the same page).
const MAX_LEVELS: usize = 15;

/// Levels below the prefix: the layer and the description.
const OWN_LEVELS: usize = 2;

/// The path below which the parameters of a target stand, such as `/acme/layers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterPrefix(String);

/// The whole name of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ParameterName(String);

/// The two parameters of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterNames {
    /// For the version with the layer's description.
    pub described: ParameterName,
    /// For the version that the manifest declares.
    pub current: ParameterName,
}

/// What a parameter holds: the ARN of a layer version, or something else, of which no more is known. Whoever set that may
/// not want it in a plan, which everybody reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldValue(String);

/// A layer has no parameter with such a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterNameError {
    /// The name of a parameter cannot hold the description.
    #[error("`{description}` of layer `{layer}` cannot be part of the name of an SSM parameter")]
    Description {
        /// The layer.
        layer: LayerName,
        /// Its description.
        description: String,
    },
    /// The name is too long.
    #[error(
        "the SSM parameter of layer `{layer}` would have a name of {length} characters, and may have {MAX_LENGTH}"
    )]
    TooLong {
        /// The layer.
        layer: LayerName,
        /// How long its name would be.
        length: usize,
    },
}

impl Failure for ParameterNameError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Description { .. } => {
                "leave out the part from `+` on: such names hold letters, digits, `.`, `-` and `_`"
                    .into()
            }
            Self::TooLong { .. } => "choose a shorter `ssm_prefix`, name or description".into(),
        })
    }
}

impl FromStr for ParameterPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(format!("`{text}` does not begin with `/`"));
        };
        let levels: Vec<_> = path.split('/').collect();
        let first = levels[0].to_ascii_lowercase();
        if levels.iter().any(|level| level.is_empty()) {
            Err(format!(
                "`{text}` has an empty level: no `//`, and no `/` at its end"
            ))
        } else if !levels.iter().all(|level| is_level(level)) {
            Err(format!(
                "`{text}` is not the path of a parameter: its levels hold letters, digits, `.`, `-` and `_`"
            ))
        } else if ["aws", "ssm"]
            .iter()
            .any(|reserved| first.starts_with(reserved))
        {
            Err(format!(
                "`{text}` begins with `aws` or `ssm`, which AWS keeps for itself"
            ))
        } else if levels.len() > MAX_LEVELS - OWN_LEVELS {
            Err(format!(
                "`{text}` has {} levels, and may have {}: the layer and the description come below it",
                levels.len(),
                MAX_LEVELS - OWN_LEVELS
            ))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// Whether a name may have this between two slashes; `.` and `..` would lead a file elsewhere.
fn is_level(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    text.bytes().all(is_allowed) && text != "." && text != ".."
}

impl ParameterPrefix {
    /// The parameter for the version of a layer that the manifest declares.
    pub fn current(&self, layer: &LayerName) -> ParameterName {
        ParameterName(format!("{}/{layer}/current", self.0))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ParameterNames {
    /// The parameters of a layer below `prefix`.
    pub fn new(
        prefix: &ParameterPrefix,
        layer: &LayerName,
        description: &Description,
    ) -> Result<Self, ParameterNameError> {
        let description = description.as_str();
        if !is_level(description) {
            return Err(ParameterNameError::Description {
                layer: layer.clone(),
                description: description.to_owned(),
            });
        }
        let name = |last: &str| ParameterName(format!("{}/{layer}/{last}", prefix.0));
        let names = Self {
            described: name(description),
            current: prefix.current(layer),
        };
        let length = names.described.0.len().max(names.current.0.len());
        if length > MAX_LENGTH {
            Err(ParameterNameError::TooLong {
                layer: layer.clone(),
                length,
            })
        } else {
            Ok(names)
        }
    }

    /// Both of them.
    pub fn iter(&self) -> impl Iterator<Item = &ParameterName> {
        [&self.described, &self.current].into_iter()
    }
}

impl HeldValue {
    /// What the text is as the value of a parameter.
    pub fn of(text: &str) -> Self {
        let is_version = text.parse::<LayerVersionArn>().is_ok();
        Self(if is_version { text } else { "something else" }.to_owned())
    }

    /// The version whose ARN it is.
    pub fn version(&self) -> Option<LayerVersionArn> {
        self.0.parse().ok()
    }

    /// The ARN of a version, or words for something else.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ParameterName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where a file for it stands below `folder`.
    pub fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join(self.0.trim_start_matches('/'))
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: &str, description: &str) -> Result<ParameterNames, ParameterNameError> {
        let layer = "pg8000".parse().unwrap();
        ParameterNames::new(
            &prefix.parse().unwrap(),
            &layer,
            &description.parse().unwrap(),
        )
    }

    #[test]
    fn a_layer_has_two_parameters() {
        let names = names("/acme/layers", "v1.0.0").unwrap();
        let names: Vec<_> = names.iter().map(ParameterName::as_str).collect();
        assert_eq!(
            names,
            ["/acme/layers/pg8000/v1.0.0", "/acme/layers/pg8000/current"]
        );
    }

    #[test]
    fn only_the_versions_of_layers_are_known_of_what_is_held() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:layer:hello:3";
        assert_eq!(HeldValue::of(arn).as_str(), arn);
        for other in [
            "hunter2",
            "",
            "arn:aws:lambda:us-east-1:123456789012:layer:hello",
        ] {
            assert_eq!(HeldValue::of(other).to_string(), "something else");
        }
    }

    #[test]
    fn names_keep_to_the_limits_of_aws() {
        let is_prefix = |text: &str| text.parse::<ParameterPrefix>().is_ok();
        let levels = |count| "/a".repeat(count);
        assert!(is_prefix("/acme") && is_prefix("/Acme-1/x_y.z") && is_prefix(&levels(13)));
        for wrong in [
            "", "/", "acme", "/acme/", "//a", "/a b", "/a/../b", "/awsome", "/SSM/x", "/é",
        ] {
            assert!(!is_prefix(wrong), "{wrong}");
        }
        assert!(!is_prefix(&levels(14)));
        assert!(matches!(
            names("/acme", "1.0.0+linux"),
            Err(ParameterNameError::Description { .. })
        ));
        let fits = format!("/{}", "a".repeat(1011 - "//pg8000/current".len()));
        assert!(names(&fits, "1.0.0").is_ok());
        assert!(matches!(
            names(&format!("{fits}a"), "1.0.0"),
            Err(ParameterNameError::TooLong { length: 1012, .. })
        ));
    }
}
