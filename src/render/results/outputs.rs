//! Published versions for those who use them: a table, JSON, variables, Terraform values, a CloudFormation mapping.
//!
//! Every key is made from a layer's name and region; two that would be the same are an error that names both.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Failure;
use crate::layer::LayerName;
use crate::reconcile::LayerOutput;
use crate::render::terminal::table;
use crate::render::wording::code;

/// How many mapping attributes CloudFormation takes (user guide, "AWS CloudFormation quotas").
const CLOUDFORMATION_ATTRIBUTES: usize = 200;

/// The published versions, and why others are not among them.
#[derive(Debug, Serialize)]
pub struct LayerOutputs {
    /// The versions, sorted by layer, then in the order of targets and regions.
    pub layers: Vec<LayerOutput>,
    /// What is missing.
    pub failures: Vec<String>,
}

/// Why versions cannot be written in a format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputsError {
    /// Two layers have one name there.
    #[error("layers `{first}` and `{second}` would both be `{key}`")]
    Collision {
        /// The name.
        key: String,
        /// One layer.
        first: LayerName,
        /// The other one.
        second: LayerName,
    },
    /// A layer is in one region of two targets.
    #[error("layer `{layer}` is in {region} of both `{first}` and `{second}`")]
    SeveralTargets {
        /// The layer.
        layer: LayerName,
        /// The region.
        region: String,
        /// One target.
        first: String,
        /// The other one.
        second: String,
    },
    /// CloudFormation takes fewer.
    #[error(
        "a CloudFormation mapping has at most {CLOUDFORMATION_ATTRIBUTES} entries for each region, and there are {0}"
    )]
    TooMany(usize),
}

impl Failure for OutputsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Collision { .. } => {
                "write them separately, with the names of layers, or use `--format json`".into()
            }
            Self::SeveralTargets { .. } => "name one of them with `--target`".into(),
            Self::TooMany(_) => {
                "write several mappings, each for some layers, such as `lls outputs 'pg*'`".into()
            }
        })
    }
}

/// Renders a table.
pub fn render_outputs(outputs: &[LayerOutput]) -> String {
    let has_several = has_several_targets(outputs);
    let row = |output: &LayerOutput| {
        [
            output.layer.to_string(),
            output.description.clone(),
            format!(":{}", output.number),
            if has_several {
                format!("{}, {}", output.target, output.region)
            } else {
                output.region.clone()
            },
            output.arn.clone(),
        ]
    };
    table(&outputs.iter().map(row).collect::<Vec<_>>())
}

/// Renders a table in Markdown.
pub fn render_outputs_markdown(outputs: &[LayerOutput]) -> String {
    let has_several = has_several_targets(outputs);
    let head = if has_several {
        "target, region"
    } else {
        "region"
    };
    let mut text =
        format!("| layer | description | version | {head} | ARN |\n|---|---|---:|---|---|\n");
    for output in outputs {
        let description = code(&output.description);
        let place = if has_several {
            format!("{}, {}", code(&output.target), output.region)
        } else {
            output.region.clone()
        };
        text.push_str(&format!(
            "| `{}` | {description} | {} | {place} | `{}` |\n",
            output.layer, output.number, output.arn
        ));
    }
    text
}

fn has_several_targets(outputs: &[LayerOutput]) -> bool {
    let mut targets = outputs.iter().map(|output| &output.target);
    let first = targets.next();
    targets.any(|target| Some(target) != first)
}

/// Renders variables for a shell, an env file or `$GITHUB_ENV`, one a line. The region is in the names where there
/// are several.
pub fn render_outputs_env(outputs: &[LayerOutput]) -> Result<String, OutputsError> {
    let is_several = by_region(outputs)?.len() > 1;
    let name = |output: &LayerOutput| {
        let name = format!("LLS_LAYER_{}_ARN", shell_word(output.layer.as_str()));
        if is_several {
            format!("{name}_{}", shell_word(&output.region))
        } else {
            name
        }
    };
    let named = distinct(outputs.iter(), name)?;
    let line = |(name, output): (&String, &&LayerOutput)| format!("{name}={}\n", output.arn);
    Ok(named.iter().map(line).collect())
}

