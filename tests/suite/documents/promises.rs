//! Every promise in `docs/security.md` names the tests that hold it, and they exist.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::root;

/// One row of the tables below the heading of promises.
struct Promise {
    name: String,
    held_by: String,
}

/// The rows of all tables in the section of promises.
fn promises() -> Vec<Promise> {
    let text = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let section = text.split("\n## What `lls` promises\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let cells: Vec<_> = cells.split(" | ").collect();
        let [name, _, held_by] = cells[..] else {
            panic!("a row has three cells: {line}");
        };
        (name != "name").then(|| Promise {
            name: name.to_owned(),
            held_by: held_by.to_owned(),
        })
    });
    rows.collect()
}

/// The tests that a cell names.
fn tests(held_by: &str) -> Vec<&str> {
    held_by.split('`').skip(1).step_by(2).collect()
}

/// Whether there is a test with this path below `tests/suite`, such as `manifest::a_key_is_read`.
fn is_test(path: &str) -> bool {
    let (module, name) = path.rsplit_once("::").expect("a module and a test");
    let folder = root().join("tests/suite").join(module.replace("::", "/"));
    let files: [PathBuf; 2] = [folder.with_extension("rs"), folder.join("mod.rs")];
    let mut texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    texts.any(|text| {
        let Some((before, _)) = text.split_once(&format!("fn {name}(")) else {
            return false;
        };
        let above = before.lines().rev();
        let mut attributes = above.take_while(|line| line.starts_with('#'));
        attributes.any(|line| line == "#[test]")
    })
}

#[test]
fn every_promise_names_tests_that_exist() {
    let mut missing = Vec::new();
    let mut names = BTreeSet::new();
    for Promise { name, held_by } in promises() {
        assert!(names.insert(name.clone()), "{name} is promised twice");
        let tests = tests(&held_by);
        assert!(!tests.is_empty(), "no test holds {name}");
        missing.extend(
            tests
                .into_iter()
                .filter(|test| !is_test(test))
                .map(str::to_owned),
        );
    }
    assert!(names.len() > 20, "only {} promises were found", names.len());
    assert!(missing.is_empty(), "no test in tests/suite is {missing:#?}");
}

#[test]
fn tests_are_found_by_their_path() {
    assert!(is_test(
        "documents::promises::tests_are_found_by_their_path"
    ));
    assert!(!is_test("documents::promises::is_test"), "it is no test");
    assert!(!is_test("documents::promises::tests_are_found"));
    assert!(!is_test("nowhere::tests_are_found_by_their_path"));
}
