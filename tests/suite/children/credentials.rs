//! Credentials of the runner go to the hosts that they are for, whatever a repository names and an index answers.

use std::net::Ipv4Addr;

use crate::support::project::Project;
use crate::support::recorder::{Recorder, redirect};

fn app(requirements: &str) -> Project {
    let project = Project::app(requirements)
        .cold_cache()
        .variable("UV_NO_CACHE", "1")
        .variable("UV_HTTP_RETRIES", "0");
    let home = project.outside("home");
    project
        .outside_file("home/empty", "")
        .variable("HOME", home)
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
    let project = with_login(app("alpha\n")).outside_file("home/.config/uv/uv.toml", named(&own));
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
    let script = format!("env > '{}'\nexit 1\n", project.path("seen").display());
    let project = project.uv_script(&script);
    project.fail(&["lock"]);
    assert!(!project.read("seen").contains("canary"));
}

/// No login of this netrc file goes to a server that a repository alone names, whoever asks there.
fn check_strangers_get_nothing(netrc: &str) {
    let requirements = "layers/app/requirements.txt";
    for (path, text) in [
        (requirements, "alpha\n--index-url http://HOST/simple\n"),
        (requirements, "alpha\n-f 'http://HOST/simple'\n"),
        (
            requirements,
            "alpha\nbeta @ http://HOST/beta-1.0-py3-none-any.whl\n",
        ),
        ("uv.toml", "index-url = \"${SCHEME}://HOST/simple\"\n"),
        ("uv.toml", "[[index]]\nurl = \"http://HOST/simple\"\n"),
    ] {
        let server = Recorder::start();
        let project = app("alpha\n")
            .outside_file("home/.netrc", netrc)
            .variable("SCHEME", "http")
            .variable("LLS_ALLOW_ENV", "SCHEME")
            .file(path, text.replace("HOST", &server.address.to_string()));
        let run = project.fail(&["lock"]);
        assert_ne!(server.requests(), [""; 0], "{text}");
        assert_eq!(server.authorized(), [""; 0], "{text}");
        run.assert_stderr(&["an entry of .netrc is for https on the default port"]);
        assert!(!run.to_string().contains("canary"), "{run}");
    }
}

/// Git would read the netrc file itself.
fn check_git_is_refused(netrc: &str, expected: &[&str]) {
    let server = Recorder::start();
    let text = format!("alpha\nbeta @ git+https://{}/x\n", server.address);
    let project = app(&text).outside_file("home/.netrc", netrc);
    let run = project.fail(&["lock"]);
    assert_eq!(server.requests(), [""; 0]);
    run.assert_stderr(expected);
    assert!(!run.to_string().contains("canary"), "{run}");
}

#[test]
fn a_default_entry_of_netrc_is_for_no_host_that_a_repository_names() {
    let login = "login me password canary\n";
    check_strangers_get_nothing(&format!("default {login}"));
    check_git_is_refused(
        &format!("default {login}"),
        &[
            "layers/app/requirements.txt:2` names the host `127.0.0.1`, which would get the credentials of `default` in `[outside]/home/.netrc`",
            "hint: give `127.0.0.1` an entry of its own",
        ],
    );
    let server = Recorder::start();
    let index = server.index();
    let project = app(&format!("alpha\n--index-url {index}\n"));
    let netrc = format!("machine 127.0.0.1 {login}default {login}");
    let project = project
        .outside_file("home/.netrc", netrc)
        .variable("UV_INDEX", format!("own={index}"));
    project.fail(&["lock"]);
    assert_ne!(server.authorized(), [""; 0], "an entry of its own is used");
}

