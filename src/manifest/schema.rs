//! The JSON Schema of the manifest, made from the keys that the parser knows.
//!
//! Draft 7, which the TOML extensions of editors understand as well as newer ones do.

use serde_json::{Map, Value, json};

use super::key::{
    Form, GRANTEE, Key, Kind, MANIFEST, PERMISSION_WORDS, PROJECT_FILE, PROJECT_PATH,
};
use super::table::advice;
use super::target::AWS_KEYS;

/// The schema.
pub fn schema() -> Value {
    let mut schema = table(MANIFEST);
    schema.insert(
        "$schema".into(),
        "http://json-schema.org/draft-07/schema#".into(),
    );
    schema.insert("title".into(), "The manifest of lls, layers.toml".into());
    let meaning = "The AWS Lambda layers of a repository, and where to publish them.";
    schema.insert("description".into(), meaning.into());
    schema.into()
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<_, _> = keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let mut table = Map::new();
    table.insert("type".into(), "object".into());
    table.insert("properties".into(), properties.into());
    table.insert("additionalProperties".into(), false.into());
    table
}

fn property(key: &Key) -> Value {
    let mut schema = match key.kind {
        Kind::Text(form) => text(form),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::List(form, shortest, longest) => list(form, shortest, longest),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Permission => permission(),
        Kind::Packages => packages(),
        Kind::Table(keys) => table(keys).into(),
        Kind::Tables(names, keys) => json!({
            "type": "object",
            "propertyNames": text(names),
            "additionalProperties": of_table(key.name, keys),
        }),
    };
    let advice = advice(key.name);
    let mut said = key.meaning.to_owned();
    if !matches!(key.kind, Kind::Boolean | Kind::Table(_) | Kind::Tables(..)) {
        said.push_str(&format!(" Takes {advice}."));
    }
    if !key.refused.is_empty() {
        said.push_str(&format!(" Refused: {}", key.refused));
    }
    schema["description"] = said.into();
    let example = advice.split_once("such as ").map(|(_, example)| example);
    if let Some(example) = example.and_then(|example| serde_json::from_str(example).ok()) {
        schema["examples"] = Value::Array(vec![example]);
    }
    if let Some(default) = key.default {
        // The defaults are TOML that is JSON as well; a test says so.
        schema["default"] = serde_json::from_str(default).unwrap_or_default();
    }
    schema
}

/// One of the tables under `name`, with what its keys ask of each other.
fn of_table(name: &str, keys: &[Key]) -> Value {
    let mut schema = table(keys);
    match name {
        "targets" => {
            let refused: Map<_, _> = AWS_KEYS
                .iter()
                .map(|key| ((*key).to_owned(), false.into()))
                .collect();
            let dependencies = json!({
                "directory": { "properties": refused },
                "external_id": ["role_arn"],
            });
            schema.insert("dependencies".into(), dependencies);
            let several =
                json!({ "required": ["regions"], "properties": { "regions": { "minItems": 2 } } });
            let regional =
                json!({ "properties": { "staging_bucket": { "pattern": r"\{region\}" } } });
            schema.insert("if".into(), several);
            schema.insert("then".into(), regional);
        }
        "layers" => {
            schema.insert("required".into(), json!(["description"]));
        }
        _ => {}
    }
    schema.into()
}

fn text(form: Form) -> Value {
    let mut schema = json!({ "type": "string" });
    if !form.pattern.is_empty() {
        schema["pattern"] = form.pattern.into();
    }
    if form.shortest > 0 {
        schema["minLength"] = form.shortest.into();
    }
    if form.longest < usize::MAX {
        schema["maxLength"] = form.longest.into();
    }
    schema
}

fn list(form: Form, shortest: usize, longest: usize) -> Value {
    let mut schema = json!({ "type": "array", "items": text(form), "uniqueItems": true });
    if shortest > 0 {
        schema["minItems"] = shortest.into();
    }
    if longest < usize::MAX {
        schema["maxItems"] = longest.into();
    }
    schema
}

fn packages() -> Value {
    let mut named = table(PROJECT_FILE);
    named.insert("required".into(), json!(["file"]));
    json!({ "oneOf": [
        text(PROJECT_PATH),
        { "const": "requirements.txt" },
        { "const": false },
        named,
    ] })
}

fn permission() -> Value {
    let mut kinds = vec![json!({ "type": "string", "enum": PERMISSION_WORDS })];
    for key in GRANTEE {
        let mut schema = table(&[*key]);
        schema.insert("required".into(), json!([key.name]));
        kinds.push(schema.into());
    }
    json!({ "oneOf": kinds })
}
