//! What compiling a layer must not do: run its code, tell it anything, or take code that a cache brings.

use std::fs;
use std::path::Path;

use super::pythons;
use crate::python::{built, unpack};
use crate::support::programs::write_program;
use crate::support::project::Project;

fn project() -> Project {
    let project = Project::hello().variable("PATH", pythons::search_path());
    project.edit_manifest(
        "prefix = \"python\"\n",
        "prefix = \"python\"\nbytecode = \"unchecked-hash\"\n",
    );
    project
}

#[test]
fn no_code_of_a_layer_runs_when_it_is_compiled() {
    let project = project();
    let mark = project.outside("mark");
    let code = format!("open({:?}, 'w')\n", mark.display().to_string());
    for name in [
        "hello.py",
        "sitecustomize.py",
        "marshal.py",
        "importlib/__init__.py",
    ] {
        project.write(&format!("layers/hello/{name}"), &code);
    }
    let opt = unpack(&built(&project, "hello"));
    assert!(
        opt.path()
            .join("python/__pycache__/marshal.cpython-312.pyc")
            .exists()
    );
    assert!(!mark.exists());
}

#[test]
fn the_compiler_sees_nothing_of_the_runner() {
    let project = project()
        .cold_cache()
        .variable("AWS_SECRET_ACCESS_KEY", "hunter2");
    let (seen, python) = (project.outside("seen"), project.outside("python3.12"));
    let real = pythons::of(12).program.display().to_string();
    let script = format!(
        "#!/bin/sh\n{{ env; pwd; ls -A; }} > '{}'\nexec '{real}' \"$@\"\n",
        seen.display()
    );
    write_program(&python, &script);
    let uv = format!(
        "#!/bin/sh\ncase \"$*\" in *--show-version*) echo 3.12.98;; *) echo '{}';; esac\n",
        python.display()
    );
    let project = project.uv_script(&uv);
    project.succeed(&["plan"]);
    let seen = fs::read_to_string(seen).unwrap();
    let names: Vec<_> = seen
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let allowed = ["PATH", "LD_LIBRARY_PATH", "PWD", "SHLVL", "OLDPWD", "_"];
    assert!(
        names.iter().all(|(name, _)| allowed.contains(name)),
        "{seen}"
    );
    assert!(!seen.contains("hunter2"));
    assert!(seen.contains("/lls-"), "an empty folder: {seen}");
}

/// The name of the only file with this end in a folder.
fn name(folder: &Path, end: &str) -> String {
    let entries = fs::read_dir(folder).unwrap();
    let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.find(|name| name.ends_with(end)).unwrap()
}

/// A project whose bytecode is of another source, with the notes of this user or of somebody else.
fn attacked(notes: &Project, returned: &str) {
    let project = project().cold_cache();
    project.write(
        "layers/hello/hello.py",
        format!("def hello():\n    return '{returned}'\n"),
    );
    project.succeed(&["plan"]);
    let archives = project.path(".lls/archives");
    let made = fs::read(archives.join(name(&archives, ".zip"))).unwrap();
    let (from, to) = (
        notes.path("cold-cache/bytecode"),
        project.path("cold-cache/bytecode"),
    );
    let (evil, good) = (name(&from, ".zip"), name(&to, ".zip"));
    for end in ["zip", "json", "zip.seal"] {
        let source = from.join(Path::new(&evil).with_extension(end));
        fs::copy(source, to.join(Path::new(&good).with_extension(end))).unwrap();
    }
    project.forget_builds();
    project.succeed(&["plan"]);
    assert_eq!(
        fs::read(archives.join(name(&archives, ".zip"))).unwrap(),
        made
    );
}

#[test]
fn bytecode_that_a_cache_brings_is_made_again() {
    let evil = |project: Project| {
        project.write(
            "layers/hello/hello.py",
            "def hello():\n    return 'evil!'\n",
        );
        project.succeed(&["plan"]);
        project
    };
    // What is noted of another source, and what another machine has noted.
    attacked(&evil(project().cold_cache()), "good!");
    attacked(&evil(project().cold_cache().fresh_state()), "good!");
}
