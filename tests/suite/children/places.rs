//! Variables of the runner that name files of the repository, which whoever proposes a change could write.

use std::os::unix::fs::symlink;

use crate::support::ministack::install;
use crate::support::programs::folder_with;
use crate::support::project::Project;

const HINT: &str =
    "hint: name a place that pull requests cannot change, outside the repository, or unset ";

#[test]
fn files_of_the_repository_are_not_the_runners_word() {
    let outside = tempfile::tempdir().unwrap();
    let elsewhere = outside.path().join("file");
    std::fs::write(&elsewhere, "").unwrap();
    let outer = elsewhere.display();
    for (variable, value, shown) in [
        ("GIT_CONFIG_GLOBAL", "ci/file".to_owned(), "ci/file"),
        ("NETRC", "ci/file".to_owned(), "ci/file"),
        ("PIP_CONFIG_FILE", "ci/absent".to_owned(), "ci/absent"),
        ("SSL_CERT_DIR", format!("{outer}:ci"), "ci"),
        ("SSL_CERT_FILE", "ci/file".to_owned(), "ci/file"),
        ("UV_BUILD_CONSTRAINT", format!("{outer} ci/file"), "ci/file"),
        ("UV_CONFIG_FILE", "ci/file".to_owned(), "ci/file"),
        ("UV_CONSTRAINT", "ci/file".to_owned(), "ci/file"),
        ("UV_EXCLUDE", "./ci/file".to_owned(), "ci/file"),
        ("UV_OVERRIDE", format!("ci/file {outer}"), "ci/file"),
        ("UV_PYTHON_INSTALL_DIR", "ci".to_owned(), "ci"),
        ("GIT_ASKPASS", "ci/file".to_owned(), "ci/file"),
        ("AWS_CA_BUNDLE", "ci/file".to_owned(), "ci/file"),
        ("AWS_CONFIG_FILE", "ci/file".to_owned(), "ci/file"),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            "ci/file".to_owned(),
            "ci/file",
        ),
        ("HOME", ".".to_owned(), "."),
        ("LLS_UV", "ci/file".to_owned(), "ci/file"),
        ("PIP_PYTHON", "ci/file".to_owned(), "ci/file"),
        ("XDG_CONFIG_DIRS", "/etc/xdg:ci".to_owned(), "ci"),
        ("XDG_CONFIG_HOME", "ci".to_owned(), "ci"),
        ("XDG_DATA_HOME", "ci".to_owned(), "ci"),
        // A link of the repository says which file it is.
        ("UV_OVERRIDE", "ci/link".to_owned(), "ci/link"),
        ("NETRC", "ci/folder/file".to_owned(), "ci/folder/file"),
    ] {
        let project = Project::app("").file("ci/file", "");
        symlink(&elsewhere, project.path("ci/link")).unwrap();
        symlink(outside.path(), project.path("ci/folder")).unwrap();
        let project = project.variable(variable, value);
        for command in [&["plan"][..], &["lock"], &["build"], &["apply", "--yes"]] {
            let run = project.fail(command);
            run.assert_stderr(&[
                &format!("error: the variable {variable} names `{shown}`, which is in the repository: a pull request could change it"),
                &format!("{HINT}{variable}"),
            ]);
            assert_eq!(run.stderr.matches("error: ").count(), 1, "{run}");
        }
    }
}

#[test]
fn files_outside_of_the_repository_are() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("file"), "").unwrap();
    std::fs::create_dir(outside.path().join("project")).unwrap();
    let project = Project::inside(outside.path());
    let link = outside.path().join("link");
    symlink(outside.path().join("file"), &link).unwrap();
    let project = project
        .manifest("[targets.local]\ndirectory = \"registry\"\n\n[layers.app]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n")
        .file("layers/app/python/app.py", "x = 1\n")
        .variable("UV_CONSTRAINT", format!("../file  {}", link.display()))
        .variable("UV_CONFIG_FILE", "../link")
        .variable("GIT_CONFIG_GLOBAL", "/dev/null")
        .variable("GIT_SSH", "ssh")
        .variable("NETRC", "");
    project.succeed(&["plan"]);
    // The same by a link outside that leads into the repository.
    let inner = outside.path().join("inner");
    symlink(project.path("layers"), &inner).unwrap();
    let run = project
        .variable("SSL_CERT_FILE", inner.join("app/python/app.py"))
        .fail(&["plan"]);
    run.assert_stderr(&["the variable SSL_CERT_FILE names `", "is in the repository"]);
}

