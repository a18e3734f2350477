//! `docs/manifest.md` is made from the JSON Schema of the manifest, and says the same.

use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::Value;

/// What stands above the keys.
const HEAD: &str = include_str!("manifest_head.md");

#[test]
fn the_manifest_reference_is_made_from_the_schema() {
    let schema = lls::manifest::schema();
    let mut text = HEAD.to_owned();
    let of = |table: &str| &schema["properties"][table];
    let top = ["default_target"].map(|key| (key, of(key)));
    section(&mut text, "Top level", "", &top, &[]);
    let target = &of("targets")["additionalProperties"];
    let about = said(of("targets"));
    let keys = keys(target);
    section(&mut text, "`[targets.<name>]`", &about, &keys, &[]);
    let layer = &of("layers")["additionalProperties"];
    let defaults = of("defaults");
    let common = self::keys(defaults);
    let is_common = |name: &str| common.iter().any(|(key, _)| *key == name);
    let (shared, own): (Vec<_>, Vec<_>) = self::keys(layer)
        .into_iter()
        .partition(|(name, _)| is_common(name));
    let required: Vec<_> = layer["required"].as_array().unwrap().iter().collect();
    let required: Vec<_> = required.iter().map(|key| key.as_str().unwrap()).collect();
    let about = said(of("layers"));
    section(&mut text, "`[layers.<name>]`", &about, &own, &required);
    let title = "`[defaults]` or `[layers.<name>]`";
    section(&mut text, title, &said(defaults), &shared, &[]);
    expect_file!["../../../docs/manifest.md"].assert_eq(&text);
}

/// The keys of a table with their schemas, sorted.
fn keys(table: &Value) -> Vec<(&str, &Value)> {
    let properties = table["properties"].as_object().unwrap();
    let keys = properties.iter().map(|(name, key)| (name.as_str(), key));
    keys.collect()
}

fn section(
    text: &mut String,
    title: &str,
    about: &str,
    keys: &[(&str, &Value)],
    required: &[&str],
) {
    writeln!(text, "\n## {title}").unwrap();
    if !about.is_empty() {
        writeln!(text, "\n{about}").unwrap();
    }
    for (name, key) in keys {
        let (meaning, takes, refused) = parts(key["description"].as_str().unwrap());
        writeln!(text, "\n### `{name}`\n\n{meaning}\n").unwrap();
        let takes = takes.split(", such as").next().unwrap();
        let kind = kind(key);
        match takes {
            "" => writeln!(text, "- Type: {kind}").unwrap(),
            _ if key["enum"].is_array() || key["oneOf"].is_array() => {
                writeln!(text, "- Type: {kind}: {takes}").unwrap();
            }
            _ => writeln!(text, "- Type: {kind}, {takes}").unwrap(),
        }
        match &key["default"] {
            Value::Null if required.contains(name) => writeln!(text, "- Required").unwrap(),
            Value::Null => {}
            default => writeln!(text, "- Default: `{default}`").unwrap(),
        }
        if let Some(example) = example(key) {
            writeln!(text, "- Example: `{name} = {example}`").unwrap();
        }
        if !refused.is_empty() {
            writeln!(
                text,
                "- Refused: {}{}",
                refused[..1].to_lowercase(),
                &refused[1..]
            )
            .unwrap();
        }
    }
}

/// What a table's description says, in one paragraph.
fn said(table: &Value) -> String {
    let (meaning, _, refused) = parts(table["description"].as_str().unwrap());
    format!(
        "{meaning} Refused: {}{}",
        refused[..1].to_lowercase(),
        &refused[1..]
    )
}

/// The meaning, what it takes and what is refused, out of a description.
fn parts(description: &str) -> (&str, &str, &str) {
    let (rest, refused) = description
        .split_once(" Refused: ")
        .unwrap_or((description, ""));
    let (meaning, takes) = rest.split_once(" Takes ").unwrap_or((rest, ""));
    (meaning, takes.trim_end_matches('.'), refused)
}

fn kind(key: &Value) -> String {
    let number = |value: &Value, name: &str| value[name].as_u64();
    if key["enum"].is_array() {
        return "string".to_owned();
    }
    match key["type"].as_str() {
        None => "string or table".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("string") => match number(key, "maxLength") {
            Some(longest) => format!("string of up to {longest} characters"),
            None => "string".to_owned(),
        },
        Some("array") => match (number(key, "minItems"), number(key, "maxItems")) {
            (Some(least), Some(most)) => format!("list of {least} to {most} strings"),
            (Some(least), None) => format!("list of {least} or more strings"),
            _ => "list of strings".to_owned(),
        },
        Some(other) => panic!("the reference has no word for {other}"),
    }
}

/// A value for a key, as TOML: lists and texts of JSON are. `None` where no value is likelier than others.
fn example(key: &Value) -> Option<String> {
    let listed = |values: &Vec<Value>| {
        let values: Vec<_> = values.iter().map(Value::to_string).collect();
        format!("[{}]", values.join(", "))
    };
    match (&key["examples"][0], &key["enum"]) {
        (Value::Array(values), _) => Some(listed(values)),
        (Value::Null, Value::Array(words)) => words.last().map(Value::to_string),
        (Value::Null, _) if key["type"] == "boolean" => Some("true".to_owned()),
        (Value::Null, _) if key["oneOf"].is_array() => Some("\"my-organization\"".to_owned()),
        (Value::Null, _) => None,
        (value, _) => Some(value.to_string()),
    }
}
