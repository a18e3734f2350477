//! Mistakes in requirements and locks.

use expect_test::{Expect, expect};

use super::check_unresolved;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

const REQUIREMENTS: &str = "layers/app/requirements.txt";
const LOCK: &str = "layers/app/requirements.lock";
const ALPHA: &str = "alpha-1.0-py3-none-any.whl";

/// A layer `app` with requirements, and an index that has two versions of alpha, and one wheel for another Python.
fn app(requirements: &str) -> (PackageIndex, Project) {
    let index = PackageIndex::start();
    for version in ["1.0", "1.1"] {
        let file = format!("alpha-{version}-py3-none-any.whl");
        index.add(&file, wheel("alpha", version, &[("alpha.py", "")]));
    }
    let name = "native-1.0-cp311-cp311-manylinux2014_x86_64.whl";
    index.add(name, wheel("native", "1.0", &[("native.py", "")]));
    let project = Project::app(requirements)
        .environment(index.environment())
        .cold_cache();
    (index, project)
}

/// What is said of a line in the requirements.
fn line(requirements: &str, expected: Expect) {
    let (_index, project) = app(requirements);
    project.fail(&["lock"]).check(expected);
}

/// What `uv` says of requirements, and the hint.
fn unresolved(requirements: &str, expected: Expect) {
    let (_index, project) = app(requirements);
    check_unresolved(&project, expected);
}

