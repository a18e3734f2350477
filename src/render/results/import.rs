//! A manifest written from what is published: every layer as its newest version is, common values as defaults, and a
//! comment wherever somebody must look.

use std::collections::{BTreeMap, BTreeSet};

use crate::layer::{
    AccountId, Architecture, Description, Grantee, LayerName, Policy, PublishedVersion,
};

/// The first description of a layer whose versions have none that `lls` takes.
const FIRST_DESCRIPTION: &str = "v1.0.0";

/// The runtime of a layer that was published without any.
const SOME_RUNTIME: &str = "python3.12";

/// How wide comments are.
const COMMENT_WIDTH: usize = 100;

/// Where the layers were found.
pub struct ImportedTarget {
    /// What it is to be called.
    pub name: String,
    /// The account that owns the layers.
    pub account: AccountId,
    /// Its settings beside `allow_public`: keys and values, as they stand in a manifest.
    pub settings: Vec<(&'static str, String)>,
}

/// A layer, as one destination has it.
pub struct ImportedLayer {
    /// The destination.
    pub destination: String,
    /// The layer.
    pub layer: LayerName,
    /// Its newest version.
    pub newest: PublishedVersion,
    /// The descriptions of older versions; only read where that of the newest one is no semantic version.
    pub older: Vec<String>,
    /// The policy of its newest version.
    pub policy: Policy,
}

/// What the manifest is to say of a layer.
struct Entry {
    name: LayerName,
    /// Values by key, as they stand in a manifest.
    values: BTreeMap<&'static str, String>,
    comments: Vec<String>,
    is_public: bool,
}

/// The keys whose most common value becomes the default. `license` only does where all layers have it, for a layer
/// cannot say that it has none.
const LIFTED: [&str; 4] = ["runtimes", "architecture", "permission", "license"];

/// Renders the manifest. `layers` are sorted by name, and within a layer in the order of the target's destinations.
pub fn render_import(target: &ImportedTarget, layers: &[ImportedLayer]) -> String {
    let mut by_name: BTreeMap<&LayerName, Vec<&ImportedLayer>> = BTreeMap::new();
    for layer in layers {
        by_name.entry(&layer.layer).or_default().push(layer);
    }
    let destinations: BTreeSet<&str> = layers.iter().map(|l| l.destination.as_str()).collect();
    let entries = by_name
        .values()
        .map(|places| entry(places, target, &destinations));
    let entries: Vec<_> = entries.collect();
    let defaults = defaults(&entries);

    let mut text = HEAD.to_owned();
    text.push_str(&format!("\n[targets.{}]\n", key(&target.name)));
    for (key, value) in &target.settings {
        text.push_str(&format!("{key} = {value}\n"));
    }
    if entries.iter().any(|entry| entry.is_public) {
        text.push_str("allow_public = true  # because some layers are\n");
    }
    if !defaults.is_empty() {
        text.push_str("\n[defaults]\n");
        text.push_str(&assignments(&defaults));
    }
    for entry in &entries {
        text.push_str(&format!("\n[layers.{}]\n", entry.name));
        for comment in &entry.comments {
            text.push_str(&commented(comment));
        }
        let is_own = |(key, value): &(&&'static str, &String)| defaults.get(*key) != Some(value);
        let own = entry.values.iter().filter(is_own);
        text.push_str(&assignments(
            &own.map(|(key, value)| (*key, value.clone())).collect(),
        ));
    }
    text
}

const HEAD: &str = "\
# Made by `lls import`: each layer as its newest published version is. Before `lls plan` says more than that:
# - put the layer's own files and its requirements.txt into its folder, layers/<name>; `prefix = \"python\"` in its
#   table puts Python files of its own on the import path
# - look at the lines that begin with TODO
";

/// The keys in the order in which the reference has them.
fn assignments(values: &BTreeMap<&'static str, String>) -> String {
    let keys = [
        "description",
        "runtimes",
        "architecture",
        "permission",
        "license",
    ];
    let present = keys.iter().filter_map(|key| Some((key, values.get(key)?)));
    let mut text = String::new();
    for (key, value) in present {
        text.push_str(&format!("{key} = {value}\n"));
    }
    text
}

/// The values that several layers have in common.
fn defaults(entries: &[Entry]) -> BTreeMap<&'static str, String> {
    let mut defaults = BTreeMap::new();
    for key in LIFTED {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for value in entries.iter().filter_map(|entry| entry.values.get(key)) {
            *counts.entry(value).or_default() += 1;
        }
        // The first of those that are equally common, so that equal layers give equal text.
        let common = counts.into_iter().rev().max_by_key(|(_, count)| *count);
        let needed = if key == "license" {
            entries.len().max(2)
        } else {
            2
        };
        if let Some((value, _)) = common.filter(|(_, count)| *count >= needed) {
            defaults.insert(key, value.to_owned());
        }
    }
    defaults
}

fn entry(
    places: &[&ImportedLayer],
    target: &ImportedTarget,
    destinations: &BTreeSet<&str>,
) -> Entry {
    let first = places[0];
    let mut entry = Entry {
        name: first.layer.clone(),
        values: BTreeMap::new(),
        comments: Vec::new(),
        is_public: false,
    };
    let numbers = places
        .iter()
        .map(|place| format!("{}:{}", place.destination, place.newest.number));
    entry.comments.push(format!(
        "published as {}",
        numbers.collect::<Vec<_>>().join(", ")
    ));
    entry.describe(first);
    entry.say_runtimes(first);
    entry.say_architecture(first);
    if let Some(license) = first
        .newest
        .metadata
        .license
        .as_deref()
        .filter(|text| !text.is_empty())
    {
        entry.values.insert("license", quoted(license));
    }
    entry.say_permission(&first.policy, target);
    let here: BTreeSet<&str> = places
        .iter()
        .map(|place| place.destination.as_str())
        .collect();
    for missing in destinations.difference(&here) {
        entry.todo(format!(
            "not published in {missing}: the next apply does that"
        ));
    }
    for other in &places[1..] {
        entry.compare(first, other);
    }
    entry
}

impl Entry {
    fn todo(&mut self, text: impl AsRef<str>) {
        self.comments.push(format!("TODO: {}", text.as_ref()));
    }

