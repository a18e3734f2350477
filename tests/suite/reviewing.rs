//! What a reviewer is told before anything is published: what a new layer is meant for, a description that goes down,
//! and names of layers that are not there.

use expect_test::expect;
use serde_json::{Value, json};

use crate::archives::noise;
use crate::support::lambda_api::LambdaApi;
use crate::support::project::Project;

#[test]
fn a_new_layer_tells_what_it_is_meant_for() {
    let project = Project::hello();
    project.edit_manifest(
        "[\"python3.12\"]",
        "[\"python3.13\", \"python3.12\"]\narchitecture = \"arm64\"\nlicense = \"MIT\"",
    );
    project.succeed(&["build"]);
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12, python3.13 on arm64, license MIT
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let run = project.succeed(&[
        "plan",
        "--format=json",
        "--report=html=p.html",
        "--report=markdown=p.md",
    ]);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    let layer = &plan["layers"][0];
    let metadata = ["runtimes", "architectures", "license"].map(|key| layer[key].clone());
    let runtimes = json!(["python3.12", "python3.13"]);
    assert_eq!(metadata, [runtimes, json!(["arm64"]), json!("MIT")]);
    let line = "\n- `for python3.12, python3.13 on arm64, license MIT`\n";
    let markdown = project.read("p.md");
    assert!(markdown.contains(line), "{markdown}");
    let facts = "<dt>Runtimes</dt><dd>python3.12, python3.13</dd><dt>Architectures</dt><dd>arm64</dd>\
                 <dt>License</dt><dd>MIT</dd>";
    assert!(project.read("p.html").contains(facts));
}

