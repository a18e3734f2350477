//! `plan` and `apply` against the directory registry: each row of the decision table, as a user meets it.

use expect_test::expect;

use crate::support::project::{HELLO, Project};

#[test]
fn a_new_layer_is_created_and_then_unchanged() {
    let project = Project::hello();
    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        local: registry

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 229 B
        --- exit status 0
    "#]]);
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
          + hello v1.0.0   published as :1
                arn:lls:lambda:directory:000000000000:layer:hello:1
                granted account 000000000000

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
        --- stderr
        Published hello to registry, 229 B
        --- exit status 0
    "#]]);
    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        --- exit status 0
    "#]]);
    let apply = project.run(&["apply"]);
    assert_eq!(apply.to_string(), plan.to_string());
}

#[test]
fn a_changed_file_needs_a_new_description() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write(
        "layers/hello/hello.py",
        "def hello():\n    return 'hello, world'\n",
    );
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ! hello  v1.0.0   already published as :1 with different content
                ~ python/hello.py  +1 -1
                229 B -> 236 B zipped, 32 B -> 39 B unpacked
                hint: raise `description` in layers.toml:5, for example with
                      `lls bump hello --patch`

        Plan: nothing to do; 0 unchanged, 1 blocked.
        --- stderr
        Built hello, 236 B
        --- exit status 1
    "#]]);
    project.fail(&["apply"]);

    project.edit_manifest("v1.0.0", "v1.1.0");
    let run = project.run(&["plan", "--detailed-exitcode"]);
    run.check(expect![[r#"
        local: registry

          ^ hello  v1.1.0   after v1.0.0 (:1)
                ~ python/hello.py  +1 -1
                229 B -> 236 B zipped, 32 B -> 39 B unpacked
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 2
    "#]]);
    project.succeed(&["apply"]);
    project.assert_converged();

    project.write(
        "layers/hello/hello.py",
        "def hello():\n    return 'hello'\n",
    );
    project.edit_manifest("v1.1.0", "v1.0.0");
    project.assert_converged();
    let run = project.succeed(&["apply", "--format", "json"]);
    assert!(
        run.stdout.contains(":layer:hello:1\""),
        "a revert points at the old version:\n{run}"
    );
}

#[test]
fn republish_publishes_other_content_under_the_same_description() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write("layers/hello/more.py", "");
    project.edit_manifest("prefix =", "republish = \"allow\"\nprefix =");
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v1.0.0   after v1.0.0 (:1)
                + python/more.py
                229 B -> 333 B zipped
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 333 B
        --- exit status 0
    "#]]);
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn the_same_content_under_a_new_description_is_published_and_said_to_be_the_same() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v2.0.0");
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v2.0.0   after v1.0.0 (:1), same content
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn metadata_is_immutable_too() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.edit_manifest(
        "[\"python3.12\"]",
        "[\"python3.12\", \"python3.13\"]\nlicense = \"MIT\"",
    );
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ! hello  v1.0.0   already published as :1 with different metadata
                ~ runtimes: python3.12 -> python3.12, python3.13
                ~ license: none -> MIT
                hint: raise `description` in layers.toml:5, for example with
                      `lls bump hello --minor`

        Plan: nothing to do; 0 unchanged, 1 blocked.
        --- exit status 1
    "#]]);
}

#[test]
fn a_changed_permission_is_granted_before_the_old_one_is_revoked() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.edit_manifest("\"my-account\"", "{ account = \"123456789012\" }");
    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        local: registry

          ~ hello  v1.0.0   published as :1, granted to someone else
                grant account 123456789012
                revoke account 000000000000 (statement lls-account-000000000000)

        Plan: 1 permission to change; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
          ~ hello v1.0.0   permission of :1 changed
                arn:lls:lambda:directory:000000000000:layer:hello:1
                granted account 123456789012
                revoked 1 statement

        Applied: 0 versions published, 1 permission changed, 0 unchanged.
        --- exit status 0
    "#]]);
    project.assert_converged();

    project.edit_manifest("{ account = \"123456789012\" }", "\"none\"");
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ~ hello  v1.0.0   published as :1, granted, but should not be
                revoke account 123456789012 (statement lls-account-123456789012)

        Plan: 1 permission to change; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn a_changed_mode_is_a_change() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::hello();
    project.succeed(&["apply"]);
    std::fs::set_permissions(
        project.path("layers/hello/hello.py"),
        PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let run = project.fail(&["plan"]);
    run.assert_stdout(&["~ python/hello.py  mode 100644 -> 100755\n"]);
}

#[test]
fn layers_are_independent() {
    let second = "\n[layers.other]\ndescription = \"v0.1.0\"\nruntimes = [\"python3.12\"]\n";
    let project = Project::hello()
        .manifest(&format!("{HELLO}{second}"))
        .file("layers/other/data/x.txt", "1");
    project.succeed(&["apply"]);
    project.write("layers/other/data/x.txt", "2");
    project.write("layers/hello/hello.py", "");
    project.edit_manifest("v1.0.0", "v1.0.1");
    project.run(&["apply"]).check(expect![[r#"
        local: registry

          ^ hello  v1.0.1   after v1.0.0 (:1)
                ~ python/hello.py  -2
                229 B -> 198 B zipped, 32 B -> 0 B unpacked
                grant account 000000000000
          ! other  v0.1.0   already published as :1 with different content
                ~ data/x.txt  +1 -1
                hint: raise `description` in layers.toml:11, for example with
                      `lls bump other --patch`

        Plan: 1 version to publish; 0 unchanged, 1 blocked.

          ^ hello v1.0.1   published as :2
                arn:lls:lambda:directory:000000000000:layer:hello:2
                granted account 000000000000
          ! other v0.1.0   blocked
                its description is already published as :1 with different content
                hint: a published version is never replaced: raise the description of `other`

        Applied: 1 version published, 0 permissions changed, 0 unchanged, 1 blocked.
        --- stderr
        Built hello, 198 B
        Built other, 189 B
        Published hello to registry, 198 B
        --- exit status 1
    "#]]);
    project.run(&["plan", "-l", "hel*"]).check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        --- exit status 0
    "#]]);
    project.run(&["plan", "-l", "helo"]).check(expect![[r#"
        --- stderr
        error: no layer of `layers.toml` matches `helo`
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
}

#[test]
fn the_oldest_of_equal_versions_is_current() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    // Somebody published the same again.
    for file in ["zip", "json"] {
        std::fs::copy(
            project.path(&format!("registry/hello/1.{file}")),
            project.path(&format!("registry/hello/2.{file}")),
        )
        .unwrap();
    }
    project.assert_converged();
    let run = project.succeed(&["apply", "--format", "json"]);
    assert!(
        run.stdout.contains(":layer:hello:1\"") && !run.stdout.contains(":layer:hello:2\""),
        "{run}"
    );
}

#[test]
fn published_layers_are_listed() {
    let project = Project::hello();
    project.run(&["list"]).check(expect![[r#"
        No layers are published.
        --- exit status 0
    "#]]);
    project.succeed(&["apply"]);
    project.run(&["list"]).check(expect![[r#"
        hello  :1  v1.0.0  arn:lls:lambda:directory:000000000000:layer:hello:1
        --- exit status 0
    "#]]);
    let run = project.run(&["list", "--runtime", "python3.13"]);
    run.check(expect![[r#"
        No layers are published for python3.13.
        --- exit status 0
    "#]]);
    let run = project.succeed(&["versions", "--layer", "hello"]);
    run.assert_stdout(&[":1  v1.0.0", "python3.12"]);
    let run = project.succeed(&["versions", "--layer", "hello", "--format", "json"]);
    let document = run.json();
    assert_eq!(
        document["destinations"][0]["versions"][0]["description"],
        "v1.0.0"
    );
    assert_eq!(document["format_version"], "1.0");
}
