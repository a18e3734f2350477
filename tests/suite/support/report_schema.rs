//! The published schemas of the JSON documents, and a check of every such document that a test sees.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

static PLAN: LazyLock<Validator> = LazyLock::new(|| strict(&lls::render::plan_schema()));
static APPLY: LazyLock<Validator> = LazyLock::new(|| strict(&lls::render::apply_schema()));

/// Checks what `plan` or `apply` printed, where it is JSON.
pub fn check(arguments: &[&str], stdout: &str) {
    if !stdout.starts_with('{') {
        return;
    }
    match arguments.first() {
        Some(&"plan") => assert_plan(stdout),
        Some(&"apply") => assert_apply(stdout),
        _ => {}
    }
}

/// Asserts that a document of `lls plan` is what its schema says, and nothing more.
pub fn assert_plan(document: &str) {
    assert_valid(&PLAN, document);
}

/// Asserts that a document of `lls apply` is what its schema says, and nothing more.
pub fn assert_apply(document: &str) {
    assert_valid(&APPLY, document);
}

fn assert_valid(schema: &Validator, document: &str) {
    let value: Value = serde_json::from_str(document).expect("it is JSON");
    let errors = schema.iter_errors(&value);
    let errors: Vec<_> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}\n{document}", errors.join("\n"));
}

/// A validator that refuses what the schema does not describe. The published schema lets it pass, so that a later
/// minor version may add to a document.
fn strict(schema: &str) -> Validator {
    let mut schema: Value = serde_json::from_str(schema).expect("a schema is JSON");
    assert!(jsonschema::meta::is_valid(&schema));
    close(&mut schema);
    close(&mut schema["anyOf"][1]["properties"]["targets"]["items"]);
    let definitions = schema["$defs"].as_object_mut().expect("it has definitions");
    // A target is a part of the document where there is only one, beside the version of the form.
    let parts = definitions.iter_mut().filter(|(name, _)| *name != "Target");
    parts.for_each(|(_, definition)| close(definition));
    jsonschema::validator_for(&schema).expect("it is a schema")
}

fn close(schema: &mut Value) {
    let keys = ["properties", "anyOf", "oneOf", "$ref"];
    let is_object = keys.iter().any(|key| schema.get(key).is_some());
    if let Some(schema) = schema.as_object_mut().filter(|_| is_object) {
        schema.insert("unevaluatedProperties".to_owned(), false.into());
    }
}
