//! Packages that have wheels, but none that fits the layer: what the wheels are for, and what would do.

use expect_test::{Expect, expect};

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

/// What `lls lock` says of a requirement of `native`, of which the index has these wheels.
fn native(requirement: &str, python: &str, tags: &[(&str, &str)], expected: Expect) {
    let index = PackageIndex::start();
    for (version, tag) in tags {
        let name = format!("native-{version}-{tag}.whl");
        index.add(&name, wheel("native", version, &[("native.py", "")]));
    }
    let project = Project::app(requirement)
        .environment(index.environment())
        .cold_cache();
    project.edit_manifest("python3.12", python);
    project.fail(&["lock"]).check(expected);
    assert!(!project.path("layers/app/requirements.lock").exists());
}

#[test]
fn a_newer_c_library() {
    native(
        "# c\nnative==1.1 ; python_version > '3.1'\n",
        "python3.11",
        &[
            ("1.0", "cp311-cp311-manylinux2014_x86_64"),
            ("1.1", "cp311-cp311-manylinux_2_28_x86_64"),
            ("1.1", "cp313-cp313-manylinux_2_28_x86_64"),
        ],
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:2` requires `native` 1.1, which has wheels for glibc 2.28 and later, but python3.11 on Lambda has glibc 2.26
            hint: require `native==1.0`, the newest version with a wheel for python3.11 on x86_64; or set `runtimes` to python3.13 or later
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_newer_c_library_and_no_other_runtime() {
    native(
        "native\n",
        "python3.12",
        &[("1.0", "cp312-cp312-manylinux_2_39_x86_64")],
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:1` requires `native` 1.0, which has wheels for glibc 2.39 and later, but python3.12 on Lambda has glibc 2.34
            hint: if it also comes as source code, add `build = ["native"]` to the layer in the manifest
            --- exit status 1
        "#]],
    );
}

#[test]
fn other_pythons() {
    native(
        "native<1.1\n",
        "python3.12",
        &[
            ("1.0", "cp310-cp310-manylinux2014_x86_64"),
            ("1.0", "cp311-cp311-manylinux2014_x86_64"),
            ("1.1", "cp312-cp312-manylinux2014_x86_64"),
            ("1.2", "cp313-cp313-manylinux2014_x86_64"),
        ],
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:1` requires `native` 1.0, which has wheels for python3.10 and python3.11 only, not for python3.12
            hint: require `native==1.1`, the newest version with a wheel for python3.12 on x86_64; or set `runtimes` to python3.11
            --- exit status 1
        "#]],
    );
}

#[test]
fn another_architecture() {
    native(
        "native==1.0\n",
        "python3.12",
        &[("1.0", "cp312-cp312-manylinux2014_aarch64")],
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:1` requires `native` 1.0, which has wheels for arm64 only, not for x86_64
            hint: set `architecture` to "arm64"
            --- exit status 1
        "#]],
    );
}

#[test]
fn other_systems() {
    native(
        "native==1.0\n",
        "python3.12",
        &[
            ("1.0", "cp312-cp312-musllinux_1_2_x86_64"),
            ("1.0", "cp312-cp312-win_amd64"),
        ],
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:1` requires `native` 1.0, which has wheels for other systems than Lambda's Linux only, such as `native-1.0-cp312-cp312-musllinux_1_2_x86_64.whl`
            hint: if it also comes as source code, add `build = ["native"]` to the layer in the manifest
            --- exit status 1
        "#]],
    );
}

#[test]
fn numpy_for_a_newer_c_library() {
    let project = Project::app("numpy==2.3.1\n");
    project.edit_manifest("python3.12", "python3.11");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` requires `numpy` 2.3.1, which has wheels for glibc 2.28 and later, but python3.11 on Lambda has glibc 2.26
        hint: require `numpy==2.2.6`, the newest version with a wheel for python3.11 on x86_64; or set `runtimes` to python3.12 or later
        --- exit status 1
    "#]]);
}

#[test]
fn numpy_for_older_pythons() {
    let project = Project::app("numpy==1.20.0\n");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&[
        "`layers/app/requirements.txt:1` requires `numpy` 1.20.0, which has wheels for python3.7, python3.8 and python3.9 only, not for python3.12",
        "the newest version with a wheel for python3.12 on x86_64",
    ]);
}
