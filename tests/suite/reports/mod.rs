//! Reports of `plan` and `apply`: what they say, that they agree, and where they are not written.

mod annotations;
mod browser;
mod chromium;
mod files;
mod markdown;
mod schema;

use expect_test::expect;
use serde_json::Value;

use crate::support::project::Project;

const ALL: &str = "json=plan.json,markdown=plan.md,gitlab=plan-gitlab.json,html=plan.html";

/// A layer of numpy and an own file, published; then numpy is upgraded and the file edited.
fn upgraded() -> Project {
    let runtime = crate::python::runtime();
    let manifest = format!(
        r#"[targets.local]
directory = "registry"

[layers.science]
description = "v1.0.0"
runtimes = ["{runtime}"]
prefix = "python"
permission = "my-account"
"#
    );
    let project = Project::new()
        .manifest(&manifest)
        .file("layers/science/requirements.txt", "numpy==2.2.5\n")
        .file("layers/science/own.py", "ONE = 1\nTWO = 2\nTHREE = 3\n");
    project.succeed(&["apply"]);
    project.write("layers/science/requirements.txt", "numpy==2.2.6\n");
    project.write(
        "layers/science/own.py",
        "ONE = 1\nTWO = '<b>&'\nTHREE = 3\n",
    );
    project.edit_manifest("v1.0.0", "v1.1.0");
    project
}

