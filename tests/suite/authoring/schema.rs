//! The manifest's JSON Schema: current, and of one mind with the parser.
//!
//! Beside these tests every manifest of every run of `lls` in the suite is compared (`support::manifest_schema`).

use lls::input::Repository;
use lls::manifest::ManifestText;
use proptest::prelude::*;

use crate::support::manifest_schema::{accepts, schema};
use crate::support::project::Project;

#[test]
fn the_stored_schema_is_current() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let stored = std::fs::read_to_string(root.join("docs/schema/layers.schema.json")).unwrap();
    let run = Project::new().succeed(&["schema"]);
    assert_eq!(run.stderr, "");
    assert!(
        run.stdout == stored,
        "run `lls schema > docs/schema/layers.schema.json`"
    );
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn the_manifests_of_this_repository_are_accepted() {
    assert!(accepts(include_str!("../../../layers.toml")));
    let project = Project::new();
    project.succeed(&["init"]);
    assert!(accepts(&project.read("layers.toml")));
}

/// Defaults are written as they are read: with them in it, a manifest says the same.
#[test]
fn defaults_are_those_of_the_parser() {
    let schema = schema();
    let defaults = &schema["properties"]["defaults"]["properties"];
    let project = Project::hello();
    let head = "[layers.hello]\ndescription = \"1.0.0\"\nruntimes = [\"python3.12\"]\n";
    let settings = |text: &str| {
        let text = ManifestText {
            path: project.path("layers.toml"),
            text: text.to_owned(),
            repository: Repository::around(&project.path(""), "/".as_ref(), &[]),
        };
        let manifest = text.parse().unwrap();
        let text = format!("{:?}", manifest.layers);
        // Where things stand differs, and nothing else.
        let places = regex::Regex::new(r"(_position: Some\([^)]*\)|span: [0-9.]+)").unwrap();
        places.replace_all(&text, "").into_owned()
    };
    let mut count = 0;
    for (key, property) in defaults.as_object().unwrap() {
        if let Some(default) = property.get("default") {
            assert_eq!(
                settings(&format!("{head}{key} = {default}\n")),
                settings(head),
                "{key}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 11);
}

/// A manifest with one value in question, which stands in TOML's notation for texts (that of JSON).
fn manifest(key: &str, value: &str) -> String {
    let text = serde_json::to_string(value).unwrap();
    let (layer, target) = match key {
        "description" => (format!("description = {text}"), String::new()),
        "runtimes" => (
            format!("description = \"1.0.0\"\nruntimes = [{text}]"),
            String::new(),
        ),
        "exclude_packages" | "overwrite" | "skip_imports" => (
            format!("description = \"1.0.0\"\n{key} = [{text}]"),
            String::new(),
        ),
        "license" | "prefix" | "architecture" | "permission" | "republish" => (
            format!("description = \"1.0.0\"\n{key} = {text}"),
            String::new(),
        ),
        "account_of" => (
            format!("description = \"1.0.0\"\npermission = {{ account = {text} }}"),
            String::new(),
        ),
        "organization" => (
            format!("description = \"1.0.0\"\npermission = {{ organization = {text} }}"),
            String::new(),
        ),
        "regions" => (
            "description = \"1.0.0\"".into(),
            format!("regions = [{text}]"),
        ),
        key => ("description = \"1.0.0\"".into(), format!("{key} = {text}")),
    };
    format!(
        "[defaults]\nruntimes = [\"python3.12\"]\n[targets.x]\n{target}\n[layers.hello]\n{layer}\n"
    )
}

/// Values near the border between right and wrong: pieces of right ones, put together at random.
fn values() -> impl Strategy<Value = (&'static str, String)> {
    let kinds: Vec<(&str, &[&str])> = vec![
        (
            "description",
            &[
                "v", "1", "0", "01", ".", "1.2.3", "-", "+", "rc", "a-1", " ", "v1.0.0",
            ],
        ),
        (
            "runtimes",
            &[
                "python",
                "3",
                ".",
                "12",
                "python3.12",
                "nodejs",
                "x",
                "-",
                "A",
                " ",
                "256",
                "1000",
            ],
        ),
        (
            "exclude_packages",
            &["a", "B", "-", "_", ".", "1", " ", "ü"],
        ),
        ("skip_imports", &["a", "_", ".", "1", "-", " ", "ü"]),
        (
            "overwrite",
            &[
                "a", "/", ".", "..", "b.py", "\\", "C:", "\u{7}", "\u{202e}", " ", "ü",
            ],
        ),
        (
            "prefix",
            &["python", "/", ".", "..", "lib", "\\", "c:", "\u{7f}"],
        ),
        ("license", &["MIT", " ", "x", "ü"]),
        ("architecture", &["x86_64", "arm64", "arm", ""]),
        (
            "permission",
            &["my-account", "public", "none", "x", "my-organization"],
        ),
        ("republish", &["deny", "allow", "x"]),
        ("account", &["123456789012", "1", "a", " "]),
        ("account_of", &["123456789012", "1", "a"]),
        ("organization", &["o-", "a1b2c3d4e5", "x", "O", "0"]),
        (
            "regions",
            &["us", "-", "east", "1", "eu-west-1", "gov", "A", ""],
        ),
        (
            "role_arn",
            &[
                "arn:",
                "aws:",
                "iam:",
                ":",
                "123456789012:",
                "role/",
                "x",
                "arn:aws:iam::123456789012:role/",
                "\n",
            ],
        ),
        (
            "staging_bucket",
            &[
                "acme", "-", ".", "{region}", "a", "1", "A", "layers", "-layers-",
            ],
        ),
        (
            "ssm_prefix",
            &[
                "/", "acme", "layers", "/aws", "/SSM", "a", ".", "_", "-", " ",
            ],
        ),
    ];
    let kind = proptest::sample::select(kinds);
    kind.prop_flat_map(|(key, pieces)| {
        let pieces = proptest::collection::vec(proptest::sample::select(pieces), 0..7);
        pieces.prop_map(move |pieces| (key, pieces.concat()))
    })
}

#[test]
fn patterns_and_parsers_agree() {
    let project = Project::hello();
    let path = project.path("layers.toml");
    let folder = project.path("");
    let repository = Repository::around(&folder, &folder, &[]);
    let mut outcomes = [0, 0];
    let config = ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = std::cell::RefCell::new(&mut outcomes);
    runner
        .run(&values(), |(key, value)| {
            let text = manifest(key, &value);
            let parsed = lls::manifest::Manifest::parse(&path, text.clone(), &repository);
            let is_right = parsed.is_ok();
            outcome.borrow_mut()[usize::from(is_right)] += 1;
            prop_assert_eq!(accepts(&text), is_right, "{} = {:?}", key, value);
            Ok(())
        })
        .unwrap();
    assert!(outcomes[0] > 500 && outcomes[1] > 500, "{outcomes:?}");
}
