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
    /// What it can hold.
    pub kind: Kind,
    /// The default, as TOML. `None` if the key is required or has no default.
    pub default: Option<&'static str>,
    /// What is refused in addition to values of another type. `""` for nothing.
    pub refused: &'static str,
}

/// What a key can hold.
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
const MODULE: Form = pattern(r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$");
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
        "The target that commands use if you name none. Not needed if there is only one target.",
    )
    .refuses("The name of a target that is not declared."),
    key(
        "targets",
        Kind::Tables(SOME, TARGET),
        "The places to publish to, each with a name.",
    )
    .refuses("A target without a name."),
    key(
        "defaults",
        Kind::Table(DEFAULTS),
        "Defaults for all layers. A layer's own value replaces the default; lists are not merged.",
    )
    .refuses("The keys `directory`, `description`, and `packages`, which belong to one layer."),
    key(
        "layers",
        Kind::Tables(LAYER_NAME, LAYER),
        "The layers, each with its name.",
    )
    .refuses(
        "Names of more than 140 characters, or with characters other than letters, digits, `-`, \
         and `_`.",
    ),
];

/// `[targets.<name>]`.
pub const TARGET: &[Key] = &[
    key(
        "directory",
        Kind::Text(SOME),
        "The folder to publish to instead of AWS, such as `.lls/registry`. It follows the rules of \
         AWS. It holds the state, so it is not a cache.",
    )
    .refuses("An empty path, and any key for AWS in the same target."),
    key(
        "regions",
        Kind::List(REGION, 1, MANY),
        "The AWS regions to publish to. If omitted, the region of the environment or profile.",
    )
    .refuses("An empty list, a duplicate region, and invalid region names."),
    key(
        "profile",
        Kind::Text(ANY),
        "The profile in the AWS configuration that provides the credentials.",
    ),
    key("role_arn", Kind::Text(ROLE), "The IAM role to assume.")
        .refuses("Anything that is not the ARN of a role."),
    key(
        "external_id",
        Kind::Text(ANY),
        "The external ID that the role requires.",
    )
    .refuses("An external ID without `role_arn`."),
    key(
        "account",
        Kind::Text(ACCOUNT),
        "The expected account. With credentials of another account, `lls` stops before it reads \
         anything.",
    )
    .refuses("Anything other than 12 digits."),
    key(
        "staging_bucket",
        Kind::Text(BUCKET),
        "The S3 bucket for archives over 52,428,800 bytes. `lls` uploads them as \
         `lls/<sha256>.zip`, and Lambda reads them from there. `{region}` is replaced by the name \
         of the region. The bucket must exist in each region. A lifecycle rule can delete its \
         objects after a day.",
    )
    .refuses(
        "Invalid bucket names and, in a target with several regions, a name without `{region}`.",
    ),
    key(
        "ssm_prefix",
        Kind::Text(PARAMETERS),
        "The path of the SSM parameters that hold the ARNs of the published versions: \
         `<prefix>/<layer>/<description>` and `<prefix>/<layer>/current`. `lls plan` shows what \
         would be set, and `lls apply` sets it.",
    )
    .refuses(
        "A path that does not begin with `/`, that begins with `/aws` or `/ssm`, or that has more \
         than 13 levels. Also refused are descriptions that cannot be part of a parameter name, such as \
         `1.0.0+build`.",
    ),
    key(
        "allow_public",
        Kind::Boolean,
        "Whether layers of this target can be public. Without it, `permission = \"public\"` is refused.",
    )
    .or("false"),
];

