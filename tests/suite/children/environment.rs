//! What children are given: the variables that are for them, a folder of their own, isolated Python.

use super::{assert_no_canary, names, notes, path_with, path_without, program, with_canaries};
use crate::support::ministack::install;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::programs::folder_with;
use crate::support::project::Project;
use crate::support::source_package::{MARKER, SourcePackage};

/// A project that is to be locked, and whose children are given canaries if they are given anything too much.
fn app(requirements: &str) -> Project {
    with_canaries(Project::app(requirements).cold_cache())
}

fn alpha_in(index: &PackageIndex) {
    let alpha = wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")]);
    index.add("alpha-1.0-py3-none-any.whl", alpha);
}

/// Allows `alpha` and `beta` to be built.
fn built(project: Project) -> Project {
    project.set_in_app("build = [\"alpha\", \"beta\"]");
    project
}

#[test]
fn uv_sees_what_is_for_it() {
    let project = app("alpha\n")
        .variable("HTTPS_PROXY", "http://127.0.0.1:9")
        .variable("LC_ALL", "C.UTF-8")
        .variable("CC", "cc")
        .variable("SSH_AUTH_SOCK", "/nonexistent")
        .variable("UV_INDEX_URL", "http://127.0.0.1:9/simple")
        .variable("INDEX_HOST", "x")
        .variable("OTHER", "x")
        .variable("LLS_ALLOW_ENV", "INDEX_HOST");
    let script = format!("{}\nexit 1", notes(&project, "seen"));
    let project = project.uv_script(&script);
    project.fail(&["lock"]);
    let names = names(&project, "seen");
    assert_no_canary(&names);
    for name in [
        "HTTPS_PROXY",
        "INDEX_HOST",
        "LC_ALL",
        "PATH",
        "UV_INDEX_URL",
    ] {
        assert!(names.contains(&name.to_owned()), "{name} not in {names:?}");
    }
    for name in ["CC", "LLS_ALLOW_ENV", "LLS_UV", "OTHER", "SSH_AUTH_SOCK"] {
        assert!(!names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    assert_eq!(project.read("seen.files"), ".venv\n");
    let folder = project.read("seen.folder");
    assert!(
        !folder.starts_with(project.path("").to_str().unwrap()) && folder.len() > 2,
        "{folder}"
    );
    assert!(
        !std::path::Path::new(folder.trim()).exists(),
        "it is removed"
    );
}

#[test]
fn git_follows_no_redirects_where_it_has_a_netrc_file() {
    for has_netrc in [false, true] {
        let project = built(app("alpha\n"));
        let home = project.outside("home");
        let name = if has_netrc { ".netrc" } else { "empty" };
        let project = project
            .outside_file(
                &format!("home/{name}"),
                "machine a.example login x password y\n",
            )
            .variable("HOME", home);
        let script = format!("env > '{}'\nexit 1", project.path("seen").display());
        let project = project.uv_script(&script);
        project.fail(&["lock"]);
        let seen = project.read("seen");
        assert!(seen.contains("=protocol.allow\n"), "{seen}");
        let follows_none = seen.contains("=http.followRedirects\n");
        assert_eq!(follows_none, has_netrc, "{seen}");
        // uv has no netrc file, only what `lls` found in it.
        assert!(seen.contains("NETRC=/dev/null\n"), "{seen}");
    }
}

#[test]
fn git_sees_what_is_for_it() {
    let project = built(app("").variable("SSH_AUTH_SOCK", "/nonexistent"));
    let commit = SourcePackage::new("alpha", "1.0", "").commit(&project.path("upstream"));
    let address = format!("git+file://{}@{commit}", project.path("upstream").display());
    project.write(
        "layers/app/requirements.txt",
        format!("alpha @ {address}\n"),
    );
    let real = install::on_path("git").unwrap();
    let script = format!(
        "{}\nexec '{}' \"$@\"",
        notes(&project, "seen"),
        real.display()
    );
    let git = folder_with("git", &script);
    let path = path_with(git.path());
    let project = project.variable("PATH", path);
    project.succeed(&["lock"]);
    let names = names(&project, "seen");
    assert_no_canary(&names);
    assert!(names.contains(&"SSH_AUTH_SOCK".to_owned()), "{names:?}");
    let arguments = project.read("seen.arguments");
    let clone = arguments
        .lines()
        .find(|line| line.contains(" clone "))
        .unwrap();
    for setting in ["protocol.allow=never", "core.hooksPath=/dev/null"] {
        assert!(clone.contains(setting), "{clone}");
    }
}

#[test]
fn builds_see_what_is_for_them() {
    let index = PackageIndex::start();
    for name in ["alpha", "beta"] {
        let package = SourcePackage::new(name, "1.0", "x = 1\n");
        index.add(&package.sdist_name(), package.sdist());
    }
    let project = app("alpha\nbeta\n");
    let marker = project.path("built");
    let project = built(project)
        .environment(index.environment())
        .variable("CFLAGS", "-O1")
        .variable("SSH_AUTH_SOCK", "/nonexistent")
        .variable("OTHER", "x")
        .variable(MARKER, marker);
    let run = project.succeed(&["lock", "--allow-env", MARKER]);
    assert!(run.stderr.contains("Built"), "{run}");
    let names = project.read("built.environment");
    // uv names the environment that it has made for the build.
    let names = names.lines().filter(|name| *name != "VIRTUAL_ENV");
    let names: Vec<_> = names.map(str::to_owned).collect();
    assert_no_canary(&names);
    for name in ["CFLAGS", "HOME", MARKER] {
        assert!(names.contains(&name.to_owned()), "{name} not in {names:?}");
    }
    for name in ["OTHER", "SSH_AUTH_SOCK", "LLS_CACHE_DIR"] {
        assert!(!names.contains(&name.to_owned()), "{name} in {names:?}");
    }
}

#[test]
fn pip_runs_isolated_and_sees_what_is_for_it() {
    let project = app("alpha\n")
        .variable("LLS_UV", "")
        .variable("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        .variable("UV_INDEX_URL", "http://127.0.0.1:9/simple");
    let script = format!("{}\nexit 1", notes(&project, "seen"));
    let python = folder_with("python3", &script);
    let path = format!("{}:{}", python.path().display(), path_without("uv"));
    let project = project.variable("PATH", path);
    project.fail(&["lock"]);
    let names = names(&project, "seen");
    assert_no_canary(&names);
    assert!(names.contains(&"PIP_INDEX_URL".to_owned()), "{names:?}");
    assert!(!names.contains(&"UV_INDEX_URL".to_owned()), "{names:?}");
    let arguments = project.read("seen.arguments");
    assert!(arguments.starts_with("-I -m pip install "), "{arguments}");
    assert_eq!(project.read("seen.files"), "");
}

#[test]
fn a_committed_pip_is_not_run() {
    let project = Project::app("idna==3.10\n").cold_cache();
    let mark = format!(
        "open({:?}, 'a').write('ran')\n",
        project.path("ran").display().to_string()
    );
    let project = project
        .file("pip/__init__.py", &mark)
        .file("pip/__main__.py", &mark)
        .variable("LLS_UV", "")
        .variable("PATH", path_without("uv"));
    let run = project.run(&["lock"]);
    assert!(
        !project.path("ran").exists(),
        "the repository's pip ran: {run}"
    );
    assert_eq!(run.status, 0, "{run}");
    run.assert_stderr(&["Installed uv"]);
}

#[test]
fn programs_come_from_absolute_folders_outside_the_repository() {
    let index = PackageIndex::start();
    alpha_in(&index);
    let project = app("alpha\n").environment(index.environment());
    let mark = format!("echo ran >> '{}'\nexit 1", project.path("ran").display());
    for name in ["uv", "python3", "git"] {
        program(&project, &format!("bin/{name}"), &mark);
        program(&project, name, &mark);
        program(&project, &format!(".venv/bin/{name}"), &mark);
    }
    let environment = project.path(".venv/bin").display().to_string();
    let uv = install::uv().unwrap();
    let uv = uv.parent().unwrap().display();
    let path = format!(
        "bin:.::{environment}:{uv}:{}",
        std::env::var("PATH").unwrap()
    );
    let project = project.variable("LLS_UV", "").variable("PATH", path);
    let run = project.run(&["lock"]);
    assert!(
        !project.path("ran").exists(),
        "a program of the repository ran: {run}"
    );
    assert_eq!(run.status, 0, "{run}");
}

#[test]
fn interpreters_beside_temporary_folders_are_not_run() {
    let index = PackageIndex::start();
    alpha_in(&index);
    let project = app("alpha\n").environment(index.environment());
    let mark = format!("echo ran >> '{}'\nexit 1", project.path("ran").display());
    project.write(
        "tmp/.venv/pyvenv.cfg",
        "home = /usr/bin\nversion = 3.12.1\n",
    );
    for name in ["python", "python3", "python3.12"] {
        program(&project, &format!("tmp/.venv/bin/{name}"), &mark);
    }
    let temporary = project.path("tmp");
    let project = project.variable("TMPDIR", temporary);
    let run = project.run(&["lock"]);
    assert!(
        !project.path("ran").exists(),
        "an interpreter of others ran: {run}"
    );
    assert_eq!(run.status, 0, "{run}");
}
