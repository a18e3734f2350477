//! The door for files that a repository names: what it lets through, what it refuses, and that it never waits.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use expect_test::{Expect, expect};

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::{Project, Run};

const SECRET: &str = "a-secret-beside-the-repository";

/// A project with packages, in a folder below the test's own, in which there is a secret.
fn beside_secrets(requirements: &str) -> Project {
    let project = Project::app(requirements);
    std::fs::create_dir(project.path(".git")).unwrap();
    project.write("layers/app/own.py", "x = 1\n");
    project
}

fn secret_file() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SECRET).unwrap();
    file
}

/// What `plan` says when it refuses, without anything of the files outside.
#[track_caller]
fn refuses(project: &Project, secret: &Path, expected: &Expect) {
    let run = project.fail(&["plan", "--report", "markdown=plan.md"]);
    let report = std::fs::read_to_string(project.path("plan.md")).unwrap_or_default();
    assert!(
        !report.contains(SECRET) && !run.to_string().contains(SECRET),
        "{run}"
    );
    let shown = run
        .stderr
        .replace(&secret.display().to_string(), "[secret]");
    expected.assert_eq(&shown);
}

#[test]
fn includes_lead_to_no_file_outside() {
    let secret = secret_file();
    let outside = expect![[r#"
        error: `layers/app/requirements.txt:1` includes a file that cannot be read
          caused by: `[secret]` is outside the repository
        hint: move it into the repository, or allow its folder with `--allow-outside DIR` or LLS_ALLOW_OUTSIDE
    "#]];
    for option in ["-r", "-c"] {
        let project = beside_secrets(&format!("{option} {}\n", secret.path().display()));
        refuses(&project, secret.path(), &outside);
    }
    let project = beside_secrets("-r /proc/self/environ\n");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["`/proc/self/environ` resolves to `/proc/"]);
    let project = beside_secrets("-r more.in\n");
    symlink(secret.path(), project.path("layers/app/more.in")).unwrap();
    refuses(
        &project,
        secret.path(),
        &expect![[r#"
            error: `layers/app/requirements.txt:1` includes a file that cannot be read
              caused by: `layers/app/more.in` resolves to `[secret]`, outside the repository
            hint: move it into the repository, or allow its folder with `--allow-outside DIR` or LLS_ALLOW_OUTSIDE
        "#]],
    );
    // Whether there is a file outside is not told either.
    let project = beside_secrets("-r ../../../no-such-file\n");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["is outside the repository"]);
}

#[test]
fn files_of_the_repository_lead_nowhere_else() {
    let secret = secret_file();
    for (file, requirements) in [
        ("layers.toml", "alpha\n"),
        ("layers/app/requirements.txt", ""),
        ("layers/app/requirements.lock", "alpha\n"),
    ] {
        let project = beside_secrets(requirements);
        std::fs::remove_file(project.path(file)).ok();
        symlink(secret.path(), project.path(file)).unwrap();
        let run = project.fail(&["plan"]);
        let message = format!("`{file}` resolves to `");
        assert!(run.stderr.contains(&message), "{file}: {run}");
        assert!(!run.to_string().contains(SECRET), "{file}: {run}");
    }
}

#[test]
fn the_git_folder_is_not_read() {
    let project = beside_secrets("-r ../../.git/config\n");
    project.write(".git/config", SECRET);
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["`.git/config` is part of a Git folder"]);
    assert!(!run.to_string().contains(SECRET), "{run}");
    project.write("layers/app/vendored/.git/config", SECRET);
    project.write("layers/app/requirements.txt", "-r vendored/.git/config\n");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["`layers/app/vendored/.git/config` is part of a Git folder"]);
    assert!(!run.to_string().contains(SECRET), "{run}");
    // As files of the layer, that of a checkout and that of a submodule are left out.
    project.write("layers/app/requirements.txt", "");
    std::fs::remove_file(project.path("layers/app/own.py")).unwrap();
    project.write("layers/app/python/submodule/.git", SECRET);
    project.write("layers/app/python/submodule/code.py", "");
    project.succeed(&["apply", "--yes"]);
    let archive = String::from_utf8_lossy(&project.bytes("registry/app/1.zip")).into_owned();
    assert!(archive.contains("submodule/code.py") && !archive.contains(".git"));
    project.edit_manifest("[layers.app]", "[layers.app]\ndirectory = \".git\"");
    let run = project.fail(&["validate"]);
    run.assert_stderr(&["`.git` is part of a Git folder"]);
}

