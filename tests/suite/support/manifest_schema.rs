//! Compares every manifest that the tests run `lls` on with the manifest's JSON Schema.

use std::sync::LazyLock;

use jsonschema::Validator;

use super::project::Run;

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema()).expect("the schema is one"));

/// What the parser refuses and the schema cannot, by a part of the message, and why it cannot.
const BEYOND: [(&str, &str); 21] = [
    ("there is no folder", "looks at folders"),
    ("is not a folder", "looks at folders"),
    ("outside the repository", "looks at folders"),
    ("part of a Git folder", "looks at folders"),
    ("but no Python runtime", "looks at files"),
    ("and the manifest does not say", "looks at files"),
    ("in addition to the requirements.txt", "looks at files"),
    ("has a requirements.txt, but", "looks at files"),
    ("has no requirements.txt in its folder", "looks at files"),
    ("cannot read", "looks at files"),
    ("is outside", "looks at files"),
    ("have the same directory", "compares values of two layers"),
    ("unknown target", "compares a value with names"),
    ("has no `runtimes`", "they may stand in another table"),
    ("is not a glob", "globs are not a regular language"),
    ("braces nested", "globs are not a regular language"),
    (
        "`exclude` has 60000 entries, but at most 1000",
        "one limit for two lists is told in words",
    ),
    ("name of an SSM parameter", "compares a target with layers"),
    ("SSM parameter of layer", "compares a target with layers"),
    ("version number exceeds", "patterns do not count"),
    ("bytes, more than", "patterns count characters"),
];

/// The schema.
pub fn schema() -> serde_json::Value {
    lls::manifest::schema()
}

/// Whether the schema accepts a manifest; false where it is no TOML.
pub fn accepts(text: &str) -> bool {
    let Ok(table) = text.parse::<toml::Table>() else {
        return false;
    };
    let value = serde_json::to_value(table).expect("TOML can be written as JSON");
    VALIDATOR.is_valid(&value)
}

/// Asserts that the schema accepts the manifest of a run that found it right, and rejects what the run rejects, as far
/// as a schema can.
pub fn compare(text: &str, run: &Run) {
    let lines = run.stderr.lines();
    let is_wrong = lines.clone().any(|line| {
        line.starts_with("error: ")
            && line.ends_with("in `layers.toml`")
            && line.contains(" problem")
    });
    if !is_wrong {
        assert!(
            run.status != 0 || accepts(text),
            "the schema refuses a right manifest:\n{text}"
        );
        return;
    }
    let Ok(_) = text.parse::<toml::Table>() else {
        return;
    };
    let messages =
        lines.filter(|line| line.starts_with("error: ") && !line.ends_with("in `layers.toml`"));
    let is_beyond = |line: &str| BEYOND.iter().any(|(message, _)| line.contains(message));
    let is_all_beyond = messages.clone().all(is_beyond);
    assert_eq!(
        accepts(text),
        is_all_beyond,
        "the schema and the parser differ:\n{text}\n{run}"
    );
}
