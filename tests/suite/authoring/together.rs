//! Several edits of one manifest at a time, and what a new layer may not bring.

use std::thread;

use expect_test::expect;

use crate::support::project::Project;

#[test]
fn edits_at_the_same_time_are_all_kept() {
    let names: Vec<_> = (0..8).map(|number| format!("layer{number}")).collect();
    let mut project = Project::hello();
    for name in &names {
        project = project.file(&format!("layers/{name}/data.txt"), name);
    }
    let together = |options: &(dyn Fn(&str) -> Vec<String> + Sync)| {
        thread::scope(|scope| {
            for name in &names {
                let project = &project;
                scope.spawn(move || {
                    let options = options(name);
                    let options: Vec<_> = options.iter().map(String::as_str).collect();
                    project.succeed(&options);
                });
            }
        });
    };
    together(&|name| {
        ["add", name, "-r", "python3.12"]
            .map(str::to_owned)
            .to_vec()
    });
    together(&|name| ["bump", name, "--minor"].map(str::to_owned).to_vec());
    let manifest = project.read("layers.toml");
    for name in &names {
        let table = format!("[layers.{name}]");
        assert_eq!(manifest.matches(&table).count(), 1, "{manifest}");
    }
    let raised = manifest.matches("description = \"v1.1.0\"").count();
    assert_eq!(raised, names.len(), "{manifest}");
}

#[test]
fn a_layer_that_no_target_takes_is_not_added() {
    let project = Project::hello();
    let before = project.read("layers.toml");
    let run = project.run(&["add", "open", "--permission", "public", "-r", "python3.12"]);
    run.check(expect![[r#"
        --- stderr
        error: layer `open` is public (layers.toml:13), which target `local` does not allow
        hint: set `allow_public = true` in [targets.local], or choose another permission
        --- exit status 1
    "#]]);
    assert_eq!(project.read("layers.toml"), before);
    assert!(!project.path("layers/open").exists());
}

#[test]
fn a_folder_in_ci_is_warned_of() {
    let project = Project::hello().variable("CI", "true");
    let run = project.succeed(&["apply", "--yes"]);
    expect![[r#"
        warning: target `local` is a folder, which is lost when the CI job ends: name a target in AWS with `--target` or LLS_TARGET
        Built hello, 229 B
        Published hello to registry, 229 B
    "#]].assert_eq(&run.stderr);
}

#[test]
fn one_folder_written_in_two_ways_is_one_folder() {
    let project = Project::hello();
    let text = project.read("layers.toml");
    let twin = "\n[layers.twin]\ndirectory = \"layers/../layers/hello\"\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n";
    project.write("layers.toml", text + twin);
    project.run(&["validate"]).check(expect![[r#"
        --- stderr
        error: layers `hello` and `twin` have the same directory `layers/../layers/hello`
          --> layers.toml:11:13
           |
        11 | directory = "layers/../layers/hello"
           |             ^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = hint: give each layer its own folder

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]]);
}
