//! Takes the keys of a TOML table one by one and remembers which were asked for, so that none is ignored.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::key::{Key, Kind};
use super::problem::{Problem, Problems, nearest};

/// What makes a value of a text, or says what is wrong with it.
pub type Parse<'p, T> = &'p dyn Fn(&str) -> Result<T, String>;

/// A value with the bytes of the manifest that it came from.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Range<usize>,
}

/// A table of the manifest while its keys are being taken.
pub struct Table<'a> {
    /// What it is called in messages, such as "layer `pg8000`".
    pub name: String,
    /// Its place.
    pub span: Range<usize>,
    entries: BTreeMap<&'a str, Entry<'a>>,
    keys: &'static [Key],
    taken: BTreeSet<&'static str>,
}

struct Entry<'a> {
    key_span: Range<usize>,
    value: &'a DeValue<'a>,
    span: Range<usize>,
}

impl<'a> Table<'a> {
    /// Starts with every key of `table`, which may have `keys`.
    pub fn new(
        name: impl Into<String>,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        keys: &'static [Key],
    ) -> Self {
        let entry = |value: &'a toml::Spanned<DeValue<'a>>, key_span| Entry {
            key_span,
            value: value.get_ref(),
            span: value.span(),
        };
        let entries = table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), entry(value, key.span())))
            .collect();
        Self {
            name: name.into(),
            span,
            entries,
            keys,
            taken: BTreeSet::new(),
        }
    }

    /// Reports the keys that were not taken.
    pub fn finish(self, problems: &mut Problems) {
        let known = || self.keys.iter().map(|key| key.name);
        debug_assert_eq!(
            self.taken,
            known().collect(),
            "the keys that are read are those that are declared"
        );
        for (key, entry) in &self.entries {
            let problem = Problem::new(
                entry.key_span.clone(),
                format!("unknown key `{key}` in {}", self.name),
            );
            let hint = match nearest(key, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys: {}", known().collect::<Vec<_>>().join(", ")),
            };
            problems.add(problem.hint(hint));
        }
    }

    /// Removes a key that does not belong here. `None` if there is no such key.
    pub fn refuse(&mut self, key: &str) -> Option<Range<usize>> {
        self.entries.remove(key).map(|entry| entry.key_span)
    }

    /// The place of `key`, if it was not taken.
    pub fn span_of(&self, key: &str) -> Option<Range<usize>> {
        self.entries.get(key).map(|entry| entry.key_span.clone())
    }

    /// The texts in the list `key`, which is not taken by that.
    pub fn entries_of(&self, key: &str) -> Vec<Located<String>> {
        let list = self
            .entries
            .get(key)
            .and_then(|entry| entry.value.as_array());
        let texts = list.into_iter().flatten().filter_map(|item| {
            let value = item.get_ref().as_str()?.to_owned();
            let span = item.span();
            Some(Located { value, span })
        });
        texts.collect()
    }

    /// Takes the list of texts in `key`. Takes nothing if the value is not a list.
    pub fn list_in(&mut self, key: &'static str) -> Option<Located<Vec<String>>> {
        let value = self.entries_of(key).into_iter().map(|text| text.value);
        let value = value.collect();
        self.entries.get(key)?.value.as_array()?;
        let span = self.take(key)?.span;
        Some(Located { value, span })
    }

    /// Takes a text.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Located<String>> {
        self.parsed(key, problems)
    }

    /// Takes a text and parses it.
    pub fn parsed<T: FromStr>(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Located<T>>
    where
        T::Err: std::fmt::Display,
    {
        let entry = self.take(key)?;
        let parse = |text: &str| text.parse().map_err(|error: T::Err| error.to_string());
        parse_text(key, (entry.value, entry.span), &parse, problems)
    }

    /// Takes a list of texts and parses each; repetitions are reported.
    pub fn list<T: FromStr>(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Located<Vec<Located<T>>>>
    where
        T::Err: std::fmt::Display,
    {
        let parse = |text: &str| text.parse().map_err(|error: T::Err| error.to_string());
        self.list_of(key, (usize::MAX, &parse), problems)
    }

    /// Takes a list of at most so many texts, each of which is parsed so.
    pub fn list_of<T>(
        &mut self,
        key: &'static str,
        (most, parse): (usize, Parse<'_, T>),
        problems: &mut Problems,
    ) -> Option<Located<Vec<Located<T>>>> {
        let entry = self.take(key)?;
        let Some(array) = entry.value.as_array() else {
            problems.add(wrong_type(
                key,
                "a list of strings",
                entry.value,
                entry.span,
            ));
            return None;
        };
        if array.len() > most {
            let found = array.len();
            let message = format!("`{key}` has {found} entries, but at most {most} are allowed");
            problems.add(Problem::new(entry.span, message).hint("leave some of them out"));
            return None;
        }
        let mut seen = BTreeSet::new();
        for item in array {
            if let Some(text) = item.get_ref().as_str()
                && !seen.insert(text)
            {
                let message = format!("`{text}` appears twice in `{key}`");
                problems.add(Problem::new(item.span(), message).hint("leave one of them out"));
            }
        }
        // Every item is parsed, so that every problem is reported; one bad item spoils the list.
        let values: Vec<_> = array
            .iter()
            .map(|item| parse_text(key, (item.get_ref(), item.span()), parse, problems))
            .collect();
        let values = values.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Located {
            value: values,
            span: entry.span,
        })
    }

    /// Takes a yes or no.
    pub fn boolean(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let entry = self.take(key)?;
        let value = entry.value.as_bool();
        if value.is_none() {
            problems.add(wrong_type(
                key,
                "`true` or `false`",
                entry.value,
                entry.span,
            ));
        }
        value
    }

    /// Takes a table.
    pub fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<Table<'a>> {
        let entry = self.take(key)?;
        match entry.value.as_table() {
            Some(table) => {
                let keys = self.keys_of(key);
                Some(Table::new(format!("`[{key}]`"), table, entry.span, keys))
            }
            None => {
                problems.add(wrong_type(key, "a table", entry.value, entry.span));
                None
            }
        }
    }

    /// Takes a table of tables, such as `[layers]`, with the place of each name.
    pub fn tables(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Vec<(Located<String>, Table<'a>)> {
        let Some(outer) = self.table(key, problems) else {
            return Vec::new();
        };
        let singular = key.trim_end_matches('s');
        let mut tables = Vec::new();
        for (name, entry) in outer.entries {
            match entry.value.as_table() {
                Some(table) => {
                    let inner = Table::new(
                        format!("{singular} `{name}`"),
                        table,
                        entry.span,
                        outer.keys,
                    );
                    tables.push((
                        Located {
                            value: name.to_owned(),
                            span: entry.key_span,
                        },
                        inner,
                    ));
                }
                None => problems.add(
                    wrong_type(name, "a table", entry.value, entry.span)
                        .hint(format!("declare it under [{key}.{name}]")),
                ),
            }
        }
        tables
    }

    /// Takes a value of any type.
    pub fn value(&mut self, key: &'static str) -> Option<Located<&'a DeValue<'a>>> {
        self.take(key).map(|entry| Located {
            value: entry.value,
            span: entry.span,
        })
    }

    fn take(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.taken.insert(key);
        self.entries.remove(key)
    }

    /// The keys of the table, or of the tables, under `key`.
    fn keys_of(&self, key: &str) -> &'static [Key] {
        let declared = self.keys.iter().find(|declared| declared.name == key);
        match declared.map(|declared| declared.kind) {
            Some(Kind::Table(keys) | Kind::Tables(_, keys)) => keys,
            _ => &[],
        }
    }
}

