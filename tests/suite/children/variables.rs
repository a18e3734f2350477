//! Variables in requirements and in uv's configuration: who may use them, and what becomes of their values.

use expect_test::expect;

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::{Project, Run};
use crate::support::recorder::Recorder;

const SECRET: &str = "canary-of-a-variable";

const COMMANDS: [&[&str]; 7] = [
    &["plan"],
    &["plan", "--locked"],
    &["plan", "--diff", "--format", "markdown"],
    &["build"],
    &["lock"],
    &["lock", "--upgrade"],
    &["apply", "--yes"],
];

/// Commands that would hand the requirements to uv; nothing is asked of anybody, and no value is shown.
fn refused(project: &Project, server: &Recorder) -> Vec<Run> {
    let runs = COMMANDS.map(|command| project.fail(command));
    for run in &runs {
        assert!(!run.to_string().contains(SECRET), "{run}");
    }
    assert_eq!(server.requests(), [""; 0]);
    runs.into()
}

fn app(requirements: &str) -> Project {
    Project::app(requirements)
        .cold_cache()
        .variable("UV_NO_CACHE", "1")
        .variable("UV_HTTP_RETRIES", "0")
        .variable("CI_SERVER", SECRET)
        .variable("AWS_SECRET_ACCESS_KEY", SECRET)
}

#[test]
fn variables_are_refused_in_every_line_that_reaches_uv() {
    let server = Recorder::start();
    let host = server.address;
    for line in [
        format!("--index-url http://{host}/${{AWS_SECRET_ACCESS_KEY}}/simple"),
        format!("--extra-index-url=http://{host}/${{AWS_SECRET_ACCESS_KEY}}/simple"),
        format!("-i 'http://{host}/${{AWS_SECRET_ACCESS_KEY}}/simple'"),
        format!("-f http://{host}/${{AWS_SECRET_ACCESS_KEY}}"),
        format!("-f http://{host}/$\\\n{{AWS_SECRET_\\\nACCESS_KEY}}"),
        format!("beta @ http://{host}/${{AWS_SECRET_ACCESS_KEY}}/beta-1.0-py3-none-any.whl"),
        format!("beta @ git+http://{host}/${{AWS_SECRET_ACCESS_KEY}}"),
        "beta==${AWS_SECRET_ACCESS_KEY}".to_owned(),
        "-r ${AWS_SECRET_ACCESS_KEY}.txt".to_owned(),
        "-c ${AWS_SECRET_ACCESS_KEY}.txt".to_owned(),
    ] {
        for (requirements, file) in [
            (format!("alpha\n{line}\n"), "requirements.txt"),
            ("alpha\n-r more.in\n".to_owned(), "more.in"),
            ("alpha\n-c more.in\n".to_owned(), "more.in"),
        ] {
            let project = app(&requirements).file("layers/app/more.in", format!("# x\n{line}\n"));
            for run in refused(&project, &server) {
                let message = format!(
                    "`layers/app/{file}:2` uses the variable `AWS_SECRET_ACCESS_KEY`, which is not allowed"
                );
                run.assert_stderr(&[
                    &message,
                    "is never passed on: put the index's credentials into .netrc",
                ]);
            }
        }
    }
}

#[test]
fn variables_are_refused_in_configuration_of_uv() {
    let server = Recorder::start();
    let index = format!(
        "http://{}/${{AWS_SECRET_ACCESS_KEY}}/simple",
        server.address
    );
    for (file, text) in [
        ("uv.toml", format!("index-url = \"{index}\"\n")),
        (
            "uv.toml",
            format!("[[index]]\nurl = \"{index}\"\ndefault = true\n"),
        ),
        (
            "uv.toml",
            format!("[pip]\nextra-index-url = [\"{index}\"]\n"),
        ),
        (
            "uv.toml",
            format!("find-links = [\"{}\"]\n", index.replace("${", "\\u0024{")),
        ),
        (
            "pyproject.toml",
            format!("[tool.uv]\nindex-url = \"{index}\"\n"),
        ),
        (
            "[outside]/home/uv/uv.toml",
            format!("index-url = \"{index}\"\n"),
        ),
    ] {
        let project = app("alpha\n");
        let place = match file.strip_prefix("[outside]/") {
            Some(file) => project.outside(file),
            None => project.path(file),
        };
        let project = project.file(place.to_str().unwrap(), &text);
        let home = project.outside("home");
        let project = project.variable("XDG_CONFIG_HOME", home);
        let line = 1 + text[..text.find("http").unwrap()].matches('\n').count();
        let message =
            format!("{file}:{line}` uses the variable `AWS_SECRET_ACCESS_KEY`, which is not");
        for command in [
            &["plan"] as &[&str],
            &["lock"],
            &["build"],
            &["apply", "--yes"],
        ] {
            let run = project.fail(command);
            run.assert_stderr(&[&message, "is never passed on"]);
            assert!(!run.to_string().contains(SECRET), "{run}");
        }
        assert_eq!(server.requests(), [""; 0]);
    }
}

