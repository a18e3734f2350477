//! Downloads of wheels: failures that pass and failures that stay, and wheels that are files of this machine.

use crate::support::package_index::{Fault, PackageIndex, hashed_wheel, wheel};
use crate::support::project::Project;

const WHEEL: &str = "alpha-1.0-py3-none-any.whl";

/// A project with an index of its own and a lock, and nothing downloaded.
fn locked() -> (PackageIndex, Project) {
    let index = PackageIndex::start();
    index.add(WHEEL, alpha());
    let project = app("alpha\n").environment(index.environment());
    project.succeed(&["lock"]);
    (index, project)
}

fn app(requirements: &str) -> Project {
    Project::app(requirements).cold_cache()
}

fn alpha() -> Vec<u8> {
    wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")])
}

#[test]
fn failures_that_pass_are_waited_for() {
    let (index, project) = locked();
    let faults = [
        Fault::Status("503 Service Unavailable"),
        Fault::Status("429 Too Many Requests"),
        Fault::Status("408 Request Timeout"),
        Fault::Cut,
    ];
    for pair in faults.windows(2) {
        index.fail_next(WHEEL, pair);
        project.succeed(&["build"]);
        assert_eq!(index.faults_left(WHEEL), 0);
        std::fs::remove_dir_all(project.path("cold-cache")).unwrap();
        project.forget_builds();
    }
}

#[test]
fn failures_that_stay_are_told_apart() {
    let (index, project) = locked();
    for (status, attempts, hint) in [
        ("401 Unauthorized", 1, "hint: check the index's credentials"),
        ("403 Forbidden", 1, "hint: check the index's credentials"),
        (
            "404 Not Found",
            1,
            "hint: the index lists the file, but does not serve it",
        ),
        (
            "500 Internal Server Error",
            3,
            "hint: the index is busy or broken",
        ),
    ] {
        index.fail_next(WHEEL, &[Fault::Status(status); 5]);
        let run = project.fail(&["build"]);
        assert_eq!(index.faults_left(WHEEL), 5 - attempts, "{run}");
        run.assert_stderr(&["cannot download the wheel of `alpha` 1.0"]);
        assert!(run.stderr.contains(hint), "{run}");
    }
    index.fail_next(WHEEL, &[Fault::Cut; 3]);
    let run = project.fail(&["build"]);
    assert!(run.stderr.contains("hint: check the network"), "{run}");
    assert_eq!(index.faults_left(WHEEL), 0);
}

#[test]
fn wheels_in_a_folder_serve_all_commands() {
    for (file, line) in [
        ("requirements.txt", "  --find-links ./wheels\n--no-index\n"),
        ("requirements.txt", "-f wheels\n  --no-index\n"),
        (
            "../more/links.in",
            "--find-links=../app/wheels\n--no-index\n",
        ),
    ] {
        let project = app("-r ../more/links.in\nalpha\n").file("layers/more/links.in", "");
        if file == "requirements.txt" {
            project.write("layers/app/requirements.txt", format!("{line}alpha\n"));
        } else {
            project.write("layers/more/links.in", line);
        }
        project.write(&format!("layers/app/wheels/{WHEEL}"), alpha());
        project.succeed(&["lock"]);
        project.succeed(&["build"]);
        project.succeed(&["apply", "--yes"]);
        project.assert_converged();
    }
}

#[test]
fn settings_of_uv_that_name_indexes_serve_all_commands() {
    for (file, text) in [
        ("uv.toml", "find-links = [\"wheels\"]\nno-index = true\n"),
        (
            "uv.toml",
            "[pip]\nfind-links = [\"wheels\"]\nno-index = true\n",
        ),
        (
            "pyproject.toml",
            "[tool.uv]\nfind-links = [\"wheels\"]\nno-index = true\n",
        ),
    ] {
        let project = app("alpha\n").file(file, text);
        project.write(&format!("wheels/{WHEEL}"), alpha());
        project.succeed(&["lock"]);
        project.succeed(&["build"]);
    }
    let project = app("alpha\n")
        .outside_file(
            "home/uv/uv.toml",
            "find-links = [\"wheels\"]\nno-index = true\n",
        )
        .outside_file(&format!("home/uv/wheels/{WHEEL}"), alpha());
    let home = project.outside("home");
    let project = project.variable("XDG_CONFIG_HOME", home);
    project.succeed(&["lock"]);
    project.succeed(&["build"]);
    let project = app("alpha\n")
        .variable("UV_FIND_LINKS", "wheels")
        .variable("UV_NO_INDEX", "1");
    project.write(&format!("wheels/{WHEEL}"), alpha());
    project.succeed(&["build"]);
}

#[test]
fn a_wheel_of_a_folder_that_is_gone_or_another_one_is_told() {
    let project = app("-f wheels\n--no-index\nalpha\n");
    let path = format!("layers/app/wheels/{WHEEL}");
    project.write(&path, alpha());
    project.succeed(&["lock"]);
    project.write(&path, wheel("alpha", "1.0", &[("alpha.py", "x = 2\n")]));
    let run = project.fail(&["build"]);
    run.assert_stderr(&["no wheel of `alpha` 1.0 with the locked hash"]);
}

/// uv would wait for somebody to write to the pipe.
#[test]
fn a_wheel_that_is_a_pipe_or_leads_elsewhere_is_not_read() {
    let project = app("-f ../../wheels\n--no-index\nalpha\n");
    let wheel = project.path(&format!("wheels/{WHEEL}"));
    project.write(&format!("wheels/{WHEEL}"), alpha());
    project.succeed(&["lock"]);
    std::fs::rename(&wheel, project.path(WHEEL)).unwrap();
    std::os::unix::fs::symlink(project.path(WHEEL), &wheel).unwrap();
    let run = project.fail(&["build"]);
    run.assert_stderr(&["that of a file of this machine, in no folder that is named"]);
    std::fs::remove_file(&wheel).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&wheel).status();
    assert!(made.unwrap().success());
    let run = project.fail(&["build"]);
    run.assert_stderr(&[
        "`layers/app/requirements.txt:1` names a folder with packages that cannot be used",
        "alpha-1.0-py3-none-any.whl` is a pipe, not a regular file",
    ]);
}

/// A wheel with the locked hash, and with a checksum that is wrong, comes with a cache from elsewhere.
#[test]
fn a_wheel_that_a_cache_brings_is_verified() {
    let mut broken = hashed_wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")]);
    let content = b"x = 1\n";
    let position = broken.windows(content.len()).position(|it| it == content);
    broken[position.unwrap()] = b'y';
    let index = PackageIndex::start();
    index.add(WHEEL, broken.clone());
    let project = app("alpha\n").environment(index.environment());
    project.succeed(&["lock"]);
    let name = format!("cold-cache/wheels/{}.whl", lls::digest::Sha256::of(&broken));
    let project = project.file(&name, broken);
    for _ in 0..2 {
        let run = project.fail(&["build"]);
        run.assert_stderr(&["the wheel of `alpha 1.0` is refused"]);
    }
}
