//! Files of projects in a layer's folder that the manifest says nothing of.

use expect_test::expect;

use crate::support::project::{APP, Project};

fn app(files: &[&str]) -> Project {
    let project = Project::new().manifest(APP);
    for file in files {
        project.write(&format!("layers/app/{file}"), "\n");
    }
    project
}

#[test]
fn a_pyproject_is_no_layer_by_itself() {
    app(&["pyproject.toml"])
        .fail(&["plan"])
        .check(expect![[r#"
            --- stderr
            error: layer `app` has `pyproject.toml`, and the manifest does not say what to do with it
             --> layers.toml:4:9
              |
            4 | [layers.app]
              |         ^^^
              |
              = hint: take packages from it with `packages = "pyproject.toml"`; or leave it out with `exclude = ["pyproject.toml"]`, or pack it with `packages = false`

            error: 1 problem in `layers.toml`
            --- exit status 1
        "#]]);
}

#[test]
fn the_lock_of_a_project_is_proposed_before_what_it_was_made_from() {
    let files = ["pyproject.toml", "uv.lock"];
    app(&files).fail(&["validate"]).check(expect![[r#"
        --- stderr
        error: layer `app` has `uv.lock` and `pyproject.toml`, and the manifest does not say what to do with it
         --> layers.toml:4:9
          |
        4 | [layers.app]
          |         ^^^
          |
          = hint: take packages from it with `packages = "uv.lock"`; or leave it out with `exclude = ["uv.lock", "pyproject.toml"]`, or pack it with `packages = false`

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
    for (file, remedy) in [
        ("poetry.lock", "`packages = \"poetry.lock\"`"),
        ("Pipfile.lock", "`packages = \"Pipfile.lock\"`"),
        ("pylock.toml", "`packages = \"pylock.toml\"`"),
        (
            "Pipfile",
            "run `pipenv lock` and add `packages = \"Pipfile.lock\"`",
        ),
    ] {
        app(&[file]).fail(&["validate"]).assert_stderr(&[remedy]);
    }
}

#[test]
fn packages_of_node_are_not_installed() {
    app(&["package.json"]).fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: layer `app` has `package.json`, and the manifest does not say what to do with it
         --> layers.toml:4:9
          |
        4 | [layers.app]
          |         ^^^
          |
          = hint: `lls` does not install packages of Node.js: run `npm ci --omit=dev`, move `node_modules` to `nodejs/node_modules` in the layer's folder, and then leave it out with `exclude = ["package.json"]`, or pack it with `packages = false`

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_project_beside_requirements_is_left_out_or_packed_as_the_manifest_says() {
    let project = app(&["pyproject.toml"]).file("layers/app/requirements.txt", "six==1.17.0\n");
    project.set_in_app("prefix = \"python\"");
    project.set_in_app("exclude = [\"x.py\"]");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: layer `app` has `pyproject.toml` in addition to the requirements.txt that its packages come from
         --> layers.toml:4:9
          |
        4 | [layers.app]
          |         ^^^
          |
          = hint: leave it out with `exclude = ["x.py", "python/pyproject.toml"]`, or pack it with `packages = "requirements.txt"`

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn the_remedies_work() {
    let names = |project: &Project| {
        project.succeed(&["build", "--output-dir", "out"]);
        crate::python::names(&project.path("out/app.zip"))
    };
    for (line, is_packed) in [
        ("packages = false", true),
        ("exclude = [\"pyproject.toml\"]", false),
    ] {
        let project = app(&["pyproject.toml", "own.txt"]);
        project.set_in_app(line);
        let packed = names(&project).contains(&"pyproject.toml".to_owned());
        assert_eq!(packed, is_packed, "{line}");
    }
    let project = app(&["package.json"]).file("layers/app/requirements.txt", "six==1.17.0\n");
    project.set_in_app("packages = \"requirements.txt\"");
    let names = names(&project);
    assert!(names.contains(&"package.json".to_owned()), "{names:?}");
    assert!(names.contains(&"python/six.py".to_owned()), "{names:?}");
}

#[test]
fn packages_come_from_one_file() {
    for (line, message) in [
        (
            "packages = false",
            "has a requirements.txt, but `packages = false`",
        ),
        (
            "packages = \"pyproject.toml\"",
            "has a requirements.txt, but takes its packages from `layers/app/pyproject.toml`",
        ),
    ] {
        let project = app(&["pyproject.toml", "requirements.txt"]);
        project.set_in_app(line);
        project.fail(&["validate"]).assert_stderr(&[message]);
    }
    let project = app(&["own.txt"]);
    project.set_in_app("packages = \"requirements.txt\"");
    project
        .fail(&["validate"])
        .assert_stderr(&["has no requirements.txt in its folder"]);
}

#[test]
fn a_file_that_cannot_be_taken_is_named() {
    let refused = |line: &str| {
        let project = app(&["own.txt"]);
        project.set_in_app(line);
        project.fail(&["validate"])
    };
    refused("packages = \"uv.lock\"").check(expect![[r#"
        --- stderr
        error: cannot read `layers/app/uv.lock`: No such file or directory
         --> layers.toml:5:12
          |
        5 | packages = "uv.lock"
          |            ^^^^^^^^^
          |
          = hint: paths in `packages` start at the layer's folder

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
    refused("packages = \"setup.py\"").check(expect![[r#"
        --- stderr
        error: packages cannot be taken from `setup.py`
         --> layers.toml:5:12
          |
        5 | packages = "setup.py"
          |            ^^^^^^^^^^
          |
          = hint: the path of a pyproject.toml, uv.lock, pylock.toml, poetry.lock or Pipfile.lock from the layer's folder, a table with its groups and extras, "requirements.txt" or `false`, such as "pyproject.toml"

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
    refused("packages = { groups = [\"a\"] }").check(expect![[r#"
        --- stderr
        error: `packages` has no `file`
         --> layers.toml:5:12
          |
        5 | packages = { groups = ["a"] }
          |            ^^^^^^^^^^^^^^^^^^
          |
          = hint: the path of a pyproject.toml, uv.lock, pylock.toml, poetry.lock or Pipfile.lock from the layer's folder, a table with its groups and extras, "requirements.txt" or `false`, such as "pyproject.toml"

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
    refused("packages = true").assert_stderr(&["`packages` must be a string, a table, or `false`"]);
    refused("packages = \"../../../uv.lock\"").assert_stderr(&["is outside"]);
}

#[test]
fn publish_takes_no_project_silently() {
    let publish = "publish --target local --layer app --layer-path layers/app --runtimes python3.12 --version v1.0.0 --my-account";
    let publish: Vec<_> = publish.split(' ').collect();
    app(&["pyproject.toml", "uv.lock"])
        .fail(&publish)
        .check(expect![[r#"
            --- stderr
            error: `layers/app` has `uv.lock` and `pyproject.toml`, but `lls publish` takes packages only from a requirements.txt
            hint: declare the layer in layers.toml, with `packages = "uv.lock"`, and run `lls apply`; or move it out of the folder
            --- exit status 1
        "#]]);
    let beside = app(&["pyproject.toml", "requirements.txt"]).fail(&publish);
    beside.assert_stderr(&["`layers/app` has `pyproject.toml`, but `lls publish` takes"]);
    for (file, remedy) in [
        (
            "Pipfile",
            "`packages = \"Pipfile.lock\"` after `pipenv lock`",
        ),
        ("package.json", "`lls` does not install packages of Node.js"),
    ] {
        app(&[file]).fail(&publish).assert_stderr(&[remedy]);
    }
}