#[test]
fn what_to_do_about_a_variable_is_told() {
    let project = app("--index-url https://${INDEX_HOST}/simple\nalpha\n");
    project.run(&["plan", "--locked"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` uses the variable `INDEX_HOST`, which is not allowed
        hint: write its value in its place; or, if its value may be sent there, run `lls` with `--allow-env INDEX_HOST`, or LLS_ALLOW_ENV=INDEX_HOST
        --- exit status 1
    "#]]);
    project
        .run(&["lock", "--allow-env", "INDEX_HOST"])
        .check(expect![[r#"
        --- stderr
        error: the variable `INDEX_HOST` is allowed, but it is not set
        hint: set it, or leave it out of `--allow-env` and LLS_ALLOW_ENV
        --- exit status 1
    "#]]);
    project.write("layers/app/requirements.txt", "-f ${PROJECT_ROOT}/wheels\n");
    let run = project.fail(&["lock"]);
    run.assert_stderr(&[
        "uses the variable `PROJECT_ROOT`",
        "as it is from the file that it stands in",
    ]);
}

#[test]
fn names_of_secrets_cannot_be_allowed() {
    let project = app("alpha\n");
    project.run(&["plan", "--allow-env", "AWS_SECRET_ACCESS_KEY"]).check(expect![[r#"
        --- stderr
        error: `--allow-env` cannot be `AWS_SECRET_ACCESS_KEY`: it may hold a secret, which a repository could send anywhere
        hint: put the index's credentials into .netrc, or name the index in UV_INDEX, as `name=https://host/simple`, and set UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD
        --- exit status 1
    "#]]);
    for name in [
        "GITHUB_ACTOR",
        "CI_SERVER",
        "UV_INDEX_URL",
        "PIP_INDEX_URL",
        "LLS_UV",
        "X_TOKEN",
    ] {
        let run = project.fail(&["lock", "--allow-env", &format!("HOME,{name}")]);
        run.assert_stderr(&[&format!(
            "`--allow-env` cannot be `{name}`: it may hold a secret"
        )]);
    }
    let run = app("alpha\n")
        .variable("LLS_ALLOW_ENV", "HOME,GH_TOKEN")
        .fail(&["plan"]);
    run.assert_stderr(&["`LLS_ALLOW_ENV` cannot be `GH_TOKEN`: it may hold a secret"]);
    let run = project.fail(&["plan", "--allow-env", "A-B"]);
    run.assert_stderr(&["`--allow-env` cannot be `A-B`: not the name of a variable"]);
}

#[test]
fn allowed_variables_are_used() {
    let index = PackageIndex::start();
    let alpha = wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")]);
    index.add("alpha-1.0-py3-none-any.whl", alpha);
    let address = index.environment()[0].1.clone();
    let host = address
        .trim_start_matches("http://")
        .trim_end_matches("/simple");
    let project = app("-r indexes.in\nalpha\n")
        .file(
            "layers/app/indexes.in",
            "--index-url http://${INDEX_HOST}/${SIMPLE}\n",
        )
        .variable("INDEX_HOST", host)
        .variable("SIMPLE", "simple");
    project.fail(&["build", "--allow-env", "INDEX_HOST"]);
    project.succeed(&[
        "build",
        "--allow-env",
        "INDEX_HOST",
        "--allow-env",
        "SIMPLE",
    ]);
    assert!(!project.read("layers/app/requirements.lock").contains(host));

    // A wheel that is missing from the cache is looked up with the same lines.
    std::fs::remove_dir_all(project.path("cold-cache")).unwrap();
    project.forget_builds();
    project.fail(&["apply", "--yes", "--locked"]);
    let project = project.variable("LLS_ALLOW_ENV", "INDEX_HOST,SIMPLE");
    project.succeed(&["apply", "--yes", "--locked"]);
    project.assert_converged();
    project.succeed(&["list"]);
}