#[test]
fn a_description_that_goes_down_is_told_and_published() {
    let project = Project::hello();
    project.edit_manifest("v1.0.0", "v1.4.0");
    project.succeed(&["apply"]);
    project.edit_manifest("v1.4.0", "v1.3.9");
    project.write("layers/hello/hello.py", "changed = True\n");
    project.succeed(&["build"]);
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v1.3.9   after v1.4.0 (:1)
                ! description v1.3.9 is lower than v1.4.0 of the newest version
                ~ python/hello.py  +1 -2
                229 B -> 213 B zipped, 32 B -> 15 B unpacked
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let workspace = project.path("");
    let project = project.variable("GITHUB_ACTIONS", "true");
    let project = project.variable("GITHUB_WORKSPACE", workspace);
    let run = project.succeed(&["plan", "--format=json", "--report=html=p.html"]);
    expect![[r#"
        ::warning file=layers.toml,line=5,col=15,title=layer hello lowers its description::description v1.3.9 is lower than v1.4.0 of the newest version
    "#]].assert_eq(&run.stderr);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        plan["layers"][0]["destinations"][0]["lowers_description"],
        true
    );
    let said =
        "<p class=\"change\">Description v1.3.9 is lower than v1.4.0 of the newest version.</p>";
    assert!(project.read("p.html").contains(said));
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn versions_of_a_layer_that_is_not_there() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    // What is declared may be not published yet.
    let versions = ["versions", "--layer", "hello"];
    project.run(&versions).check(expect![[r#"
        No version of layer `hello` is published in us-east-1.
        --- exit status 0
    "#]]);
    assert_eq!(api.count("ListLayers"), 0);
    // What is declared may have been meant too.
    let misspelled = ["versions", "--layer", "helo"];
    project.run(&misspelled).check(expect![[r#"
        --- stderr
        error: no version of layer `helo` is published in us-east-1
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
    project.succeed(&["apply"]);
    let elsewhere = Project::new().environment(api.env());
    elsewhere.run(&misspelled).check(expect![[r#"
        --- stderr
        There is no manifest: looking in AWS, account [account], us-east-1
        error: no version of layer `helo` is published in us-east-1
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
    let format = ["--format", "json"];
    elsewhere
        .run(&[&misspelled[..], &format].concat())
        .check(expect![[r#"
            {
              "format_version": "1.0",
              "failures": [
                "no version of layer `helo` is published in us-east-1"
              ]
            }
            --- stderr
            There is no manifest: looking in AWS, account [account], us-east-1
            error: no version of layer `helo` is published in us-east-1
            hint: did you mean `hello`?
            --- exit status 1
        "#]]);
    let before = api.count("ListLayers");
    let runtime = ["--runtime", "python3.9"];
    elsewhere
        .run(&[&versions[..], &runtime].concat())
        .check(expect![[r#"
            No version of layer `hello` is published for python3.9 in us-east-1.
            --- stderr
            There is no manifest: looking in AWS, account [account], us-east-1
            --- exit status 0
        "#]]);
    elsewhere.succeed(&versions);
    assert_eq!(api.count("ListLayers"), before);
    let unlike = ["versions", "--layer", "numbers", "--runtime", "python3.9"];
    elsewhere.run(&unlike).check(expect![[r#"
        --- stderr
        There is no manifest: looking in AWS, account [account], us-east-1
        error: no version of layer `numbers` is published in us-east-1
        hint: `lls list` lists the published layers
        --- exit status 1
    "#]]);
}

#[test]
fn deleting_from_a_layer_that_is_not_there() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project
        .run(&["delete", "helo:1", "hello:2"])
        .check(expect![[r#"
        Delete: nothing to delete.
        --- stderr
        us-east-1: there is no hello:2, or no longer
        us-east-1: there is no helo:1, or no longer; did you mean `hello`?
        --- exit status 0
    "#]]);
}

#[test]
fn a_layer_that_is_only_declared_may_have_been_meant() {
    let project = Project::hello();
    project.run(&["show", "helo"]).check(expect![[r#"
        --- stderr
        error: no version of layer `helo` is published in registry
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
    project
        .run(&["diff", "helo:1", "hello:1"])
        .check(expect![[r#"
        --- stderr
        error: no version of layer `helo` is published in registry
        hint: did you mean `hello`?
        --- exit status 1
    "#]]);
}

#[test]
fn own_files_of_a_new_layer_are_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut project = Project::hello()
        .file("layers/hello/app/main.py", "")
        .file("layers/hello/app/web/page.py", "")
        .file("layers/hello/bin/run", "#!/bin/sh\n");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path("layers/hello/bin/run"), executable).unwrap();
    project.succeed(&["build"]);
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          + hello  v1.0.0   new layer, 575 B zipped, 42 B unpacked
                + python/app/ (2 files), python/bin/ (1 file), python/hello.py
                + executable: python/bin/run
                for python3.12 on x86_64
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    for number in 0..9 {
        project = project.file(&format!("layers/hello/{number}.py"), "");
    }
    let json = project.succeed(&["plan", "--format", "json"]).json();
    let own_files = json!({
        "top": [{"path": "python/", "files": 13}],
        "executables": ["python/bin/run"],
    });
    assert_eq!(json["layers"][0]["archive"]["own_files"], own_files);
}

#[test]
fn equal_lines_of_many_new_layers_are_shown_once() {
    let mut manifest = Project::hello().read("layers.toml");
    let mut project = Project::hello();
    for name in ["one", "two", "web"] {
        let runtime = if name == "web" {
            "python3.13"
        } else {
            "python3.12"
        };
        manifest += &format!(
            "\n[layers.{name}]\ndescription = \"v1.0.0\"\nruntimes = [\"{runtime}\"]\npermission = \"my-account\"\n"
        );
        project = project.file(&format!("layers/{name}/{name}.txt"), name);
    }
    let project = project.manifest(&manifest);
    project.succeed(&["build"]);
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
          + one    v1.0.0   new layer, 185 B zipped, 3 B unpacked
                + one.txt
          + two    v1.0.0   new layer, 185 B zipped, 3 B unpacked
                + two.txt
          + web    v1.0.0   new layer, 185 B zipped, 3 B unpacked
                + web.txt
                for python3.13 on x86_64

          The other 3 new layers: for python3.12 on x86_64
          All 4 new layers: grant account 000000000000

        Plan: 4 layers to create; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
}

/// For AWS without a staging bucket it is an error.
#[test]
fn a_layer_that_aws_takes_only_from_a_bucket_is_noted_for_a_folder_too() {
    let large = noise(52_428_801);
    let project = Project::hello().file("layers/hello/noise", large);
    let run = project.succeed(&["plan"]);
    run.assert_stderr(&[
        "warning: layer `hello` has more than 52,428,800 bytes zipped: to publish it to AWS, a target needs `staging_bucket`\n",
    ]);
    let run = project.succeed(&["apply", "--yes"]);
    assert_eq!(run.stderr.matches("52,428,800").count(), 1, "{run}");
    assert!(!project.succeed(&["plan"]).stderr.contains("52,428,800"));
}
