//! Mistakes in `layers.toml`.

use expect_test::{Expect, expect};

use crate::support::project::{HELLO, Project};

/// What is said of a manifest.
pub fn manifest(text: impl AsRef<[u8]>, expected: Expect) {
    let project = Project::hello().file("layers.toml", text);
    project.fail(&["validate"]).check(expected);
}

/// The only problem of a manifest.
pub fn problem(text: impl AsRef<[u8]>, expected: Expect) {
    let run = Project::hello()
        .file("layers.toml", text)
        .fail(&["validate"]);
    let tail = "\nerror: 1 problem in `layers.toml`\n--- exit status 1\n";
    expected.assert_eq(&run.between("--- stderr\n", tail));
}

/// The same for a line in the table of a layer.
pub fn layer(line: &str, expected: Expect) {
    problem(format!("{HELLO}{line}\n"), expected);
}

/// The same for a line in the table of a target in AWS.
pub fn target(line: &str, expected: Expect) {
    let layer = HELLO.split_once("\n\n").unwrap().1;
    problem(format!("[targets.aws]\n{line}\n\n{layer}"), expected);
}

#[test]
fn a_misspelled_key() {
    layer(
        "exlude = [\"**/tests/**\"]",
        expect![[r#"
            error: unknown key `exlude` in layer `hello`
             --> layers.toml:9:1
              |
            9 | exlude = ["**/tests/**"]
              | ^^^^^^
              |
              = hint: did you mean `exclude`?
        "#]],
    );
}

#[test]
fn a_key_that_is_nothing_like_any_other() {
    target(
        "colour = \"blue\"",
        expect![[r#"
            error: unknown key `colour` in target `aws`
             --> layers.toml:2:1
              |
            2 | colour = "blue"
              | ^^^^^^
              |
              = hint: known keys: directory, regions, profile, role_arn, external_id, account, staging_bucket, ssm_prefix, allow_public
        "#]],
    );
}

#[test]
fn a_misspelled_table() {
    problem(
        format!("{HELLO}\n[target.other]\n"),
        expect![[r#"
            error: unknown key `target` in the manifest
              --> layers.toml:10:2
               |
            10 | [target.other]
               |  ^^^^^^
               |
               = hint: did you mean `targets`?
        "#]],
    );
}

#[test]
fn a_text_in_place_of_a_table() {
    manifest(
        HELLO.replace("[layers.hello]", "[layers]\nhello = \"v1\"\n[defaults]"),
        expect![[r#"
            --- stderr
            error: `hello` must be a table, not a string
             --> layers.toml:5:9
              |
            5 | hello = "v1"
              |         ^^^^
              |
              = hint: declare it under [layers.hello]

            error: `description` belongs to one layer and cannot be a default
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
fn a_folder_that_is_a_file() {
    layer(
        "directory = \"layers.toml\"",
        expect![[r#"
            error: `layers.toml` is not a folder
             --> layers.toml:9:13
              |
            9 | directory = "layers.toml"
              |             ^^^^^^^^^^^^^
              |
              = hint: set `directory` to the layer's folder
        "#]],
    );
}

#[test]
fn a_key_that_stands_twice() {
    layer(
        "prefix = \"lib\"",
        expect![[r#"
            error: duplicate key
             --> layers.toml:9:1
              |
            9 | prefix = "lib"
              | ^^^^^^
              |
              = hint: remove one of the two: a key may appear only once in a table
        "#]],
    );
}

#[test]
fn a_text_without_an_end() {
    problem(
        HELLO.replace("\"python\"", "\"python"),
        expect![[r#"
            error: invalid basic string, expected `"`
             --> layers.toml:7:17
              |
            7 | prefix = "python
              |                 ^
              |
              = hint: correct the TOML; https://toml.io describes the format
        "#]],
    );
}

#[test]
fn a_manifest_that_is_not_utf_8() {
    let mut text = HELLO.as_bytes().to_vec();
    text.extend(b"license = \"\xff\"\n");
    manifest(
        text,
        expect![[r#"
            --- stderr
            error: `layers.toml:9` is not UTF-8: it looks like Latin-1 or Windows-1252
            hint: save it as UTF-8
            --- exit status 1
        "#]],
    );
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
    project.succeed(&["validate"]).check(expect![[r#"
        layers.toml is valid: 1 layer, 0 targets.
        --- stderr
        warning: `layers.toml` declares no target, so nothing can be planned: add one, such as `[targets.local]` with `directory = ".lls/registry"`
        --- exit status 0
    "#]]);
}

#[test]
fn control_characters_are_shown_and_not_obeyed() {
    layer(
        "license = \"\\u001b]0;x\\u0007\"\n\"a\\u001b[2J\" = 1",
        expect![[r#"
            error: unknown key `a\u{1b}[2J` in layer `hello`
              --> layers.toml:10:1
               |
            10 | "a\u001b[2J" = 1
               | ^^^^^^^^^^^^
               |
               = hint: known keys: directory, description, packages, runtimes, architecture, permission, license, prefix, exclude, allow_secrets, exclude_packages, build, overwrite, bytecode, republish, skip_imports
        "#]],
    );
}
