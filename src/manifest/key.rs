//! The keys of the manifest: the one place that says which there are.
//!
//! The parser refuses every other key, and the schema is made from these. What a value must be is decided by the types
//! that it is parsed into; the patterns here say the same to editors.

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it means, as a sentence.
    pub meaning: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What holds where it is left out, as TOML; `None` where it must be there, or nothing else holds.
    pub default: Option<&'static str>,
}

/// What may stand behind a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text.
    Text(Form),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A list of texts, each once: how many at least and at most.
    List(Form, usize, usize),
    /// `true` or `false`.
    Boolean,
    /// Who may use a layer.
    Permission,
    /// A table.
    Table(&'static [Key]),
    /// A table of tables by names.
    Tables(Form, &'static [Key]),
}

/// What a text must be like.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// A pattern that it matches (ECMA-262, so that editors know it); `""` for any.
    pub pattern: &'static str,
    /// How many characters it has at least.
    pub shortest: usize,
    /// How many characters it has at most; [`usize::MAX`] for any number.
    pub longest: usize,
}

const ANY: Form = Form {
    pattern: "",
    shortest: 0,
    longest: usize::MAX,
};

const SOME: Form = Form { shortest: 1, ..ANY };

const fn pattern(pattern: &'static str) -> Form {
    Form { pattern, ..ANY }
}

/// At most so many of the longest lists, for those without a limit.
const MANY: usize = usize::MAX;

const LAYER_NAME: Form = pattern("^[a-zA-Z0-9_-]{1,140}$");
const PACKAGE: Form = pattern("^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$");
/// A relative path without empty, `.` and `..` parts, drives, backslashes, controls and characters that turn text round.
macro_rules! entry {
    () => {
        concat!("(?![A-Za-z]:)", part!(), "(/", part!(), ")*")
    };
}
macro_rules! part {
    () => {
        r"(?!\.{1,2}(/|$))[^/\\\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+"
    };
}
const ENTRY: Form = pattern(concat!("^", entry!(), "$"));
const PREFIX: Form = pattern(concat!("^(", entry!(), "/*)?$"));
/// The pattern that Semantic Versioning 2.0.0 suggests, with a leading `v`.
const VERSION: Form = Form {
    pattern: r"^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-((0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?$",
    shortest: 5,
    longest: 256,
};
/// A number up to 255.
macro_rules! byte {
    () => {
        "0*(25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])"
    };
}
const RUNTIME: Form = Form {
    pattern: concat!(
        "^(python",
        byte!(),
        r"\.",
        byte!(),
        "|(?!python)[a-z][a-z0-9.-]*)$"
    ),
    shortest: 1,
    longest: 64,
};
const REGION: Form = pattern("^[a-z]+(-[a-z]+)+-[0-9]+$");
const ROLE: Form = pattern(r"^arn:[^:]*:iam::[0-9]{12}:role/[\s\S]*$");
const ACCOUNT: Form = pattern("^[0-9]{12}$");
const ORGANIZATION: Form = pattern("^o-[a-z0-9]{10,32}$");
/// Lengths are counted with the region, which is longer than `{region}` by one or more.
const BUCKET: Form = Form {
    pattern: r"^(?!.*\.\.)([a-z0-9]|\{region\})(([a-z0-9.-]|\{region\})*([a-z0-9]|\{region\}))?$",
    shortest: 3,
    longest: 63,
};
const PARAMETERS: Form =
    pattern(r"^(?!/([aA][wW][sS]|[sS][sS][mM]))(/(?!\.{1,2}(/|$))[a-zA-Z0-9._-]+){1,13}$");

const fn key(name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key {
        name,
        meaning,
        kind,
        default: None,
    }
}

impl Key {
    const fn or(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }
}

/// The manifest.
pub const MANIFEST: &[Key] = &[
    key(
        "default_target",
        Kind::Text(ANY),
        "The target that commands work on where none is named. Not needed where there is one only.",
    ),
    key(
        "targets",
        Kind::Tables(SOME, TARGET),
        "The places to publish to, each under a name.",
    ),
    key(
        "defaults",
        Kind::Table(DEFAULTS),
        "What holds for every layer that says nothing else.",
    ),
    key(
        "layers",
        Kind::Tables(LAYER_NAME, LAYER),
        "The layers, each under its name.",
    ),
];

