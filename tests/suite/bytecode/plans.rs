//! What plans say of bytecode: what it costs, what it would gain, and nothing where only it is missing.

use expect_test::expect;

use super::pythons;
use crate::support::project::Project;

/// A layer of own modules for one runtime. Sizes are those of CPython 3.12.
fn project(mode: &str) -> Project {
    let project = Project::hello().variable("PATH", pythons::search_path());
    project.edit_manifest(
        "prefix = \"python\"\n",
        &format!("prefix = \"python\"\nbytecode = \"{mode}\"\n"),
    );
    project
}

fn set_mode(project: &Project, from: &str, to: &str) {
    let line = |mode| format!("bytecode = \"{mode}\"");
    project.edit_manifest(&line(from), &line(to));
}

#[test]
fn a_plan_says_what_bytecode_costs() {
    let project = project("unchecked-hash");
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          + hello  v1.0.0   new layer, 530 B zipped, 245 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                with 213 B of bytecode
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 530 B
        --- exit status 0
    "#]]);
    project
        .run(&["build", "--explain"])
        .check(expect![[r#"
            hello  530 B zipped, 245 B unpacked  ./.lls/archives/439a471e30161d19f2259cc09e19d046be2c3176f660dd8d51af635a1ae3391b.zip

            hello, unpacked:
              own files, RECORD files       32 B
              bytecode                     213 B
            --- exit status 0
        "#]]);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn a_layer_that_only_lacks_bytecode_is_unchanged() {
    let project = project("none");
    project.succeed(&["apply", "--yes"]);
    set_mode(&project, "none", "unchecked-hash");
    project.run(&["plan"]).check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        note: hello was published without bytecode: functions start faster with it. To
              publish it, raise `description` with `lls bump`
        --- exit status 0
    "#]]);
    // Whether or not the comment of the archive is believed.
    project.run(&["plan", "--rebuild"]).check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        note: hello was published without bytecode: functions start faster with it. To
              publish it, raise `description` with `lls bump`
        --- stderr
        Built hello, 530 B
        --- exit status 0
    "#]]);
    project.succeed(&["bump", "hello", "--patch"]);
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v1.0.1   after v1.0.0 (:1), same content, now with bytecode
                229 B -> 530 B zipped, 32 B -> 245 B unpacked
                with 213 B of bytecode
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn bytecode_of_other_kinds_is_another_content() {
    let project = project("unchecked-hash");
    project.succeed(&["apply", "--yes"]);
    set_mode(&project, "unchecked-hash", "checked-hash");
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ! hello  v1.0.0   already published as :1 with different content
                ~ bytecode of unchanged sources: 1 changed
                with 213 B of bytecode
                hint: raise `description` in layers.toml:5, for example with
                      `lls bump hello --patch`

        Plan: nothing to do; 0 unchanged, 1 blocked.
        --- stderr
        Built hello, 530 B
        --- exit status 1
    "#]]);
    set_mode(&project, "checked-hash", "none");
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ! hello  v1.0.0   already published as :1 with different content
                ~ bytecode of unchanged sources: 1 removed
                530 B -> 229 B zipped, 245 B -> 32 B unpacked
                hint: raise `description` in layers.toml:5, for example with
                      `lls bump hello --patch`

        Plan: nothing to do; 0 unchanged, 1 blocked.
        --- stderr
        Built hello, 229 B
        --- exit status 1
    "#]]);
}

#[test]
fn a_changed_source_is_one_change() {
    let project = project("unchecked-hash");
    project.succeed(&["apply", "--yes"]);
    project.write("layers/hello/hello.py", "def hello():\n    return 'hi'\n");
    project.succeed(&["bump", "hello", "--patch"]);
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v1.0.1   after v1.0.0 (:1)
                ~ python/hello.py  +1 -1
                530 B -> 529 B zipped, 245 B -> 241 B unpacked
                with 212 B of bytecode
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 529 B
        --- exit status 0
    "#]]);
}

#[test]
fn a_machine_without_cpython_gets_two_remedies() {
    let project = project("unchecked-hash").uv_script("#!/bin/sh\nexit 2\n");
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: layer `hello` needs CPython 3.12 for its bytecode, and none was found
        hint: install it, for example with `uv python install 3.12`; or set `bytecode = "none"` for the layer
        --- exit status 1
    "#]]);
    // What is published is recognised without it.
    set_mode(&project, "unchecked-hash", "none");
    project.succeed(&["apply", "--yes"]);
    set_mode(&project, "none", "unchecked-hash");
    project.run(&["plan"]).check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        note: hello was published without bytecode: functions start faster with it. To
              publish it, raise `description` with `lls bump`
        --- exit status 0
    "#]]);
}

#[test]
fn the_bytecode_of_an_unknown_python_is_refused() {
    let project = project("unchecked-hash");
    project.edit_manifest("python3.12", "python3.7");
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: layer `hello` cannot have bytecode
          caused by: lls 0.1.0 does not know the bytecode of Python 3.7
        hint: set `bytecode = "none"` for the layer; or, for a new Python, update lls
        --- exit status 1
    "#]]);
}

#[test]
fn other_modes_are_refused() {
    project("timestamp").run(&["plan"]).check(expect![[r#"
        --- stderr
        error: `bytecode` is "unchecked-hash", "checked-hash", or "none", not `timestamp`
         --> layers.toml:8:12
          |
        8 | bytecode = "timestamp"
          |            ^^^^^^^^^^^
          |
          = hint: "unchecked-hash", "checked-hash", or "none"

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}
