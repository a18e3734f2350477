//! Ways in which a pull request could have `plan` or `lock` run code that no layer's `build` names.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::{Project, Run};
use crate::support::source_package::{MARKER, SourcePackage};

/// An index with the wheel `alpha` and the source distribution `evil`, and a layer that requires what is given.
fn app(requirements: &str) -> (PackageIndex, Project) {
    let index = PackageIndex::start();
    let alpha = wheel("alpha", "1.0", &[("alpha.py", "")]);
    index.add("alpha-1.0-py3-none-any.whl", alpha);
    let evil = SourcePackage::new("evil", "1.0", "");
    index.add(&evil.sdist_name(), evil.sdist());
    let project = Project::app(requirements)
        .environment(index.environment())
        .cold_cache();
    let marker = project.path("ran");
    let project = project.variable("LLS_ALLOW_ENV", MARKER);
    (index, project.variable(MARKER, marker))
}

/// What `plan` and `lock` say when they fail without having run anything.
fn refused(project: &Project) -> Vec<Run> {
    let commands: [&[&str]; 3] = [&["plan"], &["lock"], &["lock", "--upgrade"]];
    let runs = commands.map(|command| project.fail(command));
    assert!(
        !project.path("ran").exists(),
        "foreign code ran: {}",
        runs[0]
    );
    runs.into()
}

#[test]
fn options_that_allow_builds_are_refused() {
    let hint = "name the package in the layer's `build`";
    for (line, option, hint) in [
        ("--no-binary evil", "--no-binary", hint),
        ("  --no-binary=evil", "--no-binary", hint),
        ("--no-bin\\\nary :all:", "--no-binary", hint),
        ("--pre --no-binary evil", "--pre", "remove it"),
        ("--no-build-isolation", "--no-build-isolation", "remove it"),
        ("--config-settings x=y", "--config-settings", "remove it"),
    ] {
        let (_index, project) = app(&format!("alpha\n{line}\nevil\n"));
        for run in refused(&project) {
            let message = format!("`layers/app/requirements.txt:2` has the option `{option}`");
            assert!(
                run.stderr.contains(&message) && run.stderr.contains(hint),
                "{run}"
            );
        }
    }
}

#[test]
fn options_that_change_nothing_do_not_lift_that_wheels_are_taken() {
    let (_index, project) = app("--only-binary :none:\n--prefer-binary\nevil\n");
    for run in refused(&project) {
        run.assert_stderr(&["requirements.txt:3` requires `evil`, which comes only"]);
    }
    project.write(
        "layers/app/requirements.txt",
        "--only-binary=:all:\n--prefer-binary\nalpha\n",
    );
    project.succeed(&["lock"]);
}

#[test]
fn what_is_not_a_file_is_not_included() {
    let (_index, project) = app("alpha\n");
    project.write("more.in", "--no-binary evil\nevil\n");
    let more = format!("file://{}", project.path("more.in").display());
    for (address, shown) in [
        (more.as_str(), "file://[project]/more.in"),
        (
            "http://me:secret@127.0.0.1:9/more.in",
            "http://127.0.0.1:9/more.in",
        ),
    ] {
        for option in ["-r ", "-c", "--requirement=", "  --constraint "] {
            let lines = format!("alpha\n{option}{address}\n");
            project.write("layers/app/requirements.txt", lines);
            for run in refused(&project) {
                let message =
                    format!("requirements.txt:2` includes `{shown}`, which is not a file");
                assert!(run.stderr.contains(&message), "{run}");
                run.assert_stderr(&["hint: copy it into the layer's folder"]);
            }
        }
    }
}

#[test]
fn comments_hide_no_lines() {
    for hidden in [
        "# x \\\n--no-binary evil\n",
        "alpha # x \\\n--no-binary evil\n",
        "# x\r--no-binary evil\n",
    ] {
        let (_index, project) = app(&format!("{hidden}evil\n"));
        for run in refused(&project) {
            run.assert_stderr(&["requirements.txt:2` has the option `--no-binary`"]);
        }
    }
    let (_index, project) = app("evil @ git+file:///x # x\r# y \\\nevil @ git+file:///x\n");
    refused(&project);
}

#[test]
fn configuration_of_uv_allows_no_builds() {
    let uv = "no-binary-package = [\"evil\"]\n[pip]\nno-binary = [\"evil\"]\n";
    let pyproject =
        "[tool.uv]\nno-binary-package = [\"evil\"]\n[tool.uv.pip]\nno-binary = [\"evil\"]\n";
    for (file, text) in [
        ("uv.toml", uv),
        ("pyproject.toml", pyproject),
        ("layers/app/uv.toml", uv),
        ("[outside]/home/uv/uv.toml", uv),
    ] {
        let (_index, project) = app("evil\n");
        let place = match file.strip_prefix("[outside]/") {
            Some(file) => project.outside(file),
            None => project.path(file),
        };
        let home = project.outside("home");
        let project = project
            .variable("XDG_CONFIG_HOME", home)
            .file(place.to_str().unwrap(), text);
        for run in refused(&project) {
            assert!(
                run.stderr
                    .contains("requirements.txt:1` requires `evil`, which comes only"),
                "{file}: {run}"
            );
        }
        // The same in a parent of the folder where `lls` runs.
        std::fs::create_dir_all(project.path("sub")).unwrap();
        let mut command = project.command(&["plan", "--manifest", "../layers.toml"]);
        command.current_dir(project.path("sub"));
        let run = project.finish(command);
        assert!(
            run.status == 1 && !project.path("ran").exists(),
            "{file}: {run}"
        );
    }
}

#[test]
fn dependencies_that_configuration_replaces_are_not_built() {
    let (_index, project) = app("alpha\n");
    let overrides = "override-dependencies = [\"alpha @ http://127.0.0.1:9/alpha-1.0.tar.gz\"]\n";
    let project = project.file("uv.toml", overrides);
    project.succeed(&["lock"]);
    assert!(
        project
            .read("layers/app/requirements.lock")
            .contains("alpha==1.0")
    );
}

#[test]
fn interpreters_of_the_project_are_not_run() {
    let (_index, project) = app("alpha\n");
    let script = format!(
        "#!/bin/sh\necho ran >> '{}'\nexit 1\n",
        project.path("ran").display()
    );
    project.write(".venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n");
    for name in ["python", "python3", "python3.12"] {
        let path = format!(".venv/bin/{name}");
        project.write(&path, &script);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(project.path(&path), mode).unwrap();
    }
    project.succeed(&["plan"]);
    project.succeed(&["lock", "--upgrade"]);
    assert!(
        !project.path("ran").exists(),
        "the project's interpreter ran"
    );
}

#[test]
fn broken_configuration_of_uv_is_named() {
    let (_index, project) = app("alpha\n");
    let project = project.file("uv.toml", "no-index = true\nindex-url = \n");
    let run = project.fail(&["lock"]);
    run.assert_stderr(&["`[project]/uv.toml:2` is not a configuration of uv"]);
    run.assert_stderr(&["hint: correct the file, or remove it"]);
}
