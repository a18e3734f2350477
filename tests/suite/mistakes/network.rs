//! Package indexes that cannot be reached, or do not answer as they should.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use expect_test::expect;

use super::check_unresolved;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

/// A project whose only index is at `address`, which is asked just once and not for long.
fn app(address: &str) -> Project {
    Project::app("alpha\n")
        .cold_cache()
        .variable("UV_DEFAULT_INDEX", address)
        .variable("UV_NO_CACHE", "1")
        .variable("UV_HTTP_RETRIES", "0")
        .variable("UV_HTTP_TIMEOUT", "1")
        .variable("UV_FIND_LINKS", "")
}

/// A server that gives every request this answer, or, without one, none; its port.
fn server(answer: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let Some(answer) = answer else {
                held.push(stream);
                continue;
            };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines
                .next()
                .and_then(Result::ok)
                .is_some_and(|line| !line.is_empty())
            {}
            let head = "content-length: 0\r\nconnection: close\r\n\r\n";
            let _ = write!(stream, "HTTP/1.1 {answer}\r\n{head}");
        }
    });
    port
}

/// A project whose index gives every request this answer.
fn answered(answer: Option<&'static str>, scheme: &str) -> Project {
    app(&format!("{scheme}://127.0.0.1:{}/simple", server(answer)))
}

#[test]
fn an_index_that_is_not_there() {
    check_unresolved(
        &app("http://127.0.0.1:1/simple"),
        expect![[r#"
                error: Failed to fetch: [address]
                  cause: error sending request for url ([address])
                  cause: client error (Connect)
                  cause: tcp connect error
                  cause: Connection refused
            hint: check the network, and the index that uv is set up for
        "#]],
    );
}

#[test]
fn an_index_whose_name_is_unknown() {
    let project = app("https://me:secret@index.invalid/simple");
    let project = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .fold(project, |project, name| project.variable(name, ""));
    let run = project.fail(&["lock"]);
    assert!(!run.stderr.contains("secret"), "{run}");
    assert!(run.stderr.contains("hint: check the network"), "{run}");
}

#[test]
fn a_proxy_that_is_not_there() {
    let project = app("https://index.invalid/simple")
        .variable("HTTPS_PROXY", "http://127.0.0.1:1")
        .variable("https_proxy", "http://127.0.0.1:1")
        .variable("NO_PROXY", "")
        .variable("no_proxy", "");
    check_unresolved(
        &project,
        expect![[r#"
                error: Failed to fetch: [address]
                  cause: error sending request for url ([address])
                  cause: client error (Connect)
                  cause: tunnel error: failed to create underlying connection
                  cause: tcp connect error
                  cause: Connection refused
            hint: check the network, and the index that uv is set up for
        "#]],
    );
}

#[test]
fn an_index_without_tls() {
    check_unresolved(
        &answered(Some("400 Bad Request"), "https"),
        expect![[r#"
                error: Failed to fetch: [address]
                  cause: error sending request for url ([address])
                  cause: client error (Connect)
                  cause: received corrupt message of type InvalidContentType
            hint: check the network, and the index that uv is set up for
        "#]],
    );
}

#[test]
fn an_index_that_does_not_answer() {
    check_unresolved(
        &answered(None, "http"),
        expect![[r#"
                error: Failed to fetch: [address]
                  cause: error sending request for url ([address])
                  cause: operation timed out
            hint: check the network, and the index that uv is set up for
        "#]],
    );
}

#[test]
fn an_index_that_wants_credentials() {
    check_unresolved(
        &answered(Some("401 Unauthorized"), "http"),
        expect![[r#"
                error: No solution found when resolving dependencies
                  cause: Because alpha was not found in the package registry and you require alpha, we can conclude that your requirements are unsatisfiable.

                hint: An index URL ([address]) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)
            hint: check the index's credentials, which are taken from UV_INDEX variables, .netrc and the keyring; an entry of .netrc is for https on the default port, and for addresses that you name in UV_INDEX, UV_FIND_LINKS or your own uv.toml
        "#]],
    );
}

#[test]
fn an_index_that_forbids() {
    check_unresolved(
        &answered(Some("403 Forbidden"), "http"),
        expect![[r#"
                error: No solution found when resolving dependencies
                  cause: Because alpha was not found in the package registry and you require alpha, we can conclude that your requirements are unsatisfiable.

                hint: An index ([address]) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid.
            hint: check the index's credentials, which are taken from UV_INDEX variables, .netrc and the keyring; an entry of .netrc is for https on the default port, and for addresses that you name in UV_INDEX, UV_FIND_LINKS or your own uv.toml
        "#]],
    );
}

/// Each layer is told of, but only those that are locked at the same time ask.
#[test]
fn an_unreachable_index_is_not_asked_for_every_layer() {
    let project = app("http://127.0.0.1:1/simple");
    let mut manifest = project.read("layers.toml");
    for number in 0..9 {
        manifest += &format!(
            "\n[layers.a{number}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n"
        );
        project.write(&format!("layers/a{number}/requirements.txt"), "alpha\n");
    }
    project.write("layers.toml", manifest);
    let run = project.fail(&["lock", "--debug"]);
    assert_eq!(
        run.stderr.matches("error: cannot lock layer").count(),
        10,
        "{run}"
    );
    let asked = run.stderr.matches("uv pip compile").count();
    assert!(asked <= lls::build::PARALLEL_LOCKS, "{asked} of 10\n{run}");
}

/// uv knows from its cache which versions there are, and may not ask what the one that fits requires.
#[test]
fn offline_the_network_is_the_reason_and_no_package() {
    let index = PackageIndex::start();
    let files = [("alpha.py", "")];
    let old = "alpha-1.0-cp36-cp36m-manylinux2014_x86_64.whl";
    index.add(old, wheel("alpha", "1.0", &files));
    index.add("alpha-2.0-py3-none-any.whl", wheel("alpha", "2.0", &files));
    let cache = tempfile::tempdir().unwrap();
    let project = Project::app("alpha==1.0\n")
        .environment(index.environment())
        .cold_cache()
        .variable("UV_NO_CACHE", "0")
        .variable("UV_CACHE_DIR", cache.path());
    project.fail(&["lock"]);
    project.write("layers/app/requirements.txt", "alpha\n");
    let run = project.variable("UV_OFFLINE", "1").fail(&["lock"]);
    run.assert_stderr(&[
        "caused by: uv could not resolve the requirements",
        "Packages were unavailable because the network was disabled.",
        "hint: unset UV_OFFLINE",
    ]);
}
