//! Files in the documents are what they say: manifests fit the schema, other files are at least well-formed.

use super::{blocks, documents};

#[test]
fn manifests_in_documents_fit_the_schema() {
    let schema = jsonschema::validator_for(&lls::manifest::schema()).unwrap();
    let mut checked = 0;
    for (path, text) in documents() {
        for block in blocks(&text) {
            let (path, line) = (path.display(), block.line);
            let text = block.lines.join("\n");
            match block.kind.as_str() {
                "toml" => {
                    let table = text.parse::<toml::Table>();
                    let table = table.unwrap_or_else(|error| panic!("{path}:{line}: {error}"));
                    let value = serde_json::to_value(table).unwrap();
                    let error = schema.iter_errors(&value).next();
                    assert!(error.is_none(), "{path}:{line}: {}", error.unwrap());
                    checked += 1;
                }
                "json" => {
                    let value = serde_json::from_str::<serde_json::Value>(&text);
                    assert!(value.is_ok(), "{path}:{line}: {}", value.unwrap_err());
                }
                _ => {}
            }
        }
    }
    assert!(checked > 5, "only {checked} manifests were found");
}

#[test]
fn yaml_in_documents_is_well_formed() {
    for (path, text) in documents() {
        for block in blocks(&text).iter().filter(|block| block.kind == "yaml") {
            let text = block.lines.join("\n");
            let value = serde_norway::from_str::<serde_norway::Value>(&text);
            let (path, line) = (path.display(), block.line);
            assert!(value.is_ok(), "{path}:{line}: {}", value.unwrap_err());
        }
    }
}
