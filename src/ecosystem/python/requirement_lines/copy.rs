//! The copy of requirements files that uv is given: uv never reads the files themselves, so it cannot see a line that was
//! not seen here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::read::{Line, LogicalLine, is_address, is_wheel, read_line};
use super::source_file::SourceFile;
use crate::ecosystem::python::held::Held;
use crate::error::{PathContext as _, PathError};

/// The options that say where packages are looked for, which hold for finding the locked wheels as well.
pub fn index_options(sources: &[SourceFile]) -> Vec<String> {
    let mut options = Vec::new();
    for source in sources {
        for line in source.logical_lines() {
            if let Line::Index(option, value) = read_line(&line.text) {
                options.push(index_option(source, option, value));
            }
        }
    }
    options
}

/// The option with an absolute path, so that it means the same wherever the line stands.
fn index_option(source: &SourceFile, option: &str, value: &str) -> String {
    // `${NAME}` is replaced by uv.
    if value.is_empty() || is_address(value) || value.starts_with('$') {
        return format!("{option} {value}").trim_end().to_owned();
    }
    let path = source.folder().join(value);
    let path = std::path::absolute(&path).unwrap_or(path);
    format!("{option} {}", path.display())
}

/// A copy of requirements files in a temporary folder, line by line as they were read.
pub struct RequirementsCopy {
    folder: tempfile::TempDir,
    originals: Vec<PathBuf>,
    /// Where files come from that have the place of addresses.
    origins: Vec<(String, String)>,
}

/// The name of the copy's file with further constraints.
const HELD: &str = "held.txt";

impl RequirementsCopy {
    /// Copies files that were checked, with the sources that were compared; the first one is the `requirements.txt`.
    pub fn of(sources: &[SourceFile], held: &Held) -> Result<Self, PathError> {
        let folder = tempfile::Builder::new().prefix("lls-").tempdir();
        let folder = folder.at("write to", &std::env::temp_dir())?;
        let numbers = sources.iter().enumerate();
        let numbers: BTreeMap<_, _> = numbers
            .map(|(number, source)| (source.path.as_path(), number))
            .collect();
        let copy = Self {
            folder,
            originals: sources.iter().map(|source| source.path.clone()).collect(),
            origins: held.origins.clone(),
        };
        for (number, source) in sources.iter().enumerate() {
            let path = copy.path(number);
            let mut text = copied_text(source, &numbers, &held.addresses);
            if number == 0 && !held.constraints.is_empty() {
                text.push_str(&format!("-c {HELD}\n"));
            }
            std::fs::write(&path, text).at("write", &path)?;
        }
        let path = copy.folder.path().join(HELD);
        std::fs::write(&path, held.constraints.join("\n")).at("write", &path)?;
        Ok(copy)
    }

    /// The copy of the `requirements.txt`.
    pub fn requirements(&self) -> PathBuf {
        self.path(0)
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number}.txt"))
    }

    /// What uv said of the copy, as if of the files themselves. uv leaves out the `/` that paths begin with.
    pub fn in_terms_of_originals(&self, message: &str) -> String {
        let mut message = message.to_owned();
        for (number, original) in self.originals.iter().enumerate() {
            let (copy, original) = (self.path(number), original.display().to_string());
            let copy = copy.display().to_string();
            for name in [copy.as_str(), copy.trim_start_matches('/')] {
                message = message.replace(name, &original);
            }
        }
        for (file, origin) in &self.origins {
            message = message.replace(file, origin);
        }
        message
    }
}

/// The lines of a file, each with its number, and with what they include named as in the copy.
fn copied_text(
    source: &SourceFile,
    numbers: &BTreeMap<&Path, usize>,
    addresses: &BTreeMap<String, String>,
) -> String {
    let mut lines = vec![String::new(); source.lines.len()];
    for LogicalLine { number, text } in source.logical_lines() {
        lines[number - 1] = match read_line(&text) {
            Line::Include(option, file) => {
                let included = source.included(file);
                let number = included.and_then(|path| numbers.get(path.as_path()).copied());
                number.map_or(String::new(), |number| format!("{option} {number}.txt"))
            }
            Line::Index(option, value) => index_option(source, option, value),
            Line::TrustedHost(_) | Line::Nothing => String::new(),
            Line::At(_, address) if addresses.contains_key(address) => {
                text.replacen(address, &addresses[address], 1)
            }
            // uv would take the hash behind `#` for that of the wheel, and not look.
            Line::At(_, address) if is_wheel(address) => match address.split_once('#') {
                Some((wheel, _)) => text.replacen(address, wheel, 1),
                None => text,
            },
            _ => text,
        };
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::source_file::lines;
    use super::*;

    fn source(path: &str, text: &str) -> SourceFile {
        SourceFile {
            name: path.to_owned(),
            path: path.into(),
            lines: lines(text),
            numbers: Vec::new(),
        }
    }

    #[test]
    fn copies_hold_what_was_read_at_the_same_lines() {
        let text = "# x \\\na \\\n  >1 # y\r-r  sub/b.in\n--only-binary :none:\n  -f ./w\n";
        let sources = [
            source("/l/requirements.txt", text),
            source("/l/sub/b.in", "-f w"),
        ];
        let numbers = [(Path::new("/l/sub/b.in"), 1)].into();
        let copied = copied_text(&sources[0], &numbers, &BTreeMap::new());
        assert_eq!(copied, "\na   >1\n\n-r 1.txt\n\n-f /l/w\n");
        assert_eq!(index_options(&sources), ["-f /l/w", "-f /l/sub/w"]);
    }

    #[test]
    fn messages_name_the_originals() {
        let sources = [source("/l/requirements.txt", "a")];
        let copy = RequirementsCopy::of(&sources, &Held::default()).unwrap();
        let path = copy.requirements().display().to_string();
        let message = format!("in `{path}` and `{}`", &path[1..]);
        let expected = "in `/l/requirements.txt` and `/l/requirements.txt`";
        assert_eq!(copy.in_terms_of_originals(&message), expected);
    }
}
