//! `lls test`: layers that import, layers that do not, and what their code can do meanwhile.

use std::process::Command;

use expect_test::expect;
use serde_json::Value;

use crate::python::runtime;
use crate::support::project::{Project, Run};

/// A layer `app` of own files on the import path, for the Python that is here.
fn own(files: &[(&str, &str)]) -> Project {
    let manifest = format!(
        "[targets.local]\ndirectory = \"registry\"\n\n[layers.app]\ndescription = \"v1.0.0\"\nprefix = \"python\"\nruntimes = [\"{}\"]\n",
        runtime()
    );
    let project = Project::new().manifest(&manifest);
    files.iter().fold(project, |project, (path, text)| {
        project.file(&format!("layers/app/{path}"), text)
    })
}

/// The result as data.
fn tested(project: &Project) -> Value {
    let run = project.run(&["test", "--format", "json"]);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// A run with the version of Python, which differs from machine to machine, left out.
fn shown(project: &Project, arguments: &[&str]) -> Run {
    let mut run = project.run(arguments);
    let json = tested(project);
    let versions = json["layers"].as_array().unwrap().iter();
    let version = versions.filter_map(|layer| layer["python"].as_str()).next();
    if let Some(version) = version {
        run.hidden.push((version.to_owned(), "[version]"));
    }
    run.hidden.push((runtime(), "[runtime]"));
    run
}

#[test]
fn packages_and_own_files_are_imported() {
    let project = own(&[
        (
            "app.py",
            "import numpy, helper\nassert numpy.arange(3).sum() == 3\n",
        ),
        ("helper.py", "print('to stdout')\n"),
        ("requirements.txt", "numpy==2.2.6\n"),
    ]);
    project.succeed(&["lock"]);
    project.succeed(&["build"]);
    shown(&project, &["test"]).check(expect![[r#"
          ✓ app  imports 1 package (22 modules) with CPython [version]
        --- exit status 0
    "#]]);
    let json = tested(&project);
    assert_eq!(json["layers"][0]["outcome"], "passed");
    let imported = json["layers"][0]["imported"].as_array().unwrap();
    for module in ["app", "helper", "numpy", "numpy.random._mt19937"] {
        assert!(imported.contains(&module.into()), "{module}: {imported:?}");
    }
}

#[test]
fn a_failing_import_is_told_with_the_end_of_its_traceback() {
    let project = own(&[
        ("app.py", "from inner import work\n"),
        ("fine.py", ""),
        ("inner/__init__.py", ""),
        ("inner/work.py", "import absent_package\n"),
    ]);
    let run = shown(&project, &["test"]);
    assert_eq!(run.status, 1);
    run.check(expect![[r#"
          ! app  1 of 3 modules failed with CPython [version]
              app cannot be imported
                Traceback (most recent call last):
                  File "/opt/python/app.py", line 1, in <module>
                    from inner import work
                  File "/opt/python/inner/work.py", line 1, in <module>
                    import absent_package
                ModuleNotFoundError: No module named 'absent_package'
        --- stderr
        Built app, 583 B
        error: modules of layer `app` cannot be imported with [runtime]
        hint: add what is missing to its requirements; or, for modules that no function imports, add their names to the layer's `skip_imports`
        --- exit status 1
    "#]]);
    let json = tested(&project);
    assert_eq!(json["layers"][0]["outcome"], "failed");
    assert_eq!(json["layers"][0]["failed"][0]["module"], "app");
    assert_eq!(json["failures"].as_array().unwrap().len(), 1);
}

#[test]
fn only_the_layer_and_the_standard_library_are_there() {
    let project = own(&[
        ("app.py", "import json, sqlite3\n"),
        ("of_python.py", "import pip\n"),
        ("of_runtime.py", "import boto3.session\n"),
        (
            "paths.py",
            "import sys\nassert not [path for path in sys.path if 'site-packages' in path and '/opt/' not in path]\n",
        ),
    ]);
    let json = tested(&project);
    let layer = &json["layers"][0];
    assert_eq!(layer["imported"], serde_json::json!(["app", "paths"]));
    assert_eq!(layer["failed"][0]["module"], "of_python");
    let needs = serde_json::json!([{ "module": "of_runtime", "needs": "boto3" }]);
    assert_eq!(layer["brought"], needs);
}

/// Compiles C into a shared library of the layer.
fn compile(project: &Project, source: &str, output: &str, options: &[&str]) {
    project.write("source.c", source);
    let output = project.path(&format!("layers/app/{output}"));
    std::fs::create_dir_all(output.parent().unwrap()).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-nostdlib", "-o"])
        .arg(output)
        .arg(project.path("source.c"))
        .arg("-L")
        .arg(project.path("layers/app/lib"))
        .args(options);
    assert!(cc.status().unwrap().success());
}

#[test]
fn libraries_of_the_layer_are_found_and_missing_ones_told() {
    let project = own(&[("python/pkg/__init__.py", "")]);
    project.edit_manifest("prefix = \"python\"\n", "");
    let architecture = std::env::consts::ARCH.replace("aarch64", "arm64");
    project.edit_manifest(
        "[layers.app]",
        &format!("[layers.app]\narchitecture = \"{architecture}\""),
    );
    compile(
        &project,
        "int greet(void) { return 1; }",
        "lib/libgreet.so",
        &[],
    );
    compile(
        &project,
        "int greet(void); int call(void) { return greet(); }",
        "python/pkg/_native.abi3.so",
        &["-Wl,--no-as-needed", "-lgreet"],
    );
    let run = project.succeed(&["test"]);
    assert!(run.stdout.contains("imports 2 modules"), "{run}");
    std::fs::remove_file(project.path("layers/app/lib/libgreet.so")).unwrap();
    let run = project.fail(&["test"]);
    let expected = "OSError: libgreet.so: cannot open shared object file";
    assert!(run.stdout.contains(expected), "{run}");
}

#[test]
fn modules_can_be_left_out() {
    let project = own(&[
        ("app.py", ""),
        ("broken/__init__.py", "raise OSError('broken')\n"),
    ]);
    project.fail(&["test"]);
    project.edit_manifest(
        "[layers.app]",
        "[layers.app]\nskip_imports = [\"broken\", \"ap\"]",
    );
    shown(&project, &["test"]).check(expect![[r#"
          ✓ app  imports 1 module with CPython [version]; 1 skipped
        --- stderr
        warning: layers.toml:5: `skip_imports` of layer `app` has `ap`, which `lls test` would not import anyway: did you mean `app`?
        --- exit status 0
    "#]]);
    let fingerprint = |run: Run| {
        let json: Value = serde_json::from_str(&run.stdout).unwrap();
        json["layers"][0]["fingerprint"].clone()
    };
    let before = fingerprint(project.succeed(&["build", "--format", "json"]));
    project.edit_manifest("skip_imports = [\"broken\", \"ap\"]", "");
    let after = fingerprint(project.succeed(&["build", "--format", "json"]));
    assert_eq!(before, after, "what is skipped shapes no bytes");
}

#[test]
fn a_layer_without_a_python_here_fails_unless_that_is_allowed() {
    let project = own(&[("app.py", "")]);
    project.edit_manifest(&runtime(), "python3.98");
    let run = project.run(&["test"]);
    run.check(expect![[r#"
          - app  not tested for python3.98: no CPython 3.98 was found
        --- stderr
        warning: layers.toml:7: `python3.98` is no runtime that lls 0.1.0 knows of: did you mean `python3.9`, or is it newer than this lls?
        Built app, 194 B
        error: layer `app` is not tested for python3.98: no CPython 3.98 was found
        hint: install it, for example with `uv python install 3.98`, or put `python3.98` on PATH; or let it pass with `--allow-untested` (LLS_ALLOW_UNTESTED)
        --- exit status 1
    "#]]);
    let run = project.succeed(&["test", "--allow-untested"]);
    run.check(expect![[r#"
          - app  not tested for python3.98: no CPython 3.98 was found
        --- stderr
        warning: layers.toml:7: `python3.98` is no runtime that lls 0.1.0 knows of: did you mean `python3.9`, or is it newer than this lls?
        warning: layer `app` is not tested for python3.98: no CPython 3.98 was found
        --- exit status 0
    "#]]);
}

#[test]
fn native_files_for_another_machine_are_not_tried() {
    let (other, machine) = match std::env::consts::ARCH {
        "aarch64" => ("x86_64", "linux on aarch64"),
        _ => ("arm64", "linux on x86_64"),
    };
    let project = own(&[("app.py", "")]);
    project.edit_manifest(
        "[layers.app]",
        &format!("[layers.app]\narchitecture = \"{other}\""),
    );
    project.succeed(&["test"]);
    project.write("layers/app/requirements.txt", "numpy==2.2.6\n");
    let run = project.fail(&["test"]);
    let expected = format!("it has native files for Linux on {other}, and this is {machine}");
    assert!(run.stderr.contains(&expected), "{run}");
    assert!(
        run.stderr
            .contains(&format!("run `lls test` on Linux on {other}")),
        "{run}"
    );
    let run = project.succeed(&["test", "--allow-untested"]);
    assert!(run.stdout.contains("not tested"), "{run}");
}

#[test]
fn what_offers_no_module_passes() {
    let project = own(&[("data.txt", "x")]);
    let run = project.succeed(&["test"]);
    assert!(
        run.stdout.contains("- app  offers no module to import"),
        "{run}"
    );
    project.edit_manifest(&runtime(), "nodejs22.x");
    let run = project.succeed(&["test"]);
    assert!(run.stdout.contains("offers no module to import"), "{run}");
}
