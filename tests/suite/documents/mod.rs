//! The documents are true: their commands run, their output is real, their links lead somewhere.

mod console;
mod links;
mod promises;
mod reference;
mod settings;
mod words;

use std::path::{Path, PathBuf};

/// The folder of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents of this repository with their texts, by path; sorted.
fn documents() -> Vec<(PathBuf, String)> {
    let top = std::fs::read_dir(root()).unwrap();
    let top = top.map(|entry| entry.unwrap().path());
    let docs = walkdir::WalkDir::new(root().join("docs")).into_iter();
    let docs = docs.map(|entry| entry.unwrap().into_path());
    let is_document = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "md");
    let mut paths: Vec<_> = top.chain(docs).filter(is_document).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root()).unwrap().to_owned(), text)
    };
    paths.into_iter().map(read).collect()
}

/// A fenced block of a document.
struct Block {
    /// What stands behind the fence, such as `console`.
    kind: String,
    /// The heading above it, without its signs.
    heading: String,
    /// The number of its first line in the document, from 0.
    line: usize,
    /// Its lines.
    lines: Vec<String>,
}

/// The fenced blocks of a document.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut heading = String::new();
    let mut is_inside = false;
    for (number, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(kind) if !is_inside => {
                is_inside = true;
                blocks.push(Block {
                    kind: kind.trim().to_owned(),
                    heading: heading.clone(),
                    line: number + 1,
                    lines: Vec::new(),
                });
            }
            Some(_) => is_inside = false,
            None if is_inside => blocks.last_mut().unwrap().lines.push(line.to_owned()),
            None if line.starts_with("## ") => line[3..].clone_into(&mut heading),
            None => {}
        }
    }
    blocks
}
