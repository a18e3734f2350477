//! The environment that children get parts of.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Variables, and where programs are looked for.
#[derive(Clone, Default)]
pub(super) struct Environment {
    pub variables: BTreeMap<String, OsString>,
    pub search_path: Vec<PathBuf>,
}

impl Environment {
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let variables: BTreeMap<_, _> = named.collect();
        let search_path = variables.get("PATH").into_iter();
        let folders = search_path.flat_map(std::env::split_paths);
        Self {
            search_path: folders.filter(|folder| folder.is_absolute()).collect(),
            variables,
        }
    }

    /// The value of a variable; `None` where it is empty, unset or no UTF-8.
    pub fn value(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.to_str()?;
        (!value.is_empty()).then_some(value)
    }
}