    fn describe(&mut self, layer: &ImportedLayer) {
        let published = &layer.newest.metadata.description;
        let description = match published.parse::<Description>() {
            Ok(description) => description.to_string(),
            Err(_) => {
                let next = next_description(&layer.older);
                let said = match published.as_str() {
                    "" => "without a description".to_owned(),
                    text => format!("as `{text}`, which is not a semantic version"),
                };
                self.todo(format!(
                    "published {said}: {next} is what the next apply publishes"
                ));
                next
            }
        };
        self.values.insert("description", quoted(&description));
    }

    fn say_runtimes(&mut self, layer: &ImportedLayer) {
        let runtimes = &layer.newest.metadata.runtimes;
        let mut quoted_runtimes: Vec<_> = runtimes.iter().map(|r| quoted(&r.to_string())).collect();
        if quoted_runtimes.is_empty() {
            self.todo("published without runtimes: add them, and raise the description");
            quoted_runtimes.push(quoted(SOME_RUNTIME));
        }
        self.values
            .insert("runtimes", format!("[{}]", quoted_runtimes.join(", ")));
    }

    fn say_architecture(&mut self, layer: &ImportedLayer) {
        let architectures: Vec<_> = layer
            .newest
            .metadata
            .architectures
            .iter()
            .copied()
            .collect();
        match architectures.len() {
            0 => self.todo("published without architectures: add one, and raise the description"),
            1 => {}
            _ => self.todo(
                "published for several architectures, and a layer here is for one: raise the description, and \
                 declare a second layer for the other where it is needed",
            ),
        }
        let architecture = architectures
            .first()
            .copied()
            .unwrap_or(Architecture::X86_64);
        self.values
            .insert("architecture", quoted(architecture.as_str()));
    }