#[test]
fn an_entry_of_netrc_is_for_no_port_that_only_a_repository_names() {
    let netrc = "machine 127.0.0.1 login me password canary\n";
    check_strangers_get_nothing(netrc);
    check_git_is_refused(
        netrc,
        &[
            "layers/app/requirements.txt:2` names `https://127.0.0.1:",
            "which would get the credentials of `127.0.0.1` in `[outside]/home/.netrc`, but is not https on the default port",
            "hint: use `https://` without a port, or `ssh://`",
        ],
    );
    // The user's own configuration names the port.
    let server = Recorder::start();
    let index = server.index();
    let project = app(&format!("alpha\n--index-url {index}\n"))
        .outside_file("home/.netrc", netrc)
        .outside_file(
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
            if request.to_lowercase().contains("authorization:") {
                redirect(&target)
            } else {
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
            }
        });
        let address = if by_netrc {
            index.index()
        } else {
            index.index().replace("://", "://me:canary@")
        };
        let netrc = "machine 127.0.0.1 login me password canary\n";
        let project = app("alpha\n")
            .outside_file("home/.netrc", if by_netrc { netrc } else { "" })
            .variable("UV_DEFAULT_INDEX", address);
        project.fail(&["lock"]);
        assert_ne!(index.authorized(), [""; 0], "the index is told who asks");
        assert_ne!(other.requests(), [""; 0], "the redirect is followed");
        assert_eq!(other.authorized(), [""; 0]);
    }
}

/// What asks who is there, and then lists or sends what was asked for.
fn private(host: Ipv4Addr) -> Recorder {
    Recorder::at(host, |request| {
        if !request.to_lowercase().contains("authorization:") {
            return refusal();
        }
        page("<a href=\"/f/alpha-1.0-py3-none-any.whl\">alpha-1.0-py3-none-any.whl</a>")
    })
}

fn refusal() -> String {
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
}

fn page(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// An index that leads everybody to `other`, in one of three ways.
fn leading_to(other: &Recorder, way: &'static str) -> Recorder {
    let other = other.address;
    Recorder::at(Ipv4Addr::LOCALHOST, move |_| {
        let file = format!("http://{other}/f/alpha-1.0-py3-none-any.whl");
        match way {
            "redirect" => redirect(&format!("http://{other}/simple/alpha/")),
            "link" => page(&format!(
                "<a href=\"{file}\">alpha-1.0-py3-none-any.whl</a>"
            )),
            _ => page(&format!(
                "<a href=\"{file}\" data-core-metadata=\"true\">alpha-1.0-py3-none-any.whl</a>"
            )),
        }
    })
}

#[test]
fn neither_pages_nor_redirects_get_a_login_of_netrc() {
    let login = "login me password canary\n";
    let host = Ipv4Addr::new(127, 0, 0, 2);
    for way in ["redirect", "link", "metadata"] {
        // An entry of the other host, which is asked by http, at a port that nobody has named.
        let other = private(host);
        let index = leading_to(&other, way);
        let address = format!("http://localhost:{}/simple", index.address.port());
        let project = app(&format!("alpha\n--index-url {address}\n"))
            .outside_file("home/.netrc", format!("machine {host} {login}"));
        project.fail(&["lock"]);
        assert_ne!(other.requests(), [""; 0], "{way}: it is followed");
        assert_eq!(other.authorized(), [""; 0], "{way}");

        // The entry for all hosts, where the index has its own.
        let other = private(host);
        let index = leading_to(&other, way);
        let address = format!("http://localhost:{}/simple", index.address.port());
        let netrc = format!("machine localhost login l password l\ndefault {login}");
        let project = app("alpha\n")
            .outside_file("home/.netrc", netrc)
            .variable("UV_DEFAULT_INDEX", address);
        project.fail(&["lock"]);
        assert_ne!(other.requests(), [""; 0], "{way}: it is followed");
        assert_eq!(other.authorized(), [""; 0], "{way}");
        assert_ne!(index.authorized(), [""; 0], "{way}: the index is told");
    }
}

#[test]
fn links_without_an_index_get_the_login_of_netrc_that_is_for_them() {
    let host = Ipv4Addr::LOCALHOST;
    let netrc = "machine 127.0.0.1 login me password p\n";
    for way in ["variable", "line", "settings"] {
        let server = private(host);
        let index = server.index();
        let line = match way {
            "line" => format!("-f {index}\n"),
            _ => String::new(),
        };
        let mut project =
            app(&format!("alpha\n--no-index\n{line}")).outside_file("home/.netrc", netrc);
        let settings = "home/.config/uv/uv.toml";
        project = match way {
            "variable" => project.variable("UV_FIND_LINKS", index),
            // It is the runner who says that the login is for this port.
            "line" => project.outside_file(settings, format!("extra-index-url = [\"{index}\"]\n")),
            _ => project.outside_file(settings, format!("find-links = [\"{index}\"]\n")),
        };
        project.fail(&["lock"]);
        assert_ne!(server.authorized(), [""; 0], "{way}");
    }
}
