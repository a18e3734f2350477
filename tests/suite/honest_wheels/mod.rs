//! Wheels that honest builders make, from the package index and made here: locked, built, published, and compared with
//! what Python's `zipfile` sees in them.

mod builders;

use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::json;

use crate::building::manifest;
use crate::python::{built, evaluate, unpack};
use crate::support::package_index::PackageIndex;
use crate::support::project::Project;
use builders::BUILDERS;

/// What an installer with `--target` would write of a wheel must be what the layer holds, with its executable bits.
const COMPARE: &str = r#"
import csv, hashlib, base64, io, json, sys, zipfile

def files(archive, place):
    found = {}
    for entry in archive.infolist():
        path = None if entry.is_dir() else place(entry.filename)
        if path is not None:
            assert path not in found, path
            found[path] = (archive.read(entry), bool(entry.external_attr >> 16 & 0o111))
    return found

def installed(path):
    folder, _, rest = path.partition("/")
    if not folder.endswith(".data"):
        return path
    scheme, _, rest = rest.partition("/")
    return None if scheme in ("scripts", "headers") else rest

def compare(wheel, layer):
    with zipfile.ZipFile(layer) as archive:
        record, = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
        root = record[:record[:record.rindex("/")].rindex("/") + 1]
        layered = files(archive, lambda path: path[len(root):] if path.startswith(root) else 1 / 0)
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        expected = files(archive, installed)
    record = record[len(root):]
    rows = csv.reader(io.StringIO(layered.pop(record)[0].decode()))
    hashes = {path: hash for path, hash, size in rows if path != record}
    expected.pop(record)
    assert layered == expected, (sorted(layered), sorted(expected))
    for path, (content, _) in layered.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        assert hashes.pop(path) == "sha256=" + digest, path
    assert not hashes, hashes
    return len(layered)

print(json.dumps([compare(wheel, layer) for wheel, layer in json.loads(sys.argv[1])]))
"#;

/// Compares wheels with the layers made of them, and returns how many files each has.
fn compare(pairs: &serde_json::Value) -> Vec<u64> {
    let output = Command::new("python3")
        .args(["-c", COMPARE, &pairs.to_string()])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The wheels of all builders, made at the same time.
fn wheels(folder: &Path) -> Vec<std::path::PathBuf> {
    thread::scope(|scope| {
        let runs: Vec<_> = BUILDERS
            .iter()
            .map(|builder| {
                let folder = folder.join(builder.name);
                scope.spawn(move || builder.wheel(&folder))
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

#[test]
fn the_wheel_of_every_builder_is_published_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let wheels = wheels(folder.path());
    let index = PackageIndex::start();
    let architecture = if cfg!(target_arch = "x86_64") {
        "x86_64"
    } else {
        "arm64"
    };
    let mut manifest = "[targets.local]\ndirectory = \"registry\"\n".to_owned();
    let mut project = Project::new().environment(index.environment());
    for (builder, wheel) in BUILDERS.iter().zip(&wheels) {
        let name = wheel.file_name().unwrap().to_str().unwrap();
        index.add(name, std::fs::read(wheel).unwrap());
        let layer = builder.name;
        manifest.push_str(&format!(
            "\n[layers.{layer}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\narchitecture = \"{architecture}\"\n"
        ));
        let requirements = format!("{}==1.0\n", builder.package());
        project = project.file(&format!("layers/{layer}/requirements.txt"), requirements);
    }
    let project = project.manifest(&manifest).cold_cache();
    project.succeed(&["apply"]);
    project.assert_converged();
    let layers = BUILDERS.iter().map(|builder| {
        let layer = format!("registry/{}/1.zip", builder.name);
        project.path(&layer)
    });
    let pairs: Vec<_> = wheels.iter().zip(layers).collect();
    for (builder, files) in BUILDERS.iter().zip(compare(&json!(pairs))) {
        assert!(files >= 8, "{} has {files} files", builder.name);
    }
}

/// Local headers carry ZIP64 fields that repeat the sizes: `force_zip64` of Python's `zipfile`, through `rules_python`.
#[test]
fn protobuf_is_built_and_works() {
    let runtime = crate::python::runtime();
    let project = Project::new()
        .manifest(&manifest(&format!("\"{runtime}\""), ""))
        .file("layers/app/requirements.txt", "protobuf==6.33.0\n");
    let opt = unpack(&built(&project, "app"));
    let script = r"
import json
from google.protobuf import __version__, timestamp_pb2
from google.protobuf.internal import api_implementation
stamp = timestamp_pb2.Timestamp(seconds=42)
assert timestamp_pb2.Timestamp.FromString(stamp.SerializeToString()) == stamp
print(json.dumps([__version__, api_implementation.Type()]))
";
    assert_eq!(evaluate(opt.path(), script), json!(["6.33.0", "upb"]));
}