/// Reports that `key` holds something else than it should.
pub fn wrong_type(key: &str, expected: &str, found: &DeValue<'_>, span: Range<usize>) -> Problem {
    Problem::new(
        span,
        format!("`{key}` must be {expected}, not {}", described(found)),
    )
    .hint(advice(key))
}

/// What a key takes, with an example.
pub fn advice(key: &str) -> &'static str {
    match key {
        "default_target" => "the name of a target, such as \"operations\"",
        "regions" => "names of AWS regions, such as [\"us-east-1\", \"eu-west-1\"]",
        "profile" => "the name of an AWS profile, such as \"operations\"",
        "role_arn" => "the ARN of an IAM role, such as \"arn:aws:iam::123456789012:role/layers\"",
        "external_id" => "the external ID that the role's trust policy requires",
        "account" => "the 12 digits of an AWS account, such as \"123456789012\"",
        "organization" => "the id of an AWS organization, such as \"o-a1b2c3d4e5\"",
        "staging_bucket" => "the name of an S3 bucket, such as \"acme-layers-{region}\"",
        "ssm_prefix" => "a path of SSM parameters, such as \"/acme/layers\"",
        "allow_public" => "write `true` only if layers of this target may be used by everyone",
        "directory" => "a path relative to the manifest's folder",
        "packages" => PACKAGES,
        "file" => "the path of a project's file, such as \"pyproject.toml\"",
        "groups" => "names of groups, such as [\"layer\"]",
        "extras" => "names of extras, such as [\"postgres\"]",
        "description" => "a version of three numbers, such as \"v1.0.0\"",
        "runtimes" => "identifiers of Lambda runtimes, such as [\"python3.12\", \"python3.13\"]",
        "architecture" => "\"x86_64\" or \"arm64\"",
        "permission" => PERMISSIONS,
        "license" => "an SPDX identifier, such as \"BSD-3-Clause\"",
        "prefix" => "a folder inside the archive, such as \"python\"",
        "exclude" => "globs that match archive paths, such as [\"**/tests/**\"]",
        "allow_secrets" => {
            "globs that match archive paths of false alarms, such as [\"python/tests/key.pem\"]"
        }
        "exclude_packages" => "names of packages, such as [\"boto3\", \"botocore\"]",
        "build" => "names of packages to build from source, such as [\"docopt\"]",
        "overwrite" => "archive paths, such as [\"python/shared/__init__.py\"]",
        "bytecode" => "\"unchecked-hash\", \"checked-hash\", or \"none\"",
        "republish" => {
            "\"deny\", or \"allow\" to publish different content under the same description"
        }
        "skip_imports" => "names of modules, such as [\"app.worker\"]",
        "targets" => "declare each one under [targets.<name>]",
        "layers" => "declare each one under [layers.<name>]",
        "defaults" => "declare settings of all layers under [defaults]",
        _ => "see docs/manifest.md",
    }
}

/// What `permission` takes.
pub const PERMISSIONS: &str = "one of \"my-account\", \"my-organization\", \"public\", \"none\", \
    { account = \"123456789012\" } or { organization = \"o-a1b2c3d4e5\" }";

/// What `packages` takes.
const PACKAGES: &str = "the path of a pyproject.toml, uv.lock, pylock.toml, poetry.lock or \
    Pipfile.lock from the layer's folder, a table with its groups and extras, \"requirements.txt\" or \
    `false`, such as \"pyproject.toml\"";

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn parse_text<T>(
    key: &str,
    (value, span): (&DeValue<'_>, Range<usize>),
    parse: Parse<'_, T>,
    problems: &mut Problems,
) -> Option<Located<T>> {
    let Some(text) = value.as_str() else {
        let message = format!("expected a string in `{key}`, found {}", described(value));
        problems.add(Problem::new(span, message).hint(advice(key)));
        return None;
    };
    match parse(text) {
        Ok(value) => Some(Located { value, span }),
        Err(message) => {
            problems.add(Problem::new(span, message).hint(advice(key)));
            None
        }
    }
}
