//! Files in the documents are what they say: manifests fit the schema, files of other tools can be read.

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

#[test]
fn terraform_in_documents_is_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let mut blocks_of_all = Vec::new();
    for (_, text) in documents() {
        blocks_of_all.extend(blocks(&text));
    }
    let hcl = blocks_of_all.iter().filter(|block| block.kind == "hcl");
    let mut resources = 0;
    for block in hcl {
        let path = folder.path().join("main.tf");
        std::fs::write(&path, block.lines.join("\n") + "\n").unwrap();
        let value = crate::outputs::hcl(&path);
        resources += value["resource"].as_array().map_or(0, Vec::len);
    }
    assert!(resources > 3, "only {resources} resources were found");
}