#[test]
fn files_above_the_manifest_belong_to_the_repository() {
    let index = PackageIndex::start();
    let alpha = wheel("alpha", "1.0", &[("alpha.py", "")]);
    index.add("alpha-1.0-py3-none-any.whl", alpha);
    let project = Project::new()
        .environment(index.environment())
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file("common.txt", "\u{feff}alpha\n")
        .file(
            "lambda/layers/app/requirements.txt",
            "-r ../../../common.txt\n",
        )
        .file("lambda/layers.toml", crate::support::project::APP);
    for arguments in [
        ["-m", "lambda/layers.toml"],
        ["-m", "./lambda/../lambda/layers.toml"],
    ] {
        project.succeed(&[&["plan"][..], &arguments].concat());
    }
    std::fs::remove_dir_all(project.path(".git")).unwrap();
    let run = project.fail(&["plan", "-m", "lambda/layers.toml"]);
    run.assert_stderr(&["`common.txt` is outside the repository"]);
    let outside = project.path("").display().to_string();
    project.succeed(&[
        "plan",
        "-m",
        "lambda/layers.toml",
        "--allow-outside",
        &outside,
    ]);
}

#[test]
fn folders_are_in_the_repository_unless_the_runner_allows_others() {
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("credentials"), SECRET).unwrap();
    let outside = other.path().display().to_string();
    let project = Project::hello();
    symlink(other.path(), project.path("link")).unwrap();
    for directory in [outside.as_str(), "../", "link", "layers/../../"] {
        let project = Project::hello();
        symlink(other.path(), project.path("link")).unwrap();
        project.edit_manifest(
            "[layers.hello]",
            &format!("[layers.hello]\ndirectory = \"{directory}\""),
        );
        let run = project.fail(&["plan"]);
        assert!(run.stderr.contains("the repository"), "{directory}: {run}");
        run.assert_stderr(&["LLS_ALLOW_OUTSIDE"]);
    }
    project.edit_manifest("[layers.hello]", "[layers.hello]\ndirectory = \"link\"");
    let project = project.variable("LLS_ALLOW_OUTSIDE", format!("/nowhere,{outside}"));
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn registries_are_in_the_repository_unless_the_runner_allows_others() {
    let other = tempfile::tempdir().unwrap();
    let outside = other.path().join("registry").display().to_string();
    let project = Project::hello();
    project.edit_manifest("\"registry\"", &format!("\"{outside}\""));
    let run = project.fail(&["apply", "--yes"]);
    run.assert_stderr(&["is outside the repository", "LLS_ALLOW_OUTSIDE"]);
    project.succeed(&["apply", "--yes", "--allow-outside", &outside]);
    // A layer's folder in it that leads elsewhere.
    let project = Project::hello();
    std::fs::create_dir(project.path("registry")).unwrap();
    symlink(other.path(), project.path("registry/hello")).unwrap();
    let run = project.fail(&["apply", "--yes"]);
    run.assert_stderr(&["`registry/hello` resolves to `"]);
    let written: Vec<_> = std::fs::read_dir(other.path()).unwrap().collect();
    assert_eq!(written.len(), 1, "only the registry of before: {written:?}");
}

#[test]
fn nothing_is_waited_for_that_is_not_a_file() {
    for file in [
        "layers.toml",
        "layers/app/requirements.txt",
        "layers/app/requirements.lock",
        "layers/app/own.py",
        "layers/app/more.in",
        "plan.json",
    ] {
        let project = beside_secrets("-r more.in\n").file("layers/app/more.in", "");
        std::fs::remove_file(project.path(file)).ok();
        let made = Command::new("mkfifo").arg(project.path(file)).status();
        assert!(made.unwrap().success());
        let arguments: &[&str] = match file {
            "plan.json" => &["apply", "plan.json"],
            _ => &["plan"],
        };
        // Not `fail`, which reads the manifest itself.
        let run: Run = project.finish(project.command(arguments));
        assert!(
            run.status == 1 && run.stderr.contains(file),
            "{file}: {run}"
        );
    }
    let project = Project::new();
    let pipe = project.path(".gitlab-ci.yml");
    let made = Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    project.succeed(&["init", "--ci", "gitlab"]);
    let project = beside_secrets("alpha\n");
    std::fs::remove_file(project.path("layers/app/own.py")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(project.path("more.in")).unwrap();
    project.write("layers/app/requirements.txt", "-r ../../more.in\n");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["`more.in` is a socket, not a regular file"]);
}

#[test]
fn enormous_files_are_refused_unread() {
    for (file, arguments, message) in [
        (
            "layers.toml",
            ["plan", "-q"],
            "`layers.toml` has 2147.5 MB, over the limit of 2.1 MB",
        ),
        (
            "layers/app/requirements.txt",
            ["plan", "-q"],
            "requirements.txt` has 2147.5 MB, over the limit of",
        ),
        (
            "layers/app/requirements.lock",
            ["plan", "-q"],
            "requirements.lock` has 2147.5 MB, over the limit of",
        ),
        (
            "layers/app/own.py",
            ["plan", "-q"],
            "error: layer `app` unpacks to 2147.5 MB, more than the 262,144,000 bytes that Lambda allows; largest: own files such as `own.py` 2147.5 MB",
        ),
        (
            "plan.json",
            ["apply", "plan.json"],
            "`plan.json` has 2147.5 MB, over the limit of",
        ),
    ] {
        let project = beside_secrets("");
        let sparse = std::fs::File::create(project.path(file)).unwrap();
        sparse.set_len(1 << 31).unwrap();
        let run = project.finish(project.command(&arguments));
        assert!(
            run.status == 1 && run.stderr.contains(message),
            "{file}: {run}"
        );
    }
}

