//! Values in `layers.toml` that cannot be what they are.

use expect_test::expect;

use super::manifest::{layer, problem, target};
use crate::support::project::{HELLO, Project};

#[test]
fn a_text_in_place_of_a_list() {
    layer(
        "exclude = \"**/tests/**\"",
        expect![[r#"
            error: `exclude` must be a list of strings, not a string
             --> layers.toml:9:11
              |
            9 | exclude = "**/tests/**"
              |           ^^^^^^^^^^^^^
              |
              = hint: globs that match archive paths, such as ["**/tests/**"]
        "#]],
    );
}

#[test]
fn a_number_in_place_of_a_text() {
    layer(
        "license = 3",
        expect![[r#"
            error: expected a string in `license`, found a number
             --> layers.toml:9:11
              |
            9 | license = 3
              |           ^
              |
              = hint: an SPDX identifier, such as "BSD-3-Clause"
        "#]],
    );
}

#[test]
fn a_text_in_place_of_a_switch() {
    target(
        "allow_public = \"yes\"",
        expect![[r#"
            error: `allow_public` must be `true` or `false`, not a string
             --> layers.toml:2:16
              |
            2 | allow_public = "yes"
              |                ^^^^^
              |
              = hint: write `true` only if layers of this target may be used by everyone
        "#]],
    );
}

#[test]
fn a_permission_for_two() {
    let two = "permission = { account = \"123456789012\", organization = \"o-a1b2c3d4e5\" }";
    problem(
        HELLO.replace("permission = \"my-account\"", two),
        expect![[r#"
            error: `permission` must name one account or one organization
             --> layers.toml:8:14
              |
            8 | permission = { account = "123456789012", organization = "o-a1b2c3d4e5" }
              |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = hint: one of "my-account", "my-organization", "public", "none", { account = "123456789012" } or { organization = "o-a1b2c3d4e5" }
        "#]],
    );
}

#[test]
fn a_misspelled_permission() {
    problem(
        HELLO.replace("my-account", "my-acount"),
        expect![[r#"
            error: unknown permission `my-acount`
             --> layers.toml:8:14
              |
            8 | permission = "my-acount"
              |              ^^^^^^^^^^^
              |
              = hint: did you mean "my-account"?
        "#]],
    );
}

#[test]
fn a_description_that_is_no_version() {
    problem(
        HELLO.replace("v1.0.0", "first"),
        expect![[r#"
            error: `first` is not a semantic version, such as `v1.0.0`
             --> layers.toml:5:15
              |
            5 | description = "first"
              |               ^^^^^^^
              |
              = hint: a version of three numbers, such as "v1.0.0"
        "#]],
    );
}

#[test]
fn too_many_runtimes() {
    let runtimes: Vec<_> = (0..16).map(|n| format!("\"nodejs{n}.x\"")).collect();
    let runtimes = runtimes.join(", ");
    problem(
        HELLO.replace("\"python3.12\"", &runtimes),
        expect![[r#"
            error: `runtimes` has 16 entries, but at most 15 are allowed
             --> layers.toml:6:12
              |
            6 | ... = ["nodejs0.x", "nodejs1.x"...odejs14.x", "nodejs15.x"]
              |       ^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = hint: split the layer
        "#]],
    );
}

#[test]
fn no_runtimes_at_all() {
    problem(
        HELLO.replace("\"python3.12\"", ""),
        expect![[r#"
            error: `runtimes` cannot be empty
             --> layers.toml:6:12
              |
            6 | runtimes = []
              |            ^^
              |
              = hint: identifiers of Lambda runtimes, such as ["python3.12", "python3.13"]
        "#]],
    );
}

#[test]
fn half_a_runtime() {
    problem(
        HELLO.replace("python3.12", "python"),
        expect![[r#"
            error: `python` is not the identifier of a runtime, such as `python3.12`
             --> layers.toml:6:13
              |
            6 | runtimes = ["python"]
              |             ^^^^^^^^
              |
              = hint: identifiers of Lambda runtimes, such as ["python3.12", "python3.13"]
        "#]],
    );
}

#[test]
fn an_unknown_runtime_is_only_warned_of() {
    let project = Project::hello();
    project.edit_manifest(
        "[\"python3.12\"]",
        "[\"python3.12\", \"pyhton3.13\", \"python3.31\", \"rust1\"]",
    );
    let mut run = project.succeed(&["validate"]);
    run.stderr = run.stderr.replace(env!("CARGO_PKG_VERSION"), "[version]");
    run.check(expect![[r#"
        layers.toml is valid: 1 layer, 1 target.
        --- stderr
        warning: layers.toml:6: `pyhton3.13` is no runtime that lls [version] knows of: did you mean `python3.13`, or is it newer than this lls?
        warning: layers.toml:6: `python3.31` is no runtime that lls [version] knows of: did you mean `python3.13`, or is it newer than this lls?
        warning: layers.toml:6: `rust1` is no runtime that lls [version] knows of: AWS refuses it unless it is newer than this lls
        --- exit status 0
    "#]]);
    let run = project.succeed(&["plan"]);
    assert_eq!(run.stderr.matches("is no runtime").count(), 3, "{run}");
}

#[test]
fn a_glob_that_is_none() {
    layer(
        "exclude = [\"{a,b\"]",
        expect![[r#"
            error: `{a,b` is not a glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
             --> layers.toml:9:12
              |
            9 | exclude = ["{a,b"]
              |            ^^^^^^
              |
              = hint: globs that match archive paths, such as ["**/tests/**"]
        "#]],
    );
}

#[test]
fn a_path_out_of_the_archive() {
    layer(
        "overwrite = [\"../x\"]",
        expect![[r#"
            error: `../x` is not a path inside the archive: it has a `..` part
             --> layers.toml:9:14
              |
            9 | overwrite = ["../x"]
              |              ^^^^^^
              |
              = hint: archive paths, such as ["python/shared/__init__.py"]
        "#]],
    );
}

#[test]
fn a_package_that_has_no_name() {
    layer(
        "exclude_packages = [\"boto3>=1\"]",
        expect![[r#"
            error: `boto3>=1` is not the name of a package
             --> layers.toml:9:21
              |
            9 | exclude_packages = ["boto3>=1"]
              |                     ^^^^^^^^^^
              |
              = hint: names of packages, such as ["boto3", "botocore"]
        "#]],
    );
}

#[test]
fn an_entry_that_stands_twice() {
    layer(
        "build = [\"docopt\", \"docopt\"]",
        expect![[r#"
            error: `docopt` appears twice in `build`
             --> layers.toml:9:20
              |
            9 | build = ["docopt", "docopt"]
              |                    ^^^^^^^^
              |
              = hint: leave one of them out
        "#]],
    );
}

#[test]
fn two_architectures() {
    layer(
        "architecture = [\"x86_64\", \"arm64\"]",
        expect![[r#"
        error: a layer has one architecture, not a list of them
         --> layers.toml:9:16
          |
        9 | architecture = ["x86_64", "arm64"]
          |                ^^^^^^^^^^^^^^^^^^^
          |
          = hint: declare one layer for each architecture, each with its own folder:
                  [layers.hello]
                  architecture = "x86_64"
                  [layers.hello-arm64]
                  architecture = "arm64"
    "#]],
    );
}

#[test]
fn a_list_of_one_architecture() {
    layer(
        "architecture = [\"arm64\"]",
        expect![[r#"
        error: a layer has one architecture, not a list of them
         --> layers.toml:9:16
          |
        9 | architecture = ["arm64"]
          |                ^^^^^^^^^
          |
          = hint: write `architecture = "arm64"`
    "#]],
    );
}
