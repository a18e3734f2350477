//! Layers with bytecode, built from own modules and packages, in the CPython of each of their runtimes.

use std::fs;
use std::path::Path;
use std::process::Command;

use expect_test::expect;
use lls::bytecode::Compiler;

use super::pythons;
use crate::building::manifest;
use crate::python::{built, names, unpack};
use crate::support::project::Project;

/// The runtimes that the tests have an interpreter of.
const RUNTIMES: &str = "\"python3.11\", \"python3.12\", \"python3.13\"";
const MINORS: [u8; 3] = [11, 12, 13];

/// A layer with an own package and packages of others, some of which differ from runtime to runtime.
pub fn project(settings: &str) -> Project {
    Project::new()
        .manifest(&manifest(
            RUNTIMES,
            &format!("prefix = \"python\"\n{settings}"),
        ))
        .file(
            "layers/app/requirements.txt",
            "idna==3.10\nmarkupsafe==3.0.2\n",
        )
        .file("layers/app/requirements.lock", include_str!("layers.lock"))
        .file(
            "layers/app/app/__init__.py",
            "from app.inner import VALUE\n",
        )
        .file("layers/app/app/inner.py", "import idna\nVALUE = 1\n")
        .file("layers/app/app/template.py", "print 'not Python 3'\n")
        .variable("PATH", pythons::search_path())
}

/// Runs a script with the unpacked layer on the import path, as Lambda has it. Returns stdout and stderr.
fn run(compiler: &Compiler, opt: &Path, options: &[&str], script: &str) -> (String, String) {
    let version = compiler.version.python;
    let own = opt.join(format!("python/lib/python{version}/site-packages"));
    let path = std::env::join_paths([opt.join("python"), own]).unwrap();
    let output = Command::new(&compiler.program)
        .args(["-S", "-B"])
        .args(options)
        .args(["-c", script])
        .env_clear()
        .env("PYTHONPATH", path)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let errors = text(output.stderr);
    assert!(output.status.success(), "{errors}");
    (text(output.stdout), errors)
}

/// What Python says with `-v` of files that it takes code from.
fn loaded(opt: &Path, printed: &str) -> Vec<String> {
    let lines = printed
        .lines()
        .filter_map(|line| line.strip_prefix("# code object from "));
    let paths = lines.map(|line| line.trim_matches('\'').to_owned());
    let opt = opt.display().to_string();
    paths.filter(|path| path.starts_with(&opt)).collect()
}

#[test]
fn every_module_is_loaded_from_its_bytecode() {
    for mode in ["unchecked-hash", "checked-hash"] {
        let opt = unpack(&built(&project(&format!("bytecode = \"{mode}\"")), "app"));
        for minor in MINORS {
            let script = "import app, idna.uts46data, markupsafe._native; print(app.__cached__)";
            let (stdout, stderr) = run(pythons::of(minor), opt.path(), &["-v"], script);
            let expected = format!("app/__pycache__/__init__.cpython-3{minor}.pyc\n");
            assert!(stdout.ends_with(&expected), "{stdout}");
            let loaded = loaded(opt.path(), &stderr);
            assert!(loaded.len() >= 6, "{loaded:?}");
            assert!(
                loaded.iter().all(|path| path.ends_with(".pyc")),
                "{loaded:?}"
            );
        }
    }
}

#[test]
fn the_mode_decides_whether_a_changed_source_counts() {
    for (mode, expected) in [("unchecked-hash", "1"), ("checked-hash", "2")] {
        let opt = unpack(&built(&project(&format!("bytecode = \"{mode}\"")), "app"));
        fs::write(opt.path().join("python/app/inner.py"), "VALUE = 2\n").unwrap();
        let script = "import app; print(app.VALUE)";
        let (stdout, _) = run(pythons::of(12), opt.path(), &[], script);
        assert_eq!(stdout.trim(), expected, "{mode}");
    }
}

#[test]
fn compileall_would_make_the_same_files() {
    let project = project("bytecode = \"unchecked-hash\"");
    let archive = built(&project, "app");
    let opt = unpack(&archive);
    let bytecode = |folder: &Path, tag: &str| {
        let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
        let paths = walk.into_iter().map(|entry| entry.unwrap().into_path());
        let text = |path: std::path::PathBuf| {
            let below = path.strip_prefix(folder).unwrap();
            below.to_str().unwrap().to_owned()
        };
        let end = format!("{tag}.pyc");
        let files = paths.map(text).filter(|path| path.ends_with(&end));
        files.collect::<Vec<_>>()
    };
    let script = r"
import compileall, importlib.util, marshal, pathlib, py_compile, sys
opt, other = map(pathlib.Path, sys.argv[1:])
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir(other, quiet=2, stripdir=str(other), prependdir='/opt', invalidation_mode=unchecked)
for path in other.rglob('*.' + sys.implementation.cache_tag + '.pyc'):
    if 'lib/python' in str(path) and f'lib/python3.{sys.version_info[1]}/' not in str(path):
        path.unlink()
        continue
    made, ours = path.read_bytes(), (opt / path.relative_to(other)).read_bytes()
    assert made[:16] == ours[:16], path
    assert marshal.loads(made[16:]) == marshal.loads(ours[16:]), path
";
    for minor in MINORS {
        let sources = unpack(&archive);
        for entry in walkdir::WalkDir::new(sources.path()) {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|end| end == "pyc") {
                fs::remove_file(path).unwrap();
            }
        }
        let compiler = pythons::of(minor);
        let output = Command::new(&compiler.program)
            .args(["-I", "-c", script])
            .args([opt.path(), sources.path()])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let tag = format!("cpython-3{minor}");
        let expected = bytecode(opt.path(), &tag);
        assert!(expected.len() > 10, "{expected:?}");
        assert_eq!(bytecode(sources.path(), &tag), expected);
    }
}

#[test]
fn bytecode_is_beside_its_sources_for_each_runtime() {
    let project = project("bytecode = \"unchecked-hash\"");
    let names = names(&built(&project, "app"));
    let bytecode = |end: &str| {
        let names = names.iter().filter(|name| name.ends_with(end));
        names.map(String::as_str).collect::<Vec<_>>().join("\n") + "\n"
    };
    expect![[r#"
        python/app/__pycache__/__init__.cpython-311.pyc
        python/app/__pycache__/__init__.cpython-312.pyc
        python/app/__pycache__/__init__.cpython-313.pyc
        python/lib/python3.11/site-packages/markupsafe/__pycache__/__init__.cpython-311.pyc
        python/lib/python3.12/site-packages/markupsafe/__pycache__/__init__.cpython-312.pyc
        python/lib/python3.13/site-packages/markupsafe/__pycache__/__init__.cpython-313.pyc
    "#]]
    .assert_eq(
        &(bytecode("p/__pycache__/__init__.cpython-311.pyc")
            + &bytecode("p/__pycache__/__init__.cpython-312.pyc")
            + &bytecode("p/__pycache__/__init__.cpython-313.pyc")
            + &bytecode("e/__pycache__/__init__.cpython-311.pyc")
            + &bytecode("e/__pycache__/__init__.cpython-312.pyc")
            + &bytecode("e/__pycache__/__init__.cpython-313.pyc")),
    );
    assert!(!names.iter().any(|name| name.contains("template.cpython")));
    assert!(
        !names
            .iter()
            .any(|name| name.contains("dist-info/__pycache__"))
    );
    // Each version is in each folder that only it reads, and in no other.
    let foreign =
        "python/lib/python3.11/site-packages/markupsafe/__pycache__/__init__.cpython-312.pyc";
    assert!(!names.iter().any(|name| name == foreign));
}
