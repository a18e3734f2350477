//! Single flipped bits in cached wheels, built archives and notes: every one is found, and what it hit is made again.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::confined::{Sealed, run_without_privileges};
use super::{Random, files};
use crate::support::package_index::PackageIndex;
use crate::support::project::{Project, Run};

/// Real wheels that need no others: small ones, so that hundreds of flips take seconds. Two have native code.
const WHEELS: [(&str, &str); 20] = [
    ("attrs", "25.3.0"),
    ("blinker", "1.9.0"),
    ("click", "8.2.1"),
    ("colorama", "0.4.6"),
    ("filelock", "3.18.0"),
    ("h11", "0.16.0"),
    ("idna", "3.10"),
    ("iniconfig", "2.1.0"),
    ("itsdangerous", "2.2.0"),
    ("jmespath", "1.0.1"),
    ("markupsafe", "3.0.2"),
    ("packaging", "25.0"),
    ("pathspec", "0.12.1"),
    ("platformdirs", "4.3.8"),
    ("pluggy", "1.6.0"),
    ("six", "1.17.0"),
    ("sniffio", "1.3.1"),
    ("typing-extensions", "4.14.1"),
    ("wrapt", "1.17.2"),
    ("zipp", "3.23.0"),
];

/// Layers of own files, whose archives are damaged.
const LAYERS: usize = 20;

const FLIPS: usize = 500;

/// Flips one random bit of a file by an ordinary write.
fn flip(path: &Path, random: &mut Random) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let bit = random.next() % (file.metadata().unwrap().len() * 8);
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).unwrap();
    byte[0] ^= 1 << (bit % 8);
    file.write_all_at(&byte, bit / 8).unwrap();
    println!("bit {bit} of {}", path.display());
}

/// The files of a folder with one extension, each with its content.
fn contents(folder: &Path, extension: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = files(folder);
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

fn assert_whole(contents: &[(PathBuf, Vec<u8>)], run: &Run) {
    for (path, content) in contents {
        let found = std::fs::read(path).unwrap_or_default();
        assert!(found == *content, "{} is not healed: {run}", path.display());
    }
}

/// The real wheels, from a package index to one on loopback.
fn index_of_real_wheels() -> PackageIndex {
    let folder = tempfile::tempdir().unwrap();
    let pins = WHEELS.map(|(name, version)| format!("{name}=={version}"));
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--only-binary", ":all:", "--python-version", "3.12"])
        .args(["--platform", "manylinux2014_x86_64", "--dest"])
        .arg(folder.path())
        .args(pins);
    let output = pip.output().expect("python3 is on PATH");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let index = PackageIndex::start();
    for (path, content) in contents(folder.path(), "whl") {
        index.add(path.file_name().unwrap().to_str().unwrap(), content);
    }
    index
}

#[test]
fn five_hundred_flips_in_wheels_are_healed() {
    let mut random = Random::seeded();
    let index = index_of_real_wheels();
    let requirements = WHEELS.map(|(name, version)| format!("{name}=={version}\n"));
    let uv_cache = tempfile::tempdir().unwrap();
    let project = Project::new()
        .manifest(super::MANIFEST)
        .file("layers/app/requirements.txt", requirements.concat())
        .environment(index.environment())
        .variable("UV_NO_CACHE", "0")
        .variable("UV_CACHE_DIR", uv_cache.path())
        .cold_cache();
    let build = ["build", "--format", "json"];
    let built = project.succeed(&build).stdout;
    let cache = project.path("cold-cache/wheels");
    let (wheels, notes) = (contents(&cache, "whl"), contents(&cache, "json"));
    assert_eq!((wheels.len(), notes.len()), (WHEELS.len(), WHEELS.len()));
    let names = WHEELS.map(|(name, _)| format!("`{name}`")).join(", ");
    let warning = format!(
        "warning: the wheels of {names} in the cache are damaged: they are downloaded again\n"
    );
    for _ in 0..FLIPS / WHEELS.len() {
        // A seal that was damaged, too, is made anew, with other times.
        let seals = contents(&cache, "seal");
        assert_eq!(seals.len(), WHEELS.len());
        for (path, _) in wheels.iter().chain(&notes).chain(&seals) {
            flip(path, &mut random);
        }
        project.forget_builds();
        let run = project.succeed(&build);
        assert!(run.stderr.contains(&warning), "{run}");
        assert_eq!(run.stdout, built);
        assert_whole(&wheels, &run);
        assert_whole(&notes, &run);
    }
}

/// A project of layers of own files, and what building it prints.
fn own_layers(random: &mut Random) -> (Project, String) {
    let mut manifest = "[targets.local]\ndirectory = \"registry\"\n".to_owned();
    let project = Project::new();
    for number in 0..LAYERS {
        manifest.push_str(&format!(
            "[layers.own-{number}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\nprefix = \"python\"\n"
        ));
        let size = 1 << (number % 14);
        let content: Vec<u8> = (0..size).map(|_| random.next() as u8).collect();
        project.write(&format!("layers/own-{number}/noise.bin"), content);
        project.write(
            &format!("layers/own-{number}/own.py"),
            "x = 1\n".repeat(size),
        );
    }
    let project = project.manifest(&manifest);
    let built = project.succeed(&["build", "--format", "json"]).stdout;
    (project, built)
}

#[test]
fn five_hundred_flips_in_archives_are_healed() {
    let mut random = Random::seeded();
    let (project, built) = own_layers(&mut random);
    let store = project.path(".lls/archives");
    let (archives, summaries) = (contents(&store, "zip"), contents(&store, "json"));
    assert_eq!((archives.len(), summaries.len()), (LAYERS, LAYERS));
    for round in 0..2 * FLIPS / LAYERS {
        // An archive and what is noted of it, in turns.
        let damaged = [&archives, &summaries][round % 2];
        for (path, _) in damaged.iter().chain(&contents(&store, "seal")) {
            flip(path, &mut random);
        }
        let run = project.succeed(&["build", "--format", "json"]);
        for number in 0..LAYERS {
            let warning = format!(
                "warning: the stored archive of layer `own-{number}` was damaged: it is built again\n"
            );
            assert!(run.stderr.contains(&warning), "{run}");
        }
        assert_eq!(run.stdout, built);
        assert_whole(&archives, &run);
        assert_whole(&summaries, &run);
    }
}

#[test]
fn flips_in_the_index_of_files_change_no_result() {
    let mut random = Random::seeded();
    let (project, built) = own_layers(&mut random);
    let index = project.path(".lls/files");
    // Files that changed lately are not noted.
    let noted = loop {
        assert_eq!(
            project.succeed(&["build", "--format", "json"]).stdout,
            built
        );
        let noted = std::fs::read(&index).unwrap();
        if noted.iter().filter(|byte| **byte == b'\n').count() == 3 + 2 * LAYERS {
            break noted;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    for _ in 0..100 {
        flip(&index, &mut random);
        let run = project.succeed(&["build", "--format", "json"]);
        assert_eq!(run.stdout, built);
        assert_whole(&[(index.clone(), noted.clone())], &run);
    }
}

#[test]
fn a_damaged_file_that_cannot_be_removed_is_an_error() {
    let project = Project::hello().cold_cache();
    project.succeed(&["build"]);
    let (archive, _) = contents(&project.path(".lls/archives"), "zip").remove(0);
    flip(&archive, &mut Random::seeded());
    let _sealed = Sealed::new(archive.parent().unwrap());
    let run = run_without_privileges(&project, &["build"]);
    assert_eq!(run.status, 1, "{run}");
    assert!(
        run.stderr.contains("cannot delete the damaged file"),
        "{run}"
    );
}
