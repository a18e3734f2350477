//! Files that a repository names and that are not its own: includes, constraints, and links in place of its files.

use crate::hostile_repositories::row::Row;

const REQUIREMENTS: &str = "layers/app/requirements.txt";

pub fn rows() -> Vec<Row> {
    let mut rows = outside();
    rows.extend(within());
    rows.extend(links());
    rows.extend(indexes());
    rows
}

/// A layer that requires what a file outside says.
fn include(name: &'static str, line: &'static str) -> Row {
    Row::app(name, line).refused(&["layers/app/requirements.txt:1", "hint:"])
}

fn outside() -> Vec<Row> {
    vec![
        include("includes: -r /proc/self/environ", "-r /proc/self/environ\n"),
        include("includes: -c /proc/self/environ", "-c /proc/self/environ\n"),
        include("includes: -r /etc/passwd", "-r /etc/passwd\n"),
        include(
            "includes: the credentials of the user, from `~`",
            "-r ~/.aws/credentials\n",
        ),
        include(
            "includes: the credentials of the user, by their path",
            "-r {around}/home/.aws/credentials\n",
        ),
        include(
            "includes: the private key of the user, as constraints",
            "-c{around}/home/.ssh/id_ed25519\n",
        ),
        include(
            "includes: a file beside the repository",
            "--requirement=../../../outside.txt\n",
        ),
        include(
            "includes: a file of a sibling folder, in a line that is continued",
            "-r \\\n../../../sibling/requirements.txt\n",
        ),
        include(
            "includes: a secret as the name of a package of the attacker",
            "-r ../../../outside.txt\n-i http://{attacker}/simple\n",
        ),
        include(
            "includes: the environment of another process",
            "-r /proc/1/environ\n",
        ),
        include(
            "includes: a file of the user, by a way through the repository",
            "-r ../../layers/../../home/.netrc\n",
        ),
        Row::app(
            "includes: a file outside, in a file that is included",
            "alpha\n-r more/a.in\n",
        )
        .file(
            "layers/app/more/a.in",
            "beta\n-c ../../../../sibling/requirements.txt\n",
        )
        .refused(&["layers/app/more/a.in:2", "hint:"]),
        Row::app(
            "includes: a link to the credentials of the user",
            "-r more.in\n",
        )
        .link("layers/app/more.in", "{around}/home/.aws/credentials")
        .refused(&["more.in", "hint:"]),
        Row::app(
            "includes: a link to a link to the environment",
            "-r more.in\n",
        )
        .link("layers/app/more.in", "../../other.in")
        .link("other.in", "/proc/self/environ")
        .refused(&["more.in", "hint:"]),
        Row::app(
            "includes: a file in a linked folder outside",
            "-r ../../deps/requirements.txt\n",
        )
        .link("deps", "{around}/sibling")
        .refused(&["layers/app/", "hint:"]),
        Row::app(
            "includes: the checkout's credentials",
            "-r ../../.git/config\n",
        )
        .with(git_config)
        .refused(&["hint:"]),
    ]
}

fn within() -> Vec<Row> {
    vec![
        Row::app(
            "includes: files that include each other",
            "alpha\n-r ../../a.in\n",
        )
        .file("a.in", "-r b.in\n")
        .file("b.in", "-r a.in\n-r layers/app/requirements.txt\n")
        .accepted(&["app"]),
        Row::app(
            "includes: itself, by ever longer names",
            "alpha\n-r ../app/requirements.txt\n",
        )
        .commands(&[&["plan"]])
        .stopped(),
        Row::app("includes: a folder", "-r .\n").refused(&["layers/app/requirements.txt", "hint:"]),
        Row::app("includes: a chain of 10,000 files", "-r ../../chain/0.in\n")
            .with(|site| {
                for number in 0..10_000 {
                    let text = format!("alpha\n-r {}.in\n", number + 1);
                    site.project.write(&format!("chain/{number}.in"), text);
                }
                site.project.write("chain/10000.in", "alpha\n");
            })
            .commands(&[&["plan"]])
            .refused(&["chain/", "hint:"])
            .unsearched(&["chain"])
            .stopped(),
        Row::app(
            "includes: 400 files that include each other",
            "-r ../../web/0.in\n",
        )
        .with(|site| {
            let all: String = (0..400).map(|number| format!("-r {number}.in\n")).collect();
            (0..400).for_each(|number| site.project.write(&format!("web/{number}.in"), &all));
        })
        .commands(&[&["plan"]])
        .refused(&["web/", "hint:"])
        .unsearched(&["web"])
        .stopped(),
    ]
}

