//! Credentials of the runner go to the hosts that they are for, whatever a repository names and an index answers.

use std::net::Ipv4Addr;

use crate::support::project::Project;
use crate::support::recorder::{Recorder, redirect};

fn app(requirements: &str) -> Project {
    let project = Project::app(requirements)
        .cold_cache()
        .variable("UV_NO_CACHE", "1")
        .variable("UV_HTTP_RETRIES", "0");
    let home = project.path("home");
    project.file("home/empty", "").variable("HOME", home)
}

/// With credentials for the index `internal`.
fn with_login(project: Project) -> Project {
    project
        .variable("UV_INDEX_INTERNAL_USERNAME", "me")
        .variable("UV_INDEX_INTERNAL_PASSWORD", "canary")
}

fn named(server: &Recorder) -> String {
    let index = server.index();
    format!("[[index]]\nurl = \"{index}\"\nname = \"internal\"\ndefault = true\n")
}

#[test]
fn a_name_that_only_the_repository_gives_has_no_credentials() {
    for (file, table) in [("uv.toml", ""), ("pyproject.toml", "tool.uv.")] {
        let server = Recorder::start();
        let text = named(&server).replace("[[", &format!("[[{table}"));
        let project = with_login(app("alpha\n")).file(file, text);
        for command in [&["plan"] as &[&str], &["lock"], &["apply", "--yes"]] {
            let run = project.fail(command);
            assert_eq!(server.authorized(), [""; 0]);
            run.assert_stderr(&[
                &format!("`[project]/{file}:3` names the index `internal`, and would get the credentials in `UV_INDEX_INTERNAL_*`"),
                "hint: if the credentials are for that host, say so in the environment: UV_INDEX=\"internal=https://host/simple\"",
            ]);
            assert!(!run.to_string().contains("canary"), "{run}");
        }
    }
}

#[test]
fn a_name_of_the_runner_is_for_its_own_host() {
    let (own, other) = (Recorder::start(), Recorder::start());
    let bound = format!("internal={}", own.index());
    let project = with_login(app("alpha\n")).variable("UV_INDEX", &bound);
    let project = project.file("uv.toml", named(&other));
    let run = project.fail(&["lock"]);
    assert_eq!(other.requests(), [""; 0]);
    assert_eq!(own.requests(), [""; 0]);
    run.assert_stderr(&["names the index `internal`"]);

    project.write("uv.toml", named(&own));
    project.fail(&["lock"]);
    assert_ne!(own.authorized(), [""; 0], "the right host is told");

    // The user's configuration gives names to hosts as well.
    let (own, other) = (Recorder::start(), Recorder::start());
    let project = with_login(app("alpha\n")).file("home/.config/uv/uv.toml", named(&own));
    project.fail(&["lock"]);
    assert_ne!(own.authorized(), [""; 0]);
    project.write("uv.toml", named(&other).replace("internal", "Internal"));
    project
        .fail(&["lock"])
        .assert_stderr(&["names the index `Internal`"]);
    assert_eq!(other.requests(), [""; 0]);
}

#[test]
fn credentials_without_a_host_are_passed_to_nobody() {
    let server = Recorder::start();
    let project = with_login(app(&format!("--index-url {}\nalpha\n", server.index())));
    let script = format!(
        "#!/bin/sh\nenv > '{}'\nexit 1\n",
        project.path("seen").display()
    );
    let project = project.uv_script("uv", &script);
    project.fail(&["lock"]);
    assert!(!project.read("seen").contains("canary"));
}

