//! `lls show`: one published version, and what it holds.

use expect_test::expect;
use serde_json::Value;

use crate::support::project::Project;

/// The outputs without the time of publishing.
pub fn without_time(project: &Project, text: &str, number: u64) -> String {
    let record: Value =
        serde_json::from_str(&project.read(&format!("registry/hello/{number}.json"))).unwrap();
    text.replace(record["created"].as_str().unwrap(), "[time]")
}

#[test]
fn a_version_is_shown_with_what_it_holds() {
    let project = Project::hello()
        .file("layers/hello/requirements.txt", "six==1.17.0\n")
        .file("layers/hello/tools/a.py", "A = 1\n")
        .file("layers/hello/tools/deep/b.py", "B = 2\n");
    project.edit_manifest(
        "permission = \"my-account\"",
        "permission = { account = \"123456789012\" }\nlicense = \"MIT\"",
    );
    project.succeed(&["apply"]);
    let run = project.succeed(&["show", "hello"]);
    expect![[r#"
        registry: hello:1
          arn            arn:lls:lambda:directory:000000000000:layer:hello:1
          description    v1.0.0
          created        [time]
          runtimes       python3.12
          architectures  x86_64
          license        MIT
          size           11.6 kB zipped, 38.0 kB unpacked
          sha256         94c898e72c532cb85167cc6b0deb31d0279c46a67e708303fb1f871c8cd4c806
          access         the owning account
                         account 123456789012 (statement lls-account-123456789012)
          packages       six 1.17.0
          own files      python/hello.py  32 B
                         python/tools/  2 files, 12 B
        --- exit status 0
    "#]]
    .assert_eq(&without_time(&project, &run.to_string(), 1));
    let run = project.succeed(&["show", "hello:1", "--format", "json"]);
    expect![[r#"
        {
          "format_version": "1.0",
          "destinations": [
            {
              "architectures": [
                "x86_64"
              ],
              "arn": "arn:lls:lambda:directory:000000000000:layer:hello:1",
              "created": "[time]",
              "description": "v1.0.0",
              "destination": "registry",
              "files": [
                {
                  "files": 1,
                  "path": "python/hello.py",
                  "size": 32
                },
                {
                  "files": 2,
                  "path": "python/tools/",
                  "size": 12
                }
              ],
              "layer": "hello",
              "license": "MIT",
              "number": 1,
              "packages": [
                {
                  "name": "six",
                  "versions": [
                    "1.17.0"
                  ]
                }
              ],
              "runtimes": [
                "python3.12"
              ],
              "sha256": "94c898e72c532cb85167cc6b0deb31d0279c46a67e708303fb1f871c8cd4c806",
              "size": 11583,
              "statements": [
                {
                  "grantee": {
                    "id": "123456789012",
                    "kind": "account"
                  },
                  "id": "lls-account-123456789012",
                  "is_managed": true
                }
              ],
              "unpacked_size": 38019
            }
          ]
        }
        --- exit status 0
    "#]]
    .assert_eq(&without_time(&project, &run.to_string(), 1));
}

#[test]
fn what_is_not_published_cannot_be_shown() {
    let project = Project::hello();
    project.run(&["show", "hello"]).check(expect![[r#"
        --- stderr
        error: no version of layer `hello` is published in registry
        hint: `lls list` lists the published layers
        --- exit status 1
    "#]]);
    project.succeed(&["apply"]);
    project.run(&["show", "hello:2"]).check(expect![[r#"
        --- stderr
        error: hello:2 is not published in registry
        hint: `lls versions hello` lists the versions
        --- exit status 1
    "#]]);
    project.run(&["show", "helo"]).check(expect![[r#"
        --- stderr
        error: no version of layer `helo` is published in registry
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
}