/// `[targets.<name>]`.
pub const TARGET: &[Key] = &[
    key(
        "directory",
        Kind::Text(SOME),
        "The folder to publish into, relative to the manifest's, in place of AWS.",
    ),
    key(
        "regions",
        Kind::List(REGION, 1, MANY),
        "The AWS regions to publish in. Left out, it is the region of the environment or profile.",
    ),
    key(
        "profile",
        Kind::Text(ANY),
        "The profile of the AWS configuration that gives the credentials.",
    ),
    key("role_arn", Kind::Text(ROLE), "The role to assume first."),
    key(
        "external_id",
        Kind::Text(ANY),
        "The external id that the role asks for.",
    ),
    key(
        "account",
        Kind::Text(ACCOUNT),
        "The account that must be met: `lls` refuses to go on in another one.",
    ),
    key(
        "staging_bucket",
        Kind::Text(BUCKET),
        "The S3 bucket for archives over 50 MiB, with `{region}` for the region's name. It must be there.",
    ),
    key(
        "ssm_prefix",
        Kind::Text(PARAMETERS),
        "Where the SSM parameters stand that hold the ARNs of what is published.",
    ),
    key(
        "allow_public",
        Kind::Boolean,
        "Whether layers may be for everyone.",
    )
    .or("false"),
];

/// The keys of a layer that cannot be a default, before those that can.
pub const LAYER: &[Key] = &[
    key(
        "directory",
        Kind::Text(ANY),
        "The layer's folder, relative to the manifest's. Left out, it is `layers/<name>`.",
    ),
    key(
        "description",
        Kind::Text(VERSION),
        "The semantic version that the layer is published as, verbatim. Must be there.",
    ),
    DEFAULTS[0],
    DEFAULTS[1],
    DEFAULTS[2],
    DEFAULTS[3],
    DEFAULTS[4],
    DEFAULTS[5],
    DEFAULTS[6],
    DEFAULTS[7],
    DEFAULTS[8],
    DEFAULTS[9],
    DEFAULTS[10],
];

/// `[defaults]`.
pub const DEFAULTS: &[Key; 11] = &[
    key(
        "runtimes",
        Kind::List(RUNTIME, 1, 15),
        "The Lambda runtimes that the layer is for. Must be there, in the layer or in the defaults.",
    ),
    key(
        "architecture",
        Kind::Choice(&["x86_64", "arm64"]),
        "The architecture that the layer is for.",
    )
    .or("\"x86_64\""),
    key(
        "permission",
        Kind::Permission,
        "Who may use the layer, beside the account that owns it.",
    )
    .or("\"none\""),
    key(
        "license",
        Kind::Text(Form {
            longest: 512,
            ..SOME
        }),
        "The licence, published with the layer.",
    ),
    key(
        "prefix",
        Kind::Text(PREFIX),
        "The folder inside the archive that the layer's own files go into.",
    )
    .or("\"\""),
    key(
        "exclude",
        Kind::List(ANY, 0, MANY),
        "Files that are left out of the archive.",
    )
    .or("[]"),
    key(
        "allow_secrets",
        Kind::List(ANY, 0, MANY),
        "Own files that look like secrets, and are none.",
    )
    .or("[]"),
    key(
        "exclude_packages",
        Kind::List(PACKAGE, 0, MANY),
        "Packages that are left out, for example because the runtime brings them.",
    )
    .or("[]"),
    key(
        "build",
        Kind::List(PACKAGE, 0, MANY),
        "Packages that `lls lock` may build from source, which runs their code.",
    )
    .or("[]"),
    key(
        "overwrite",
        Kind::List(ENTRY, 0, MANY),
        "Files that two sources may both bring: the later one wins.",
    )
    .or("[]"),
    key(
        "republish",
        Kind::Choice(&["deny", "allow"]),
        "Whether other content may be published under a description that exists.",
    )
    .or("\"deny\""),
];

/// A table that names whom a layer is for.
pub const GRANTEE: &[Key] = &[
    key(
        "account",
        Kind::Text(ACCOUNT),
        "The account that may use the layer.",
    ),
    key(
        "organization",
        Kind::Text(ORGANIZATION),
        "The organization that may use the layer.",
    ),
];

/// The permissions that are a word.
pub const PERMISSION_WORDS: &[&str] = &["my-account", "my-organization", "public", "none"];
