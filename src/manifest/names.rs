//! The names in a manifest, for completion in shells. The rest of it may be invalid, because it is being edited.

use std::path::Path;

use toml::de::DeTable;

use super::read_text;
use crate::error::Error;
use crate::input::Repository;
use crate::layer::LayerName;

/// The names in a manifest.
#[derive(Debug, Default)]
pub struct Names {
    /// The layers, each with its description, if it has one.
    pub layers: Vec<(LayerName, Option<String>)>,
    /// The targets.
    pub targets: Vec<String>,
}

impl Names {
    /// Reads the names in the manifest at `path` in `repository`.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(path: &Path, repository: &Repository) -> Result<Self, Error> {
        Ok(Self::of(&read_text(path, repository)?))
    }

    fn of(text: &str) -> Self {
        let (document, _) = DeTable::parse_recoverable(text);
        let tables = |key: &str| {
            let outer = document.get_ref().get(key);
            let outer = outer.and_then(|value| value.get_ref().as_table());
            outer.into_iter().flatten()
        };
        let layers = tables("layers").filter_map(|(name, value)| {
            let description = value.get_ref().get("description");
            let description = description.and_then(|value| value.as_ref().as_str());
            let name = name.get_ref().parse().ok()?;
            Some((name, description.map(str::to_owned)))
        });
        let targets = tables("targets").map(|(name, _)| name.get_ref().to_string());
        Self {
            layers: layers.collect(),
            targets: targets.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_a_manifest_with_mistakes() {
        let names = Names::of(
            "[targets.aws]\n[layers.numpy]\ndescription = \"v1\"\n[layers.'a b']\n[layers.pg]\n[layers.pg",
        );
        let layers = names.layers.iter();
        let layers: Vec<_> = layers
            .map(|(name, description)| (name.as_str(), description.as_deref()))
            .collect();
        assert_eq!(layers, [("numpy", Some("v1")), ("pg", None)]);
        assert_eq!(names.targets, ["aws"]);
        assert!(Names::of("layers = 1").layers.is_empty());
    }
}