#[test]
fn what_takes_much_memory_to_read_is_refused() {
    let project = beside_secrets("");
    let comment = [b"#".repeat(15 << 20), b"\n".to_vec()].concat();
    project.write("layers/app/0.in", &comment);
    for number in 1..9 {
        symlink("0.in", project.path(&format!("layers/app/{number}.in"))).unwrap();
    }
    let includes: String = (0..9).map(|number| format!("-r {number}.in\n")).collect();
    for (file, content, message) in [
        (
            "layers/app/requirements.txt",
            includes.as_bytes(),
            "takes the requirements of the layer over the limit of 100000 lines or 16 MiB",
        ),
        (
            "layers/app/requirements.txt",
            &b"\r\n".repeat(100_001),
            "`layers/app/requirements.txt` takes the requirements of the layer over the limit of 100000 lines",
        ),
        (
            "uv.toml",
            &b"#\n".repeat(2 << 20),
            "uv.toml` has 4.2 MB, over the limit of 2.1 MB",
        ),
        (
            "layers.toml",
            &b"#\n".repeat(2 << 20),
            "`layers.toml` has 4.2 MB, over the limit of 2.1 MB",
        ),
    ] {
        project.write(file, content);
        let run = project.finish(project.command(&["plan"]));
        assert!(
            run.status == 1 && run.stderr.contains(message),
            "{file}: {run}"
        );
        if file != "layers.toml" {
            project.write(file, "");
        }
    }
}

#[test]
fn what_a_registry_holds_is_bounded() {
    let project = Project::hello();
    project.succeed(&["apply", "--yes"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    let folder = project.path("registry/hello");
    std::fs::write(folder.join(".lock"), u64::MAX.to_string()).unwrap();
    let run = project.fail(&["apply", "--yes"]);
    run.assert_stdout(&["`registry/hello", "is damaged"]);
    let sparse = std::fs::File::create(folder.join(".lock")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    let run = project.fail(&["apply", "--yes"]);
    run.assert_stdout(&["`registry/hello", "is damaged"]);
}

#[test]
fn more_files_than_an_archive_can_have_are_refused_unread() {
    let project = Project::hello();
    let folder = project.path("layers/hello/many");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("0"), "").unwrap();
    for number in 1..65_536 {
        std::fs::hard_link(folder.join("0"), folder.join(number.to_string())).unwrap();
        if number % 30_000 == 0 {
            std::fs::remove_file(folder.join("0")).unwrap();
            std::fs::write(folder.join("0"), "").unwrap();
        }
    }
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["layer `hello` has more than 65,535 files of its own"]);
}

#[test]
fn what_is_written_stays_in_the_repository() {
    let other = tempfile::tempdir().unwrap();
    let project = Project::hello();
    for name in ["plan.md", "plan.json", "out"] {
        symlink(other.path().join("new"), project.path(name)).unwrap();
    }
    for arguments in [
        &["plan", "--report", "markdown=plan.md"][..],
        &["plan", "--out", "plan.json"],
        &["build", "--output-dir", "out"],
        &["man", "--output-dir", "out"],
    ] {
        let run = project.fail(arguments);
        run.assert_stderr(&["outside the repository"]);
    }
    assert!(!other.path().join("new").exists());
    // Whoever runs `lls` may name any place.
    let report = format!("markdown={}", other.path().join("plan.md").display());
    project.succeed(&["plan", "--report", &report]);
}

#[test]
fn a_new_project_is_not_laid_out_elsewhere() {
    for (link, arguments) in [
        (".github", ["init", "--ci", "github"]),
        ("layers", ["init", "--ci", "none"]),
        (".gitignore", ["init", "--ci", "none"]),
    ] {
        let other = tempfile::tempdir().unwrap();
        let project = Project::new();
        symlink(other.path().join("x"), project.path(link)).unwrap();
        let run = project.fail(&arguments);
        assert!(
            run.stderr.contains("outside the repository"),
            "{link}: {run}"
        );
        assert!(!other.path().join("x").exists(), "{link}");
        assert!(
            !project.path("layers.toml").exists(),
            "what was made is removed"
        );
    }
}

#[test]
fn encodings_are_named() {
    let utf16 = |text: &str| -> Vec<u8> {
        let units = [0xfeff].into_iter().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let project = beside_secrets("");
    project.write("layers/app/requirements.txt", utf16("alpha\r\n"));
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` is not UTF-8: it looks like UTF-16, as PowerShell writes it
        hint: save it as UTF-8; in PowerShell, `Set-Content -Encoding utf8` does
        --- exit status 1
    "#]]);
    project.write("layers/app/requirements.txt", b"# caf\xe9\nalpha\n");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["requirements.txt:1` is not UTF-8: it looks like Latin-1"]);
}
