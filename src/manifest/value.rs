//! The values of a layer's settings that are more than a text: globs, paths, permissions.

use std::str::FromStr;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use toml::de::DeValue;

use super::key::GRANTEE;
use super::problem::{Problem, Problems, nearest};
use super::table::{Located, PERMISSIONS, Table, advice, wrong_type};
use crate::archive::EntryPath;
use crate::layer::{AccountId, Architecture, OrganizationId, Permission};

/// How many globs a list may have.
const MOST_GLOBS: usize = 1000;

/// How long a glob may be, in bytes.
const LONGEST_GLOB: usize = 1024;

/// How many braces of a glob may be within one another.
const DEEPEST_GLOB: usize = 10;

/// What to do if a description is already published with different content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Republish {
    /// Stop: a published version is never replaced.
    #[default]
    Deny,
    /// Publish a further version under the same description.
    Allow,
}

/// Globs over archive paths, kept with the patterns that made them.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    /// The patterns as the manifest has them.
    pub patterns: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// The globs of these patterns.
    ///
    /// # Errors
    /// The first pattern that is not a glob, with what is wrong with it.
    pub fn new(patterns: Vec<String>) -> Result<Self, String> {
        if patterns.len() > MOST_GLOBS {
            let found = patterns.len();
            return Err(format!(
                "{found} globs are given, but at most {MOST_GLOBS} are allowed"
            ));
        }
        let mut set = GlobSetBuilder::new();
        for pattern in &patterns {
            check_bounds(pattern)?;
            set.add(glob(pattern)?);
        }
        let set = set.build().map_err(|error| error.to_string())?;
        Ok(Self { patterns, set })
    }

    /// Which patterns match the whole path, by their places in the list.
    pub fn matching(&self, path: &EntryPath) -> Vec<usize> {
        self.set.matches(path)
    }

    /// Whether one of the patterns matches the whole path.
    pub fn matches(&self, path: &EntryPath) -> bool {
        self.set.is_match(path)
    }
}

/// A single valid glob; `*` stops at slashes.
fn glob(text: &str) -> Result<Glob, String> {
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map_err(|error| format!("`{text}` is not a glob: {}", error.kind()))
}

/// Refuses globs that would take long to read, or whose braces are nested so deeply that reading them fills the stack.
fn check_bounds(text: &str) -> Result<(), String> {
    if text.len() > LONGEST_GLOB {
        let length = text.len();
        return Err(format!(
            "a glob of {length} bytes, more than {LONGEST_GLOB}"
        ));
    }
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth > DEEPEST_GLOB {
            return Err(format!(
                "the glob `{text}` with braces nested more than {DEEPEST_GLOB} deep"
            ));
        }
    }
    Ok(())
}

/// A path in the manifest.
pub(super) struct ArchivePath(pub EntryPath);

impl FromStr for ArchivePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self)
            .map_err(|error| format!("`{text}` is not a path inside the archive: {error}"))
    }
}

impl FromStr for Republish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "deny" => Ok(Self::Deny),
            "allow" => Ok(Self::Allow),
            _ => Err(format!(
                "`republish` is \"deny\" or \"allow\", not `{text}`"
            )),
        }
    }
}

pub(super) fn read_prefix(table: &mut Table<'_>, problems: &mut Problems) -> Option<String> {
    let prefix = table.text("prefix", problems)?;
    let trimmed = prefix.value.trim_end_matches('/');
    if trimmed.is_empty() && prefix.value.is_empty() {
        return Some(String::new());
    }
    match trimmed.parse::<EntryPath>() {
        Ok(path) => Some(path.into()),
        Err(error) => {
            let message = format!(
                "`prefix` is a folder inside the archive, not `{}`: {error}",
                prefix.value
            );
            problems.add(Problem::new(prefix.span, message).hint(advice("prefix")));
            None
        }
    }
}

