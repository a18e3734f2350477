//! What may not be built, and what cannot be.

use expect_test::expect;

use super::{ALPHA, LOCK, alpha, app, index_with, marked};
use crate::python;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::source_package::SourcePackage;

#[test]
fn what_is_built_is_not_taken_as_a_wheel_and_the_rest_is_not_built() {
    let beta = SourcePackage::new("beta", "1.0", "").requires("alpha");
    let index = index_with(&[alpha(), beta]);
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "x = 2\n")]),
    );
    let project = marked(app("alpha\n").environment(index.environment()).cold_cache());
    project.edit_manifest("build = [\"alpha\"]", "build = []");
    project.succeed(&["plan"]);
    assert!(!project.path("layers/app/.wheels").exists() && !project.path("built").exists());

    // Allowing it makes the lock stale; taking the leave back does too.
    project.edit_manifest("build = []", "build = [\"alpha\", \"unused\"]");
    project.fail(&["lock", "--check"]);
    project.succeed(&["lock"]);
    assert!(project.path(ALPHA).exists());
    project.write("layers/app/requirements.txt", "beta\n");
    std::fs::remove_file(project.path("built")).unwrap();
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` requires `beta`, which comes only as source code
        hint: add `build = ["beta"]` to the layer in the manifest: `lls lock` then runs the package's code to build a wheel; `plan`, `build` and `apply` never do; or require a version that has wheels
        --- exit status 1
    "#]]);
    assert!(!project.path("built").exists(), "nothing was built");

    project.write("layers/app/requirements.txt", "alpha\n");
    project.edit_manifest("build = [\"alpha\", \"unused\"]", "build = []");
    let run = project.succeed(&["lock"]);
    run.assert_stderr(&[
        "Removed layers/app/.wheels/alpha-1.0-py3-none-any.whl, which is not in the lock",
    ]);
    assert!(!project.path("layers/app/.wheels").exists());
}

#[test]
fn a_package_that_another_one_needs_must_be_allowed_too() {
    let beta = SourcePackage::new("beta", "2.0", "").requires("alpha");
    let index = index_with(&[alpha(), beta]);
    let project = app("beta\n").environment(index.environment()).cold_cache();
    project.edit_manifest("\"alpha\"", "\"beta\"");
    let run = project.fail(&["lock"]);
    run.assert_stderr(&["layer `app` needs `alpha`, which comes only as source code"]);
    assert!(!project.path(LOCK).exists() && !project.path("layers/app/.wheels").exists());
    project.edit_manifest("\"beta\"", "\"beta\", \"alpha\"");
    project.edit_manifest("build", "exclude_packages = [\"alpha\"]\nbuild");
    project.succeed(&["lock"]);
    let names = python::names(&python::built(&project, "app"));
    assert!(
        names.contains(&"python/beta.py".to_owned())
            && !names.contains(&"python/alpha.py".to_owned()),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|name| name.contains(".wheels")),
        "{names:?}"
    );
    let run = project.succeed(&["build", "--explain"]);
    assert!(run.stdout.contains("beta 2.0"), "{run}");
}

#[test]
fn requirements_that_are_not_allowed_are_named_with_their_lines() {
    let hint = "hint: put the code into the layer's folder, which makes it part of the archive";
    let cases = [
        ("./pkg", "requires the local path `./pkg`", hint),
        ("-e .", "requires the local path `.`", hint),
        ("file:///x/y", "requires the local path `file:///x/y`", hint),
        (
            "../x-1.0-py3-none-any.whl",
            "requires the local path `../x-1.0-py3-none-any.whl`",
            hint,
        ),
        (
            "beta @ file:///x",
            "requires the local path `file:///x`",
            hint,
        ),
        (
            "beta @ git+https://host/b",
            "requires `beta` as source code",
            "hint: add `build = [\"beta\"]`",
        ),
        (
            "beta @ https://host/b-1.tar.gz",
            "requires `beta` as source code",
            "hint: add `build = [\"beta\"]`",
        ),
        (
            "git+https://me:secret@host/alpha",
            "requires `git+https://host/alpha` without the name",
            "hint: write `name @ address`",
        ),
        (
            "-e git+https://host/alpha#egg=alpha",
            "requires `git+https://host/alpha` as editable",
            "hint: write `name @ address` without `-e`",
        ),
    ];
    let project = marked(app("# one\n-r more.txt\n"));
    for (line, message, hint) in cases {
        project.write("layers/app/more.txt", format!("six\n{line}\n"));
        for command in ["lock", "plan"] {
            let run = project.fail(&[command]);
            assert!(
                run.stderr
                    .contains(&format!("error: `layers/app/more.txt:2` {message}")),
                "{run}"
            );
            assert!(
                run.stderr.contains(hint) && !run.stderr.contains("secret"),
                "{run}"
            );
        }
    }
    assert!(!project.path("built").exists() && !project.path(LOCK).exists());
}

