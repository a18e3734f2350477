//! The values of a layer's settings that are more than a text: globs, paths, permissions.

use std::str::FromStr;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use toml::de::DeValue;

use super::key::GRANTEE;
use super::problem::{Problem, Problems, nearest};
use super::table::{Located, PERMISSIONS, Table, advice, wrong_type};
use crate::archive::EntryPath;
use crate::layer::{AccountId, OrganizationId, Permission};

/// What to do where a description is published already, with other content.
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
    /// The globs of these patterns; the pattern and its fault, where one is none.
    pub fn new(patterns: Vec<String>) -> Result<Self, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in &patterns {
            let Pattern(glob) = pattern.parse()?;
            set.add(glob);
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
struct Pattern(globset::Glob);

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        glob.map(Self)
            .map_err(|error| format!("`{text}` is not a glob: {}", error.kind()))
    }
}

/// A path that stands in the manifest.
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

pub(super) fn read_globs(
    table: &mut Table<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<Globs> {
    let list = table.list::<Pattern>(key, problems)?;
    let patterns = list
        .value
        .iter()
        .map(|pattern| pattern.value.0.glob().to_owned())
        .collect();
    match Globs::new(patterns) {
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
                        "`permission` names one account or one organization",
                    );
                    problems.add(problem.hint(PERMISSIONS));
                    None
                }
            }
        }
        other => {
            problems.add(wrong_type(
                "permission",
                "a text or a table",
                other,
                value.span.clone(),
            ));
            None
        }
    }
}