/// `cargo run` adds build folders to the variable, which are in the repository where that is the tool's own.
#[test]
fn libraries_are_not_looked_for_in_the_repository() {
    let lib = tempfile::tempdir().unwrap();
    let project = Project::app("alpha\n").file("target/debug/lib.so", "");
    let seen = project.path("seen");
    let uv = folder_with(
        "uv",
        &format!("echo \"$LD_LIBRARY_PATH\" >> '{}'; exit 1", seen.display()),
    );
    let link = lib.path().join("link");
    symlink(project.path("target"), &link).unwrap();
    let inner = project.path("target/debug");
    // ld.so(8) takes both separators.
    let value = format!(
        "{inner};{inner}:{link}/debug:{lib}:lib:",
        inner = inner.display(),
        link = link.display(),
        lib = lib.path().display()
    );
    let project = project
        .variable("LLS_UV", uv.path().join("uv"))
        .variable("LD_LIBRARY_PATH", value);
    project.fail(&["lock"]);
    let seen = project.read("seen");
    let expected = lib.path().to_str().unwrap();
    assert!(seen.lines().all(|line| line == expected), "{seen}");
    assert!(!seen.is_empty());
}

/// What a link of the repository leads to may be anybody's.
#[test]
fn programs_are_not_looked_for_behind_links_of_the_repository() {
    let others = folder_with("uv", "touch \"$(dirname \"$0\")/ran\"; exit 1");
    let project = Project::app("alpha\n").variable("LLS_UV", "");
    symlink(others.path(), project.path("bin")).unwrap();
    let path = format!(
        "{}:{}",
        project.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let project = project.variable("PATH", path);
    project.fail(&["lock"]);
    assert!(!others.path().join("ran").exists());
}

/// uv believes what its cache says of an index.
#[test]
fn uv_keeps_no_cache_in_the_repository() {
    let real = install::uv().unwrap();
    for variable in ["UV_CACHE_DIR", "XDG_CACHE_HOME"] {
        let outside = tempfile::tempdir().unwrap();
        for (cache, is_used) in [("cache", false), ("link", false), ("outside", true)] {
            let project = Project::app("idna==3.10\n").cold_cache();
            let cache = if is_used {
                outside.path().join(cache)
            } else {
                project.path(cache)
            };
            symlink(outside.path(), project.path("link")).unwrap();
            let script = format!("exec '{}' \"$@\"", real.display());
            let project = project.uv_script(&script).variable(variable, &cache);
            project.succeed(&["lock"]);
            let made = |folder| std::fs::read_dir(folder).map_or(0, Iterator::count);
            assert_eq!(made(cache) > 0, is_used, "{variable}");
        }
    }
}

/// Whoever runs as the same user could otherwise read the environment of `lls` from what Linux tells of processes.
#[cfg(target_os = "linux")]
#[test]
fn children_cannot_read_the_environment_of_lls() {
    let project = Project::app("alpha\n").variable("AWS_SECRET_ACCESS_KEY", "canary");
    let seen = project.outside("seen");
    let script = format!(
        "cat /proc/$$/environ > '{seen}.own'; cat /proc/$PPID/environ > '{seen}'; exit 1",
        seen = seen.display()
    );
    let project = project.uv_script(&script);
    // Root may read that of all processes, but not without its capabilities.
    let command = if rustix::process::geteuid().is_root() {
        let without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
        project.command_through(&without, &["lock"])
    } else {
        project.command(&["lock"])
    };
    assert_eq!(project.finish(command).status, 1);
    let own = std::fs::read_to_string(project.outside("seen.own")).unwrap();
    assert!(own.contains("PATH="), "it can read that of others");
    assert_eq!(std::fs::read_to_string(seen).unwrap(), "");
}
