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
    /// What is refused, beside values of another type; `""` for nothing.
    pub refused: &'static str,
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
    /// What says which packages a layer has.
    Packages,
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
/// A path that ends with the name of a project's file.
pub const PROJECT_PATH: Form = pattern(
    r"^([\s\S]*/)?(pyproject\.toml|uv\.lock|poetry\.lock|Pipfile\.lock|pylock\.([^/]*\.)?toml)$",
);
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
        refused: "",
    }
}

impl Key {
    const fn refuses(self, refused: &'static str) -> Self {
        Self { refused, ..self }
    }

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
        "The target that commands work on where none is named. Not needed where there is one \
         only.",
    )
    .refuses("The name of a target that is not declared."),
    key(
        "targets",
        Kind::Tables(SOME, TARGET),
        "The places to publish to, each under a name.",
    )
    .refuses("A target without a name."),
    key(
        "defaults",
        Kind::Table(DEFAULTS),
        "What holds for every layer that says nothing else. A layer's own value replaces a \
         default; lists are not joined.",
    )
    .refuses("The keys `directory`, `description` and `packages`, which are of one layer."),
    key(
        "layers",
        Kind::Tables(LAYER_NAME, LAYER),
        "The layers, each under its name.",
    )
    .refuses(
        "Names with other characters than letters, digits, `-` and `_`, or with more than 140.",
    ),
];

/// `[targets.<name>]`.
pub const TARGET: &[Key] = &[
    key(
        "directory",
        Kind::Text(SOME),
        "The folder to publish into, in place of AWS, such as `.lls/registry`. It keeps the \
         rules of AWS, and holds the state: it is no cache.",
    )
    .refuses("An empty path, and every key that says how to reach AWS beside it."),
    key(
        "regions",
        Kind::List(REGION, 1, MANY),
        "The AWS regions to publish in. Left out, it is the region of the environment or profile.",
    )
    .refuses("An empty list, a region that stands twice, and what is no region."),
    key(
        "profile",
        Kind::Text(ANY),
        "The profile of the AWS configuration that gives the credentials.",
    ),
    key("role_arn", Kind::Text(ROLE), "The role to assume first.")
        .refuses("What is no ARN of a role."),
    key(
        "external_id",
        Kind::Text(ANY),
        "The external id that the role asks for.",
    )
    .refuses("An external id without `role_arn`."),
    key(
        "account",
        Kind::Text(ACCOUNT),
        "The account that must be met: with credentials of another one `lls` stops before it \
         reads anything.",
    )
    .refuses("What is not 12 digits."),
    key(
        "staging_bucket",
        Kind::Text(BUCKET),
        "The S3 bucket that archives over 52,428,800 bytes go through on their way to Lambda, as \
         `lls/<sha256>.zip`, with `{region}` for the region's name. It must be there, in each \
         region; a lifecycle rule may delete its objects after a day.",
    )
    .refuses(
        "What S3 takes for no name, and, in a target with several regions, a name without \
         `{region}`.",
    ),
    key(
        "ssm_prefix",
        Kind::Text(PARAMETERS),
        "The path of the SSM parameters that hold the ARNs of what is published: \
         `<prefix>/<layer>/<description>` and `<prefix>/<layer>/current`. `lls plan` shows what \
         would be set, `lls apply` sets it.",
    )
    .refuses(
        "A path without a leading `/`, that begins with `/aws` or `/ssm`, or with more than 13 levels, and \
         descriptions that cannot be part of the name of a parameter, such as `1.0.0+build`.",
    ),
    key(
        "allow_public",
        Kind::Boolean,
        "Whether layers may be for everyone: `permission = \"public\"` is refused without it.",
    )
    .or("false"),
];