#[test]
fn a_default_entry_of_netrc_is_for_no_host_that_a_repository_names() {
    let login = "login me password canary\n";
    let server = Recorder::start();
    let (index, host) = (server.index(), server.address);
    let wheel = format!("http://{host}/beta-1.0-py3-none-any.whl");
    let message = "names the host `127.0.0.1`, which would get the credentials of `default` in `[project]/home/.netrc`";
    for (path, text) in [
        (
            "layers/app/requirements.txt",
            format!("alpha\n--index-url {index}\n"),
        ),
        (
            "layers/app/requirements.txt",
            format!("alpha\n-f '{index}'\n"),
        ),
        (
            "layers/app/requirements.txt",
            format!("alpha\nbeta @ {wheel}\n"),
        ),
        (
            "layers/app/requirements.txt",
            format!("alpha\nbeta @ git+https://{host}/x\n"),
        ),
        (
            "uv.toml",
            format!("no-index = false\nindex-url = \"{index}\"\n"),
        ),
        ("uv.toml", format!("[[index]]\nurl = \"{index}\"\n")),
    ] {
        let project = app("alpha\n")
            .file("home/.netrc", format!("default {login}"))
            .file(path, text);
        let run = project.fail(&["lock"]);
        assert_eq!(server.authorized(), [""; 0]);
        assert_eq!(server.requests(), [""; 0]);
        run.assert_stderr(&[
            &format!("{path}:2` {message}"),
            "hint: give `127.0.0.1` an entry of its own",
        ]);
    }
    let project = app(&format!("alpha\n--index-url {index}\n"));
    let netrc = format!("machine 127.0.0.1 {login}default {login}");
    let project = project
        .file("home/.netrc", netrc)
        .variable("UV_INDEX", format!("own={index}"));
    project.fail(&["lock"]);
    assert_ne!(server.authorized(), [""; 0], "an entry of its own is used");
}

#[test]
fn an_entry_of_netrc_is_for_no_port_that_only_a_repository_names() {
    let server = Recorder::start();
    let (index, host) = (server.index(), server.address);
    for (path, text) in [
        (
            "layers/app/requirements.txt",
            format!("alpha\n--extra-index-url {index}\n"),
        ),
        (
            "layers/app/requirements.txt",
            format!("alpha\nbeta @ http://{host}/beta-1.0-py3-none-any.whl\n"),
        ),
        (
            "uv.toml",
            format!("no-index = false\nextra-index-url = [\"${{SCHEME}}://{host}/simple\"]\n"),
        ),
    ] {
        let project = app("alpha\n")
            .file(
                "home/.netrc",
                "machine 127.0.0.1 login me password canary\n",
            )
            .variable("SCHEME", "http")
            .variable("LLS_ALLOW_ENV", "SCHEME")
            .file(path, text);
        let run = project.fail(&["lock"]);
        assert_eq!(server.requests(), [""; 0]);
        run.assert_stderr(&[
            &format!("{path}:2` names `http://{host}`, which would get the credentials of `127.0.0.1` in `[project]/home/.netrc`, but is not https"),
            "hint: use `https://` without a port; or, if that address may have the credentials, name it in UV_INDEX",
        ]);
        assert!(!run.to_string().contains("canary"), "{run}");
    }
    // The user's own configuration names the port.
    let project = app(&format!("alpha\n--index-url {index}\n"))
        .file(
            "home/.netrc",
            "machine 127.0.0.1 login me password canary\n",
        )
        .file(
            "home/.config/uv/uv.toml",
            format!("find-links = [\"{index}\"]\n"),
        );
    project.fail(&["lock"]);
    assert_ne!(server.authorized(), [""; 0]);
}

#[test]
fn variables_hide_no_stranger() {
    let server = Recorder::start();
    let text = named(&server).replace("http:", "${SCHEME}:");
    let project = with_login(app("alpha\n"))
        .variable("UV_INDEX", "internal=https://own.example/simple")
        .variable("SCHEME", "http")
        .variable("LLS_ALLOW_ENV", "SCHEME")
        .file("uv.toml", text);
    let run = project.fail(&["lock"]);
    assert_eq!(server.requests(), [""; 0]);
    run.assert_stderr(&["uv.toml:3` names the index `internal`"]);
}

#[test]
fn redirects_lead_to_other_hosts_without_credentials() {
    for by_netrc in [false, true] {
        let other = Recorder::at(Ipv4Addr::new(127, 0, 0, 2), |_| {
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
        });
        let target = format!("http://{}/simple/alpha/", other.address);
        let index = Recorder::at(Ipv4Addr::LOCALHOST, move |request| {
            match request.to_lowercase().contains("authorization:") {
                true => redirect(&target),
                false => "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
            }
        });
        let address = match by_netrc {
            true => index.index(),
            false => index.index().replace("://", "://me:canary@"),
        };
        let netrc = "machine 127.0.0.1 login me password canary\n";
        let project = app("alpha\n")
            .file("home/.netrc", if by_netrc { netrc } else { "" })
            .variable("UV_DEFAULT_INDEX", address);
        project.fail(&["lock"]);
        assert_ne!(index.authorized(), [""; 0], "the index is told who asks");
        assert_ne!(other.requests(), [""; 0], "the redirect is followed");
        assert_eq!(other.authorized(), [""; 0]);
    }
}