#[test]
fn a_path_of_this_machine() {
    line(
        "alpha\n./vendored\n",
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:2` requires the local path `./vendored`
            hint: put the code into the layer's folder, which makes it part of the archive
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_editable_install() {
    line(
        "-e .\n",
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:1` requires the local path `.`
            hint: put the code into the layer's folder, which makes it part of the archive
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_requirement_of_git_that_may_not_be_built() {
    line(
        "tool @ git+https://git.invalid/tool@main\n",
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:1` requires `tool` as source code
            hint: add `build = ["tool"]` to the layer in the manifest: `lls lock` then runs the package's code to build a wheel; `plan`, `build` and `apply` never do
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_option_that_lifts_the_rule() {
    line(
        "alpha\n--no-binary alpha\n",
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:2` has the option `--no-binary`, which `lls` does not support
            hint: remove it, and name the package in the layer's `build` in the manifest: `lls lock` then builds it; `plan`, `build` and `apply` never do
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_included_file_that_is_not_there() {
    line(
        "alpha\n-r more.txt\n",
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:2` includes `more.txt`, which is not there
            hint: correct the name, which is relative to the file that it stands in, or add the file
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_included_address() {
    line(
        "-c https://me:secret@constraints.invalid/c.txt?token=x\n",
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:1` includes `https://constraints.invalid/c.txt`, which is not a file of this machine
            hint: copy it into the layer's folder, and include that file
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_line_that_is_no_requirement() {
    unresolved(
        "alpha ==\n",
        expect![[r#"
                error: Couldn't parse requirement in `layers/app/requirements.txt` at position 0
                  cause: Unexpected end of version specifier, expected version
                         alpha ==
                               ^^
            hint: correct the requirement, such as `requests>=2.32` or `numpy==2.2.6`
        "#]],
    );
}

#[test]
fn control_characters_in_a_requirement() {
    line(
        "alpha\n./\u{1b}]0;x\u{7}\n",
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.txt:2` requires the local path `./\u{1b}]0;x\u{7}`
            hint: put the code into the layer's folder, which makes it part of the archive
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_misspelled_package() {
    unresolved(
        "alhpa\n",
        expect![[r#"
                error: No solution found when resolving dependencies
                  cause: Because alhpa was not found in the package registry and you require alhpa, we can conclude that your requirements are unsatisfiable.
            hint: check the name of the package, and the index that uv is set up for
        "#]],
    );
}

#[test]
fn a_version_that_does_not_exist() {
    unresolved(
        "alpha==3\n",
        expect![[r#"
                error: No solution found when resolving dependencies
                  cause: Because there is no version of alpha==3 and you require alpha==3, we can conclude that your requirements are unsatisfiable.
            hint: require versions that exist and fit together, as the lines above say
        "#]],
    );
}

#[test]
fn requirements_that_contradict_each_other() {
    unresolved(
        "alpha<1.1\nalpha>1.0\n",
        expect![[r#"
                error: No solution found when resolving dependencies
                  cause: Because only the following versions of alpha are available:
                             alpha<=1.0
                             alpha>=1.1
                         and you require alpha<1.1, we can conclude that you require alpha<=1.0.
                         And because you require alpha>1.0, we can conclude that your requirements are unsatisfiable.
            hint: require versions that exist and fit together, as the lines above say
        "#]],
    );
}

#[test]
fn requirements_without_a_python() {
    let (_index, project) = app("alpha\n");
    project.edit_manifest("python3.12", "nodejs22.x");
    project.fail(&["validate"]).check(expect![[r#"
        --- stderr
        error: layer `app` has a requirements.txt but no Python runtime
         --> layers.toml:4:9
          |
        4 | [layers.app]
          |         ^^^
          |
          = hint: add one to `runtimes`, such as "python3.12"

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn no_lock_where_one_is_wanted() {
    let (_index, project) = app("alpha\n");
    project.fail(&["plan", "--locked"]).check(expect![[r#"
        --- stderr
        error: the lock of layer `app` is missing
        hint: run `lls lock` and commit requirements.lock
        --- exit status 1
    "#]]);
}

/// A project with a lock, and what `plan --locked` says after `change` of the lock.
fn changed_lock(change: impl Fn(&str) -> String, expected: Expect) {
    let (_index, project) = app("alpha==1.0\n");
    project.succeed(&["lock"]);
    project.write(LOCK, change(&project.read(LOCK)));
    project.fail(&["plan", "--locked"]).check(expected);
}

#[test]
fn an_edited_lock() {
    changed_lock(
        |lock| lock.replace("alpha==1.0", "alpha==1.1"),
        expect![[r#"
            --- stderr
            error: the lock of layer `app` is not as `lls lock` wrote it
            hint: run `lls lock` and commit requirements.lock
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_lock_with_a_conflict() {
    let conflict = |lock: &str| {
        let (head, pins) = lock.split_once("alpha").unwrap();
        format!("{head}<<<<<<< HEAD\nalpha{pins}=======\nalpha{pins}>>>>>>> other\n")
    };
    changed_lock(
        conflict,
        expect![[r#"
            --- stderr
            error: `layers/app/requirements.lock` cannot be used
              caused by: line 4 is a merge conflict marker
            hint: take one side, as with `git checkout --ours` and the file, and run `lls lock`: it keeps the versions of that side which still fit
            --- exit status 1
        "#]],
    );
}

#[test]
fn requirements_that_changed_since_they_were_locked() {
    let (_index, project) = app("alpha==1.0\n");
    project.succeed(&["lock"]);
    project.write(REQUIREMENTS, "alpha==1.1\n");
    project.fail(&["lock", "--check"]).check(expect![[r#"
        --- stderr
        error: the lock of layer `app` is stale
        hint: run `lls lock` and commit requirements.lock
        --- exit status 1
    "#]]);
}

/// What `build --locked` says after `change` of the index, which is given another wheel.
fn changed_index(change: impl Fn(&PackageIndex, Vec<u8>), expected: Expect) {
    let (index, project) = app("alpha==1.0\n");
    project.succeed(&["lock"]);
    change(&index, wheel("alpha", "1.0", &[("alpha.py", "x")]));
    project.fail(&["build", "--locked"]).check(expected);
}

#[test]
fn a_locked_wheel_that_is_gone() {
    let another = |index: &PackageIndex, wheel: Vec<u8>| {
        index.remove(ALPHA);
        index.add(ALPHA, wheel);
    };
    changed_index(
        another,
        expect![[r#"
            --- stderr
            error: the package index has no wheel of `alpha` 1.0 with the locked hash sha256:b3ff45d4c1dd312a58c2285199e4156ab73e3f5826678177f8f067d6b4e1f9c1
            hint: it may have been removed there: run `lls lock --upgrade`, or use the index that it was locked from
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_wheel_that_is_not_the_locked_one() {
    changed_index(
        |index, wheel| index.replace_silently(ALPHA, wheel),
        expect![[r#"
            --- stderr
            error: the downloaded wheel of `alpha` 1.0 has the hash sha256:aef1a369566e189c8e15545cd73cdd179073eaf6d37ba1878ef2d9d52dfb8e3d, not the locked sha256:b3ff45d4c1dd312a58c2285199e4156ab73e3f5826678177f8f067d6b4e1f9c1
            hint: the index, or something on the way, serves another file: do not use it
            --- exit status 1
        "#]],
    );
}

#[test]
fn an_upgrade_names_the_versions() {
    let (index, project) = app("alpha<=1.0\n");
    index.add(
        "beta-2.0-py3-none-any.whl",
        wheel("beta", "2.0", &[("beta.py", "")]),
    );
    project.succeed(&["lock"]);
    project.write(REQUIREMENTS, "alpha\nbeta\n");
    project.succeed(&["lock", "--upgrade"]).check(expect![[r#"
        app  locked
            ~ alpha 1.0 -> 1.1
            + beta 2.0
        --- exit status 0
    "#]]);
    project.write(REQUIREMENTS, "beta\n");
    let run = project.succeed(&["lock", "--format", "json"]);
    run.check(expect![[r#"
        {
          "format_version": "1.0",
          "failures": [],
          "layers": [
            {
              "changes": [
                {
                  "after": [],
                  "before": [
                    "1.1"
                  ],
                  "change": "removed",
                  "name": "alpha"
                }
              ],
              "layer": "app",
              "outcome": "written"
            }
          ]
        }
        --- exit status 0
    "#]]);
}