/// The keys of a layer that cannot be a default, before those that can.
pub const LAYER: &[Key] = &[
    key(
        "directory",
        Kind::Text(ANY),
        "The layer's folder, relative to the manifest's. Left out, it is `layers/<name>`.",
    )
    .refuses("A folder that is missing, and one that two layers share."),
    key(
        "description",
        Kind::Text(VERSION),
        "The semantic version that the layer is published as, verbatim. Must be there. `lls bump` \
         raises it.",
    )
    .refuses(
        "What is no semantic version, with or without a leading `v`, and more than 256 \
         characters.",
    ),
    key(
        "packages",
        Kind::Packages,
        "The file that says which packages the layer has, where it is no requirements.txt in the \
         layer's folder. The path starts at that folder. With `false` there is none, and all \
         files of the folder are packed; with \"requirements.txt\" files of projects beside it \
         are packed.",
    )
    .refuses(
        "A file of another kind or name, a missing one, one outside the repository, and one \
         beside a requirements.txt. Left out, files of projects in the layer's folder are \
         refused, unless `exclude` names them.",
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
        "The Lambda runtimes that the layer is for. Must be there, in the layer or in the \
         defaults.",
    )
    .refuses(
        "An empty list, more than 15, one that stands twice, and a list without Python for a \
         layer with a requirements.txt. Runtimes that `lls` does not know are warned of and \
         passed on: AWS decides.",
    ),
    key(
        "architecture",
        Kind::Choice(&["x86_64", "arm64"]),
        "The architecture that the layer is for.",
    )
    .or("\"x86_64\"")
    .refuses("Every other word. A layer for both is two layers."),
    key(
        "permission",
        Kind::Permission,
        "Who may use the layer, beside the account that owns it. \"none\" revokes what `lls` \
         granted.",
    )
    .or("\"none\"")
    .refuses(
        "Every other word, a table with none or both of its keys, and \"public\" in a target \
         without `allow_public`.",
    ),
    key(
        "license",
        Kind::Text(Form {
            longest: 512,
            ..SOME
        }),
        "The licence, published with the layer.",
    )
    .refuses("An empty text, and more than 512 characters."),
    key(
        "prefix",
        Kind::Text(PREFIX),
        "The folder inside the archive that the layer's own files go into. \"python\" puts them \
         on the import path of Python.",
    )
    .or("\"\"")
    .refuses("Absolute paths, `..`, backslashes and control characters."),
    key(
        "exclude",
        Kind::List(ANY, 0, MANY),
        "Files that are left out of the archive. `*` stops at `/`, `**` does not.",
    )
    .or("[]")
    .refuses("What is no glob."),
    key(
        "allow_secrets",
        Kind::List(ANY, 0, MANY),
        "Own files that look like secrets, and are none.",
    )
    .or("[]")
    .refuses("What is no glob."),
    key(
        "exclude_packages",
        Kind::List(PACKAGE, 0, MANY),
        "Packages that are left out, for example because the runtime brings them.",
    )
    .or("[]")
    .refuses("What is no name of a package."),
    key(
        "build",
        Kind::List(PACKAGE, 0, MANY),
        "Packages that `lls lock`, and no other command, builds from source, which runs their \
         code.",
    )
    .or("[]")
    .refuses("What is no name of a package."),
    key(
        "overwrite",
        Kind::List(ENTRY, 0, MANY),
        "Files that two sources may both bring: the later one wins, the layer's own files last.",
    )
    .or("[]")
    .refuses("Absolute paths, `..`, backslashes and control characters."),
    key(
        "republish",
        Kind::Choice(&["deny", "allow"]),
        "Whether changed content may be published, or newly granted, under a description that \
         exists.",
    )
    .or("\"deny\"")
    .refuses("Every other word."),
];

/// A table that names a project's file.
pub const PROJECT_FILE: &[Key] = &[
    key("file", Kind::Text(PROJECT_PATH), "The project's file."),
    key(
        "groups",
        Kind::List(PACKAGE, 0, MANY),
        "The groups of dependencies that are taken beside those of the project.",
    ),
    key(
        "extras",
        Kind::List(PACKAGE, 0, MANY),
        "The extras that are taken beside the dependencies of the project.",
    ),
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
