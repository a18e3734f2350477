//! How indexes are reached is for whoever runs `lls` to say: a repository changes neither proxies nor whom to trust.

use std::net::Ipv4Addr;

use crate::support::project::Project;
use crate::support::recorder::Recorder;

/// A project whose index is reached through a proxy, if at all.
fn app(proxy: &Recorder) -> Project {
    let project = Project::app("alpha\n")
        .cold_cache()
        .variable("UV_NO_CACHE", "1")
        .variable("UV_HTTP_RETRIES", "0")
        .variable("UV_DEFAULT_INDEX", "http://me:canary@127.0.0.3:9/simple")
        .variable("NO_PROXY", "")
        .variable("no_proxy", "");
    assert_eq!(proxy.requests(), [""; 0]);
    project
}

#[test]
fn a_repository_names_no_proxy() {
    for file in ["uv.toml", "pyproject.toml"] {
        let proxy = Recorder::start();
        let table = if file == "uv.toml" { "" } else { "[tool.uv]\n" };
        let address = format!("http://{}", proxy.address);
        let text = format!(
            "{table}http-proxy = \"{address}\"\nhttps-proxy = \"{address}\"\nallow-insecure-host = [\"127.0.0.3\"]\n"
        );
        let project = app(&proxy).file(file, &text);
        for command in [
            &["plan"] as &[&str],
            &["lock"],
            &["build"],
            &["apply", "--yes"],
        ] {
            let run = project.fail(command);
            assert_eq!(proxy.requests(), [""; 0], "{file}: {run}");
            for key in ["http-proxy", "https-proxy", "allow-insecure-host"] {
                let message = format!(
                    "warning: `{key}` in `[project]/{file}` is ignored: only your own or the system's uv.toml, or a variable, says how indexes are reached"
                );
                assert_eq!(run.stderr.matches(&message).count(), 1, "{run}");
            }
        }
    }
}

#[test]
fn the_user_names_proxies() {
    for place in ["home", "named", "variable"] {
        let proxy = Recorder::at(Ipv4Addr::LOCALHOST, |_| {
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
        });
        let address = format!("http://{}", proxy.address);
        let text = format!("http-proxy = \"{address}\"\n");
        let project = app(&proxy).outside_file("home/uv/uv.toml", text);
        let home = project.outside("home");
        let elsewhere = tempfile::tempdir().unwrap();
        let named = elsewhere.path().join("uv.toml");
        std::fs::copy(project.outside("home/uv/uv.toml"), &named).unwrap();
        let project = match place {
            "home" => project.variable("XDG_CONFIG_HOME", home),
            "named" => project.variable("UV_CONFIG_FILE", named),
            _ => project.variable("HTTP_PROXY", address),
        };
        let run = project.fail(&["lock"]);
        assert!(!run.stderr.contains("left out"), "{run}");
        assert_ne!(proxy.requests(), [""; 0], "{place}: {run}");
    }
}

#[test]
fn settings_that_are_left_out_are_told_once() {
    let text = "keyring-provider = \"subprocess\"\noffline = true\nnative-tls = true\noverride-dependencies = [\"a\"]\nsources = {}\nexclude-newer = \"2030-01-01\"\n[pip]\nno-binary = [\"a\"]\ntrusted-host = [\"h\"]\n";
    let project = app(&Recorder::start()).file("uv.toml", text);
    let run = project.fail(&["lock"]);
    for (key, reason) in [
        ("keyring-provider", "only your own"),
        ("offline", "only your own"),
        ("native-tls", "only your own"),
        ("pip.trusted-host", "only your own"),
        ("override-dependencies", "it is not about indexes"),
        ("pip.no-binary", "it is not about indexes"),
    ] {
        let message = format!("`{key}` in `[project]/uv.toml` is ignored: {reason}");
        assert_eq!(run.stderr.matches(&message).count(), 1, "{run}");
    }
    assert_eq!(run.stderr.matches("is ignored").count(), 6, "{run}");
}

#[test]
fn requirements_trust_no_hosts() {
    let project = app(&Recorder::start());
    project.write(
        "layers/app/requirements.txt",
        "--trusted-host evil:8\nalpha\n",
    );
    let message = "warning: `layers/app/requirements.txt:1`: `--trusted-host` is ignored";
    project
        .fail(&["lock"])
        .assert_stderr(&[message, "UV_INSECURE_HOST=evil:8"]);
    let run = project
        .variable("UV_INSECURE_HOST", "other evil:8")
        .fail(&["lock"]);
    assert!(!run.stderr.contains("left out"), "{run}");
}
