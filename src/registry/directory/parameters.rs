//! Parameters of the embedded registry: a file each below `.parameters`, which is no layer's name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::DirectoryRegistry;
use crate::cache::write_file;
use crate::layer::{HeldValue, ParameterName};
use crate::registry::Parameter;
use crate::registry::error::Outcome;

const FOLDER: &str = ".parameters";

impl DirectoryRegistry {
    pub(super) fn get_parameters(
        &self,
        names: &[ParameterName],
    ) -> Outcome<BTreeMap<ParameterName, HeldValue>> {
        let mut held = BTreeMap::new();
        for name in names {
            let path = self.parameter_file(name);
            match self.repository.read_text(&path) {
                Err(error) if error.is_missing() => {}
                outcome => {
                    let text = outcome?;
                    held.insert(name.clone(), HeldValue::of(text.trim_end()));
                }
            }
        }
        Ok(held)
    }

    /// The file appears whole: of two that set it at the same time, one is last.
    pub(super) fn put_parameter(&self, parameter: &Parameter<'_>) -> Outcome<()> {
        let path = self.parameter_file(parameter.name);
        self.repository.check_inside(&path)?;
        Ok(write_file(
            &path,
            format!("{}\n", parameter.value).as_bytes(),
        )?)
    }

    fn parameter_file(&self, name: &ParameterName) -> PathBuf {
        name.path_in(&self.folder.join(FOLDER))
    }
}
