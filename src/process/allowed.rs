//! Variables that whoever runs `lls` allows in requirements: their names, and which names never are.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::error::Failure;

/// What variables of AWS, of `lls`, of CI and of package managers begin with.
const REFUSED_PREFIXES: [&str; 16] = [
    "ACTIONS_",
    "AWS_",
    "AZURE_",
    "BITBUCKET_",
    "BUILDKITE_",
    "CIRCLE_",
    "CI_",
    "CODEBUILD_",
    "GH_",
    "GITHUB_",
    "GITLAB_",
    "GOOGLE_",
    "LLS_",
    "PIP_",
    "RUNNER_",
    "UV_",
];

/// Parts that mark a variable as a secret wherever they are in its name: `PGPASSWORD`, `MYTOKEN`.
const REFUSED_PARTS: [&str; 14] = [
    "ACCESSKEY",
    "APIKEY",
    "CREDENTIAL",
    "JWT",
    "PASSCODE",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE",
    "SECRET",
    "SESSIONID",
    "SIGNINGKEY",
    "TOKEN",
    "BEARER",
];

/// Words that mark a secret only as a whole word between `_`: `MYSQL_PWD`, but not `KEYBOARD`.
const REFUSED_WORDS: [&str; 11] = [
    "AUTH", "AUTHS", "COOKIE", "CREDS", "KEY", "KEYS", "PASS", "PAT", "PGPASS", "PSW", "PWD",
];

/// A harmless word that has one of these parts in it.
const TOKENIZER: &str = "TOKENIZER";

/// The name of a variable that requirements may use, and builds may see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VariableName(String);

impl VariableName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a variable cannot be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableNameError {
    /// It has other characters than the name of a variable.
    #[error("not the name of a variable")]
    Malformed,
    /// It may hold a secret, which requirements would carry to a host that the repository names.
    #[error("it may hold a secret, which a repository could send anywhere")]
    Secret,
}

impl Failure for VariableNameError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Malformed => "names have letters, digits and `_`, such as INDEX_HOST".into(),
            Self::Secret => SECRETS_OF_INDEXES.into(),
        })
    }
}

/// Where secrets for package indexes belong.
const SECRETS_OF_INDEXES: &str = "put the index's credentials into .netrc, or name the index in UV_INDEX, as `name=https://host/simple`, and set UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD";

impl FromStr for VariableName {
    type Err = VariableNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.is_empty()
            || text.starts_with(|c: char| c.is_ascii_digit())
            || !text.chars().all(is_part)
        {
            return Err(VariableNameError::Malformed);
        }
        let upper = text.to_ascii_uppercase();
        let rest = upper.replace(TOKENIZER, "");
        let is_refused = REFUSED_PREFIXES
            .iter()
            .any(|prefix| upper.starts_with(prefix))
            || REFUSED_PARTS.iter().any(|part| rest.contains(part))
            || upper.split('_').any(|word| REFUSED_WORDS.contains(&word));
        if is_refused {
            return Err(VariableNameError::Secret);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Variables in a text of requirements, written `${NAME}`. uv and pip replace those with capital letters only; none of
/// the others is taken for literal either.
static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{([A-Za-z0-9_]+)\}").expect("it is constant"));

/// The names of the variables in a text.
pub(super) fn used_variables(text: &str) -> impl Iterator<Item = &str> {
    let found = VARIABLE.captures_iter(text);
    found.filter_map(|found| Some(found.get(1)?.as_str()))
}

/// A text with `value` in place of its variables.
pub(super) fn with_values<'v>(text: &str, value: impl Fn(&str) -> &'v str) -> String {
    let replaced = VARIABLE.replace_all(text, |found: &Captures<'_>| value(&found[1]));
    replaced.into_owned()
}

/// What to do about a variable that a repository uses, and that is not allowed.
pub fn variable_hint(name: &str) -> String {
    match name.parse::<VariableName>() {
        _ if name == "PROJECT_ROOT" => {
            "write the path as it is from the file that it stands in".to_owned()
        }
        Err(VariableNameError::Secret) => format!(
            "a variable of this name may hold a secret, and is never passed on: {SECRETS_OF_INDEXES}"
        ),
        _ => format!(
            "write its value in its place; or, if its value may be sent there, run `lls` with `--allow-env {name}`, or LLS_ALLOW_ENV={name}"
        ),
    }
}

/// A variable that is allowed and has no value.
#[derive(Debug, thiserror::Error)]
#[error("the variable `{0}` is allowed, but it is not set")]
pub struct UnsetVariable(pub VariableName);

impl Failure for UnsetVariable {
    fn hint(&self) -> Option<String> {
        Some("set it, or leave it out of `--allow-env` and LLS_ALLOW_ENV".into())
    }
}
