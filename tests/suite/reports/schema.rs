//! The published schemas: what the types give, and what describes every part of a document.

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::support::project::Project;
use crate::support::report_schema::{assert_apply, assert_plan};

#[test]
fn the_published_schemas_are_those_of_the_types() {
    expect_file!["../../../docs/schema/plan.schema.json"].assert_eq(&lls::render::plan_schema());
    expect_file!["../../../docs/schema/apply.schema.json"].assert_eq(&lls::render::apply_schema());
}

#[test]
fn every_part_of_a_document_is_described() {
    for schema in [lls::render::plan_schema(), lls::render::apply_schema()] {
        let schema: Value = serde_json::from_str(&schema).unwrap();
        for (name, definition) in schema["$defs"].as_object().unwrap() {
            assert!(definition["description"].is_string(), "{name}");
            let properties = definition["properties"].as_object();
            for (property, described) in properties.into_iter().flatten() {
                assert!(described["description"].is_string(), "{name}.{property}");
            }
        }
    }
}

#[test]
fn reports_of_plans_and_applies_are_valid() {
    let two =
        "[targets.local]\ndirectory = \"registry\"\n\n[targets.other]\ndirectory = \"other\"\n";
    let project = Project::hello();
    project.edit_manifest("[targets.local]\ndirectory = \"registry\"\n", two);
    let targets = ["--report", "json=r.json", "-t", "local", "-t", "other"];
    let report = |command: &str| {
        project.run(&[&[command], &targets[..]].concat());
        project.read("r.json")
    };
    let plan = report("plan");
    assert_plan(&plan);
    let apply = report("apply");
    assert_apply(&apply);
    // A file where the registry's folder is to be: nothing can be planned there.
    std::fs::remove_dir_all(project.path("other")).unwrap();
    project.write("other", "");
    project.write("layers/hello/hello.py", "changed = True\n");
    let half = report("apply");
    assert!(half.contains("\"outcome\": \"blocked\""), "{half}");
    assert_apply(&half);
    assert_plan(&report("plan"));
}

#[test]
fn a_document_that_is_something_else_is_refused() {
    let project = Project::hello();
    let run = project.succeed(&["plan", "--format", "json"]);
    let is_valid = |change: &dyn Fn(&mut Value)| {
        let mut document: Value = run.json();
        change(&mut document);
        std::panic::catch_unwind(|| assert_plan(&document.to_string())).is_ok()
    };
    assert!(is_valid(&|_| {}));
    assert!(!is_valid(&|plan| plan["layers"][0]["layer"] = json!(1)));
    assert!(!is_valid(&|plan| plan["surprise"] = json!(1)));
    assert!(!is_valid(&|plan| plan["layers"][0]["surprise"] = json!(1)));
    assert!(!is_valid(
        &|plan| plan["layers"][0]["destinations"][0]["action"] = json!("destroy")
    ));
    assert!(!is_valid(
        &|plan| plan["layers"][0]["archive"]["sha256"] = json!("ff")
    ));
    assert!(!is_valid(&|plan| drop(
        plan.as_object_mut().unwrap().remove("format_version")
    )));
}
