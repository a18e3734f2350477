//! Packages at addresses and of Git repositories in projects' locks: hash and commit of the lock are held.

use lls::digest::Sha256;

use super::app;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;
use crate::support::source_package::{MARKER, SourcePackage};

const FILES: [&str; 4] = ["uv.lock", "poetry.lock", "Pipfile.lock", "pylock.toml"];

/// A lock of alpha 1.0 that has this, in the words of the tool.
fn lock(file: &str, source: &str) -> String {
    match file {
        "uv.lock" => format!(
            "version = 1\n\n[[package]]\nname = \"demo\"\nversion = \"1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{{ name = \"alpha\" }}]\n\n[[package]]\nname = \"alpha\"\nversion = \"1.0\"\n{source}\n"
        ),
        "poetry.lock" => format!(
            "[[package]]\nname = \"alpha\"\nversion = \"1.0\"\ngroups = [\"main\"]\n{source}\n\n[metadata]\nlock-version = \"2.1\"\n"
        ),
        "Pipfile.lock" => {
            format!(
                "{{\"_meta\": {{\"pipfile-spec\": 6}}, \"default\": {{\"alpha\": {{{source}}}}}}}"
            )
        }
        _ => format!(
            "lock-version = \"1.0\"\n\n[[packages]]\nname = \"alpha\"\nversion = \"1.0\"\n{source}\n"
        ),
    }
}

fn at_address(file: &str, url: &str, hash: &str) -> String {
    let source = match file {
        "uv.lock" => format!(
            "source = {{ url = \"{url}\" }}\nwheels = [{{ url = \"{url}\", hash = \"sha256:{hash}\" }}]"
        ),
        "poetry.lock" => format!(
            "files = [{{ file = \"alpha-1.0-py3-none-any.whl\", hash = \"sha256:{hash}\" }}]\n\n[package.source]\ntype = \"url\"\nurl = \"{url}\""
        ),
        "Pipfile.lock" => format!("\"file\": \"{url}\", \"hashes\": [\"sha256:{hash}\"]"),
        _ => format!("archive = {{ url = \"{url}\", hashes = {{ sha256 = \"{hash}\" }} }}"),
    };
    lock(file, &source)
}

fn at_commit(file: &str, url: &str, commit: &str) -> String {
    let source = match file {
        "uv.lock" => format!("source = {{ git = \"{url}?rev=main#{commit}\" }}"),
        "poetry.lock" => format!(
            "files = []\n\n[package.source]\ntype = \"git\"\nurl = \"{url}\"\nreference = \"main\"\nresolved_reference = \"{commit}\""
        ),
        "Pipfile.lock" => format!("\"git\": \"{url}\", \"ref\": \"{commit}\""),
        _ => format!(
            "vcs = {{ type = \"git\", url = \"{url}\", requested-revision = \"main\", commit-id = \"{commit}\" }}"
        ),
    };
    lock(file, &source)
}

fn locked(project: &Project) -> String {
    project.read("layers/app/requirements.lock")
}

#[test]
fn a_wheel_at_an_address_has_the_hash_of_the_lock() {
    let host = PackageIndex::start();
    let bytes = wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")]);
    let sha256 = Sha256::of(&bytes).to_string();
    host.add("alpha-1.0-py3-none-any.whl", bytes);
    let simple = &host.environment()[0].1;
    let url = simple.replace("/simple", "/files/alpha-1.0-py3-none-any.whl");
    for file in FILES {
        let project = app(&PackageIndex::start(), &format!("{file:?}"));
        let path = format!("layers/app/{file}");
        project.write(&path, at_address(file, &url, &"0".repeat(64)));
        project.fail(&["lock"]).assert_stderr(&[
            "no file that the index has of `alpha` 1.0 for this platform has a SHA-256 that",
        ]);
        project.write(&path, at_address(file, &url, &sha256));
        project.succeed(&["lock"]);
        assert!(locked(&project).contains(&sha256), "{file}");
        project.succeed(&["build", "--locked"]);
    }
}

#[test]
fn code_at_an_address_runs_only_with_the_hash_of_the_lock() {
    let evil = SourcePackage::new("alpha", "1.0", "x = 'evil'\n");
    let good = SourcePackage::new("alpha", "1.0", "x = 1\n");
    let [evil, good] = [evil, good].map(|package| package.sdist());
    for file in FILES {
        let host = PackageIndex::start();
        host.add("alpha-1.0.zip", evil.clone());
        let simple = &host.environment()[0].1;
        let url = simple.replace("/simple", "/files/alpha-1.0.zip");
        let project = app(&host, &format!("{file:?}"));
        project.set_in_app("build = [\"alpha\"]");
        let marker = project.path("built");
        let project = project.variable("LLS_ALLOW_ENV", MARKER);
        let project = project.variable(MARKER, &marker);
        let sha256 = Sha256::of(&good).to_string();
        let sources = [
            at_address(file, &url, &sha256),
            lock(file, &of_index(file, &sha256)),
        ];
        for text in &sources {
            project.write(&format!("layers/app/{file}"), text);
            let run = project.fail(&["lock"]);
            run.assert_stderr(&["that fits has a hash of `layers/app/", file]);
            assert!(!marker.exists(), "code ran: {text}");
        }
        host.add("alpha-1.0.zip", good.clone());
        for text in &sources {
            project.write(&format!("layers/app/{file}"), text);
            project.succeed(&["lock"]);
            let built = format!("# built from the source archive sha256:{sha256}");
            assert!(locked(&project).contains(&built), "{text}");
        }
    }
}

/// A source distribution of an index, in the words of the tool.
fn of_index(file: &str, hash: &str) -> String {
    match file {
        "uv.lock" => format!(
            "source = {{ registry = \"https://host.example/simple\" }}\nsdist = {{ hash = \"sha256:{hash}\" }}"
        ),
        "poetry.lock" => {
            format!("files = [{{ file = \"alpha-1.0.zip\", hash = \"sha256:{hash}\" }}]")
        }
        "Pipfile.lock" => format!("\"version\": \"==1.0\", \"hashes\": [\"sha256:{hash}\"]"),
        _ => format!("sdist = {{ name = \"alpha-1.0.zip\", hashes = {{ sha256 = \"{hash}\" }} }}"),
    }
}

#[test]
fn a_repository_is_read_at_the_commit_of_the_lock() {
    for file in FILES {
        let project = app(&PackageIndex::start(), &format!("{file:?}"));
        project.set_in_app("build = [\"alpha\"]");
        let repository = project.path("upstream");
        let commit = SourcePackage::new("alpha", "1.0", "x = 1\n").commit(&repository);
        // The branch has moved since.
        SourcePackage::new("alpha", "1.0", "x = 2\n").commit(&repository);
        let url = format!("file://{}", repository.display());
        let path = format!("layers/app/{file}");
        project.write(&path, at_commit(file, &url, "main"));
        project
            .fail(&["lock"])
            .assert_stderr(&["`alpha` is locked to \"main\", which is not the id of a commit"]);
        project.write(&path, at_commit(file, &url, &commit));
        project.succeed(&["lock"]);
        let built = format!("# built from Git commit {commit}");
        assert!(locked(&project).contains(&built), "{file}");
    }
}
