//! Runs what stands behind `$ ` in the documents, and keeps what it prints there: `UPDATE_EXPECT=1` writes it anew.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use expect_test::expect_file;

use super::blocks;
use crate::support::project::Project;

/// What stands behind a command that is to fail.
const FAILS: &str = "# exit status 1";

/// Which streams of a command a document shows.
#[derive(Clone, Copy)]
enum Shown {
    /// The result and what is said on the way, as a terminal shows them.
    All,
    /// The result alone, where the rest depends on what is cached.
    Result,
}

/// A command that was run, and how long it took.
type Timing = (String, Duration);

/// The document with what its commands print now. `project` gives the folder for the commands below a heading, if they
/// are to be run.
fn rerun<'a>(
    text: &str,
    shown: Shown,
    project: impl Fn(&str) -> Option<&'a Project>,
) -> (String, Vec<Timing>) {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let mut timings = Vec::new();
    let mut grown = 0isize;
    for block in blocks(text) {
        let Some(project) = project(&block.heading).filter(|_| block.kind == "console") else {
            continue;
        };
        let mut printed = Vec::new();
        for command in block.lines.iter().filter(|line| line.starts_with("$ ")) {
            let start = Instant::now();
            printed.push(command.clone());
            let output = run(project, &command[2..], shown);
            printed.extend(output.lines().map(str::to_owned));
            timings.push((command.clone(), start.elapsed()));
        }
        assert!(!printed.is_empty(), "line {} has no `$ `", block.line);
        let start = block.line.strict_add_signed(grown);
        grown += printed.len() as isize - block.lines.len() as isize;
        lines.splice(start..start + block.lines.len(), printed);
    }
    (lines.join("\n") + "\n", timings)
}

/// Runs a line in a shell, where `lls` is the one that is tested; its failure must be announced.
fn run(project: &Project, line: &str, shown: Shown) -> String {
    let (line, status) = match line.strip_suffix(FAILS) {
        Some(line) => (line.trim_end(), 1),
        None => (line, 0),
    };
    let streams = match shown {
        Shown::All => "exec 2>&1; ",
        Shown::Result => "",
    };
    let line = line.replace("cargo run -- ", "lls ");
    let script = format!("PATH=\"${{0%/*}}:$PATH\"; {streams}set -o pipefail; {line}");
    let run = project.finish(project.command_through(&["bash", "-c", &script], &[]));
    assert_eq!(run.status, status, "$ {line}\n{run}");
    run.stdout
}

/// Prints how long the commands took, and keeps it in the target's temporary folder.
#[allow(clippy::print_stdout, reason = "times are to be read, not compared")]
fn tell(name: &str, timings: &[Timing]) {
    let total: Duration = timings.iter().map(|(_, time)| *time).sum();
    let mut table = String::new();
    for (command, time) in timings {
        writeln!(table, "{:7.2} s  {command}", time.as_secs_f64()).unwrap();
    }
    writeln!(table, "{:7.2} s  all of {name}", total.as_secs_f64()).unwrap();
    println!("{table}");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.txt"));
    std::fs::write(path, table).unwrap();
}

#[test]
fn the_tutorial_is_what_happens() {
    let project = Project::new().cold_cache();
    let text = std::fs::read_to_string(super::root().join("docs/tutorial.md")).unwrap();
    let (now, timings) = rerun(&text, Shown::All, |_| Some(&project));
    expect_file!["../../../docs/tutorial.md"].assert_eq(&now);
    assert!(timings.len() > 10, "the tutorial has commands");
    tell("tutorial", &timings);
    project.assert_converged();
}

#[test]
fn the_readme_shows_what_happens() {
    let repository = crate::readme::repository();
    let planned = planned();
    let text = std::fs::read_to_string(super::root().join("README.md")).unwrap();
    let (now, timings) = rerun(&text, Shown::Result, |heading| match heading {
        "Try it" => Some(&repository),
        "" => Some(&planned),
        _ => None,
    });
    expect_file!["../../../README.md"].assert_eq(&now);
    assert!(timings.len() > 2, "the README has commands");
}

/// A project in which every kind of action is to be done: what is published, and then another manifest.
fn planned() -> Project {
    let manifest = r#"[targets.local]
directory = ".lls/registry"

[defaults]
runtimes = ["python3.12"]
permission = "my-account"

[layers.hello]
description = "v1.0.0"
prefix = "python"

[layers.dates]
description = "v1.0.0"
prefix = "python"

[layers.six]
description = "v1.2.0"

[layers.same]
description = "v1.0.0"
"#;
    let project = Project::new()
        .manifest(manifest)
        .file(
            "layers/hello/hello.py",
            "def hello():\n    return 'hello'\n",
        )
        .file("layers/dates/dates.py", "FIRST = 1\n")
        .file("layers/same/data.json", "{}\n")
        .file("layers/six/requirements.txt", "six==1.16.0\n");
    project.succeed(&["apply", "--yes"]);
    project.write(
        "layers/hello/hello.py",
        "def hello(name):\n    return f'hello, {name}'\n\n\ndef bye():\n    return 'bye'\n",
    );
    project.write("layers/six/requirements.txt", "six==1.17.0\n");
    project.write("layers/idna/requirements.txt", "idna==3.10\n");
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.edit_manifest(
        "[layers.dates]\n",
        "[layers.dates]\npermission = \"my-organization\"\n",
    );
    let more = "\n[layers.idna]\ndescription = \"v1.0.0\"\n";
    project.write("layers.toml", project.read("layers.toml") + more);
    project.succeed(&["lock"]);
    project
}
