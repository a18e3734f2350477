//! Parameters of the embedded registry: a file each below `.parameters`, which is no layer's name.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::{DirectoryRegistry, Outcome};
use crate::cache::write_file;
use crate::error::PathContext as _;
use crate::layer::{HeldValue, ParameterName};
use crate::registry::Parameter;

const FOLDER: &str = ".parameters";

impl DirectoryRegistry {
    pub(super) fn get_parameters(
        &self,
        names: &[ParameterName],
    ) -> Outcome<BTreeMap<ParameterName, HeldValue>> {
        let mut held = BTreeMap::new();
        for name in names {
            let path = self.parameter_file(name);
            match std::fs::read_to_string(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                outcome => {
                    let text = outcome.at("read", &path)?;
                    held.insert(name.clone(), HeldValue::of(text.trim_end()));
                }
            }
        }
        Ok(held)
    }

    /// The file appears whole: of two that set it at the same time, one is last.
    pub(super) fn put_parameter(&self, parameter: &Parameter<'_>) -> Outcome<()> {
        let path = self.parameter_file(parameter.name);
        Ok(write_file(
            &path,
            format!("{}\n", parameter.value).as_bytes(),
        )?)
    }

    fn parameter_file(&self, name: &ParameterName) -> PathBuf {
        name.path_in(&self.folder.join(FOLDER))
    }
}
