//! Archives: the same bytes from the same inputs everywhere, and importable by a real CPython.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::process::Command;

use expect_test::expect;
use lls::digest::Sha256;
use serde_json::json;

use crate::python::{self, built, evaluate, names, unpack};
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

pub fn manifest(runtimes: &str, settings: &str) -> String {
    format!(
        "[targets.local]\ndirectory = \"registry\"\n\n[layers.app]\ndescription = \"v1.0.0\"\nruntimes = [{runtimes}]\n{settings}\n"
    )
}

/// A layer of own files of every kind and of real wheels, made in the given order.
fn mixed_project(reversed: bool) -> Project {
    let manifest = manifest(
        "\"python3.11\", \"python3.12\"",
        "prefix = \"python\"\nexclude = [\"**/tests/**\"]",
    );
    let project = Project::new().manifest(&manifest);
    let mut files = vec![
        (
            "layers/app/requirements.txt",
            "idna==3.10\nmarkupsafe==3.0.2\n".to_owned(),
        ),
        ("layers/app/app/__init__.py", "VALUE = 1\n".repeat(50)),
        (
            "layers/app/app/tests/test_app.py",
            "assert False\n".to_owned(),
        ),
        ("layers/app/bin/tool", "#!/bin/sh\n".to_owned()),
        ("layers/app/data/ü.txt", String::new()),
    ];
    if reversed {
        files.reverse();
    }
    for (path, content) in files {
        project.write(path, content);
    }
    project.write(
        "layers/app/requirements.lock",
        include_str!("golden/mixed.lock"),
    );
    std::fs::set_permissions(
        project.path("layers/app/bin/tool"),
        PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    symlink("app/__init__.py", project.path("layers/app/link.py")).unwrap();
    project
}

#[test]
fn the_bytes_of_an_archive_are_frozen() {
    let project = mixed_project(false);
    project.succeed(&["build", "--locked", "--output-dir", "out"]);
    let bytes = project.bytes("out/app.zip");
    // A change of this hash republishes every layer of every user: it must be wanted, and the format's version raised.
    let frozen = "c0a51f838da9f0c42a30e34b1939a703fc5ce087284fd1578477caee6a287f89";
    assert_eq!(
        Sha256::of(&bytes).to_string(),
        frozen,
        "see the comment above"
    );
    expect![[r#"
        python/app/__init__.py
        python/bin/tool
        python/data/ü.txt
        python/idna-3.10.dist-info/LICENSE.md
        python/idna-3.10.dist-info/METADATA
        python/idna-3.10.dist-info/RECORD
        python/idna-3.10.dist-info/WHEEL
        python/idna/__init__.py
        python/idna/codec.py
        python/idna/compat.py
        python/idna/core.py
        python/idna/idnadata.py
        python/idna/intranges.py
        python/idna/package_data.py
        python/idna/py.typed
        python/idna/uts46data.py
        python/lib/python3.11/site-packages/MarkupSafe-3.0.2.dist-info/LICENSE.txt
        python/lib/python3.11/site-packages/MarkupSafe-3.0.2.dist-info/METADATA
        python/lib/python3.11/site-packages/MarkupSafe-3.0.2.dist-info/RECORD
        python/lib/python3.11/site-packages/MarkupSafe-3.0.2.dist-info/WHEEL
        python/lib/python3.11/site-packages/MarkupSafe-3.0.2.dist-info/top_level.txt
        python/lib/python3.11/site-packages/markupsafe/__init__.py
        python/lib/python3.11/site-packages/markupsafe/_native.py
        python/lib/python3.11/site-packages/markupsafe/_speedups.c
        python/lib/python3.11/site-packages/markupsafe/_speedups.cpython-311-x86_64-linux-gnu.so
        python/lib/python3.11/site-packages/markupsafe/_speedups.pyi
        python/lib/python3.11/site-packages/markupsafe/py.typed
        python/lib/python3.12/site-packages/MarkupSafe-3.0.2.dist-info/LICENSE.txt
        python/lib/python3.12/site-packages/MarkupSafe-3.0.2.dist-info/METADATA
        python/lib/python3.12/site-packages/MarkupSafe-3.0.2.dist-info/RECORD
        python/lib/python3.12/site-packages/MarkupSafe-3.0.2.dist-info/WHEEL
        python/lib/python3.12/site-packages/MarkupSafe-3.0.2.dist-info/top_level.txt
        python/lib/python3.12/site-packages/markupsafe/__init__.py
        python/lib/python3.12/site-packages/markupsafe/_native.py
        python/lib/python3.12/site-packages/markupsafe/_speedups.c
        python/lib/python3.12/site-packages/markupsafe/_speedups.cpython-312-x86_64-linux-gnu.so
        python/lib/python3.12/site-packages/markupsafe/_speedups.pyi
        python/lib/python3.12/site-packages/markupsafe/py.typed
        python/link.py
    "#]]
    .assert_eq(&(names(&project.path("out/app.zip")).join("\n") + "\n"));
}

#[test]
fn equal_inputs_give_equal_bytes_wherever_they_are_built() {
    let first = mixed_project(false);
    first.succeed(&["build", "--locked", "--output-dir", "out"]);

    let second = mixed_project(true);
    let mut touch = Command::new("find");
    touch
        .arg(second.path("layers"))
        .args(["-exec", "touch", "-h", "-d", "2001-02-03", "{}", "+"]);
    assert!(touch.status().unwrap().success());
    // Permissions as another umask leaves them.
    for path in ["layers/app/app/__init__.py", "layers/app/data/ü.txt"] {
        std::fs::set_permissions(second.path(path), PermissionsExt::from_mode(0o600)).unwrap();
    }
    std::fs::set_permissions(
        second.path("layers/app/bin/tool"),
        PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    second.write("layers/app/app/__pycache__/x.cpython-312.pyc", "compiled");
    second.write("layers/app/.DS_Store", "");
    let umask = ["sh", "-c", "umask 077; exec \"$0\" \"$@\""];
    let mut shell = second.command_through(&umask, &["build", "--locked", "--output-dir", "out"]);
    shell.env("TZ", "Asia/Tokyo").env("LC_ALL", "tr_TR.UTF-8");
    let output = shell.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        first.bytes("out/app.zip") == second.bytes("out/app.zip"),
        "the archives differ"
    );
}

#[test]
fn real_wheels_can_be_imported_and_know_their_metadata() {
    let runtime = python::runtime();
    let project = Project::new()
        .manifest(&manifest(&format!("\"{runtime}\""), ""))
        .file(
            "layers/app/requirements.txt",
            "pg8000==1.31.2\nmarkupsafe==3.0.2\n",
        );
    let opt = unpack(&built(&project, "app"));
    let script = r"
import json, hashlib, base64, importlib.metadata as metadata, os, sys
import pg8000.native, markupsafe, markupsafe._speedups
def sound(package):
    for file in metadata.files(package):
        content = file.read_binary()
        if file.hash is not None:
            digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, content).digest()).rstrip(b'=').decode()
            assert digest == file.hash.value and len(content) == file.size, file
    return True
packages = ['pg8000', 'scramp', 'MarkupSafe']
print(json.dumps({
    'version': metadata.version('pg8000'),
    'sound': [sound(package) for package in packages],
    'distributions': 'pg8000' in metadata.packages_distributions(),
    'native': markupsafe._speedups.__file__.endswith('.so'),
    'from layer': os.path.realpath(pg8000.__file__).startswith(os.path.realpath(sys.path[1])),
}))
";
    let expected = json!({
        "version": "1.31.2", "sound": [true, true, true], "distributions": true, "native": true, "from layer": true,
    });
    assert_eq!(evaluate(opt.path(), script), expected);
}

#[test]
fn several_runtimes_share_what_is_alike() {
    let runtime = python::runtime();
    let other = if runtime == "python3.12" {
        "python3.13"
    } else {
        "python3.12"
    };
    let project = Project::new()
        .manifest(&manifest(&format!("\"{runtime}\", \"{other}\""), ""))
        .file(
            "layers/app/requirements.txt",
            "idna==3.10\nmarkupsafe==3.0.2\n",
        );
    let archive = built(&project, "app");
    let names = names(&archive);
    assert!(
        names.contains(&"python/idna/core.py".to_owned()),
        "{names:?}"
    );
    assert!(
        names.contains(&format!(
            "python/lib/{other}/site-packages/markupsafe/__init__.py"
        )),
        "{names:?}"
    );
    assert!(
        !names
            .iter()
            .any(|name| name.starts_with("python/markupsafe")),
        "{names:?}"
    );
    let opt = unpack(&archive);
    let script = "import json, idna, markupsafe._speedups, importlib.metadata as m; print(json.dumps(m.version('markupsafe')))";
    assert_eq!(evaluate(opt.path(), script), json!("3.0.2"));
}

#[test]
fn the_record_describes_what_is_really_there() {
    let index = PackageIndex::start();
    let files = [
        ("alpha/__init__.py", "x = 1\n"),
        ("alpha/tests/test_alpha.py", "assert False\n"),
        ("alpha-1.0.data/purelib/beta.py", "y = 2\n"),
        ("alpha-1.0.data/data/share/alpha.txt", "data"),
        ("alpha-1.0.data/scripts/alpha", "#!python\n"),
        ("alpha-1.0.data/headers/alpha.h", ""),
    ];
    index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &files));
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "exclude = [\"**/tests/**\"]"))
        .file("layers/app/requirements.txt", "alpha\n")
        .environment(index.environment());
    let opt = unpack(&built(&project, "app"));
    let record =
        std::fs::read_to_string(opt.path().join("python/alpha-1.0.dist-info/RECORD")).unwrap();
    expect![[r#"
        alpha-1.0.dist-info/METADATA,sha256=4DP91mMrpH1xsOTYV29tGbw4sBDMA7zYYUd0mDxLlmI,47
        alpha-1.0.dist-info/RECORD,,
        alpha-1.0.dist-info/WHEEL,sha256=GOJWfGKy_s7ZRMtmrMyJFvIHxzo0gLZVhGWWyTqB6uo,75
        alpha/__init__.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6
        beta.py,sha256=9GmEJ2PbOYEHB2T5aLvHecsHefMm44a5m740MfjzDEk,6
        share/alpha.txt,sha256=Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc,4
    "#]]
    .assert_eq(&record);
    for row in record.lines().filter(|row| !row.ends_with(",,")) {
        let path = row.split(',').next().unwrap();
        assert!(opt.path().join("python").join(path).is_file(), "{path}");
    }
}

#[test]
fn packages_that_the_runtime_brings_are_noted() {
    let index = PackageIndex::start();
    index.add(
        "boto3-1.0-py3-none-any.whl",
        wheel("boto3", "1.0", &[("boto3.py", "")]),
    );
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", ""))
        .file("layers/app/requirements.txt", "boto3\n")
        .environment(index.environment());
    let note = "warning: layer `app` packs boto3, which the Lambda runtime already provides: see `exclude_packages`";
    for command in ["build", "build", "plan", "apply", "plan"] {
        let run = project.succeed(&[command]);
        assert_eq!(run.stderr.matches(note).count(), 1, "{command}\n{run}");
    }
}

/// A seal that did not fit would be written anew by the next build, which hashes the archive for it.
#[test]
fn a_new_archive_is_sealed() {
    let project = Project::hello();
    project.succeed(&["build"]);
    let seal = || {
        let files = std::fs::read_dir(project.path(".lls/archives")).unwrap();
        let mut paths = files.map(|entry| entry.unwrap().path());
        let path = paths.find(|path| path.extension().is_some_and(|end| end == "seal"))?;
        Some(path.metadata().unwrap().ino())
    };
    let first = seal();
    assert!(first.is_some());
    project.succeed(&["build"]);
    assert_eq!(seal(), first);
}

#[test]
fn links_through_linked_folders_come_along() {
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "prefix = \"python\""))
        .file("layers/app/d/c.py", "VALUE = 1\n");
    symlink("d", project.path("layers/app/b")).unwrap();
    symlink("b/c.py", project.path("layers/app/l.py")).unwrap();
    symlink("b/../b/../l.py", project.path("layers/app/m.py")).unwrap();
    let opt = unpack(&built(&project, "app"));
    let value = evaluate(
        opt.path(),
        "import l, m\ndone = [l.VALUE, m.VALUE]\nprint(done)",
    );
    assert_eq!(value, json!([1, 1]));
    // Of a folder that is left out nothing comes along.
    project.edit_manifest("prefix", "exclude = [\"python/d/*\"]\nprefix");
    let run = project.fail(&["build"]);
    let error = "points to `d`, which is left out of the archive";
    assert!(run.stderr.contains(error), "{run}");
}

