//! Secrets of a runner that must stay where they are, made anew in every run, and the search for them.
//! They are found as they stand and in the forms that requests and reports could give them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use regex::bytes::{RegexSet, RegexSetBuilder};

/// Where the secrets are kept; the first of them are variables of the runner's environment.
const NAMES: [&str; 16] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "CI_JOB_TOKEN",
    "MY_SECRET",
    "UV_INDEX_INTERNAL_PASSWORD",
    "INTERNAL_HOST",
    "password of the index",
    "netrc",
    "netrc default",
    "~/.aws/credentials",
    "~/.ssh/id_ed25519",
    "~/.config/uv/uv.toml",
    "the sibling folder",
    "the file beside the repository",
    ".git/config",
];

/// How many of them are variables.
const VARIABLES: usize = 7;

static VALUES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let random =
        |length: usize| -> String { (0..length).map(|_| fastrand::alphanumeric()).collect() };
    // Like those of AWS, some have characters that addresses encode.
    let value = |index: usize| match index {
        0 | 4 => format!("Cq{}/{}+{}", random(12), random(8), random(12)),
        _ => format!("Cq{}", random(30)),
    };
    (0..NAMES.len()).map(value).collect()
});

static PATTERNS: LazyLock<RegexSet> = LazyLock::new(|| {
    let patterns = VALUES.iter().map(|value| pattern(value));
    let set = RegexSetBuilder::new(patterns)
        .unicode(false)
        .size_limit(1 << 26)
        .build();
    set.expect("the patterns are made of escaped texts")
});

/// The secret that is kept in `place`.
pub fn secret(place: &str) -> &'static str {
    let index = NAMES.iter().position(|name| *name == place);
    &VALUES[index.unwrap_or_else(|| panic!("no secret is kept in {place}"))]
}

/// The variables that hold secrets, with these.
pub fn variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    NAMES[..VARIABLES].iter().map(|name| (*name, secret(name)))
}

/// Where the secrets are kept that `bytes` give away.
pub fn found_in(bytes: &[u8]) -> BTreeSet<&'static str> {
    PATTERNS
        .matches(bytes)
        .iter()
        .map(|index| NAMES[index])
        .collect()
}

/// A pattern for `value` in the forms it may be found in, in whatever case where that can be turned back.
fn pattern(value: &str) -> String {
    let backwards: String = value.chars().rev().collect();
    let percent = value.replace('/', "%2f").replace('+', "%2b");
    let folded = [
        value.to_owned(),
        backwards,
        percent,
        value.replace('/', "\\/"),
        hex::encode(value),
        all_percent(value),
    ];
    let folded: Vec<_> = folded.iter().map(|text| regex::escape(text)).collect();
    let exact = (0..3)
        .flat_map(|offset| [&STANDARD, &URL_SAFE].map(|engine| in_base64(value, offset, engine)));
    let exact: Vec<_> = exact.map(|text| regex::escape(&text)).collect();
    format!("(?i:{})|{}", folded.join("|"), exact.join("|"))
}

fn all_percent(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The characters of a base64 text that `value` alone decides, where `offset` bytes (such as `user:`) stand before it.
fn in_base64(value: &str, offset: usize, engine: &impl base64::Engine) -> String {
    let bytes = [vec![0; offset], value.as_bytes().to_vec()].concat();
    let (start, end) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
    engine.encode(&bytes)[start..end].to_owned()
}

#[test]
fn secrets_are_found_in_every_form() {
    let name = "AWS_SECRET_ACCESS_KEY";
    let value = secret(name);
    let swapped: String = value
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    for text in [
        format!("GET /{value}/simple/ HTTP/1.1"),
        value.replace('/', "%2F").replace('+', "%2b"),
        swapped,
        STANDARD.encode(value),
        STANDARD.encode(format!("u:{value}")),
        STANDARD.encode(format!("user:{value}\n")),
        URL_SAFE.encode(format!("us:{value}more")),
        hex::encode_upper(value),
    ] {
        assert_eq!(found_in(text.as_bytes()), BTreeSet::from([name]), "{text}");
    }
    assert!(found_in(&value.as_bytes()[1..]).is_empty());
}
