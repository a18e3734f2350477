//! Arguments: layers by name or glob, a saved plan, and the order of what `--help` shows.

use expect_test::expect;

use crate::support::project::{HELLO, Project};

/// Three layers: `hello`, `pg-one`, and `pg-two`.
fn three_layers() -> Project {
    let layer = |name: &str| {
        format!(
            "\n[layers.{name}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\nprefix = \"python\"\npermission = \"my-account\"\n"
        )
    };
    let manifest = format!("{HELLO}{}{}", layer("pg-one"), layer("pg-two"));
    Project::hello()
        .manifest(&manifest)
        .file("layers/pg-one/one.py", "")
        .file("layers/pg-two/two.py", "")
}

/// The names of the layers in a list or a plan.
fn names(document: &serde_json::Value) -> Vec<String> {
    let layers = document["layers"].as_array().unwrap().iter();
    let name = |layer: &serde_json::Value| layer["layer"].as_str().unwrap().to_owned();
    layers.map(name).collect()
}

#[test]
fn layers_are_arguments() {
    let project = three_layers();
    for (arguments, expected) in [
        (&["plan"][..], &["hello", "pg-one", "pg-two"][..]),
        (&["plan", "pg*"], &["pg-one", "pg-two"]),
        (&["plan", "hello", "pg-two"], &["hello", "pg-two"]),
        (&["plan", "hello", "-l", "*two"], &["hello", "pg-two"]),
        (&["plan", "-l", "pg-one"], &["pg-one"]),
        (&["build", "pg-one"], &["pg-one"]),
        (&["lock", "pg*"], &["pg-one", "pg-two"]),
        (&["apply", "--yes", "pg-one"], &["pg-one"]),
        (&["outputs", "pg-one"], &["pg-one"]),
    ] {
        let json = [arguments, &["--format", "json"]].concat();
        assert_eq!(names(&project.succeed(&json).json()), expected, "{json:?}");
    }
    let run = project.succeed(&["versions", "pg-one"]);
    assert_eq!(
        run.stdout,
        project.succeed(&["versions", "-l", "pg-one"]).stdout
    );
    let run = project.fail(&["build", "pg-tow"]);
    run.assert_stderr(&["error: no layer of `layers.toml` matches `pg-tow`\n"]);
}