#[test]
fn packages_can_be_left_out() {
    let project = Project::new()
        .manifest(&manifest(
            "\"python3.12\"",
            "exclude_packages = [\"Scramp\", \"asn1crypto\"]",
        ))
        .file("layers/app/requirements.txt", "pg8000==1.31.2\n");
    let names = names(&built(&project, "app"));
    assert!(names.iter().any(|name| name.starts_with("python/pg8000/")));
    assert!(
        !names
            .iter()
            .any(|name| name.contains("scramp") || name.contains("asn1crypto")),
        "{names:?}"
    );
}

#[test]
fn what_fills_a_layer_is_explained() {
    let index = PackageIndex::start();
    let (code, tests) = ("x = 1\n".repeat(100), "assert True\n".repeat(50));
    let files = [
        ("alpha/__init__.py", code.as_str()),
        ("alpha/tests/test_alpha.py", &tests),
        ("alpha/__init__.pyi", "x: int\n"),
    ];
    index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &files));
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "prefix = \"python\""))
        .file("layers/app/requirements.txt", "alpha\n")
        .file("layers/app/own.py", "y = 2\n")
        .environment(index.environment());
    let run = project.succeed(&["build", "--explain"]);
    expect![[r#"

        app, unpacked:
          alpha 1.0                   1.3 kB
          own files, RECORD files      424 B
          600 B less without tests: exclude = ["**/tests/**", "**/test/**"]
          7 B less without type stubs: exclude = ["**/*.pyi"]
    "#]]
    .assert_eq(run.stdout.split_once('\n').unwrap().1);
}
