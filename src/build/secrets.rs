//! Looks for secrets among a layer's own files: whoever may use a layer can read all of it.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::own_file::OwnFile;
use crate::archive::Mode;
use crate::error::Failure;
use crate::layer::{LayerName, Permission};
use crate::manifest::LayerSettings;

/// Private keys (RFC 7468, OpenSSH, and RFC 9580, 6.2.1) and AWS access keys (IAM user guide, "Understanding unique ID prefixes").
static SECRETS: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
    let regex = |pattern| Regex::new(pattern).expect("the pattern is valid");
    [
        (
            regex(r"(?-u)-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
            "a private key",
        ),
        (
            regex(r"(?-u)\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
            "an AWS access key",
        ),
        (
            regex(r#"(?i-u)aws_secret_access_key["']?\s{0,16}[=:]\s{0,16}["']?[A-Za-z0-9/+]{40}"#),
            "an AWS secret access key",
        ),
    ]
});

/// The version of [`SECRETS`], to be raised with every change: what was found is kept in the index of files.
pub(super) const RULES: u32 = 2;

/// How much is looked at a time, in bytes, and how much of it is looked at again with the next piece.
const PIECE: usize = 256 * 1024;
const OVERLAP: usize = 128;

/// A layer for everyone holds what looks like secrets.
#[derive(Debug, thiserror::Error)]
#[error("layer `{layer}` is public, and {}", listed(found))]
pub struct SecretError {
    layer: LayerName,
    /// Each file with what it looks like; never empty.
    found: Vec<(PathBuf, String)>,
}

fn listed(found: &[(PathBuf, String)]) -> String {
    let said = found
        .iter()
        .map(|(path, what)| format!("`{}` looks like {what}", path.display()));
    said.collect::<Vec<_>>().join(", ")
}

impl Failure for SecretError {
    fn hint(&self) -> Option<String> {
        Some(
            "remove it and revoke the secret; to silence a false alarm, use `allow_secrets`".into(),
        )
    }
}

/// Refuses a layer for everyone in which something looks like a secret.
pub(super) fn check(
    layer: &LayerName,
    settings: &LayerSettings,
    files: &[OwnFile],
) -> Result<(), SecretError> {
    if settings.permission != Permission::Public {
        return Ok(());
    }
    let found: Vec<_> = found(settings, files)
        .map(|(file, what)| (file.source.clone(), what.to_owned()))
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(SecretError {
            layer: layer.clone(),
            found,
        })
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
    suspicious(files).filter(|(file, _)| !settings.allow_secrets.matches(&file.path))
}

/// The files that look like secrets, and like which.
fn suspicious(files: &[OwnFile]) -> impl Iterator<Item = (&OwnFile, &str)> {
    files
        .iter()
        .filter(|file| file.mode != Mode::Symlink)
        .filter_map(|file| {
            let what = find_in_name(file.path.as_str()).or(file.secret.as_deref());
            what.map(|what| (file, what))
        })
}

/// Whether this glob of `allow_secrets` allows something that looks like a secret.
pub(super) fn is_allowed_by(settings: &LayerSettings, files: &[OwnFile], glob: &str) -> bool {
    let allowed = &settings.allow_secrets;
    suspicious(files).any(|(file, _)| {
        let mut matching = allowed.matching(&file.path).into_iter();
        matching.any(|index| allowed.patterns[index] == glob)
    })
}

/// What a file is by its name; `.env.example` and the like hold no values.
fn find_in_name(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let kind = name.strip_prefix(".env.");
    match name {
        ".env" => Some("a file of environment variables"),
        ".netrc" | ".pypirc" => Some("a file of passwords"),
        _ if kind.is_some_and(|kind| !is_template(kind)) => Some("a file of environment variables"),
        _ => None,
    }
}

fn is_template(kind: &str) -> bool {
    let last = kind.rsplit('.').next().unwrap_or_default();
    ["example", "sample", "template"].contains(&last)
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
        assert_eq!((RULES, &rules[..8]), (2, "211f4c64"), "raise `RULES`");
    }

    #[test]
    fn files_are_known_by_their_names() {
        for name in [
            ".env",
            "a/.env.production",
            ".env.local",
            ".env.example.bak",
            "a/.netrc",
        ] {
            assert!(find_in_name(name).is_some(), "{name}");
        }
        for name in [
            "env.py",
            ".env.example",
            ".env.prod.template",
            ".env.sample",
            ".environment",
        ] {
            assert_eq!(find_in_name(name), None, "{name}");
        }
    }

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        // Put together here, so that this file holds none.
        let key = ["-----BEGIN RSA PRI", "VATE KEY-----"].concat();
        let access = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        let secret = format!("aws_secret_access_key = {}", "a/B+".repeat(10));
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
            assert_eq!(
                find_in(with(&secret).as_slice()).unwrap(),
                Some("an AWS secret access key"),
                "{padding}"
            );
        }
        let block = ["-----BEGIN PGP PRI", "VATE KEY BLOCK-----"].concat();
        assert!(find_in(block.as_bytes()).unwrap().is_some());
        for start in [
            "aws_secret_access_key=",
            "AWS_SECRET_ACCESS_KEY: ",
            "\"aws_secret_access_key\" : \"",
        ] {
            let text = format!("{start}{}", "a/B+".repeat(10));
            assert!(find_in(text.as_bytes()).unwrap().is_some(), "{start}");
        }
        for harmless in [
            "aws_secret_access_key = os.environ[\"AWS_SECRET_ACCESS_KEY\"]",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
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
