//! Layers that are published and were taken out of the manifest: told by `plan` and `prune`, and left as they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use expect_test::expect;

use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::package_index::zip;
use crate::support::project::Project;

/// The table of a layer of own files.
fn table(layer: &str) -> String {
    format!("\n[layers.{layer}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n")
}

/// A project with these layers beside `hello`, all of which are published.
fn published(mut project: Project, layers: &[&str]) -> Project {
    for layer in layers {
        project = project.file(&format!("layers/{layer}/{layer}.txt"), layer);
        project.extend_manifest(&table(layer));
    }
    project.succeed(&["apply", "--yes"]);
    project
}

/// What is said of layers that are left by `lls plan`.
fn told(project: &Project) -> Vec<String> {
    let run = project.succeed(&["plan"]);
    let lines = run.stderr.lines();
    let told = lines.filter(|line| line.contains("no longer in"));
    told.map(str::to_owned).collect()
}

#[test]
fn a_folder_holds_no_layers_of_others() {
    let project = published(Project::hello(), &["x", "y"]);
    assert!(told(&project).is_empty());
    project.edit_manifest(&table("x"), "");
    project.edit_manifest(&table("y"), "");
    project.run(&["plan"]).check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        --- stderr
        warning: published, but no longer in `layers.toml`: x in registry, y in registry; functions may use them (`lls usage`); `lls versions LAYER` lists their versions, and `lls delete LAYER:VERSION` deletes one
        --- exit status 0
    "#]]);
    // Whoever plans some layers does not ask for others.
    let run = project.succeed(&["plan", "-l", "hello"]);
    assert_eq!(run.stderr, "");
    let run = project.succeed(&["prune"]);
    run.assert_stderr(&["published, but no longer in `layers.toml`: x in registry, y in registry"]);
    project.succeed(&["delete", "x:1", "y:1", "--yes"]);
    assert!(told(&project).is_empty());
}

#[test]
fn in_an_account_layers_are_known_by_the_beginning_of_their_names() {
    let api = LambdaApi::start();
    let layers = ["acme-a", "acme-b", "acme-c"];
    let project = published(Project::hello_in(&api), &layers);
    // Names that have nothing in common tell nothing, so nothing is asked.
    assert!(told(&project).is_empty());
    assert_eq!(api.count("ListLayers"), 0);
    let manifest = project.read("layers.toml");
    let hello = manifest.find("[layers.hello]").unwrap();
    let acme = manifest.find("\n[layers.acme-a]").unwrap();
    let without = [&manifest[..hello], &manifest[acme..]].concat();
    project.write("layers.toml", without.replace(&table("acme-c"), ""));
    assert_eq!(
        told(&project),
        [
            "warning: published, but no longer in `layers.toml`: acme-c in us-east-1; functions may use them (`lls usage`); `lls versions LAYER` lists their versions, and `lls delete LAYER:VERSION` deletes one"
        ]
    );
    assert_eq!(api.count("ListLayers"), 1);
}

#[test]
fn in_an_account_layers_are_known_by_their_parameters() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.set_in_target("ssm_prefix = \"/acme/layers\"");
    let project = published(project, &["other"]);
    let code = BASE64.encode(zip(std::iter::once(("theirs.txt", b"theirs".as_slice()))));
    let theirs = serde_json::json!({ "Description": "v1.0.0", "Content": { "ZipFile": code } });
    api.publish("us-east-1", "theirs", &theirs);
    assert!(told(&project).is_empty());
    project.edit_manifest(&table("other"), "");
    let told = told(&project);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("`layers.toml`: other in us-east-1;"),
        "{told:?}"
    );
}

#[test]
fn who_may_not_list_layers_is_told_nothing() {
    let api = LambdaApi::start();
    let project = published(Project::hello_in(&api), &["hello-a", "hello-b"]);
    project.edit_manifest(&table("hello-b"), "");
    project.edit_manifest(
        "[layers.hello]",
        "[layers.hello-c]\ndirectory = \"layers/hello\"",
    );
    project.succeed(&["apply", "--yes"]);
    let said = "User is not authorized to perform: lambda:ListLayers";
    let denied = Fault::status(403, "AccessDeniedException", said);
    api.inject_always("ListLayers", denied);
    let run = project.succeed(&["plan"]);
    assert_eq!(run.stderr, "");
    let broken = Fault::status(400, "InvalidParameterValueException", "broken");
    api.inject_always("ListLayers", broken);
    project.run(&["plan"]).check(expect![[r#"
        No changes. 2 layers match layers.toml.
        --- stderr
        warning: which layers are published and not in `layers.toml` is not known: us-east-1: cannot list the layers
        --- exit status 0
    "#]]);
}
