//! Native files of wheels and of layers: all of them are found, and large ones take no memory.

use crate::building::manifest;
use crate::support::notes;
use crate::support::package_index::{PackageIndex, hashed_wheel, wheel};
use crate::support::project::Project;

/// The architecture of the machine that runs the tests, and the other one.
const ARCHITECTURES: (&str, &str) = if cfg!(target_arch = "x86_64") {
    ("x86_64", "arm64")
} else {
    ("arm64", "x86_64")
};

/// A project of a layer for `architecture` with the package `alpha` of `index`.
fn project(index: &PackageIndex, architecture: &str) -> Project {
    let settings = format!("architecture = \"{architecture}\"");
    Project::new()
        .manifest(&manifest("\"python3.14\"", &settings))
        .file("layers/app/requirements.txt", "alpha\n")
        .environment(index.environment())
        .cold_cache()
}

/// A program of this machine.
fn program() -> Vec<u8> {
    std::fs::read("/bin/sh").unwrap()
}

#[test]
fn native_files_of_wheels_are_found_whatever_their_names() {
    let (here, other) = ARCHITECTURES;
    for name in ["bin/tool.bin", "alpha.node", "alpha.so", "alpha.py"] {
        let index = PackageIndex::start();
        let path = format!("alpha/{name}");
        let files = [(path.as_str(), program()), ("alpha/__init__.py", vec![])];
        index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &files));
        let run = project(&index, other).fail(&["build"]);
        let error = format!(
            "`python/{path}` from `alpha 1.0` is built for {here}, but the layer is for {other}"
        );
        assert!(run.stderr.contains(&error), "{run}");
        project(&index, here).succeed(&["build"]);
    }
}

/// Notes of wheels that an earlier `lls` looked at by other rules say nothing.
#[test]
fn notes_of_another_form_are_made_again() {
    let (here, other) = ARCHITECTURES;
    let index = PackageIndex::start();
    let files = [("alpha/tool.bin", program())];
    index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &files));
    let project = project(&index, here);
    project.succeed(&["build"]);
    let wheels = std::fs::read_dir(project.path("cold-cache/wheels")).unwrap();
    let mut notes = wheels.map(|entry| entry.unwrap().path());
    let note = notes
        .find(|path| path.to_string_lossy().ends_with(".elf.json"))
        .unwrap();
    for text in ["{}", r#"{"format":1,"files":{}}"#] {
        let name = note.file_name().unwrap().to_str().unwrap();
        let wheel = name.trim_end_matches(".elf.json");
        let written = notes::under(&project.note_key(), "elf", wheel, text);
        std::fs::write(&note, written).unwrap();
        project.forget_builds();
        project.edit_manifest(here, other);
        let run = project.fail(&["build"]);
        assert!(run.stderr.contains("is built for"), "{text}\n{run}");
        project.edit_manifest(other, here);
    }
}

/// What a damaged wheel seems to hold must not be believed of the sound one that takes its place.
#[test]
fn a_damaged_wheel_leaves_no_note() {
    let index = PackageIndex::start();
    let files = [("alpha/odd.bin", b"\x7fELF")];
    let wheel = hashed_wheel("alpha", "1.0", &files);
    index.add("alpha-1.0-py3-none-any.whl", wheel);
    let project = project(&index, ARCHITECTURES.0);
    let refused = "`python/alpha/odd.bin` from `alpha 1.0` is built for another machine";
    let run = project.fail(&["build"]);
    assert!(run.stderr.contains(refused), "{run}");
    for entry in std::fs::read_dir(project.path("cold-cache/wheels")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "whl") {
            let mut bytes = std::fs::read(&path).unwrap();
            let magic = bytes.windows(4).position(|found| found == b"\x7fELF");
            bytes[magic.unwrap()] ^= 1;
            std::fs::write(path, bytes).unwrap();
        } else {
            std::fs::remove_file(path).unwrap()
        }
    }
    let run = project.fail(&["build"]);
    assert!(run.stderr.contains("they are downloaded again"), "{run}");
    assert!(run.stderr.contains(refused), "{run}");
}

/// The kernel refuses whatever would take more memory, so that this fails wherever a whole file is read.
#[cfg(target_os = "linux")]
#[test]
fn large_native_files_take_little_memory() {
    const LIMIT_KIB: &str = "98304";
    const LARGE: usize = 100 << 20;
    let index = PackageIndex::start();
    let mut large = program();
    large.resize(LARGE, 0);
    let files = [("alpha/large.so", large.as_slice())];
    index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &files));
    let project = project(&index, ARCHITECTURES.0);
    project.write("layers/app/lib/large.so", &large);
    project.succeed(&["lock"]);
    let script = "ulimit -d \"$0\" && exec \"$@\"";
    let before = ["sh", "-c", script, LIMIT_KIB];
    let run = project.finish(project.command_through(&before, &["build"]));
    assert_eq!(run.status, 0, "{run}");
    project.edit_manifest(ARCHITECTURES.0, ARCHITECTURES.1);
    let run = project.fail(&["build"]);
    assert!(run.stderr.contains("`lib/large.so`"), "{run}");
}