/// Renders values for Terraform, which are valid HCL: a map of maps, by region and layer.
pub fn render_outputs_tfvars(outputs: &[LayerOutput]) -> Result<String, OutputsError> {
    let mut text = "layer_arns = {\n".to_owned();
    for (region, outputs) in by_region(outputs)? {
        text.push_str(&format!("  \"{region}\" = {{\n"));
        let longest = outputs.iter().map(|output| output.layer.as_str().len());
        let width = longest.max().unwrap_or(0) + 2;
        for output in outputs {
            let key = format!("\"{}\"", output.layer);
            text.push_str(&format!("    {key:width$} = \"{}\"\n", output.arn));
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    Ok(text)
}

/// Renders a `Mappings` section, by region and layer. Its keys may have letters and digits only (CloudFormation user
/// guide, "Mappings"), so that `my-layer` is called `MyLayer`.
pub fn render_outputs_cloudformation(outputs: &[LayerOutput]) -> Result<String, OutputsError> {
    let regions = by_region(outputs)?;
    let mut text = String::new();
    if let Some(first) = outputs.first() {
        text.push_str("# Used as, for example:\n#   Layers:\n");
        text.push_str(&format!(
            "#     - !FindInMap [LambdaLayers, !Ref \"AWS::Region\", {}]\n",
            pascal(first.layer.as_str())
        ));
    }
    text.push_str("Mappings:\n  LambdaLayers:");
    text.push_str(if regions.is_empty() { " {}\n" } else { "\n" });
    for (region, outputs) in regions {
        if outputs.len() > CLOUDFORMATION_ATTRIBUTES {
            return Err(OutputsError::TooMany(outputs.len()));
        }
        text.push_str(&format!("    {region}:\n"));
        let named = distinct(outputs.into_iter(), |output| pascal(output.layer.as_str()))?;
        for (name, output) in named {
            text.push_str(&format!("      {}: \"{}\"\n", yaml_key(&name), output.arn));
        }
    }
    Ok(text)
}

/// The versions by region, of which each has a layer once.
fn by_region(outputs: &[LayerOutput]) -> Result<BTreeMap<&str, Vec<&LayerOutput>>, OutputsError> {
    let mut regions: BTreeMap<&str, Vec<&LayerOutput>> = BTreeMap::new();
    for output in outputs {
        let of_region = regions.entry(&output.region).or_default();
        if let Some(first) = of_region.iter().find(|known| known.layer == output.layer) {
            return Err(OutputsError::SeveralTargets {
                layer: output.layer.clone(),
                region: output.region.clone(),
                first: first.target.clone(),
                second: output.target.clone(),
            });
        }
        of_region.push(output);
    }
    Ok(regions)
}

/// The versions by a name that is made of each, of which no two may be the same.
fn distinct<'a>(
    outputs: impl Iterator<Item = &'a LayerOutput>,
    name: impl Fn(&LayerOutput) -> String,
) -> Result<BTreeMap<String, &'a LayerOutput>, OutputsError> {
    let mut named: BTreeMap<String, &LayerOutput> = BTreeMap::new();
    for output in outputs {
        let key = name(output);
        if let Some(first) = named.get(&key) {
            return Err(OutputsError::Collision {
                key,
                first: first.layer.clone(),
                second: output.layer.clone(),
            });
        }
        named.insert(key, output);
    }
    Ok(named)
}

/// Capital letters, digits and `_`, as the names of variables are made of.
fn shell_word(text: &str) -> String {
    let character = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    text.chars().map(character).collect()
}

/// A key of letters and digits, in quotes where YAML 1.1, which CloudFormation reads, takes it for no text.
fn yaml_key(name: &str) -> String {
    let words = ["Y", "N", "Yes", "No", "On", "Off", "True", "False", "Null"];
    let is_word = words.iter().any(|word| word.eq_ignore_ascii_case(name));
    if is_word || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

/// Letters and digits, each word with a capital: `MyLayer` for `my-layer`.
fn pascal(text: &str) -> String {
    let words = text.split(['-', '_']).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    words.map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::VersionNumber;

    fn output(layer: &str, target: &str, region: &str) -> LayerOutput {
        LayerOutput {
            layer: layer.parse().unwrap(),
            target: target.to_owned(),
            region: region.to_owned(),
            description: "v1.0.0".to_owned(),
            number: VersionNumber(3),
            arn: format!("arn:aws:lambda:{region}:123456789012:layer:{layer}:3"),
        }
    }

    #[test]
    fn names_that_become_one_are_an_error_that_names_both() {
        let collision = |key: &str| {
            Err(OutputsError::Collision {
                key: key.to_owned(),
                first: "a-b".parse().unwrap(),
                second: "a_b".parse().unwrap(),
            })
        };
        let outputs = ["a-b", "a_b"].map(|layer| output(layer, "aws", "eu-west-1"));
        assert_eq!(render_outputs_env(&outputs), collision("LLS_LAYER_A_B_ARN"));
        assert_eq!(render_outputs_cloudformation(&outputs), collision("AB"));
        assert!(
            render_outputs_tfvars(&outputs).is_ok(),
            "keys of HCL are quoted"
        );
    }

    #[test]
    fn a_region_that_two_targets_have_is_an_error() {
        let outputs = ["test", "live"].map(|target| output("a", target, "eu-west-1"));
        for rendered in [
            render_outputs_env(&outputs),
            render_outputs_tfvars(&outputs),
            render_outputs_cloudformation(&outputs),
        ] {
            let error = rendered.unwrap_err().to_string();
            assert_eq!(error, "layer `a` is in eu-west-1 of both `test` and `live`");
        }
    }

    #[test]
    fn tables_tell_targets_from_each_other() {
        let outputs = ["test", "li|ve"].map(|target| output("a", target, "eu-west-1"));
        let tables = render_outputs(&outputs) + &render_outputs_markdown(&outputs);
        for place in [
            "  test, eu-west-1   arn",
            "  li|ve, eu-west-1  arn",
            "| target, region |",
        ] {
            assert!(tables.contains(place), "{tables}");
        }
        assert!(tables.contains("| `test`, eu-west-1 |"), "{tables}");
        assert!(
            tables.contains("| <code>li&#124;ve</code>, eu-west-1 |"),
            "{tables}"
        );
    }

    #[test]
    fn keys_of_a_mapping_are_texts() {
        let outputs = ["no", "1e3", "null-", "nope"].map(|layer| output(layer, "aws", "eu-west-1"));
        let mapping = render_outputs_cloudformation(&outputs).unwrap();
        for key in ["\"No\": ", "\"1e3\": ", "\"Null\": ", " Nope: "] {
            assert!(mapping.contains(key), "{mapping}");
        }
    }

    #[test]
    fn a_mapping_has_a_limit() {
        let outputs: Vec<_> = (0..201)
            .map(|number| output(&format!("layer{number}"), "aws", "eu-west-1"))
            .collect();
        let rendered = render_outputs_cloudformation(&outputs);
        assert_eq!(rendered, Err(OutputsError::TooMany(201)));
        assert!(render_outputs_cloudformation(&outputs[..200]).is_ok());
    }
}
