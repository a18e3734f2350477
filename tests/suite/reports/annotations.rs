//! Annotations where GitHub Actions runs `lls`, and text of others that must not become commands.

use expect_test::expect;

use crate::support::project::Project;

fn on_github(project: Project) -> Project {
    let workspace = project.path("");
    project
        .variable("GITHUB_ACTIONS", "true")
        .variable("GITHUB_WORKSPACE", workspace)
}

#[test]
fn problems_blocked_layers_and_warnings_stand_beside_the_manifest() {
    let project = on_github(Project::hello());
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "def hello():\n    return 'hi'\n");
    project.write("layers/hello/.env", "TOKEN=1\n");
    project.write("layers/hello/config/.env", "TOKEN=1\n");
    let run = project.fail(&["plan"]);
    let annotations = run.stderr.lines().filter(|line| line.starts_with("::"));
    expect![[r#"
        ::warning title=lls::`layers/hello/config/.env` of layer `hello` looks like a file of environment variables
        ::error file=layers.toml,line=5,col=15,title=layer hello is blocked::already published as :1 with different content%0Ahint: raise `description` in layers.toml:5, for example with `lls bump hello --minor`"#]].assert_eq(&annotations.collect::<Vec<_>>().join("\n"));

    project.edit_manifest("runtimes", "runtime");
    let run = project.fail(&["plan"]);
    let annotations = run.stderr.lines().filter(|line| line.starts_with("::"));
    expect![[r#"
        ::error file=layers.toml,line=4,col=9,title=lls%3A manifest::layer `hello` has no `runtimes`%0Ahint: add `runtimes = ["python3.12"]` to it or to [defaults]
        ::error file=layers.toml,line=6,col=1,title=lls%3A manifest::unknown key `runtime` in layer `hello`%0Ahint: did you mean `runtimes`?"#]].assert_eq(&annotations.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_file_cannot_give_github_commands() {
    let project = on_github(Project::hello());
    project.succeed(&["apply"]);
    let evil = "::add-mask::x\n::error::evil\n##[error]evil\n";
    project.write("layers/hello/hello.py", evil);
    project.write("layers/hello/other.py", "a = 1\n");
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", format!("{evil}more\n"));
    project.edit_manifest("v1.1.0", "v1.2.0");
    for format in ["terminal", "markdown", "json"] {
        let run = project.succeed(&["plan", "--diff", "--format", format]);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(text.contains("error::evil"), "{run}");
        for line in text.lines() {
            let is_command = line.trim_start().starts_with("::") || line.contains("##[");
            assert!(!is_command, "{line:?} in {run}");
        }
        if format == "json" {
            let json = run.json();
            let file = &json["layers"][0]["destinations"][0]["changes"]["files"][0];
            assert!(
                file["diff"].as_str().unwrap().contains("##[error]evil"),
                "{json}"
            );
        }
    }
}
