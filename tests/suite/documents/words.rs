//! Commands in the documents are commands that `lls` has, and all of them are in the README.

use clap::{CommandFactory as _, Parser as _};
use lls::cli::Cli;

use super::{blocks, documents, root};

/// The words of a command line up to a comment, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        let word = words.last_mut().unwrap();
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '#' | '|' | '>' | '&' | ';') => break,
            (None, ' ') if word.is_empty() => {}
            (None, ' ') => words.push(String::new()),
            _ => word.push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn commands_in_documents_are_valid() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        for block in blocks(&text) {
            let is_shell = ["sh", "console", "yaml"].contains(&block.kind.as_str());
            for line in block.lines.iter().filter(|_| is_shell) {
                let line = line.trim_start_matches(['$', ' ', '-']);
                let line = line
                    .strip_prefix("cargo run -- ")
                    .map_or_else(|| line.to_owned(), |arguments| format!("lls {arguments}"));
                if !line.starts_with("lls ") {
                    continue;
                }
                checked += 1;
                if let Err(error) = Cli::try_parse_from(words(&line)) {
                    wrong.push(format!("{}: `{line}`: {error}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 20, "only {checked} commands were found");
}

#[test]
fn the_readme_names_every_command() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let is_named = readme
            .lines()
            .any(|line| line.starts_with('|') && line.contains(&format!("`lls {name}")));
        assert!(is_named, "`lls {name}` is in no table of README.md");
    }
}

#[test]
fn words_are_those_of_a_shell() {
    assert_eq!(
        words("lls add a 'b>=1, <2' -r \"x y\" # why"),
        ["lls", "add", "a", "b>=1, <2", "-r", "x y"]
    );
    assert_eq!(words("lls schema > file.json"), ["lls", "schema"]);
}
