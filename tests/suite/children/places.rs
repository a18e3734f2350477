//! Variables of the runner that name files of the repository, which whoever proposes a change could write.

use std::os::unix::fs::symlink;

use crate::support::project::Project;

const HINT: &str =
    "hint: name a file that pull requests cannot change, outside the repository, or unset ";

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