#[test]
fn what_cannot_be_built_is_told() {
    let broken = SourcePackage::new("alpha", "1.0", "x = 1\n").tag("cp397-cp397-linux_x86_64");
    let index = index_with(&[broken]);
    let project = app("alpha\n").environment(index.environment()).cold_cache();
    project.edit_manifest("python3.12", "python3.98");
    project.run(&["lock", "--quiet"]).check(expect![[r#"
        --- stderr
        error: `alpha` has to be built with python3.98, which is not installed: another Python made `alpha-1.0-cp397-cp397-linux_x86_64.whl`
        hint: put python3.98 on PATH, or leave python3.98 out of `runtimes`, or require a version that has wheels
        --- exit status 1
    "#]]);
    project.edit_manifest("python3.98", &python::runtime());
    let run = project.fail(&["lock"]);
    run.assert_stderr(&[
        "does not run on python3.",
        "run `lls lock` on Linux on x86_64",
    ]);

    let failing = SourcePackage::new("alpha", "1.0", "").tag("\"+1/0+\"");
    let index = index_with(&[failing]);
    let run = project.environment(index.environment()).fail(&["lock"]);
    run.assert_stderr(&["error: cannot lock layer `app`", "Error"]);
}

#[test]
fn a_package_without_source_cannot_be_built() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let project = app("alpha\n").environment(index.environment()).cold_cache();
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: cannot lock layer `app`
          caused by: `alpha` is in `build`, but has no source distribution
        hint: take `alpha` out of `build`: it comes as wheels
        --- exit status 1
    "#]]);
}

#[test]
fn bad_names_in_build_are_told() {
    let project = app("");
    project.edit_manifest(
        "[\"alpha\"]",
        "[\"a b\", 3]\n\n[defaults]\nbuild = \"alpha\"",
    );
    project.run(&["validate"]).check(expect![[r#"
        --- stderr
        error: `a b` is not the name of a package
         --> layers.toml:7:10
          |
        7 | build = ["a b", 3]
          |          ^^^^^
          |
          = hint: names of packages to build from source, such as ["docopt"]

        error: expected a string in `build`, found a number
         --> layers.toml:7:17
          |
        7 | build = ["a b", 3]
          |                 ^
          |
          = hint: names of packages to build from source, such as ["docopt"]

        error: `build` must be a list of strings, not a string
          --> layers.toml:10:9
           |
        10 | build = "alpha"
           |         ^^^^^^^
           |
           = hint: names of packages to build from source, such as ["docopt"]

        error: 3 problems in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn what_a_build_requires_is_not_built_unless_it_is_allowed() {
    let backend = SourcePackage::new("backend", "1.0", &SourcePackage::backend_module());
    let index = index_with(&[alpha().backend_from_index(), backend]);
    let project = app("alpha\n").environment(index.environment()).cold_cache();
    let run = project.fail(&["lock"]);
    run.assert_stderr(&["layer `app` needs `backend`, which comes only as source code"]);
    project.edit_manifest("\"alpha\"", "\"alpha\", \"backend\"");
    project.succeed(&["lock"]);
    assert!(project.path(ALPHA).exists());
}

#[test]
fn sources_of_somebody_else_are_not_built() {
    let elsewhere = tempfile::tempdir().unwrap();
    alpha().commit(elsewhere.path());
    let project = marked(app("").cold_cache());
    std::os::unix::fs::symlink(elsewhere.path(), project.path("linked")).unwrap();
    let upstream = project.path("upstream");
    alpha().commit(&upstream);
    let (linked, foreign) = (project.path("linked"), elsewhere.path());
    let (linked, foreign, upstream) = (linked.display(), foreign.display(), upstream.display());
    let outside = "requires a package from a Git repository that cannot be used";
    let stray = "requires a package in `../upstream`, which is outside its source";
    for (address, message) in [
        (format!("{foreign}"), outside),
        (format!("{linked}@main"), outside),
        (format!("{upstream}#subdirectory=../upstream"), stray),
    ] {
        let line = format!("# one\nalpha @ git+file://{address}\n");
        project.write("layers/app/requirements.txt", line);
        let run = project.fail(&["lock"]);
        run.assert_stderr(&[&format!("requirements.txt:2` {message}"), "hint: "]);
        assert!(!project.path("built").exists(), "{address}");
    }
    let allowed = elsewhere.path().display().to_string();
    let line = format!("alpha @ git+file://{foreign}\n");
    project.write("layers/app/requirements.txt", line);
    project.succeed(&["lock", "--allow-outside", &allowed]);
}