#[test]
fn a_pull_request_that_upgrades_numpy_and_edits_one_file_is_told_alike_in_every_report() {
    let project = upgraded();
    let run = project.succeed(&["plan", "--report", ALL]);
    assert!(run.stdout.contains("numpy 2.2.5 -> 2.2.6"), "{run}");
    assert!(
        !run.stdout.contains("+TWO"),
        "a diff was not asked for: {run}"
    );

    let json: Value = serde_json::from_str(&project.read("plan.json")).unwrap();
    let layer = &json["layers"][0];
    let changes = &layer["destinations"][0]["changes"];
    let package = &changes["packages"][0];
    assert_eq!(package["before"], serde_json::json!(["2.2.5"]));
    assert_eq!(package["after"], serde_json::json!(["2.2.6"]));
    assert_eq!(changes["files"][0]["path"], "python/own.py");
    let lines = serde_json::json!({ "added": 1, "removed": 1 });
    assert_eq!(changes["files"][0]["lines"], lines);
    let counts =
        r#"{"create":0,"publish":1,"permission":0,"parameters":0,"unchanged":0,"blocked":0}"#;
    assert_eq!(
        json["counts"],
        serde_json::from_str::<Value>(counts).unwrap()
    );
    let sizes = |key: &str| {
        let bytes = |when: &str| changes[key][when].as_u64().unwrap();
        let shown = |bytes: u64| lls::layer::ByteSize(bytes).to_string();
        format!("{} → {}", shown(bytes("before")), shown(bytes("after")))
    };
    let (zipped, unpacked) = (sizes("size"), sizes("unpacked_size"));

    let markdown = project.read("plan.md");
    let html = project.read("plan.html");
    for text in ["2.2.5", "2.2.6", "python/own.py", &zipped, &unpacked] {
        assert!(markdown.contains(text), "{text}: {markdown}");
        assert!(html.contains(text), "{text}");
    }
    assert!(
        markdown.contains("- `~` `numpy 2.2.5 -> 2.2.6`\n- `~` `python/own.py  +1 -1`\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("\n```diff\n@@ -1,3 +1,3 @@\n ONE = 1\n-TWO = 2\n+TWO = '<b>&'\n"),
        "{markdown}"
    );
    assert!(html.contains("+TWO = '&lt;b&gt;&amp;'") && !html.contains("<b>&'"));
    assert!(html.contains("<b>1</b> to publish") && html.contains(">numpy 2.2.6</text>"));
    assert_eq!(
        project.read("plan-gitlab.json"),
        "{\"create\":0,\"update\":1,\"delete\":0}\n"
    );
    assert_sizes_of_packages_agree(layer, &html);
}

/// What the page says of a package is what `lls build --explain` and the JSON report say of it.
fn assert_sizes_of_packages_agree(layer: &Value, html: &str) {
    let packages = layer["archive"]["packages"].as_array().unwrap();
    assert!(!packages.is_empty());
    for package in packages {
        let bytes = package["unpacked_size"].as_u64().unwrap();
        let size = lls::layer::ByteSize(bytes);
        let (name, version) = (&package["name"], &package["version"]);
        let title = format!(
            "<title>{} {}: {size}</title>",
            name.as_str().unwrap(),
            version.as_str().unwrap()
        );
        assert!(html.contains(&title), "{title}");
    }
}

#[test]
fn markdown_is_a_comment_for_a_pull_request() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write(
        "layers/hello/hello.py",
        "def hello():\n    return '```@team'\n",
    );
    let run = project.fail(&["plan", "--format", "markdown"]);
    run.check(expect![[r#"
        <!-- lls plan local -->
        ## `lls plan`: no changes; 0 unchanged, 1 blocked

        ### `local`: `registry`

        | | layer | description | plan | zipped | unpacked |
        |---|---|---|---|--:|--:|
        | `!` | `hello` | `v1.0.0` | `already published as :1 with different content` | 229 B → 233 B | 32 B → 35 B |

        **Blocked:**

        - `hello`: raise `description` in layers.toml:5, for example with `lls bump hello --patch`

        <details><summary><b>hello</b> v1.0.0: 1 file</summary>

        - `~` `python/hello.py  +1 -1`

        `python/hello.py`

        ````diff
        @@ -1,2 +1,2 @@
         def hello():
        -    return 'hello'
        +    return '```@team'
        ````

        </details>
        --- stderr
        Built hello, 233 B
        --- exit status 1
    "#]]);

    project.edit_manifest("v1.0.0", "v1.1.0");
    let run = project.succeed(&["apply", "--format", "markdown"]);
    let ends = "| `hello` | `v1.1.0` | `registry` | `published as :2` | `arn:lls:lambda:directory:000000000000:layer:hello:2` |\n";
    assert!(
        run.stdout.starts_with("<!-- lls apply local -->\n") && run.stdout.contains(ends),
        "{run}"
    );
}

/// Where only stderr had them, a reviewer who reads the comment on a pull request would see a clean plan.
#[test]
fn warnings_stand_in_every_report() {
    let project = Project::hello().file("layers/hello/server.pem", "-----BEGIN PRIVATE KEY-----\n");
    project.succeed(&["plan", "--quiet", "--report", ALL]);
    let warning = "looks like a private key";
    for report in ["plan.json", "plan.md", "plan.html"] {
        let text = project.read(report);
        assert!(text.contains(warning), "{report}: {text}");
    }
}

#[test]
fn packages_beside_a_link_of_the_layer_are_told() {
    let project = Project::hello().file("layers/hello/requirements.txt", "six==1.17.0\n");
    std::os::unix::fs::symlink("hello.py", project.path("layers/hello/link.py")).unwrap();
    project.succeed(&["plan", "--report", ALL]);
    let plan: Value = serde_json::from_str(&project.read("plan.json")).unwrap();
    assert_sizes_of_packages_agree(&plan["layers"][0], &project.read("plan.html"));
}

#[test]
fn what_apply_did_is_reported_also_where_nothing_changed_and_where_nothing_could_be_planned() {
    let project = Project::hello();
    let reports = ["apply", "--report", ALL];
    project.succeed(&reports);
    let json: Value = serde_json::from_str(&project.read("plan.json")).unwrap();
    assert_eq!(
        json["plan"]["layers"][0]["destinations"][0]["action"],
        "create"
    );
    assert_eq!(json["layers"][0]["destinations"][0]["outcome"], "created");
    assert!(project.read("plan.html").contains("published as :1"));
    assert_eq!(
        project.read("plan-gitlab.json"),
        "{\"create\":1,\"update\":0,\"delete\":0}\n"
    );

    project.succeed(&reports);
    assert!(
        project
            .read("plan.md")
            .contains("1 layer matches `layers.toml`.")
    );
    assert!(project.read("plan.html").contains("<h1>No changes</h1>"));
    assert!(
        project
            .read("plan.html")
            .contains("own files, RECORD files"),
        "contents of an unchanged layer"
    );

    project.write("layers/hello/requirements.txt", "./here\n");
    let run = project.fail(&reports);
    assert!(run.stderr.contains("./here"), "{run}");
    let json: Value = serde_json::from_str(&project.read("plan.json")).unwrap();
    assert!(
        json["failures"][0].as_str().unwrap().contains("./here"),
        "{json}"
    );
    assert!(
        project
            .read("plan.md")
            .contains("**Could not be planned:**\n\n- ")
    );
    assert!(
        project
            .read("plan.html")
            .contains("Nothing could be planned")
    );
}

#[test]
fn what_fills_an_unchanged_layer_is_read_from_what_is_published() {
    let project = Project::hello().file("layers/hello/requirements.txt", "six==1.17.0\n");
    project.succeed(&["apply"]);
    project.forget_builds();
    project.succeed(&[
        "plan",
        "--report",
        "html=plan.html",
        "--report",
        "json=plan.json",
    ]);
    let html = project.read("plan.html");
    assert!(
        html.contains("as read from version 1 in registry"),
        "{html}"
    );
    let note = "Only the list of files was read, so each file counts toward the package that its folder is named after.";
    assert!(html.contains(note), "{html}");
    assert!(html.contains(">six 1.17.0</text>") && html.contains("own files, RECORD files"));
    assert!(
        !project.path(".lls/archives").exists(),
        "nothing was built for the report"
    );
}