fn links() -> Vec<Row> {
    let refused = |row: Row| row.refused(&["hint:"]);
    vec![
        Row::app("links: requirements.txt, to a file of the user", "alpha\n")
            .link(REQUIREMENTS, "{around}/home/.aws/credentials")
            .refused(&[REQUIREMENTS, "hint:"]),
        Row::app("links: requirements.txt, to the environment", "alpha\n")
            .link(REQUIREMENTS, "/proc/self/environ")
            .refused(&[REQUIREMENTS, "hint:"]),
        Row::app(
            "links: requirements.txt, to a file beside the repository",
            "alpha\n",
        )
        .link(REQUIREMENTS, "../../../outside.txt")
        .refused(&[REQUIREMENTS, "hint:"]),
        Row::app("links: requirements.lock, to a file of the user", "alpha\n")
            .link(
                "layers/app/requirements.lock",
                "{around}/home/.ssh/id_ed25519",
            )
            .refused(&["requirements.lock", "hint:"]),
        Row::app("links: requirements.lock, to what will be there", "alpha\n")
            .link("layers/app/requirements.lock", "{around}/home/.profile")
            .refused(&["requirements.lock", "hint:"]),
        Row::hello("links: layers.toml, to a file of a sibling folder")
            .link("layers.toml", "{around}/sibling/layers.toml")
            .refused(&["layers.toml", "hint:"]),
        Row::hello("links: layers.toml, to the environment")
            .link("layers.toml", "/proc/self/environ")
            .refused(&["layers.toml", "hint:"]),
        Row::hello("links: layers.toml, to the credentials of the user")
            .link("layers.toml", "../home/.aws/credentials")
            .refused(&["layers.toml", "hint:"]),
        Row::hello("links: layers.toml, to the checkout's credentials")
            .with(git_config)
            .link("layers.toml", ".git/config")
            .refused(&["layers.toml"]),
        refused(
            Row::app("links: uv.toml, to the credentials of the user", "alpha\n")
                .link("uv.toml", "{around}/home/.aws/credentials"),
        ),
        refused(
            Row::app("links: uv.toml, to the environment", "alpha\n")
                .link("uv.toml", "/proc/self/environ"),
        ),
        refused(
            Row::app(
                "links: pyproject.toml, to the private key of the user",
                "alpha\n",
            )
            .link("pyproject.toml", "{around}/home/.ssh/id_ed25519"),
        ),
        Row::hello("links: reports, to files of the user that are not there yet")
            .link("plan.md", "{around}/home/.profile")
            .link("plan.html", "../home/.zshrc"),
        Row::hello("links: a saved plan, to a file of the user that is not there yet")
            .link("plan.json", "{around}/home/.profile")
            .commands(&[&["plan", "--out", "plan.json"]]),
        Row::hello("links: the folder for built archives, to the user's")
            .link("dist", "{around}/home")
            .commands(&[&["build", "--output-dir", "dist"]])
            .refused(&["dist", "hint:"]),
    ]
}

/// Folders with packages in which links lead to what is not the repository's.
fn indexes() -> Vec<Row> {
    const WHEEL: &str = "beta-1.0-py3-none-any.whl";
    let private = |site: &crate::hostile_repositories::site::Site| {
        let bytes = crate::support::package_index::wheel("beta", "1.0", &[("beta.py", "")]);
        std::fs::write(site.folder().join("sibling").join(WHEEL), bytes).unwrap();
    };
    let linked = |name: &'static str, requirements: &'static str, link: &'static str| {
        Row::app(name, requirements)
            .with(private)
            .link(link, "{around}/sibling/beta-1.0-py3-none-any.whl")
    };
    let message = &[
        "beta-1.0-py3-none-any.whl",
        "outside the repository",
        "hint:",
    ];
    let links = "find-links = [\"wheels\"]\n";
    let in_wheels = "wheels/beta-1.0-py3-none-any.whl";
    vec![
        linked(
            "links: a wheel of somebody else in a folder of the requirements",
            "beta\n-f ../../wheels\n",
            in_wheels,
        )
        .refused(message),
        linked(
            "links: a wheel of somebody else in an index of the requirements",
            "beta\n-i file://{root}/simple\n",
            "simple/beta/beta-1.0-py3-none-any.whl",
        )
        .refused(message),
        linked(
            "links: a wheel of somebody else in a folder of uv.toml",
            "beta\n",
            in_wheels,
        )
        .file("uv.toml", links)
        .refused(message),
        linked(
            "links: a wheel of somebody else in an index of pyproject.toml",
            "beta\n",
            "simple/beta/beta-1.0-py3-none-any.whl",
        )
        .file(
            "pyproject.toml",
            "[[tool.uv.index]]\nurl = \"file://{root}/simple\"\n",
        )
        .refused(message),
        linked(
            "links: a wheel of somebody else in a folder that the runner names",
            "beta\n",
            in_wheels,
        )
        .variable("UV_FIND_LINKS", "{root}/wheels")
        .refused(message),
        Row::app(
            "links: a folder with packages behind a folder with packages",
            "alpha\n-f ../../wheels\n",
        )
        .link("wheels/more", "../other")
        .link("other/more", "{around}/sibling")
        .refused(&["other/more", "hint:"]),
        Row::app(
            "links: within a folder with packages",
            "alpha\n-f ../../wheels\n",
        )
        .file("other/README", "")
        .link("wheels/more", "../other")
        .accepted(&["app"]),
    ]
}

/// Writes what a checkout in CI leaves behind.
pub fn git_config(site: &crate::hostile_repositories::site::Site) {
    let secret = crate::hostile_repositories::canaries::secret(".git/config");
    let config = format!(
        "secret={secret}\n[core]\n\tbare = false\n[http \"https://example.com/\"]\n\textraheader = AUTHORIZATION: basic {secret}\n"
    );
    site.project.write(".git/config", config);
    site.project.write(".git/HEAD", "ref: refs/heads/main\n");
}
