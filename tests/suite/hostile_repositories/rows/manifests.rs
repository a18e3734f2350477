//! Manifests that point elsewhere: to accounts, profiles, hosts and places of the attacker.
//!
//! AWS is the runner's: `AWS_ENDPOINT_URL` leads to a host that refuses everything.

use crate::hostile_repositories::row::{PLAN_AND_APPLY, Row};
use crate::support::project::HELLO;

/// What a pull request runs.
const PLAN: &[&[&str]] = &[
    &["validate"],
    &["plan"],
    &["apply", "--yes"],
    &["outputs"],
    &["list"],
];

/// The layer `hello` in AWS, with these keys of the target.
fn aws(name: &'static str, keys: &'static str) -> Row {
    let row = Row::hello(name).edit("[targets.local]\ndirectory = \"registry\"", "[targets.aws]");
    row.edit("[targets.aws]", keys)
        .commands(PLAN)
        .refused(&["hint:"])
        .silent()
}

fn with_line(name: &'static str, line: &'static str) -> Row {
    Row::hello(name)
        .edit("directory = \"registry\"", line)
        .silent()
}

pub fn rows() -> Vec<Row> {
    let mut rows = targets();
    rows.extend(values());
    rows
}

fn targets() -> Vec<Row> {
    let unknown = |name, keys| aws(name, keys).refused(&["layers.toml:2", "hint:"]);
    vec![
        aws(
            "manifests: a role of the attacker",
            "[targets.aws]\nrole_arn = \"arn:aws:iam::666666666666:role/evil\"\nexternal_id = \"x\"",
        ),
        aws(
            "manifests: a bucket of the attacker",
            "[targets.aws]\nstaging_bucket = \"evil-bucket\"",
        ),
        aws(
            "manifests: an account of the attacker",
            "[targets.aws]\naccount = \"666666666666\"",
        ),
        aws(
            "manifests: another profile of the user",
            "[targets.aws]\nprofile = \"admin\"",
        ),
        aws(
            "manifests: a profile that leads elsewhere",
            "[targets.aws]\nprofile = \"../../x\"",
        ),
        aws(
            "manifests: a profile that starts a section",
            "[targets.aws]\nprofile = \"x]\\n[default\"",
        ),
        aws(
            "manifests: a profile in a file of the repository",
            "[targets.aws]\nprofile = \"evil\"",
        )
        .file(
            ".aws/config",
            "[profile evil]\ncredential_process = touch ran\nendpoint_url = http://{attacker}\n",
        )
        .file(
            ".aws/credentials",
            "[evil]\naws_access_key_id = x\naws_secret_access_key = x\n",
        ),
        unknown(
            "manifests: an endpoint",
            "[targets.aws]\nendpoint_url = \"http://{attacker}\"",
        ),
        unknown(
            "manifests: an endpoint, by another name",
            "[targets.aws]\nendpoint = \"http://{attacker}\"",
        ),
        unknown(
            "manifests: a host as a region",
            "[targets.aws]\nregions = [\"{attacker}/#-1\"]",
        ),
        unknown(
            "manifests: a proxy",
            "[targets.aws]\nhttp_proxy = \"http://{attacker}\"",
        ),
        unknown(
            "manifests: a program for credentials",
            "[targets.aws]\ncredential_process = \"touch ran\"",
        ),
        unknown(
            "manifests: a role that is none",
            "[targets.aws]\nrole_arn = \"arn:aws:iam::evil:role/\\u001b[2J\"",
        ),
        unknown(
            "manifests: a bucket that leads to another host",
            "[targets.aws]\nstaging_bucket = \"x@{attacker}/\"",
        ),
    ]
}

fn values() -> Vec<Row> {
    let regions = || {
        let names: Vec<_> = (0..10_000)
            .map(|number| format!("\"us-east-{number}\""))
            .collect();
        HELLO.replace(
            "directory = \"registry\"",
            &format!("regions = [{}]", names.join(", ")),
        )
    };
    let targets = || {
        let target = |number| format!("[targets.t{number}]\ndirectory = \"r/{number}\"\n");
        let targets: String = (0..2000).map(target).collect();
        HELLO.replace("[targets.local]", &format!("{targets}[targets.local]"))
    };
    vec![
        Row::hello("manifests: 10,000 regions").bytes("layers.toml", move || regions().into_bytes()).commands(PLAN).refused(&["layers.toml:2", "10000 entries", "hint:"]).stopped(),
        Row::hello("manifests: 2,000 targets").bytes("layers.toml", move || targets().into_bytes()).commands(PLAN_AND_APPLY).refused(&["hint:"]),
        with_line("manifests: parameters that lead out of the registry", "directory = \"registry\"\nssm_prefix = \"/../../../home/x\"").refused(&["layers.toml:3", "hint:"]),
        with_line("manifests: parameters of others", "directory = \"registry\"\nssm_prefix = \"/aws/service\"").refused(&["layers.toml:3", "hint:"]),
        with_line("manifests: everybody may use it", "directory = \"registry\"")
            .edit("permission = \"my-account\"", "permission = \"public\"")
            .commands(PLAN_AND_APPLY)
            .refused(&["layers.toml:", "allow_public", "hint:"]),
        with_line("manifests: a prefix that leads out of the archive", "directory = \"registry\"")
            .edit("prefix = \"python\"", "prefix = \"../../x\"")
            .refused(&["layers.toml:7", "hint:"]),
        with_line("manifests: an absolute prefix", "directory = \"registry\"")
            .edit("prefix = \"python\"", "prefix = \"/opt\"")
            .refused(&["layers.toml:7", "hint:"]),
        with_line("manifests: globs that never end", "directory = \"registry\"")
            .edit("prefix = \"python\"", "prefix = \"python\"\nexclude = [\"**/**/**/**/**/**/**/**/**/**/**/**/*a*a*a*a*a*a*a*a*a*a*a*a*b\", \"{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}\"]"),
        Row::hello("manifests: one manifest that includes another, which no key can")
            .edit("[targets.local]", "include = \"/proc/self/environ\"\n\n[targets.local]")
            .refused(&["layers.toml:1", "hint:"]),
    ]
}
