//! `lls bump`: what it suggests, when it changes nothing, and that a level needs no registry.

use expect_test::expect;

use super::index_with_tool;
use crate::support::project::{HELLO, Project};

const TOOLS: &str = r#"[targets.local]
directory = "registry"

[targets.aws]
regions = ["us-east-1"]

[layers.tools]
description = "v1.2.3" # the version
runtimes = ["python3.12"]
prefix = "python"
"#;

#[test]
fn the_level_follows_from_what_differs() {
    let index = index_with_tool();
    let project = Project::new()
        .environment(index.environment())
        .cold_cache()
        .variable("LLS_TARGET", "local")
        .manifest(TOOLS)
        .file("layers/tools/requirements.txt", "tool==1.0.0\n")
        .file("layers/tools/own.py", "A = 1\n");
    project.run(&["bump", "tools"]).check(expect![[r#"
        tools v1.2.3 is not published to `local` yet: there is no need to raise it.
        --- stderr
        Locked tools: its requirements.lock was missing
        Downloaded 1 wheel for tools, 762 B
        Built tools, 1.1 kB
        --- exit status 0
    "#]]);
    project.succeed(&["apply", "--yes"]);
    let run = project.run(&["bump", "tools", "--format", "json"]);
    run.check(expect![[r#"
        {
          "format_version": "1.0",
          "layer": "tools",
          "manifest": "layers.toml",
          "line": 8,
          "before": "v1.2.3",
          "after": null,
          "dry_run": false,
          "target": "local",
          "reason": "unchanged"
        }
        --- exit status 0
    "#]]);

    let mut told = String::new();
    for (path, content) in [
        ("layers/tools/own.py", Some("A = 2\n")),
        ("layers/tools/new.py", Some("B = 1\n")),
        ("layers/tools/own.py", None),
        ("layers/tools/requirements.txt", Some("tool==2.0.0\n")),
    ] {
        match content {
            Some(content) => project.write(path, content),
            None => std::fs::remove_file(project.path(path)).unwrap(),
        }
        let run = project.succeed(&["bump", "tools", "--dry-run"]);
        told.push_str(&run.stdout);
    }
    expect![[r#"
        tools  v1.2.3 -> v1.2.4   layers.toml:8, not written
          patch: python/own.py  +1 -1
        tools  v1.2.3 -> v1.3.0   layers.toml:8, not written
          minor: + python/new.py  +1
        tools  v1.2.3 -> v2.0.0   layers.toml:8, not written
          major: - python/own.py  -1
        tools  v1.2.3 -> v2.0.0   layers.toml:8, not written
          major: tool 1.0.0 -> 2.0.0, - python/own.py  -1
    "#]]
    .assert_eq(&told);
    assert_eq!(project.read("layers.toml"), TOOLS);
    let run = project.run(&["bump", "tools", "--format", "json"]);
    run.check(expect![[r#"
        {
          "format_version": "1.0",
          "layer": "tools",
          "manifest": "layers.toml",
          "line": 8,
          "before": "v1.2.3",
          "after": "v2.0.0",
          "dry_run": false,
          "target": "local",
          "reason": "suggested",
          "level": "major",
          "reasons": {
            "same_content": false,
            "has_false_comment": false,
            "compared": true,
            "packages": [
              {
                "name": "tool",
                "change": "upgraded",
                "before": [
                  "1.0.0"
                ],
                "after": [
                  "2.0.0"
                ]
              }
            ],
            "files": [
              {
                "path": "python/own.py",
                "before": {
                  "size": 6,
                  "mode": "file"
                },
                "after": null,
                "lines": {
                  "added": 0,
                  "removed": 1
                }
              }
            ],
            "size": null,
            "metadata": []
          }
        }
        --- exit status 0
    "#]]);
    let raised = TOOLS.replace("v1.2.3", "v2.0.0");
    assert_eq!(project.read("layers.toml"), raised);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn a_level_needs_no_registry_and_its_lack_is_explained() {
    let project = Project::hello().manifest(&TOOLS.replace("tools", "hello"));
    let project = project
        .variable("LLS_TARGET", "aws")
        .variable("AWS_EC2_METADATA_DISABLED", "true");
    let run = project.run(&["bump", "hello", "--minor"]);
    run.check(expect![[r#"
        hello  v1.2.3 -> v1.3.0   layers.toml:8
        --- exit status 0
    "#]]);
    let run = project.run(&["bump", "hello", "--major"]);
    run.check(expect![[r#"
        hello  v1.3.0 -> v2.0.0   layers.toml:8
        --- exit status 0
    "#]]);
    project.run(&["bump", "hello"]).check(expect![[r#"
        --- stderr
        error: cannot compare layer `hello` with what is published: aws: cannot connect to AWS: no usable AWS credentials: none in the environment, in the AWS configuration, or for this machine
        hint: set AWS_PROFILE or `--profile`, log in with `aws sso login`, or give the CI job a role; or give a level, such as `lls bump hello --minor`
        --- exit status 1
    "#]]);
    project.run(&["bump", "helo"]).check(expect![[r#"
        --- stderr
        error: no layer of `layers.toml` matches `helo`
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
    let run = project.run(&["bump", "hello", "--minor", "--major"]);
    run.check(expect![[r#"
        --- stderr
        error: `--minor` cannot be used with `--major`
        hint: leave one of them out
        --- exit status 1
    "#]]);
}

#[test]
fn a_layer_that_may_be_published_again_is_raised_as_any_other() {
    let manifest = HELLO.to_owned() + "republish = \"allow\"\n";
    let project = Project::hello().manifest(&manifest);
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "");
    project.run(&["bump", "hello"]).check(expect![[r#"
        hello  v1.0.0 -> v1.0.1   layers.toml:5
          patch: python/hello.py  -2
        --- stderr
        Built hello, 198 B
        --- exit status 0
    "#]]);
}

#[test]
fn a_description_that_is_taken_is_passed_over() {
    let project = Project::hello();
    let first = project.read("layers/hello/hello.py");
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.write("layers/hello/hello.py", "A = 1\n");
    project.write("layers/hello/second.py", "");
    project.succeed(&["apply"]);
    // Back at the first version, from which another one is made.
    project.edit_manifest("v1.1.0", "v1.0.0");
    project.write("layers/hello/hello.py", &first);
    std::fs::remove_file(project.path("layers/hello/second.py")).unwrap();
    project.write("layers/hello/third.py", "");
    project.run(&["bump", "hello"]).check(expect![[r#"
        hello  v1.0.0 -> v2.0.0   layers.toml:5
          major: - python/second.py
        --- stderr
        Built hello, 335 B
        --- exit status 0
    "#]]);
    // What is published with the next description is taken where it is the same.
    project.edit_manifest("v2.0.0", "v1.0.0");
    project.write("layers/hello/hello.py", "A = 1\n");
    project.write("layers/hello/second.py", "");
    std::fs::remove_file(project.path("layers/hello/third.py")).unwrap();
    project.run(&["bump", "hello"]).check(expect![[r#"
        hello  v1.0.0 -> v1.1.0   layers.toml:5
          minor: + python/second.py
        --- exit status 0
    "#]]);
    project.assert_converged();
}

#[test]
fn a_version_that_came_second_is_none_that_is_published() {
    let project = Project::hello();
    project.edit_manifest("permission = \"my-account\"", "republish = \"allow\"");
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "");
    project.succeed(&["apply"]);
    project.edit_manifest("republish = \"allow\"", "permission = \"my-account\"");
    let run = project.fail(&["plan"]);
    assert!(
        run.stdout.contains(":2 is identical, but not granted"),
        "{run}"
    );
    project.run(&["bump", "hello"]).check(expect![[r#"
        --- stderr
        error: cannot compare layer `hello` with what is published: :2 is identical, but another version was published first with the same description
        hint: give a level, such as `lls bump hello --minor`
        --- exit status 1
    "#]]);
}