pub(super) fn read_architecture(
    table: &mut Table<'_>,
    problems: &mut Problems,
) -> Option<Architecture> {
    let Some(list) = table.list_in("architecture") else {
        let architecture = table.parsed("architecture", problems)?;
        return Some(architecture.value);
    };
    let hint = match list.value.as_slice() {
        [one] => format!("write `architecture = \"{one}\"`"),
        _ => one_layer_each(&table.name),
    };
    let problem = Problem::new(
        list.span,
        "a layer has one architecture, not a list of them",
    );
    problems.add(problem.hint(hint));
    None
}

/// How to get a layer for both architectures; `table` is what the table is called in messages.
fn one_layer_each(table: &str) -> String {
    let name = table.strip_prefix("layer `");
    let Some(name) = name.and_then(|name| name.strip_suffix('`')) else {
        return "set it in the layers, and declare one layer for each architecture".to_owned();
    };
    format!(
        "declare one layer for each architecture, each with its own folder:\n\
         [layers.{name}]\narchitecture = \"x86_64\"\n\
         [layers.{name}-arm64]\narchitecture = \"arm64\""
    )
}

pub(super) fn read_globs(
    table: &mut Table<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<Globs> {
    let parse = |text: &str| {
        check_bounds(text).map_err(|excess| format!("`{key}` has {excess}"))?;
        glob(text).map(|_| text.to_owned())
    };
    let list = table.list_of(key, (MOST_GLOBS, &parse), problems)?;
    let patterns = list.value.into_iter().map(|pattern| pattern.value);
    match Globs::new(patterns.collect()) {
        Ok(globs) => Some(globs),
        Err(error) => {
            problems.add(Problem::new(list.span, error).hint(advice(key)));
            None
        }
    }
}

pub(super) fn read_permission(
    value: &Located<&DeValue<'_>>,
    problems: &mut Problems,
) -> Option<Permission> {
    match value.value {
        DeValue::String(text) => match text.as_ref() {
            "my-account" => Some(Permission::MyAccount),
            "my-organization" => Some(Permission::MyOrganization),
            "public" => Some(Permission::Public),
            "none" => Some(Permission::None),
            other => {
                let problem =
                    Problem::new(value.span.clone(), format!("unknown permission `{other}`"));
                let names = ["my-account", "my-organization", "public", "none"];
                let hint = nearest(other, names.into_iter());
                let hint = hint.map(|near| format!("did you mean \"{near}\"?"));
                problems.add(problem.hint(hint.unwrap_or_else(|| PERMISSIONS.to_owned())));
                None
            }
        },
        DeValue::Table(table) => {
            let mut table = Table::new("`permission`", table, value.span.clone(), GRANTEE);
            let given = ["account", "organization"]
                .iter()
                .filter(|key| table.span_of(key).is_some())
                .count();
            let account = table.parsed::<AccountId>("account", problems);
            let organization = table.parsed::<OrganizationId>("organization", problems);
            table.finish(problems);
            match (account, organization) {
                (Some(account), None) => Some(Permission::Account(account.value)),
                (None, Some(organization)) => Some(Permission::Organization(organization.value)),
                _ if given == 1 => None, // its value was reported
                _ => {
                    let problem = Problem::new(
                        value.span.clone(),
                        "`permission` must name one account or one organization",
                    );
                    problems.add(problem.hint(PERMISSIONS));
                    None
                }
            }
        }
        other => {
            problems.add(wrong_type(
                "permission",
                "a string or a table",
                other,
                value.span.clone(),
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_that_would_exhaust_the_stack_or_the_time_are_refused() {
        let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        for (text, message) in [
            (nested(DEEPEST_GLOB + 1), "braces nested"),
            (nested(50_000), "a glob of 100001 bytes, more than 1024"),
            ("**/".repeat(20_000), "a glob of 60000 bytes"),
        ] {
            let error = Globs::new(vec![text]).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        Globs::new(vec![nested(DEEPEST_GLOB)]).unwrap();
        let many = (0..=MOST_GLOBS).map(|number| format!("**/{number}"));
        assert!(
            Globs::new(many.collect())
                .unwrap_err()
                .contains("1001 globs")
        );
    }
}
