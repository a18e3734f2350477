//! The packages of `corpus/packages.txt` that differ in builder and shape, built and imported by the tool of `just corpus`.
//!
//! Some 60 MB come from the package index once; the tests' cache in `target/` keeps them.

use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;

use crate::support::project::{Project, Run};

/// Tries packages, and gives the page that the tool writes too.
fn tried(project: &Project, arguments: &[&str]) -> (Run, String) {
    let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/run.py");
    let before = [
        "python3", tool, "--work", "work", "--output", "page.md", "--lls",
    ];
    let run = project.finish(project.command_through(&before, arguments));
    assert!(project.path("page.md").exists(), "{run}");
    (run, project.read("page.md"))
}

#[test]
fn packages_of_all_builders_and_shapes_are_taken() {
    let (run, page) = tried(&Project::new(), &["--marked"]);
    assert_eq!(run.status, 0, "{run}");
    assert!(!page.contains("accepted | not importable"), "{page}");
    let outcomes = run
        .stdout
        .lines()
        .filter(|line| line.contains(" on python"));
    // What can be imported depends on which CPythons the machine has.
    let mut outcomes: Vec<_> = outcomes
        .map(|line| line.split(", ").next().unwrap())
        .collect();
    outcomes.sort_unstable();
    expect![[r#"
        cryptography on python3.12 x86_64: accepted
        cryptography on python3.13 arm64: accepted
        docopt on python3.12 x86_64: without wheel
        docopt on python3.13 arm64: without wheel
        fastapi on python3.12 x86_64: accepted
        fastapi on python3.13 arm64: accepted
        jinja2 on python3.12 x86_64: accepted
        jinja2 on python3.13 arm64: accepted
        jmespath on python3.12 x86_64: accepted
        jmespath on python3.13 arm64: accepted
        numpy on python3.12 x86_64: accepted
        numpy on python3.13 arm64: accepted
        orjson on python3.12 x86_64: accepted
        orjson on python3.13 arm64: accepted
        protobuf on python3.12 x86_64: accepted
        protobuf on python3.13 arm64: accepted
        psycopg2-binary on python3.12 x86_64: accepted
        psycopg2-binary on python3.13 arm64: accepted
        pyyaml on python3.12 x86_64: accepted
        pyyaml on python3.13 arm64: accepted
        pyzmq on python3.12 x86_64: accepted
        pyzmq on python3.13 arm64: accepted
        requests on python3.12 x86_64: accepted
        requests on python3.13 arm64: accepted
        rich on python3.12 x86_64: accepted
        rich on python3.13 arm64: accepted"#]]
    .assert_eq(&outcomes.join("\n"));
}

#[test]
fn a_refusal_of_what_uv_installs_fails_the_run() {
    let refuse =
        "#!/bin/sh\n[ \"$1\" = --version ] && echo lls 0 && exit\necho error: no >&2\nexit 1\n";
    let project = Project::new().file("lls", refuse);
    let lls = project.path("lls");
    std::fs::set_permissions(&lls, std::fs::Permissions::from_mode(0o755)).unwrap();
    let lls = lls.display().to_string();
    let (run, page) = tried(&project, &["--lls", &lls, "jmespath"]);
    assert_eq!(run.status, 1, "{run}");
    let row = "| jmespath | python3.12 x86_64 | refused | no (uv installs it) |";
    assert!(page.contains(row), "{page}");
}
