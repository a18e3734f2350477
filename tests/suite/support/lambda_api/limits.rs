//! What AWS's model allows in a request about layers; `ministack` lets nearly everything through.
//! Every problem of a request is reported at once, in AWS's words.

use serde_json::Value;

use super::received::Received;
use super::refusal::Refusal;

/// The runtimes that AWS names when it refuses one (recorded on 2026-01-12).
const RUNTIMES: [&str; 25] = [
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
];

/// The runtimes that it takes without naming them.
const UNNAMED_RUNTIMES: [&str; 8] = [
    "nodejs14.x",
    "nodejs12.x",
    "python3.7",
    "java8",
    "dotnetcore3.1",
    "go1.x",
    "ruby2.7",
    "provided",
];

const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

/// What is wrong with the path and query of a request about layers.
pub fn refusal(request: &Received) -> Option<Refusal> {
    let segments = request.segments();
    if segments.get(1).is_none_or(|kind| kind != "layers") {
        return None;
    }
    let mut problems = Vec::new();
    if let Some(name) = segments.get(2) {
        layer_name(name, &mut problems);
    }
    if let Some(runtime) = request.query("CompatibleRuntime") {
        one_of(&runtime, "compatibleRuntime", runtimes(), &mut problems);
    }
    if let Some(architecture) = request.query("CompatibleArchitecture") {
        one_of(
            &architecture,
            "compatibleArchitecture",
            ARCHITECTURES,
            &mut problems,
        );
    }
    if let Some(count) = request.query("MaxItems") {
        page_size(&count, &mut problems);
    }
    Refusal::validation(&problems)
}

/// What is wrong with the members of a publish request.
pub fn publish_problems(members: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let named_runtimes = RUNTIMES.join(", ");
    let enumerated = format!("Member must satisfy enum value set: [{named_runtimes}]");
    let listed = list(members, "CompatibleRuntimes");
    all_of(
        &listed,
        "compatibleRuntimes",
        &enumerated,
        runtimes(),
        &mut problems,
    );
    at_most_items(&listed, "compatibleRuntimes", 15, &mut problems);
    let named_architectures = ARCHITECTURES.join(", ");
    let enumerated = format!(
        "Member must satisfy constraint: [Member must satisfy enum value set: [{named_architectures}], \
         Member must not be null]"
    );
    let listed = list(members, "CompatibleArchitectures");
    all_of(
        &listed,
        "compatibleArchitectures",
        &enumerated,
        ARCHITECTURES,
        &mut problems,
    );
    at_most_items(&listed, "compatibleArchitectures", 2, &mut problems);
    for (member, field, limit) in [
        ("Description", "description", 256),
        ("LicenseInfo", "licenseInfo", 512),
    ] {
        at_most_characters(
            members[member].as_str().unwrap_or_default(),
            field,
            limit,
            &mut problems,
        );
    }
    problems
}

fn runtimes() -> impl IntoIterator<Item = &'static str> {
    RUNTIMES.into_iter().chain(UNNAMED_RUNTIMES)
}

fn list<'a>(members: &'a Value, name: &str) -> Vec<&'a str> {
    let listed = members[name]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    listed
        .iter()
        .map(|item| item.as_str().unwrap_or("null"))
        .collect()
}

fn layer_name(name: &str, problems: &mut Vec<String>) {
    let is_arn = name.starts_with("arn:");
    let well_formed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !is_arn && (name.is_empty() || !name.chars().all(well_formed)) {
        problems.push(violation(
            name,
            "layerName",
            "Member must satisfy regular expression pattern: \
             (arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+",
        ));
    }
    if !is_arn {
        at_most_characters(name, "layerName", 140, problems);
    }
}

fn page_size(count: &str, problems: &mut Vec<String>) {
    let problem = match count.parse::<i64>() {
        Ok(1..=50) => return,
        Ok(..1) => "Member must have value greater than or equal to 1",
        _ => "Member must have value less than or equal to 50",
    };
    problems.push(violation(count, "maxItems", problem));
}

fn one_of(
    value: &str,
    field: &str,
    known: impl IntoIterator<Item = &'static str>,
    problems: &mut Vec<String>,
) {
    let known: Vec<_> = known.into_iter().collect();
    if !known.contains(&value) {
        let enumerated = format!("Member must satisfy enum value set: [{}]", known.join(", "));
        problems.push(violation(value, field, &enumerated));
    }
}

fn all_of(
    values: &[&str],
    field: &str,
    constraint: &str,
    known: impl IntoIterator<Item = &'static str>,
    problems: &mut Vec<String>,
) {
    let known: Vec<_> = known.into_iter().collect();
    if values.iter().any(|value| !known.contains(value)) {
        problems.push(violation(&bracketed(values), field, constraint));
    }
}

fn at_most_items(values: &[&str], field: &str, limit: usize, problems: &mut Vec<String>) {
    if values.len() > limit {
        problems.push(too_long(&bracketed(values), field, limit));
    }
}

fn at_most_characters(value: &str, field: &str, limit: usize, problems: &mut Vec<String>) {
    if value.chars().count() > limit {
        problems.push(too_long(value, field, limit));
    }
}

fn too_long(value: &str, field: &str, limit: usize) -> String {
    let constraint = format!("Member must have length less than or equal to {limit}");
    violation(value, field, &constraint)
}

fn violation(value: &str, field: &str, constraint: &str) -> String {
    format!("Value '{value}' at '{field}' failed to satisfy constraint: {constraint}")
}

fn bracketed(values: &[&str]) -> String {
    format!("[{}]", values.join(", "))
}
