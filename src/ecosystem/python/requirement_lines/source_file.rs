//! A requirements file with its lines.

use std::path::{Component, Path, PathBuf};

use super::place::RequirementPlace;
use super::read::{LogicalLine, is_address, logical_lines};
use crate::ecosystem::python::uv::index_folder;

/// A requirements file.
pub struct SourceFile {
    /// How it was named where it is included.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its lines, without their ends; of a file of another kind, those that were made of it.
    pub lines: Vec<String>,
    /// The lines of the file that lines were made of; empty where they are its own.
    pub numbers: Vec<usize>,
}

impl SourceFile {
    pub fn logical_lines(&self) -> Vec<LogicalLine> {
        logical_lines(&self.lines)
    }

    pub fn place(&self, line: usize) -> RequirementPlace {
        let of_file = line
            .checked_sub(1)
            .and_then(|index| self.numbers.get(index));
        RequirementPlace {
            path: self.path.clone(),
            line: of_file.copied().unwrap_or(line),
        }
    }

    /// Where a file is that this one includes; `None` for an address. A file that is included in a circle has the same
    /// path each time.
    pub fn included(&self, file: &str) -> Option<PathBuf> {
        (!is_address(file)).then(|| shortened(self.folder().join(file)))
    }

    /// The folder of this machine that an index is; `None` for one on the web.
    pub fn index_folder(&self, index: &str) -> Option<PathBuf> {
        index_folder(index).map(|folder| self.folder().join(folder))
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

/// The path without `..`, where that leads to the same file: no link is on the way.
fn shortened(path: PathBuf) -> PathBuf {
    let mut short = PathBuf::new();
    for component in path.components() {
        match (component, short.components().next_back()) {
            (Component::ParentDir, Some(Component::Normal(_))) => drop(short.pop()),
            (component, _) => short.push(component),
        }
    }
    let is_same = short.canonicalize().ok() == path.canonicalize().ok();
    if is_same { short } else { path }
}

/// Lines as uv splits them: they end with `\n`, `\r` or both.
pub fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let lines = text.split_terminator(['\n', '\r']);
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_uv_ends_them() {
        assert_eq!(lines("a\r\nb\rc\n\nd \n"), ["a", "b", "c", "", "d "]);
    }
}
