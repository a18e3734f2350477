//! Looks for secrets among a layer's own files: whoever may use a layer can read all of it.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::OwnFile;
use crate::archive::Mode;
use crate::error::Failure;
use crate::layer::{LayerName, Permission};
use crate::manifest::LayerSettings;

/// Private keys (RFC 7468 and OpenSSH) and AWS access keys (IAM user guide, "Understanding unique ID prefixes").
static SECRETS: LazyLock<[(Regex, &str); 2]> = LazyLock::new(|| {
    let regex = |pattern| Regex::new(pattern).expect("the pattern is valid");
    [
        (
            regex(r"(?-u)-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
            "a private key",
        ),
        (
            regex(r"(?-u)\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
            "an AWS access key",
        ),
    ]
});

/// The version of [`SECRETS`], to be raised with every change: what was found is kept in the index of files.
pub(super) const RULES: u32 = 1;

/// How much is looked at a time, in bytes, and how much of it is looked at again with the next piece.
const PIECE: usize = 256 * 1024;
const OVERLAP: usize = 128;

/// A layer for everyone holds what looks like a secret.
#[derive(Debug, thiserror::Error)]
#[error("`{}` of layer `{layer}`, which is public, looks like {what}", path.display())]
pub struct SecretError {
    layer: LayerName,
    path: PathBuf,
    what: String,
}

impl Failure for SecretError {
    fn hint(&self) -> Option<String> {
        Some(
            "remove it, and withdraw the secret; a false alarm is silenced with `allow_secrets`"
                .into(),
        )
    }
}

/// Refuses a layer for everyone in which something looks like a secret.
pub(super) fn check(
    layer: &LayerName,
    settings: &LayerSettings,
    files: &[OwnFile],
) -> Result<(), SecretError> {
    let found = match settings.permission {
        Permission::Public => found(settings, files).next(),
        _ => None,
    };
    match found {
        None => Ok(()),
        Some((file, what)) => Err(SecretError {
            layer: layer.clone(),
            path: file.source.clone(),
            what: what.to_owned(),
        }),
    }
}

/// What to say of a layer in which something looks like a secret.
pub(super) fn warnings(
    layer: &LayerName,
    settings: &LayerSettings,
    files: &[OwnFile],
) -> Vec<String> {
    let found = found(settings, files).map(|(file, what)| {
        let path = file.source.display();
        format!("`{path}` of layer `{layer}` looks like {what}")
    });
    found.collect()
}

/// The files that look like secrets, and like which, unless the manifest allows them.
fn found<'a>(
    settings: &'a LayerSettings,
    files: &'a [OwnFile],
) -> impl Iterator<Item = (&'a OwnFile, &'a str)> {
    files
        .iter()
        .filter(|file| file.mode != Mode::Symlink)
        .filter_map(|file| Some((file, named(file).or(file.secret.as_deref())?)))
        .filter(|(file, _)| !settings.allow_secrets.matches(&file.path))
}

/// What a file's place says of it.
fn named(file: &OwnFile) -> Option<&'static str> {
    let mut parts = file.path.as_str().rsplit('/');
    match parts.next().unwrap_or_default() {
        ".env" => Some("a file of environment variables"),
        ".netrc" | ".pypirc" => Some("a file of passwords"),
        _ => parts
            .any(|part| part == ".git")
            .then_some("a part of a Git repository"),
    }
}

/// Looks for a secret in what `input` gives; the kind of the first that is found.
///
/// Reads in pieces, the end of each once more with the next, so that no secret is cut in two.
pub(super) fn find_in(mut input: impl Read) -> io::Result<Option<&'static str>> {
    let mut bytes = Vec::with_capacity(PIECE + OVERLAP);
    loop {
        let read = input.by_ref().take(PIECE as u64).read_to_end(&mut bytes)?;
        if let Some((_, what)) = SECRETS.iter().find(|(secret, _)| secret.is_match(&bytes)) {
            return Ok(Some(what));
        }
        if read == 0 {
            return Ok(None);
        }
        bytes.drain(..bytes.len().saturating_sub(OVERLAP));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256;

    /// What was found by other rules must not be taken for what these find.
    #[test]
    fn changed_rules_have_a_new_version() {
        let rules = SECRETS.iter().map(|(rule, what)| format!("{rule} {what}"));
        let rules = Sha256::of(rules.collect::<Vec<_>>().join("\n")).to_string();
        assert_eq!((RULES, &rules[..8]), (1, "a5039635"), "raise `RULES`");
    }

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        // Put together here, so that this file holds none.
        let key = ["-----BEGIN RSA PRI", "VATE KEY-----"].concat();
        let access = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        for padding in [0, 10, PIECE - 10, PIECE, 2 * PIECE - 5] {
            let with =
                |secret: &str| [vec![b' '; padding], secret.into(), vec![b'\n'; 99]].concat();
            assert_eq!(
                find_in(with(&key).as_slice()).unwrap(),
                Some("a private key"),
                "{padding}"
            );
            assert_eq!(
                find_in(with(&access).as_slice()).unwrap(),
                Some("an AWS access key"),
                "{padding}"
            );
        }
        for harmless in [
            "",
            "BEGIN PRIVATE KEY",
            "AKIA",
            "XAKIAIOSFODNN7EXAMPLEX",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(find_in(harmless.as_bytes()).unwrap(), None, "{harmless}");
        }
    }
}
