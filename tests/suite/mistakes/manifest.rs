//! Mistakes in `layers.toml`.

use expect_test::{Expect, expect};

use super::check;
use crate::support::project::{HELLO, Project};

/// What is said of a manifest.
fn manifest(text: impl AsRef<[u8]>, expected: Expect) {
    let project = Project::hello().file("layers.toml", text);
    check(&project, &["validate"], expected);
}

/// What is said of a line in the table of a layer.
fn layer(line: &str, expected: Expect) {
    manifest(format!("{HELLO}{line}\n"), expected);
}

/// What is said of a line in the table of a target in AWS.
fn target(line: &str, expected: Expect) {
    let layer = HELLO.split_once("\n\n").unwrap().1;
    manifest(format!("[targets.aws]\n{line}\n\n{layer}"), expected);
}

#[test]
fn a_misspelled_key() {
    layer("exlude = [\"**/tests/**\"]", expect![[r#"
        --- stderr
        error: unknown key `exlude` in layer `hello`
         --> layers.toml:9:1
          |
        9 | exlude = ["**/tests/**"]
          | ^^^^^^
          |
          = hint: did you mean `exclude`?

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_key_that_is_nothing_like_any_other() {
    target("colour = \"blue\"", expect![[r#"
        --- stderr
        error: unknown key `colour` in target `aws`
         --> layers.toml:2:1
          |
        2 | colour = "blue"
          | ^^^^^^
          |
          = hint: known keys: ssm_prefix, allow_public, directory, regions, role_arn, external_id, staging_bucket, profile, account

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_misspelled_table() {
    manifest(format!("{HELLO}\n[target.other]\n"), expect![[r#"
        --- stderr
        error: unknown key `target` in the manifest
          --> layers.toml:10:2
           |
        10 | [target.other]
           |  ^^^^^^
           |
           = hint: did you mean `targets`?

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_text_in_place_of_a_list() {
    layer("exclude = \"**/tests/**\"", expect![[r#"
        --- stderr
        error: `exclude` is a list of texts, not a text
         --> layers.toml:9:11
          |
        9 | exclude = "**/tests/**"
          |           ^^^^^^^^^^^^^
          |
          = hint: globs over archive paths, such as ["**/tests/**"]

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_number_in_place_of_a_text() {
    layer("license = 3", expect![[r#"
        --- stderr
        error: a text is expected in `license`, not a number
         --> layers.toml:9:11
          |
        9 | license = 3
          |           ^
          |
          = hint: an SPDX identifier, such as "BSD-3-Clause"

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_text_in_place_of_a_switch() {
    target("allow_public = \"yes\"", expect![[r#"
        --- stderr
        error: `allow_public` is `true` or `false`, not a text
         --> layers.toml:2:16
          |
        2 | allow_public = "yes"
          |                ^^^^^
          |
          = hint: write `true` only if layers of this target may be used by everyone

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_text_in_place_of_a_table() {
    manifest(
        HELLO.replace("[layers.hello]", "[layers]\nhello = \"v1\"\n[defaults]"),
        expect![[r#"
            --- stderr
            error: `hello` is a table, not a text
             --> layers.toml:5:9
              |
            5 | hello = "v1"
              |         ^^^^
              |
              = hint: see the manifest reference in README.md

            error: `description` is of one layer and cannot be a default
             --> layers.toml:7:1
              |
            7 | description = "v1.0.0"
              | ^^^^^^^^^^^
              |
              = hint: move it into the layer's own table

            error: 2 problems in `layers.toml`
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_permission_for_two() {
    let two = "permission = { account = \"123456789012\", organization = \"o-a1b2c3d4e5\" }";
    manifest(
        HELLO.replace("permission = \"my-account\"", two),
        expect![[r#"
            --- stderr
            error: `permission` names one account or one organization
             --> layers.toml:8:14
              |
            8 | permission = { account = "123456789012", organization = "o-a1b2c3d4e5" }
              |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = hint: one of "my-account", "my-organization", "public", "none", { account = "123456789012" } or { organization = "o-a1b2c3d4e5" }

            error: 1 problem in `layers.toml`
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_misspelled_permission() {
    manifest(HELLO.replace("my-account", "my-acount"), expect![[r#"
        --- stderr
        error: unknown permission `my-acount`
         --> layers.toml:8:14
          |
        8 | permission = "my-acount"
          |              ^^^^^^^^^^^
          |
          = hint: one of "my-account", "my-organization", "public", "none", { account = "123456789012" } or { organization = "o-a1b2c3d4e5" }

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_description_that_is_no_version() {
    manifest(HELLO.replace("v1.0.0", "first"), expect![[r#"
        --- stderr
        error: `first` is not a semantic version: unexpected character 'f' while parsing major version number
         --> layers.toml:5:15
          |
        5 | description = "first"
          |               ^^^^^^^
          |
          = hint: a version of three numbers, such as "v1.0.0"

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn too_many_runtimes() {
    let runtimes: Vec<_> = (0..16).map(|n| format!("\"nodejs{n}.x\"")).collect();
    let runtimes = runtimes.join(", ");
    manifest(HELLO.replace("\"python3.12\"", &runtimes), expect![[r#"
        --- stderr
        error: a layer has at most 15 runtimes, this one has 16
         --> layers.toml:6:12
          |
        6 | ... = ["nodejs0.x", "nodejs1.x", "nodejs2.x", "nodejs3.x", "nodejs4.x", "nodejs5.x", "nodejs6.x", "nodejs7.x", "nodejs8.x", "nodejs9.x", "nodejs10.x", "nodejs11.x", "nodejs12.x", "nodejs13.x", "nodejs14.x", "nodejs15.x"]
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = hint: split the layer

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn no_runtimes_at_all() {
    manifest(HELLO.replace("\"python3.12\"", ""), expect![[r#"
        --- stderr
        error: `runtimes` cannot be empty
         --> layers.toml:6:12
          |
        6 | runtimes = []
          |            ^^
          |
          = hint: identifiers of Lambda runtimes, such as ["python3.12", "python3.13"]

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn half_a_runtime() {
    manifest(HELLO.replace("python3.12", "python"), expect![[r#"
        --- stderr
        error: `python` is not the identifier of a runtime, such as `python3.12`
         --> layers.toml:6:13
          |
        6 | runtimes = ["python"]
          |             ^^^^^^^^
          |
          = hint: identifiers of Lambda runtimes, such as ["python3.12", "python3.13"]

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_misspelled_runtime_is_only_warned_of() {
    let project = Project::hello();
    project.edit_manifest(
        "[\"python3.12\"]",
        "[\"python3.12\", \"pyhton3.13\", \"rust1\"]",
    );
    expect![[r#"
        layers.toml is valid: 1 layer, 1 target.
        --- stderr
        warning: layers.toml:6: `pyhton3.13` is no runtime that lls knows of: did you mean `python3.13`?
        warning: layers.toml:6: `rust1` is no runtime that lls knows of: did you mean `ruby1`?
        --- exit status 0
    "#]].assert_eq(&project.succeed(&["validate"]).to_string());
}

#[test]
fn a_glob_that_is_none() {
    layer("exclude = [\"{a,b\"]", expect![[r#"
        --- stderr
        error: `{a,b` is not a glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
         --> layers.toml:9:12
          |
        9 | exclude = ["{a,b"]
          |            ^^^^^^
          |
          = hint: globs over archive paths, such as ["**/tests/**"]

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_path_out_of_the_archive() {
    layer("overwrite = [\"../x\"]", expect![[r#"
        --- stderr
        error: `../x` is not a path inside the archive: it has a `..` part
         --> layers.toml:9:14
          |
        9 | overwrite = ["../x"]
          |              ^^^^^^
          |
          = hint: archive paths, such as ["python/shared/__init__.py"]

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_package_that_has_no_name() {
    layer("exclude_packages = [\"boto3>=1\"]", expect![[r#"
        --- stderr
        error: `boto3>=1` is not the name of a package
         --> layers.toml:9:21
          |
        9 | exclude_packages = ["boto3>=1"]
          |                     ^^^^^^^^^^
          |
          = hint: names of packages, such as ["boto3", "botocore"]

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn an_entry_that_stands_twice() {
    layer("build = [\"docopt\", \"docopt\"]", expect![[r#"
        --- stderr
        error: `docopt` stands twice in `build`
         --> layers.toml:9:20
          |
        9 | build = ["docopt", "docopt"]
          |                    ^^^^^^^^
          |
          = hint: leave one of them out

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_folder_that_is_a_file() {
    layer("directory = \"layers.toml\"", expect![[r#"
        --- stderr
        error: `layers.toml` is not a folder
         --> layers.toml:9:13
          |
        9 | directory = "layers.toml"
          |             ^^^^^^^^^^^^^
          |
          = hint: create it, or say where the layer is with `directory`

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_key_that_stands_twice() {
    layer("prefix = \"lib\"", expect![[r#"
        --- stderr
        error: duplicate key
         --> layers.toml:9:1
          |
        9 | prefix = "lib"
          | ^^^^^^
          |
          = hint: leave one of the two out: a key stands once in a table

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_text_without_an_end() {
    manifest(HELLO.replace("\"python\"", "\"python"), expect![[r#"
        --- stderr
        error: invalid basic string, expected `"`
         --> layers.toml:7:17
          |
        7 | prefix = "python
          |                 ^
          |
          = hint: correct the TOML; https://toml.io shows how it is written

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}

#[test]
fn a_manifest_that_is_not_utf_8() {
    let mut text = HELLO.as_bytes().to_vec();
    text.extend(b"license = \"\xff\"\n");
    manifest(text, expect![[r#"
        --- stderr
        error: `layers.toml:9` has bytes that are no UTF-8
        hint: save the file with the encoding UTF-8
        --- exit status 1
    "#]]);
}

#[test]
fn a_manifest_of_windows() {
    let text = format!("\u{feff}{}", HELLO.replace('\n', "\r\n"));
    let project = Project::hello().manifest(&text);
    project.succeed(&["validate"]);
}

#[test]
fn a_manifest_without_targets_is_warned_of() {
    let layer = HELLO.split_once("\n\n").unwrap().1;
    let project = Project::hello().manifest(layer);
    expect![[r#"
        layers.toml is valid: 1 layer, 0 targets.
        --- stderr
        warning: `layers.toml` declares no target, so that nothing can be planned: add one, such as `[targets.local]` with `directory = ".lls/registry"`
        --- exit status 0
    "#]].assert_eq(&project.succeed(&["validate"]).to_string());
}

#[test]
fn control_characters_are_shown_and_not_obeyed() {
    layer(
        "license = \"\\u001b]0;x\\u0007\"\n\"a\\u001b[2J\" = 1",
        expect![[r#"
            --- stderr
            error: unknown key `a\u{1b}[2J` in layer `hello`
              --> layers.toml:10:1
               |
            10 | "a\u001b[2J" = 1
               | ^^^^^^^^^^^^
               |
               = hint: known keys: directory, description, runtimes, architecture, permission, license, prefix, exclude, allow_secrets, exclude_packages, build, overwrite, republish

            error: 1 problem in `layers.toml`
            --- exit status 1
        "#]],
    );
}
