//! `lls diff`: published versions, the manifest's layer, and what differs between any two of them.

use expect_test::expect;

use crate::support::project::Project;

/// A layer with packages: :1 has an older `six` and `toml`, :2 a newer `six`, and `idna` instead of `toml`.
fn with_packages() -> Project {
    let project = Project::hello().file(
        "layers/hello/requirements.txt",
        "six==1.16.0\ntoml==0.10.2\n",
    );
    project.succeed(&["apply"]);
    project.write("layers/hello/requirements.txt", "six==1.17.0\nidna==3.10\n");
    project.write("layers/hello/six_tools.py", "import six\n");
    project.edit_manifest("v1.0.0", "v1.1.0");
    project
}

#[test]
fn packages_are_told_from_own_files() {
    let project = with_packages();
    project.run(&["plan", "--quiet"]).check(expect![[r#"
        local: registry

          ^ hello  v1.1.0   after v1.0.0 (:1)
                + idna 3.10
                ~ six 1.16.0 -> 1.17.0
                - toml 0.10.2
                + python/six_tools.py  +1
                28.1 kB -> 82.1 kB zipped, 97.9 kB -> 0.4 MB unpacked
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let run = project.run(&["diff", "hello", "--detailed-exitcode"]);
    run.check(expect![[r#"
        registry: hello:1 (v1.0.0) -> layers.toml (v1.1.0)

          + idna 3.10
          ~ six 1.16.0 -> 1.17.0
          - toml 0.10.2
          + python/six_tools.py  +1
              @@ -0,0 +1 @@
              +import six
          ~ description: v1.0.0 -> v1.1.0
          28.1 kB -> 82.1 kB zipped, 97.9 kB -> 0.4 MB unpacked
        --- exit status 2
    "#]]);
    project.succeed(&["apply"]);
    let run = project.run(&["diff", "hello:2", "hello:1"]);
    run.check(expect![[r#"
        registry: hello:2 (v1.1.0) -> hello:1 (v1.0.0)

          - idna 3.10
          ~ six 1.17.0 -> 1.16.0, downgrade
          + toml 0.10.2
          - python/six_tools.py  -1
              @@ -1 +0,0 @@
              -import six
          ~ description: v1.1.0 -> v1.0.0
          82.1 kB -> 28.1 kB zipped, 0.4 MB -> 97.9 kB unpacked
        --- exit status 0
    "#]]);

    // A downgrade, with a lock that is told to go back.
    project.write("layers/hello/requirements.txt", "six==1.16.0\nidna==3.10\n");
    project.edit_manifest("v1.1.0", "v1.2.0");
    let run = project.succeed(&["plan", "--format", "json"]);
    let plan = run.json();
    let changes = &plan["layers"][0]["destinations"][0]["changes"];
    assert_eq!(changes["packages"][0]["change"], "downgraded");
    assert_eq!(changes["files"].as_array().unwrap().len(), 0, "{changes}");
    let run = project.succeed(&["plan"]);
    run.assert_stdout(&["~ six 1.17.0 -> 1.16.0, downgrade"]);
}

/// Three versions of a layer of own files, and a fourth in the manifest.
fn with_versions() -> Project {
    let project = Project::hello();
    project.succeed(&["apply"]);
    for (from, to) in [("v1.0.0", "v1.1.0"), ("v1.1.0", "v1.2.0")] {
        project.edit_manifest(from, to);
        project.write("layers/hello/hello.py", format!("VERSION = '{to}'\n"));
        project.succeed(&["apply"]);
    }
    project.edit_manifest("v1.2.0", "v1.3.0");
    project
}

#[test]
fn a_published_version_is_compared_with_the_manifest() {
    let project = with_versions();
    project.run(&["diff", "hello"]).check(expect![[r#"
        registry: hello:3 (v1.2.0) -> layers.toml (v1.3.0)

          ~ description: v1.2.0 -> v1.3.0
        --- exit status 0
    "#]]);
    let run = project.run(&["diff", "hello:1", "--stat"]);
    run.check(expect![[r#"
        registry: hello:1 (v1.0.0) -> layers.toml (v1.3.0)

          ~ python/hello.py  +1 -2
          ~ description: v1.0.0 -> v1.3.0
          229 B -> 217 B zipped, 32 B -> 19 B unpacked
        --- exit status 0
    "#]]);
    let run = project.run(&["diff", "hello:1", "--no-diff", "--format", "json"]);
    expect![[r#"
        {
          "format_version": "1.0",
          "destination": "registry",
          "before": {
            "layer": "hello",
            "number": 1,
            "arn": "arn:lls:lambda:directory:000000000000:layer:hello:1",
            "created": "[time]",
            "description": "v1.0.0",
            "runtimes": [
              "python3.12"
            ],
            "architectures": [
              "x86_64"
            ],
            "license": null,
            "sha256": "2cf59024daedd2e05b463823e28556bc8e29ddd5ade10c0deb288a45f020749b",
            "size": 229
          },
          "after": {
            "layer": "hello",
            "number": null,
            "arn": null,
            "created": null,
            "description": "v1.3.0",
            "runtimes": [
              "python3.12"
            ],
            "architectures": [
              "x86_64"
            ],
            "license": null,
            "sha256": "d23ad76ae36f7d7d5f36d72c8381a8210f6c9f7d5e8de57dc86e94b4db62a991",
            "size": 217
          },
          "is_equal": false,
          "changes": {
            "same_content": false,
            "has_false_comment": false,
            "compared": true,
            "packages": [],
            "files": [
              {
                "path": "python/hello.py",
                "before": {
                  "size": 32,
                  "mode": "file"
                },
                "after": {
                  "size": 19,
                  "mode": "file"
                },
                "lines": {
                  "added": 1,
                  "removed": 2
                }
              }
            ],
            "size": {
              "before": 229,
              "after": 217
            },
            "unpacked_size": {
              "before": 32,
              "after": 19
            },
            "metadata": [
              {
                "field": "description",
                "before": "v1.0.0",
                "after": "v1.3.0"
              }
            ]
          }
        }
        --- exit status 0
    "#]]
    .assert_eq(&crate::show::without_time(&project, &run.to_string(), 1));
    // It writes no lock and publishes nothing.
    assert!(!project.path("registry/hello/4.json").exists());
}

#[test]
fn two_published_versions_are_compared() {
    let project = with_versions();
    let run = project.run(&["diff", "hello:1", "hello:2"]);
    run.check(expect![[r#"
        registry: hello:1 (v1.0.0) -> hello:2 (v1.1.0)

          ~ python/hello.py  +1 -2
              @@ -1,2 +1 @@
              -def hello():
              -    return 'hello'
              +VERSION = 'v1.1.0'
          ~ description: v1.0.0 -> v1.1.0
          229 B -> 217 B zipped, 32 B -> 19 B unpacked
        --- exit status 0
    "#]]);
    let run = project.run(&["diff", "hello:3", "hello"]);
    run.check(expect![[r#"
        registry: hello:3 (v1.2.0) and hello:3 (v1.2.0) are the same
        --- exit status 0
    "#]]);
    let arn = "arn:lls:lambda:directory:000000000000:layer:hello:1";
    let by_arn = project.succeed(&["diff", arn, "hello:2"]);
    let by_number = project.succeed(&["diff", "hello:1", "hello:2"]);
    assert_eq!(by_arn.stdout, by_number.stdout);

    // The manifest need not declare the layers.
    let text = project
        .read("layers.toml")
        .replace("[layers.hello]", "[layers.other]");
    let project = project.file("layers/other/x.txt", "x\n").manifest(&text);
    let undeclared = project.succeed(&["diff", "hello:1", "hello:2"]);
    assert_eq!(undeclared.stdout, by_number.stdout);
    let run = project.run(&["diff", "hello:1", "hello:2", "--detailed-exitcode"]);
    assert_eq!(run.status, 2, "{run}");
}

#[test]
fn what_is_not_there_is_named() {
    let project = with_versions();
    project.run(&["diff", "helo"]).check(expect![[r#"
        --- stderr
        error: no layer of `layers.toml` matches `helo`
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
    project.run(&["diff", "helo:1", "hello"]).check(expect![[r#"
        --- stderr
        error: no version of layer `helo` is published in registry
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
    project.run(&["diff", "hello:9"]).check(expect![[r#"
        --- stderr
        error: hello:9 is not published in registry
        hint: `lls versions hello` lists the versions
        --- exit status 1
    "#]]);
    let run = project.run(&["diff", "hello:1", "completely-else"]);
    run.check(expect![[r#"
        --- stderr
        error: no version of layer `completely-else` is published in registry
        hint: `lls list` lists the published layers
        --- exit status 1
    "#]]);
    let run = project.run(&[
        "diff",
        "arn:lls:lambda:directory:000000000000:layer:hello:9",
    ]);
    run.check(expect![[r#"
        --- stderr
        error: there is no layer version arn:lls:lambda:directory:000000000000:layer:hello:9
        hint: look at its account and its number; it may have been deleted
        --- exit status 1
    "#]]);
    project.run(&[
            "show",
            "arn:aws:lambda:us-east-1:123456789012:layer:hello:1",
        ]).check(expect![[r#"
            --- stderr
            error: arn:aws:lambda:us-east-1:123456789012:layer:hello:1 is in AWS, but target `local` is a folder
            hint: name a target in AWS with `--target`
            --- exit status 1
        "#]]);
    let run = project.fail(&["diff", "hello:0"]);
    run.assert_stderr(&["a version is `LAYER`, `LAYER:NUMBER` or the ARN"]);
    let run = Project::new().fail(&["diff", "hello"]);
    run.assert_stderr(&["error: there is no manifest at `layers.toml`\n"]);
}

#[test]
fn other_bytes_with_the_same_files_are_equal() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    // As another compressor, or another tool, would have packed it.
    let entry = crate::hostile_wheels::forge::deflated(
        "python/hello.py",
        project.read("layers/hello/hello.py"),
    );
    crate::published_archives::replace(&project, 1, vec![entry]);
    let run = project.run(&["diff", "hello", "--detailed-exitcode"]);
    run.check(expect![[r#"
        registry: hello:1 (v1.0.0) and layers.toml (v1.0.0) are the same

          157 B -> 229 B zipped
          the archive differs in bytes, but not in its files
        --- exit status 0
    "#]]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v1.1.0   after v1.0.0 (:1), same content
                157 B -> 229 B zipped
                the archive differs in bytes, but not in its files
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
}

#[test]
fn files_of_packages_are_theirs_whatever_they_are_called() {
    let project = Project::hello()
        .file(
            "layers/hello/requirements.txt",
            "python-dateutil==2.9.0.post0\nsix==1.17.0\n",
        )
        .file("layers/hello/six_gone.py", "")
        .file("layers/hello/dateutil/added.py", "");
    project.succeed(&["apply"]);
    // What packages say counts, not what they are called: `dateutil` goes with `python-dateutil`, but not all in it.
    project.write("layers/hello/requirements.txt", "six==1.17.0\n");
    project.edit_manifest("v1.0.0", "v1.1.0");
    for path in ["six_gone.py", "dateutil/added.py"] {
        std::fs::remove_file(project.path("layers/hello").join(path)).unwrap();
    }
    let told = |arguments: &[&str]| {
        let run = project.succeed(arguments);
        let lines = run.stdout.lines().map(str::trim);
        let told = lines.filter(|line| line.starts_with("- ") || line.starts_with("~ python"));
        told.map(str::to_owned).collect::<Vec<_>>()
    };
    let planned = told(&["plan"]);
    assert_eq!(
        planned,
        [
            "- python-dateutil 2.9.0.post0",
            "- python/dateutil/added.py",
            "- python/six_gone.py",
        ]
    );
    assert_eq!(planned, told(&["diff", "hello"]));
}
