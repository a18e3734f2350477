//! Files of projects that were made to exhaust the machine, or to write lines of their own into the output.

use std::time::{Duration, Instant};

use super::app;
use crate::support::package_index::PackageIndex;
use crate::support::project::Run;

/// What `lls plan --locked` says of a file.
fn planned(packages: &str, file: &str, text: &str) -> Run {
    let project = app(&PackageIndex::start(), packages);
    project.write(&format!("layers/app/{file}"), text);
    project.fail(&["plan", "--locked"])
}

#[test]
fn groups_and_extras_that_include_one_another_do_not_fill_the_stack() {
    let groups = |count: usize| {
        let groups = (0..count).map(|n| format!("g{n} = [{{ include-group = \"g{}\" }}]\n", n + 1));
        let groups: String = groups.collect();
        format!("[project]\nname = \"demo\"\n[dependency-groups]\n{groups}g{count} = []\n")
    };
    let extras = |count: usize| {
        let extras = (0..count).map(|n| format!("e{n} = [\"demo[e{}]\"]\n", n + 1));
        let extras: String = extras.collect();
        format!(
            "[project]\nname = \"demo\"\n[project.optional-dependencies]\n{extras}e{count} = []\n"
        )
    };
    for (what, name, text) in [
        ("groups", "g0", groups(20_000)),
        ("groups", "g0", groups(100)),
        ("extras", "e0", extras(20_000)),
        ("extras", "e0", extras(100)),
    ] {
        let packages = format!("{{ file = \"pyproject.toml\", {what} = [\"{name}\"] }}");
        let message = format!(
            "`layers/app/pyproject.toml:103` cannot be read: {what} include one another more than 100 levels deep"
        );
        planned(&packages, "pyproject.toml", &text).assert_stderr(&[&message, "hint: "]);
    }
    for (what, name, text) in [("groups", "g0", groups(99)), ("extras", "e0", extras(99))] {
        let packages = format!("{{ file = \"pyproject.toml\", {what} = [\"{name}\"] }}");
        planned(&packages, "pyproject.toml", &text)
            .assert_stderr(&["the lock of layer `app` is missing"]);
    }
}

#[test]
fn no_text_of_a_file_becomes_a_line_of_the_output() {
    let evil = "x\\n::error file=a::evil\\u001b[31m";
    let group = "{ file = \"uv.lock\", extras = [\"zz\"] }";
    for (packages, file, text) in [
        (
            "\"pylock.toml\"",
            "pylock.toml",
            format!("lock-version = \"{evil}\"\n"),
        ),
        (
            "\"poetry.lock\"",
            "poetry.lock",
            format!("[metadata]\nlock-version = \"{evil}\"\n"),
        ),
        (
            "\"uv.lock\"",
            "uv.lock",
            format!("version = 1\n[[package]]\nname = \"{evil}\"\n"),
        ),
        (
            group,
            "uv.lock",
            format!(
                "version = 1\n[[package]]\nname = \"root\"\nversion = \"0\"\nsource = {{ virtual = \".\" }}\n[package.optional-dependencies]\n\"{evil}\" = []\n"
            ),
        ),
        (
            "\"Pipfile.lock\"",
            "Pipfile.lock",
            format!("{{\"_meta\": {{\"pipfile-spec\": 6}}, \"default\": {{\"{evil}\": {{}}}}}}"),
        ),
        (
            "\"pyproject.toml\"",
            "pyproject.toml",
            format!("[project]\ndependencies = [\"{evil}\"]\n"),
        ),
        (
            "{ file = \"pyproject.toml\", groups = [\"zz\"] }",
            "pyproject.toml",
            format!("[dependency-groups]\n\"{evil}\" = []\n"),
        ),
    ] {
        let run = planned(packages, file, &text);
        let is_own = |line: &str| line.starts_with("error: ") || line.starts_with("hint: ");
        assert!(run.stderr.lines().all(is_own), "{run}");
        assert!(!run.stderr.contains('\u{1b}'), "{run}");
    }
}

#[test]
fn files_of_many_packages_are_read_in_time() {
    const PACKAGES: usize = 15_000;
    let hash = "0".repeat(64);
    let many = |package: &dyn Fn(usize) -> String| (0..PACKAGES).map(package).collect::<String>();
    let uv = many(&|n| {
        format!(
            "[[package]]\nname = \"p{n}\"\nversion = \"1\"\ndependencies = [{{ name = \"p{}\" }}]\nwheels = [{{ hash = \"sha256:{hash}\" }}]\n",
            (n + 1) % PACKAGES
        )
    });
    let root = "version = 1\n[[package]]\nname = \"root\"\nversion = \"0\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"p0\" }]\n";
    let poetry = many(&|n| {
        format!(
            "[[package]]\nname = \"p{n}\"\nversion = \"1\"\ngroups = [\"main\"]\nmarkers = \"extra == 'a'\"\nfiles = [{{ hash = \"sha256:{hash}\" }}]\n"
        )
    });
    let pylock = many(&|n| {
        format!(
            "[[packages]]\nname = \"p{n}\"\nversion = \"1\"\nwheels = [{{ hashes = {{ sha256 = \"{hash}\" }} }}]\n"
        )
    });
    let pipfile = many(&|n| {
        format!("\"p{n}\": {{\"version\": \"==1\", \"hashes\": [\"sha256:{hash}\"]}},\n")
    });
    for (file, text) in [
        ("uv.lock", format!("{root}{uv}")),
        (
            "poetry.lock",
            format!("{poetry}[metadata]\nlock-version = \"2.1\"\n"),
        ),
        ("pylock.toml", format!("lock-version = \"1.0\"\n{pylock}")),
        (
            "Pipfile.lock",
            format!(
                "{{\"_meta\": {{\"pipfile-spec\": 6}}, \"default\": {{\n{pipfile}\"last\": {{\"version\": \"==1\", \"hashes\": [\"sha256:{hash}\"]}}}}}}"
            ),
        ),
    ] {
        let start = Instant::now();
        planned(&format!("{file:?}"), file, &text)
            .assert_stderr(&["the lock of layer `app` is missing"]);
        let time = start.elapsed();
        assert!(time < Duration::from_secs(40), "{file}: {time:?}");
    }
}

#[test]
fn files_with_more_lines_than_requirements_may_have_are_refused() {
    let text = format!("lock-version = \"1.0\"\n{}", "\n".repeat(100_000));
    planned("\"pylock.toml\"", "pylock.toml", &text).assert_stderr(&[
        "`layers/app/pylock.toml` takes the requirements of the layer over the limit of 100000 lines",
        "hint: ",
    ]);
    let wheel = format!("{{ hashes = {{ sha256 = \"{}\" }} }},", "0".repeat(64));
    let wheels: String = (0..4000)
        .map(|n| wheel.replacen("0000", &format!("{n:04}"), 1))
        .collect();
    let text = format!(
        "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nwheels = [{wheels}]\n"
    );
    planned("\"pylock.toml\"", "pylock.toml", &text)
        .assert_stderr(&["`layers/app/pylock.toml:3` is longer than the 262144 bytes"]);
}
