//! `lls bump`: what it suggests, when it changes nothing, and that a level needs no registry.

use expect_test::expect;

use super::{check, index_with_tool};
use crate::support::project::{HELLO, Project};

const TOOLS: &str = r#"[targets.local]
directory = "registry"

[targets.aws]
regions = ["us-east-1"]

[layers.tools]
description = "v1.2.3" # the version
runtimes = ["python3.12"]
prefix = "python"
"#;

#[test]
fn the_level_follows_from_what_differs() {
    let index = index_with_tool();
    let project = Project::new()
        .environment(index.environment())
        .cold_cache()
        .variable("LLS_TARGET", "local")
        .manifest(TOOLS)
        .file("layers/tools/requirements.txt", "tool==1.0.0\n")
        .file("layers/tools/own.py", "A = 1\n");
    check(&project, &["bump", "tools"], expect![[]]);
    project.succeed(&["apply", "--yes"]);
    check(
        &project,
        &["bump", "tools", "--format", "json"],
        expect![[]],
    );

    let mut told = String::new();
    for (path, content) in [
        ("layers/tools/own.py", Some("A = 2\n")),
        ("layers/tools/new.py", Some("B = 1\n")),
        ("layers/tools/own.py", None),
        ("layers/tools/requirements.txt", Some("tool==2.0.0\n")),
    ] {
        match content {
            Some(content) => project.write(path, content),
            None => std::fs::remove_file(project.path(path)).unwrap(),
        }
        let run = project.succeed(&["bump", "tools", "--dry-run"]);
        told.push_str(&run.stdout);
    }
    expect![[]].assert_eq(&told);
    assert_eq!(project.read("layers.toml"), TOOLS);
    check(
        &project,
        &["bump", "tools", "--format", "json"],
        expect![[]],
    );
    let raised = TOOLS.replace("v1.2.3", "v2.0.0");
    assert_eq!(project.read("layers.toml"), raised);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn a_level_needs_no_registry_and_its_lack_is_explained() {
    let project = Project::hello().manifest(&TOOLS.replace("tools", "hello"));
    let project = project
        .variable("LLS_TARGET", "aws")
        .variable("AWS_EC2_METADATA_DISABLED", "true");
    check(&project, &["bump", "hello", "--minor"], expect![[]]);
    check(&project, &["bump", "hello", "--major"], expect![[]]);
    check(&project, &["bump", "hello"], expect![[]]);
    check(&project, &["bump", "helo"], expect![[]]);
    check(
        &project,
        &["bump", "hello", "--minor", "--major"],
        expect![[]],
    );
}

#[test]
fn a_layer_that_may_be_published_again_is_raised_as_any_other() {
    let manifest = HELLO.to_owned() + "republish = \"allow\"\n";
    let project = Project::hello().manifest(&manifest);
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "");
    check(&project, &["bump", "hello"], expect![[]]);
}
