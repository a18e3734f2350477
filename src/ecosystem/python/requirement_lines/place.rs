//! Where a line of a requirements file is.

use std::fmt;
use std::path::PathBuf;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementPlace {
    /// The file.
    pub path: PathBuf,
    /// The number of the line, from 1.
    pub line: usize,
}

impl fmt::Display for RequirementPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}:{}`", self.path.display(), self.line)
    }
}
