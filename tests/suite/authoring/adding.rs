//! `lls add`: what it makes, what it adopts, and that a failure leaves nothing behind.

use std::collections::BTreeSet;
use std::path::PathBuf;

use expect_test::expect;

use super::index_with_tool;
use crate::support::ministack::install;
use crate::support::package_index::PackageIndex;
use crate::support::project::{HELLO, Project};
use crate::support::source_package::SourcePackage;

/// Everything in the project but caches.
fn tree(project: &Project) -> BTreeSet<PathBuf> {
    let root = project.path(".");
    let walk = walkdir::WalkDir::new(&root).into_iter();
    let walk =
        walk.filter_entry(|entry| entry.file_name() != "cold-cache" && entry.file_name() != ".lls");
    walk.map(|entry| entry.unwrap().into_path()).collect()
}

#[test]
fn a_layer_has_what_was_asked_for() {
    let index = index_with_tool();
    let project = Project::hello()
        .environment(index.environment())
        .cold_cache();
    let options = [
        "add",
        "data",
        "tool<2",
        "-r",
        "python3.13",
        "-r",
        "python3.12",
        "--architecture",
        "arm64",
        "--permission",
        "o-a1b2c3d4e5",
        "--description",
        "0.1.0",
        "--license",
        "MIT",
        "--directory",
        "./src/data",
        "--format",
        "json",
    ];
    project.run(&options).check(expect![[r#"
        {
          "format_version": "1.0",
          "layer": "data",
          "manifest": "layers.toml",
          "line": 10,
          "directory": "src/data",
          "files": [
            "src/data/requirements.txt",
            "src/data/requirements.lock"
          ]
        }
        --- stderr
        Next: `lls plan` shows what would be published.
        --- exit status 0
    "#]]);
    let run = project.run(&["add", "own-code", "-r", "python3.12"]);
    run.check(expect![[r#"
        own-code  added to layers.toml:18
          layers/own-code/own_code.py
        --- stderr
        Next: `lls plan` shows what would be published.
        --- exit status 0
    "#]]);
    expect![[r#"

        [layers.data]
        directory = "./src/data"
        description = "0.1.0"
        runtimes = ["python3.13", "python3.12"]
        architecture = "arm64"
        permission = { organization = "o-a1b2c3d4e5" }
        license = "MIT"

        [layers.own-code]
        description = "v1.0.0"
        runtimes = ["python3.12"]
        prefix = "python"
    "#]]
    .assert_eq(project.read("layers.toml").strip_prefix(HELLO).unwrap());
    assert_eq!(project.read("src/data/requirements.txt"), "tool<2\n");
    assert!(
        project
            .read("src/data/requirements.lock")
            .contains("tool==1.1.0")
    );
    project.succeed(&["apply", "--yes", "--locked"]);
    project.assert_converged();
}

#[test]
fn a_folder_that_is_there_is_taken_as_it_is() {
    let project = Project::hello()
        .file("layers/old/package/__init__.py", "")
        .file("layers/data/data.json", "{}");
    let run = project.run(&["add", "old", "-r", "python3.12"]);
    run.check(expect![[r#"
        old  added to layers.toml:10
          layers/old is used as it is
        --- stderr
        Next: `lls plan` shows what would be published.
        --- exit status 0
    "#]]);
    let run = project.run(&["add", "data", "-r", "nodejs22.x"]);
    run.check(expect![[r#"
        data  added to layers.toml:15
          layers/data is used as it is
        --- stderr
        Next: `lls plan` shows what would be published.
        --- exit status 0
    "#]]);
    expect![[r#"

        [layers.old]
        description = "v1.0.0"
        runtimes = ["python3.12"]
        prefix = "python"

        [layers.data]
        description = "v1.0.0"
        runtimes = ["nodejs22.x"]
    "#]]
    .assert_eq(project.read("layers.toml").strip_prefix(HELLO).unwrap());
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn what_fails_leaves_nothing_behind() {
    let index = index_with_tool();
    let project = Project::hello()
        .environment(index.environment())
        .cold_cache()
        .file("layers/full/requirements.txt", "tool\n")
        .file("layers/blocked", "a file");
    let before = tree(&project);
    let manifest = project.read("layers.toml");
    let r = ["-r", "python3.12"];
    let mut told = String::new();
    for arguments in [
        &["add", "new", "tool==9"][..],
        &["add", "new", "missing-tool"],
        &["add", "new", "./tool"],
        &["add", "new", "tool", "git+https://git.example.com/x"],
        &["add", "new", "--", "--no-binary=tool"],
        &["add", "new", "a\nb"],
        &["add", "new", ""],
        &["add", "hello"],
        &["add", "a b"],
        &["add", "full", "tool"],
        &["add", "twin", "--directory", "layers/hello"],
        &["add", "twin", "--directory", "layers/../layers/hello"],
        &["add", "blocked"],
        &["add", "node", "-r", "nodejs22.x"],
        &["add", "node", "tool", "-r", "nodejs22.x"],
        &["add", "new", "--permission", "everyone"],
    ] {
        let arguments = if arguments.contains(&"nodejs22.x") {
            arguments.to_vec()
        } else {
            [&arguments[..1], &r, &arguments[1..]].concat()
        };
        let run = project.fail(&arguments);
        told.push_str(&format!(
            "$ lls {}\n{}",
            arguments.join(" ").replace('\n', "\\n"),
            run.stderr
        ));
        assert_eq!(run.stdout, "");
        assert_eq!(tree(&project), before, "{arguments:?}");
        assert_eq!(project.read("layers.toml"), manifest);
    }
    expect![[r#"
        $ lls add -r python3.12 new tool==9
        error: cannot lock layer `new`
          caused by: uv could not resolve the requirements
            error: No solution found when resolving dependencies
              cause: Because there is no version of tool==9 and you require tool==9, we can conclude that your requirements are unsatisfiable.
        hint: require versions that exist and fit together, as the lines above say
        $ lls add -r python3.12 new missing-tool
        error: cannot lock layer `new`
          caused by: uv could not resolve the requirements
            error: No solution found when resolving dependencies
              cause: Because missing-tool was not found in the package registry and you require missing-tool, we can conclude that your requirements are unsatisfiable.
        hint: check the name of the package, and the index that uv is set up for
        $ lls add -r python3.12 new ./tool
        error: `layers/new/requirements.txt:1` requires the local path `./tool`
        hint: put the code into the layer's folder, which makes it part of the archive
        $ lls add -r python3.12 new tool git+https://git.example.com/x
        error: `layers/new/requirements.txt:2` requires `git+https://git.example.com/x` without the name of a package
        hint: write `name @ address`, and add the name to the layer's `build` in the manifest
        $ lls add -r python3.12 new -- --no-binary=tool
        error: `layers/new/requirements.txt:1` has the option `--no-binary`, which `lls` does not support
        hint: remove it, and name the package in the layer's `build` in the manifest: `lls lock` then builds it; `plan`, `build` and `apply` never do
        $ lls add -r python3.12 new a\nb
        error: `REQUIREMENT` cannot be `a
        b`: a requirement cannot have several lines
        hint: run `lls add --help` to see what it takes
        $ lls add -r python3.12 new 
        error: `REQUIREMENT` cannot be ``: a requirement cannot be empty
        hint: run `lls add --help` to see what it takes
        $ lls add -r python3.12 hello
        error: layer `hello` already exists (layers.toml:5)
        hint: change it there, or choose another name
        $ lls add -r python3.12 a b
        error: `NAME` cannot be `a b`: a layer name can contain only letters, digits, `-`, and `_`, not ` `
        hint: run `lls add --help` to see what it takes
        $ lls add -r python3.12 full tool
        error: `layers/full/requirements.txt` already exists
        hint: add the requirements to it, and run the command without them
        $ lls add -r python3.12 twin --directory layers/hello
        error: `layers/hello` is the folder of layer `hello`
        hint: name another folder with `--directory`
        $ lls add -r python3.12 twin --directory layers/../layers/hello
        error: `layers/hello` is the folder of layer `hello`
        hint: name another folder with `--directory`
        $ lls add -r python3.12 blocked
        error: `layers/blocked` is not a folder
        hint: move it away, or name another folder with `--directory`
        $ lls add node -r nodejs22.x
        error: there is nothing in `layers/node` for layer `node`
        hint: put the layer's files there first, or give requirements
        $ lls add node tool -r nodejs22.x
        error: layer `node` has requirements but no Python runtime
        hint: add one, such as `--runtime python3.13`
        $ lls add -r python3.12 new --permission everyone
        error: `--permission` cannot be `everyone`: not my-account, my-organization, public, none, an account of 12 digits, or an organization `o-...`
        hint: run `lls add --help` to see what it takes
    "#]].assert_eq(&told);
    project.run(&["add", "new"]).check(expect![[r#"
        --- stderr
        error: layer `new` has no runtimes
        hint: give them, as in `lls add new --runtime python3.13`, or set `runtimes` in [defaults]
        --- exit status 1
    "#]]);
    assert_eq!(tree(&project), before);
    let run = Project::new().fail(&["add", "new"]);
    run.assert_stderr(&["error: there is no manifest at `layers.toml`\n"]);
}

/// The remedy of `lls lock` is an edit of the layer's table, which is not there yet.
#[test]
fn a_package_that_comes_as_source_is_built_where_the_command_says_so() {
    let index = PackageIndex::start();
    let alpha = SourcePackage::new("alpha", "1.0", "x = 1\n");
    index.add(&alpha.sdist_name(), alpha.sdist());
    let project = Project::hello()
        .environment(index.environment())
        .cold_cache();
    let before = tree(&project);
    project.run(&["add", "parser", "alpha", "-r", "python3.12"]).check(expect![[r#"
        --- stderr
        error: `layers/parser/requirements.txt:1` requires `alpha`, which comes only as source code
        hint: add `--build alpha`: `lls add` then runs the package's code to build a wheel, and writes `build` into the manifest; or require a version that has wheels
        --- exit status 1
    "#]]);
    assert_eq!(tree(&project), before);
    let add = ["add", "parser", "alpha", "-r", "python3.12"];
    project.succeed(&[&add[..], &["--build", "Alpha"]].concat());
    expect![[r#"

        [layers.parser]
        description = "v1.0.0"
        runtimes = ["python3.12"]
        build = ["alpha"]
    "#]]
    .assert_eq(project.read("layers.toml").strip_prefix(HELLO).unwrap());
    assert!(
        project
            .path("layers/parser/.wheels/alpha-1.0-py3-none-any.whl")
            .exists()
    );
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn an_interrupted_add_leaves_nothing_behind() {
    let project = Project::hello().uv_script("exec sleep 600\n");
    let before = tree(&project);
    let mut command = project.command(&["add", "new", "tool", "-r", "python3.12"]);
    let mut child = command.spawn().unwrap();
    while !project.path("layers/new/requirements.txt").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(killed.unwrap().success());
    assert!(!child.wait().unwrap().success());
    assert_eq!(tree(&project), before);
}

#[test]
fn what_others_write_into_the_manifest_meanwhile_stays() {
    let index = index_with_tool();
    let project = Project::hello().environment(index.environment());
    let manifest = project.path("layers.toml");
    let real = install::uv().unwrap();
    let (manifest, real) = (manifest.display(), real.display());
    let script =
        format!("grep -q mine {manifest} || echo '# mine' >> {manifest}\nexec {real} \"$@\"\n");
    let project = project.uv_script(&script);
    project.succeed(&["add", "new", "tool", "-r", "python3.12"]);
    let text = project.read("layers.toml");
    assert!(
        text.contains("# mine\n") && text.contains("[layers.new]\n"),
        "{text}"
    );
    project.succeed(&["validate"]);
}