    /// The grant that `lls`, or the tool that it succeeds, made; every other statement becomes a comment.
    fn say_permission(&mut self, policy: &Policy, target: &ImportedTarget) {
        let mut permission = None;
        for statement in policy.managed() {
            match (&statement.grantee, &permission) {
                (Some(grantee), None) => permission = Some(grantee),
                (Some(grantee), Some(_)) => self.todo(format!(
                    "statement {} grants {grantee} too: the next apply revokes it",
                    statement.id
                )),
                (None, _) => self.todo(format!(
                    "statement {} grants something that lls never grants: the next apply revokes it",
                    statement.id
                )),
            }
        }
        for statement in policy.unmanaged() {
            let said = match &statement.grantee {
                Some(grantee) => format!("grants {grantee}"),
                None => "is not one that lls can read".to_owned(),
            };
            self.comments.push(format!(
                "statement {} {said}, is not managed by lls: that version keeps it, later versions do not have it",
                statement.id
            ));
        }
        self.is_public = permission == Some(&Grantee::Public);
        self.values.insert(
            "permission",
            match permission {
                None => quoted("none"),
                Some(Grantee::Public) => quoted("public"),
                Some(Grantee::Account(account)) if *account == target.account => {
                    quoted("my-account")
                }
                Some(Grantee::Account(account)) => {
                    format!("{{ account = {} }}", quoted(account.as_str()))
                }
                Some(Grantee::Organization(organization)) => {
                    format!("{{ organization = {} }}", quoted(organization.as_str()))
                }
            },
        );
    }

    /// Says in what another destination has something else than the first.
    fn compare(&mut self, first: &ImportedLayer, other: &ImportedLayer) {
        let place = format!("{}:{}", other.destination, other.newest.number);
        if other.newest.metadata.description != first.newest.metadata.description {
            let description = &other.newest.metadata.description;
            self.todo(format!("{place} has the description `{description}`"));
        } else if other.newest.metadata != first.newest.metadata {
            self.todo(format!("{place} has other metadata"));
        }
        let granted = |layer: &ImportedLayer| -> BTreeSet<_> {
            layer
                .policy
                .managed()
                .map(|statement| statement.grantee.clone())
                .collect()
        };
        if granted(first) != granted(other) {
            self.todo(format!(
                "{place} is granted to others: the next apply changes that"
            ));
        }
    }
}

/// A description above all that are semantic versions.
fn next_description(older: &[String]) -> String {
    let known = older
        .iter()
        .filter_map(|text| text.parse::<Description>().ok());
    match known.max_by(|a, b| a.version().cmp_precedence(b.version())) {
        None => FIRST_DESCRIPTION.to_owned(),
        Some(highest) => {
            let v = if highest.as_str().starts_with('v') {
                "v"
            } else {
                ""
            };
            let version = highest.version();
            format!("{v}{}.{}.0", version.major, version.minor + 1)
        }
    }
}

/// A text as TOML has it.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A key as TOML has it.
fn key(text: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !text.is_empty() && text.chars().all(is_bare) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A comment, which cannot hold control characters (TOML 1.0, "Comment").
fn commented(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let options = textwrap::Options::new(COMMENT_WIDTH)
        .initial_indent("# ")
        .subsequent_indent("#   ")
        .break_words(false);
    textwrap::wrap(&line, options).join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_description_is_above_all_that_were_published() {
        let next = |older: &[&str]| {
            next_description(
                &older
                    .iter()
                    .map(|text| (*text).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(next(&[]), "v1.0.0");
        assert_eq!(next(&["initial", "v1.9.0", "v1.10.3", ""]), "v1.11.0");
        assert_eq!(next(&["2.0.0-rc.1", "1.0.0"]), "2.1.0");
    }

    #[test]
    fn any_text_can_be_quoted() {
        for text in [
            "",
            "a\"b",
            "it's",
            "a\nb\\c\t",
            "\u{1}\u{7f}",
            "'''\"\"\"\n",
        ] {
            let parsed: toml::Table = format!("k = {}", quoted(text)).parse().unwrap();
            assert_eq!(parsed["k"].as_str(), Some(text));
        }
    }
}
