//! What the tests build the program with: the dependencies of tests turn on features of crates that the program shares
//! with them, so that a test cannot see that the program lacks one.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use expect_test::expect;

/// The features of each crate, as `cargo tree` says for these kinds of dependencies.
fn features(kinds: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--locked", "--no-dedupe"]);
    cargo.args(["--edges", kinds, "--prefix", "none", "--format", "{p};{f}"]);
    let output = cargo.current_dir(super::root()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (package, names) = line.split_once(';').unwrap();
        let names = names.split(',').filter(|name| !name.is_empty());
        let known = features.entry(package.to_owned()).or_default();
        known.extend(names.map(str::to_owned));
    }
    features
}

/// Look at each new line: whatever the program needs of it belongs in `[dependencies]`.
#[test]
fn what_only_tests_turn_on_is_known() {
    let (program, tests) = (features("normal"), features("normal,dev"));
    let mut told = String::new();
    for (package, own) in &program {
        let more: Vec<_> = tests[package].difference(own).map(String::as_str).collect();
        let name = package.split(' ').next().unwrap();
        if !more.is_empty() {
            told.push_str(&format!("{name}: {}\n", more.join(", ")));
        }
    }
    expect![[r#"
        either: std, use_std
        getrandom: std, sys_rng
        hashbrown: allocator-api2, default, equivalent, raw-entry
        hyper: server
        regex: default, unicode, unicode-age, unicode-bool, unicode-case, unicode-gencat, unicode-script, unicode-segment
        regex-automata: unicode, unicode-age, unicode-bool, unicode-case, unicode-gencat, unicode-script, unicode-segment
        regex-syntax: default, unicode, unicode-age, unicode-bool, unicode-case, unicode-gencat, unicode-script, unicode-segment
        serde_json: float_roundtrip
    "#]]
    .assert_eq(&told);
}

/// These need tables of Unicode that only tests have.
#[test]
fn patterns_need_no_tables_that_the_program_lacks() {
    for (path, text) in super::production() {
        if text.contains("Regex::new") {
            let mut parts = [r"(?i)", r"\p{", r"\P{"].into_iter();
            let found = parts.find(|part| text.contains(part));
            assert_eq!(found, None, "{}", path.display());
        }
    }
}
