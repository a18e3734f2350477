//! Repositories as sources: none is reached before `build` allows it, and only in ways that prove whom Git talks to.

use tempfile::TempDir;

use super::{notes, path_with};
use crate::support::ministack::install;
use crate::support::programs::folder_with;
use crate::support::project::Project;
use crate::support::recorder::Recorder;
use crate::support::source_package::{SourcePackage, git};

/// A project in which runs of git leave notes, and the folder outside it that has this git.
fn app(requirements: &str) -> (Project, TempDir) {
    let project = Project::app(requirements)
        .cold_cache()
        .variable("UV_NO_CACHE", "1")
        .variable("UV_HTTP_RETRIES", "0");
    let real = install::on_path("git").unwrap();
    let script = format!(
        "{}\nexec '{}' \"$@\"",
        notes(&project, "git"),
        real.display()
    );
    let git = folder_with("git", &script);
    let path = path_with(git.path());
    (project.variable("PATH", path), git)
}

#[test]
fn what_ends_like_a_wheel_may_be_a_repository() {
    let server = Recorder::start();
    let host = server.address;
    for line in [
        format!("x @ git+http://{host}/x.whl"),
        format!("x @ GIT+http://{host}/x-1.0-py3-none-any.whl"),
        format!("x@git+http://{host}/x.whl"),
        format!("x[y]@git+https://{host}/x.whl@main#egg=x"),
        format!("x @ git+http://{host}/x.git#x.whl"),
        format!("x @ hg+http://{host}/x.whl"),
        format!("x @ svn+http://{host}/x.whl"),
        format!("x @ bzr+http://{host}/x.whl"),
        format!("x @ git://{host}/x.whl"),
        format!("x @ ssh://{host}/x.whl"),
    ] {
        let (project, _git) = app(&format!("# one\n{line}\n"));
        for command in [
            &["plan"] as &[&str],
            &["lock"],
            &["build"],
            &["apply", "--yes"],
        ] {
            let run = project.fail(command);
            assert!(
                !project.path("git.names").exists(),
                "git ran: {line}: {run}"
            );
            run.assert_stderr(&[
                "`layers/app/requirements.txt:2` requires `x` as source code",
                "hint: add `build = [\"x\"]`",
            ]);
        }
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn repositories_are_no_indexes() {
    let server = Recorder::start();
    for option in ["-f", "--index-url", "--extra-index-url"] {
        let line = format!("{option} git+http://{}/x", server.address);
        let (project, _git) = app(&format!("alpha\n{line}\n"));
        for command in [&["plan"] as &[&str], &["lock"], &["apply", "--yes"]] {
            let run = project.fail(command);
            run.assert_stderr(&["requirements.txt:2` names the index `git+http://"]);
        }
        assert!(!project.path("git.names").exists(), "git ran: {line}");
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn protocols_that_prove_nothing_are_refused() {
    let server = Recorder::start();
    let host = server.address;
    for address in [
        format!("git+http://{host}/x"),
        format!("git+git://{host}/x"),
        format!("git+ext::sh://{host}/x"),
        format!("hg+https://{host}/x"),
        format!("git://{host}/x"),
    ] {
        let (project, _git) = app(&format!("x @ {address}\n"));
        project.set_in_app("build = [\"x\"]");
        let run = project.fail(&["lock"]);
        assert!(
            !project.path("git.names").exists(),
            "git ran: {address}: {run}"
        );
        run.assert_stderr(&[
            "requirements.txt:1` requires `x` by `",
            "hint: name the repository by `git+https`",
        ]);
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn submodules_run_no_programs_and_read_nothing_here() {
    let (project, _git) = app("");
    project.set_in_app("build = [\"alpha\"]");
    let (upstream, other) = (project.path("upstream"), project.path("other"));
    SourcePackage::new("beta", "1.0", "").commit(&other);
    SourcePackage::new("alpha", "1.0", "").commit(&upstream);
    let commit = git(&other, &["rev-parse", "HEAD"]);
    let ran = project.path("ran").display().to_string();
    // Someone who trusts these protocols for repositories of their own.
    let trusting = "[protocol \"ext\"]\nallow = always\n[protocol \"file\"]\nallow = always\n";
    let configuration = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(configuration.path(), trusting).unwrap();
    let project = project.variable("GIT_CONFIG_GLOBAL", configuration.path());
    for url in [
        format!("ext::touch {ran}"),
        format!("file://{}", other.display()),
    ] {
        let modules = format!("[submodule \"s\"]\npath = s\nurl = {url}\n");
        std::fs::write(upstream.join(".gitmodules"), modules).unwrap();
        let entry = format!("160000,{},s", commit.trim());
        git(&upstream, &["add", ".gitmodules"]);
        git(&upstream, &["update-index", "--add", "--cacheinfo", &entry]);
        git(
            &upstream,
            &["commit", "--quiet", "--message", "A submodule"],
        );
        let requirement = format!("alpha @ git+file://{}@main\n", upstream.display());
        project.write("layers/app/requirements.txt", requirement);
        let run = project.fail(&["lock", "--upgrade"]);
        assert!(!project.path("ran").exists(), "{run}");
        assert!(project.path("git.names").exists(), "git leaves no notes");
        run.assert_stderr(&["not allowed"]);
    }
}