/// The keys of a layer that cannot be a default, before those that can.
pub const LAYER: &[Key] = &[
    key(
        "directory",
        Kind::Text(ANY),
        "The layer's folder, relative to the manifest's. If omitted, `layers/<name>`.",
    )
    .refuses("A folder that does not exist, and a folder that two layers share."),
    key(
        "description",
        Kind::Text(VERSION),
        "The semantic version to publish the layer as, with or without a leading `v`. It is \
         published verbatim. To raise it, run `lls bump`.",
    )
    .refuses("Anything that is not a semantic version, and more than 256 characters."),
    key(
        "packages",
        Kind::Packages,
        "The project file that lists the layer's packages, if a requirements.txt does not. The \
         path is relative to the layer's folder. With `false`, the layer has no packages, and all \
         files of its folder are packed. With \"requirements.txt\", project files next to it are \
         packed.",
    )
    .refuses(
        "A file of another kind or name, a file that does not exist, a file outside the \
         repository, and a project file if the layer has a requirements.txt too. If `packages` is \
         omitted, project files in the layer's folder are refused, unless `exclude` names them.",
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
    DEFAULTS[11],
    DEFAULTS[12],
];

/// `[defaults]`.
pub const DEFAULTS: &[Key; 13] = &[
    key(
        "runtimes",
        Kind::List(RUNTIME, 1, 15),
        "The Lambda runtimes that the layer is for. Required, in the layer or in the defaults. \
         `lls` warns about a runtime that it does not know, and lets AWS decide.",
    )
    .refuses(
        "An empty list, more than 15 runtimes, a duplicate, and a list without Python for a layer \
         with a requirements.txt.",
    ),
    key(
        "architecture",
        Kind::Choice(&["x86_64", "arm64"]),
        "The architecture that the layer is for.",
    )
    .or("\"x86_64\"")
    .refuses("Anything else. For both architectures, declare two layers."),
    key(
        "permission",
        Kind::Permission,
        "Who may use the layer, in addition to the account that owns it. \"none\" revokes what \
         `lls` granted.",
    )
    .or("\"none\"")
    .refuses(
        "Anything else, a table with none or both of its keys, and \"public\" in a target without \
         `allow_public`.",
    ),
    key(
        "license",
        Kind::Text(Form {
            longest: 512,
            ..SOME
        }),
        "The license to publish with the layer.",
    )
    .refuses("An empty string, and more than 512 characters."),
    key(
        "prefix",
        Kind::Text(PREFIX),
        "The folder in the archive for the layer's own files. \"python\" puts them on Python's \
         import path.",
    )
    .or("\"\"")
    .refuses("Absolute paths, `..`, backslashes, and control characters."),
    key(
        "exclude",
        Kind::List(ANY, 0, MANY),
        "Files to leave out of the archive. `*` does not match `/`, but `**` does.",
    )
    .or("[]")
    .refuses("Invalid globs, globs of more than 1024 bytes or braces nested more than 10 deep, and more than 1000 globs."),
    key(
        "allow_secrets",
        Kind::List(ANY, 0, MANY),
        "Own files that look like secrets but are not.",
    )
    .or("[]")
    .refuses("Invalid globs, globs of more than 1024 bytes or braces nested more than 10 deep, and more than 1000 globs."),
    key(
        "exclude_packages",
        Kind::List(PACKAGE, 0, MANY),
        "Packages to leave out, for example because the runtime provides them.",
    )
    .or("[]")
    .refuses("Invalid package names."),
    key(
        "build",
        Kind::List(PACKAGE, 0, MANY),
        "Packages to build from source. Building a package runs its code. Only `lls lock` does that, \
         and `lls add` for the layer that it creates.",
    )
    .or("[]")
    .refuses("Invalid package names."),
    key(
        "overwrite",
        Kind::List(ENTRY, 0, MANY),
        "Files that two sources may both contain. The later one wins; the layer's own files come last.",
    )
    .or("[]")
    .refuses("Absolute paths, `..`, backslashes, and control characters."),
    key(
        "bytecode",
        Kind::Choice(&["unchecked-hash", "checked-hash", "none"]),
        "Whether the layer brings bytecode for its modules and packages, so that functions start \
         faster, for each of its Python runtimes. With \"checked-hash\", Python reads the source as \
         well, to compare it. See [cold-starts.md](cold-starts.md).",
    )
    .or("\"none\"")
    .refuses("Anything else."),
    key(
        "republish",
        Kind::Choice(&["deny", "allow"]),
        "Whether changed content can be published, or newly granted, under an existing \
         description.",
    )
    .or("\"deny\"")
    .refuses("Anything else."),
    key(
        "skip_imports",
        Kind::List(MODULE, 0, MANY),
        "Modules that `lls test` does not import, including all modules below them.",
    )
    .or("[]")
    .refuses("Invalid module names."),
];

/// A table that names a project's file.
pub const PROJECT_FILE: &[Key] = &[
    key("file", Kind::Text(PROJECT_PATH), "The project's file."),
    key(
        "groups",
        Kind::List(PACKAGE, 0, MANY),
        "The dependency groups to include in addition to the project's dependencies.",
    ),
    key(
        "extras",
        Kind::List(PACKAGE, 0, MANY),
        "The extras to include in addition to the project's dependencies.",
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
