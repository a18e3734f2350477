//! Layers whose folders lead out of the repository, and registries that do: that needs the word of whoever runs `lls`.

use std::fs;

use super::includes::git_config;
use crate::hostile_repositories::row::Row;
use crate::support::project::HELLO;

pub fn rows() -> Vec<Row> {
    let mut rows = layers();
    rows.extend(inside());
    rows.extend(registries());
    rows
}

/// The layer `hello` in another folder.
fn hello(name: &'static str, line: &'static str) -> Row {
    Row::hello(name).edit("[layers.hello]", line)
}

fn layers() -> Vec<Row> {
    let refused =
        |name, line| hello(name, line).refused(&["layers.toml:5", "LLS_ALLOW_OUTSIDE", "hint:"]);
    vec![
        refused("directories: a sibling of the repository", "[layers.hello]\ndirectory = \"../sibling/layer\""),
        refused("directories: a sibling, by a way through the repository", "[layers.hello]\ndirectory = \"layers/../../sibling/layer\""),
        refused("directories: an absolute one", "[layers.hello]\ndirectory = \"{around}/sibling/layer\""),
        refused("directories: the home of the user", "[layers.hello]\ndirectory = \"{around}/home\""),
        refused("directories: the whole machine", "[layers.hello]\ndirectory = \"/\""),
        refused("directories: the folder above the repository", "[layers.hello]\ndirectory = \"..\""),
        Row::hello("directories: a link to a sibling")
            .link("layers/hello", "{around}/sibling/layer")
            .refused(&["layers/hello", "LLS_ALLOW_OUTSIDE", "hint:"]),
        Row::hello("directories: a link to a sibling, by a relative way")
            .link("layers/hello", "../../sibling/layer")
            .refused(&["layers/hello", "LLS_ALLOW_OUTSIDE", "hint:"]),
        Row::hello("directories: a link on the way")
            .link("vendor", "{around}/sibling")
            .edit("[layers.hello]", "[layers.hello]\ndirectory = \"vendor/layer\"")
            .refused(&["vendor/layer", "LLS_ALLOW_OUTSIDE", "hint:"]),
        Row::hello("directories: a link to a link")
            .link("layers/hello", "../other")
            .link("other", "{around}/sibling/layer")
            .refused(&["layers/hello", "LLS_ALLOW_OUTSIDE", "hint:"]),
        refused("directories: a sibling, where another one is allowed", "[layers.hello]\ndirectory = \"../sibling/layer\"")
            .variable("LLS_ALLOW_OUTSIDE", "{around}/sibling/other,{around}/sib"),
        refused("directories: a sibling that an allowed folder leads to", "[layers.hello]\ndirectory = \"../allowed-layer/../sibling/layer\"")
            .variable("LLS_ALLOW_OUTSIDE", "{around}/allowed-layer"),
        Row::manifest("directories: one that the runner allows", "[targets.local]\ndirectory = \"registry\"\n\n[layers.hello]\ndirectory = \"../allowed-layer\"\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n")
            .honest_file("../allowed-layer/shared.txt", "x = 1\n")
            .with(|site| {
                let folder = site.folder().join("allowed-layer");
                assert!(folder.is_dir());
            })
            .variable("LLS_ALLOW_OUTSIDE", "{around}/allowed-layer")
            .accepted(&["hello"]),
    ]
}

fn inside() -> Vec<Row> {
    let top = "[targets.local]\ndirectory = \".registry\"\n\n[layers.hello]\ndirectory = \".\"\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n";
    vec![
        hello("directories: .git, with the checkout's credentials", "[layers.hello]\ndirectory = \".git\"")
            .with(git_config)
            .refused(&["layers.toml:5", ".git", "hint:"]),
        Row::hello("directories: a link to .git")
            .with(git_config)
            .link("layers/hello", "../.git")
            .refused(&["layers/hello", "Git", "hint:"]),
        Row::manifest("directories: the whole repository, without what begins with a dot", top)
            .honest_file("hello.txt", "hello\n")
            .with(git_config)
            .file(".env", "x\n")
            .commands(&[&["build"], &["apply", "--yes"]])
            .accepted(&["hello"]),
        Row::manifest("directories: the whole repository, with a link to what begins with a dot", top)
            .honest_file("hello.txt", "hello\n")
            .with(git_config)
            .link("config.txt", ".git/config")
            .commands(&[&["build"], &["apply", "--yes"]])
            .refused(&["config.txt", "hint:"]),
        Row::hello("directories: two layers in one folder, by a link")
            .edit("[layers.hello]", "[layers.other]\ndescription = \"1.0.0\"\nruntimes = [\"python3.12\"]\n\n[layers.hello]")
            .link("layers/other", "hello")
            .refused(&["layers.toml", "hint:"]),
        Row::hello("directories: a link within the repository")
            .with(|site| {
                fs::rename(site.project.path("layers/hello"), site.project.path("elsewhere")).unwrap();
                site.link("layers/hello", "../elsewhere");
            })
            .accepted(&["hello"]),
        Row::hello("directories: a loop of links").link("layers/hello", "hello").refused(&["hello", "hint:"]),
        Row::hello("directories: a file").file("layers/hello", "x").refused(&["hello", "hint:"]),
    ]
}

fn registries() -> Vec<Row> {
    let refused = |name, directory| {
        Row::hello(name)
            .edit("directory = \"registry\"", directory)
            .refused(&["layers.toml:2", "LLS_ALLOW_OUTSIDE", "hint:"])
    };
    let allowed = HELLO.replace("\"registry\"", "\"../allowed\"");
    let allowed: &'static str = Box::leak(allowed.into_boxed_str());
    vec![
        refused(
            "registries: beside the repository",
            "directory = \"../sibling/registry\"",
        ),
        refused(
            "registries: an absolute one",
            "directory = \"{around}/home/registry\"",
        ),
        Row::hello("registries: a link to a folder outside")
            .link("registry", "{around}/sibling")
            .refused(&["registry", "LLS_ALLOW_OUTSIDE", "hint:"]),
        Row::hello("registries: a layer's folder is a link to one outside")
            .link("registry/hello", "{around}/home")
            .commands(&[&["apply", "--yes"]])
            .refused(&["registry/hello", "hint:"]),
        Row::hello("registries: .git")
            .with(git_config)
            .edit("directory = \"registry\"", "directory = \".git/hooks\""),
        Row::manifest("registries: one that the runner allows", allowed)
            .honest_file("layers/hello/hello.py", "x = 1\n")
            .variable("LLS_ALLOW_OUTSIDE", "{around}/allowed")
            .accepted(&["hello"]),
    ]
}