#[test]
fn a_file_is_a_plan_and_a_folder_is_a_layer() {
    let project = three_layers();
    project.succeed(&["plan", "hello", "--out", "first"]);
    let run = project.succeed(&["apply", "first"]);
    assert!(
        run.stdout.contains("hello") && !run.stdout.contains("pg-"),
        "{run}"
    );
    std::fs::create_dir(project.path("pg-one")).unwrap();
    let run = project.succeed(&["apply", "--yes", "pg-one"]);
    assert!(!run.stdout.contains("pg-two"), "{run}");
    for (arguments, expected) in [
        (
            &["apply", "plan.json", "pg-two"],
            expect![[r#"
            --- stderr
            error: `lls apply plan.json` takes no other layers or plans, but `pg-two` is given
            hint: leave it out, because the plan lists the layers to apply; if `plan.json` is a layer, write `-l plan.json`
            --- exit status 1
        "#]],
        ),
        (
            &["apply", "first", "-lhello"],
            expect![[r#"
            --- stderr
            error: `lls apply first` takes no other layers or plans, but `hello` is given
            hint: leave it out, because the plan lists the layers to apply; if `first` is a layer, write `-l first`
            --- exit status 1
        "#]],
        ),
        (
            &["apply", "plans/none", "--yes"],
            expect![[r#"
            --- stderr
            error: there is no saved plan at `plans/none`
            hint: save one with `lls plan --out FILE`
            --- exit status 1
        "#]],
        ),
    ] {
        expected.assert_eq(&project.fail(arguments).to_string());
    }
}

#[test]
fn help_begins_with_what_is_a_commands_own() {
    let project = Project::new();
    let long = project.succeed(&["build", "--help"]).stdout;
    let at = |part: &str| long.find(part).unwrap_or_else(|| panic!("{part}:\n{long}"));
    assert!(at("--output-dir") < at("Global options:"), "{long}");
    assert!(at("Global options:") < at("--settle-time"), "{long}");
    let test = project.succeed(&["test", "--help"]).stdout;
    assert!(test.find("Examples:").unwrap() < test.find("Global options:").unwrap());
    project.succeed(&["versions", "-h"]).check(expect![[r#"
        List the published versions of a layer

        Usage: lls versions [OPTIONS] [LAYER]

        Arguments:
          [LAYER]  The name of the layer

        Options:
          -l, --layer <NAME>       The same as LAYER
              --runtime <RUNTIME>  List only versions for this runtime
              --format <FORMAT>    How to print the result [env: LLS_FORMAT] [default: terminal] [possible
                                   values: terminal, json]
          -h, --help               Print help (see more with '--help')

        Global options: run `lls versions --help` to list the options of every command
        --- exit status 0
    "#]]);
    project.succeed(&["-h"]).check(expect![[r#"
        Keep your AWS Lambda layers in sync with a Git repository

        Usage: lls <COMMAND>

        Define layers:
          init         Create a manifest with an example layer, and a CI file
          add          Add a layer with its folder, requirements, and lock
          import       Print a manifest of the layers that are already published
          lock         Lock the layers' requirements in requirements.lock
          bump         Bump a layer's description, so that it can be published
          validate     Check the manifest, offline
          build        Build the layers' archives
          test         Import the layers' modules in Python. This runs their code

        Publish layers:
          plan         Show what `apply` would publish and grant, and why
          apply        Publish and grant what the manifest declares
          diff         Compare a published version with the manifest or another version
          publish      Publish one folder as a layer, without a manifest

        Look up published layers:
          outputs      Print the ARNs of the manifest's layers, for functions
          list         List the published layers
          versions     List the published versions of a layer
          show         Show a published version: permissions, packages, and sizes
          usage        Show which functions use which versions of layers

        Delete old versions:
          prune        Delete old versions that no function uses
          delete       Delete the named versions, if no function uses them

        Other commands:
          doctor       Check what a run needs: uv, locks, credentials, and permissions
          cache        Show the size of the caches, or clear them
          schema       Print the JSON Schema of the manifest, for editors
          completions  Print the script that completes commands in a shell
          man          Print the manual page, or write a page for each command
          help         Show the help of a command

        Options:
          -h, --help     Print help (see more with '--help')
          -V, --version  Print version

        Global options: run `lls --help` to list the options of every command
        --- exit status 0
    "#]]);
}

#[test]
fn habits_from_other_tools_have_a_hint() {
    let project = Project::hello();
    let arguments: [&[&str]; 14] = [
        &["apply", "--auto-approve"],
        &["apply", "-auto-approve"],
        &["plan", "-auto-approve"],
        &["apply", "--dry-run"],
        &["prune", "--dry-run"],
        &["lock", "--dry-run"],
        &["plan", "-o", "json"],
        &["plan", "-o=json"],
        &["list", "-ojson"],
        &["outputs", "--output", "json"],
        &["plan", "-o", "plan.json"],
        &["plan", "--output=plan.json"],
        &["upgrade"],
        &["deploy"],
    ];
    let said = arguments.map(|arguments| {
        let run = project.fail(arguments);
        format!("lls {}\n{}", arguments.join(" "), run.stderr)
    });
    expect![[r#"
        lls apply --auto-approve
        error: `lls apply` has no option `--auto-approve`
        hint: use `lls apply --yes`, which does not ask
        lls apply -auto-approve
        error: `lls apply` has no option `-auto-approve`
        hint: use `lls apply --yes`, which does not ask
        lls plan -auto-approve
        error: `lls plan` has no option `-auto-approve`
        hint: only `lls apply`, `lls delete`, and `lls prune` change AWS; use `--yes` there
        lls apply --dry-run
        error: `lls apply` has no option `--dry-run`
        hint: use `lls plan` to see what `lls apply` would do
        lls prune --dry-run
        error: `lls prune` has no option `--dry-run`
        hint: `lls prune` deletes nothing unless you add `--yes`
        lls lock --dry-run
        error: `lls lock` has no option `--dry-run`
        hint: use `lls lock --check` to find missing and stale locks
        lls plan -o json
        error: `lls plan` has no option `-o`
        hint: use `--format json` to print the result as JSON
        lls plan -o=json
        error: `lls plan` has no option `-o`
        hint: use `--format json` to print the result as JSON
        lls list -ojson
        error: `lls list` has no option `-ojson`
        hint: use `--format json` to print the result as JSON
        lls outputs --output json
        error: `lls outputs` has no option `--output`
        hint: use `--format json` to print the result as JSON
        lls plan -o plan.json
        error: `lls plan` has no option `-o`
        hint: use `--out plan.json` to save the plan to that file
        lls plan --output=plan.json
        error: `lls plan` has no option `--output`
        hint: use `--out plan.json` to save the plan to that file
        lls upgrade
        error: there is no command `upgrade`
        hint: use `lls lock --upgrade` to lock the newest versions of the packages
        lls deploy
        error: there is no command `deploy`
        hint: use `lls apply` to publish and grant what `lls plan` shows
    "#]]
    .assert_eq(&said.concat());
}
