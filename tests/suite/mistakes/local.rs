//! Files and folders of this machine that do not serve.

use std::os::unix::fs::symlink;

use expect_test::expect;

use crate::caches::confined::{Sealed, run_without_privileges};
use crate::support::project::{HELLO, Project};

#[test]
fn an_output_folder_that_is_a_file() {
    let run = Project::hello().fail(&["build", "--output-dir", "layers.toml"]);
    run.check(expect![[r#"
        --- stderr
        Built hello, 229 B
        error: cannot create the folder `layers.toml`
          caused by: File exists
        hint: a file stands where a folder has to be: remove it, or name another place
        --- exit status 1
    "#]]);
}

#[test]
fn a_cache_that_is_a_file() {
    let project = Project::hello().file(".lls", "");
    project.fail(&["build"]).check(expect![[r#"
        --- stderr
        error: cannot create the folder `./.lls`
          caused by: File exists
        hint: a file stands where a folder has to be: remove it, or name another place
        --- exit status 1
    "#]]);
}

#[test]
fn a_registry_that_is_a_file() {
    let project = Project::hello().file("registry", "");
    project.fail(&["apply"]).check(expect![[r#"
        --- stderr
        error: registry: cannot list the versions of layer `hello`
          caused by: cannot read `registry/hello`
          caused by: Not a directory
        hint: a file stands where a folder has to be: remove it, or name another place
        --- exit status 1
    "#]]);
}

#[test]
fn requirements_without_a_package() {
    for text in ["", "# Nothing yet\n", "-c c.txt\n"] {
        let project = Project::app(text).file("layers/app/c.txt", "idna==3.10\n");
        project.set_in_app("exclude = [\"c.txt\"]");
        project.fail(&["plan"]).assert_stderr(&[
            "layer `app` would be empty: `layers/app/requirements.txt` provides no packages",
            "hint: write a requirement such as `requests>=2` into it",
        ]);
    }
}

#[test]
fn requirements_whose_markers_do_not_hold() {
    let project = Project::app("idna ; python_version < '3.8'\nsix ; sys_platform == 'win32'\n");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        Locked app: its requirements.lock was missing
        error: layer `app` would be empty: no requirement is for python3.12 on x86_64; the marker of `layers/app/requirements.txt:1` does not hold
        hint: correct or remove what is behind `;` in them, or change `runtimes` or `architecture`
        --- exit status 1
    "#]]);
}

#[test]
fn packages_that_are_all_left_out() {
    let project = Project::app("idna==3.10\n");
    project.set_in_app("exclude_packages = [\"idna\"]");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        Locked app: its requirements.lock was missing
        error: layer `app` would be empty: `exclude_packages` leaves out all of its packages
        hint: take the packages that the layer is for out of it
        --- exit status 1
    "#]]);
}

#[test]
fn an_empty_layer() {
    let project = Project::hello();
    std::fs::remove_file(project.path("layers/hello/hello.py")).unwrap();
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: layer `hello` would be empty
        hint: put files or a requirements.txt into its folder
        --- exit status 1
    "#]]);
}

#[test]
fn several_files_that_cannot_be_packed() {
    let project = Project::hello()
        .file("layers/hello/a\\b", "")
        .file("layers/hello/\u{1b}[2J", "");
    symlink("/etc/passwd", project.path("layers/hello/link")).unwrap();
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: 3 files cannot be packed
            "layers/hello/\u{1b}[2J" cannot go into the archive of layer `hello`: it contains the character '\u{1b}'
            "layers/hello/a\\b" cannot go into the archive of layer `hello`: it contains the character '\\'
            the symlink `layers/hello/link` of layer `hello` points to an absolute path, to `/etc/passwd`
        hint: rename it; use a relative link to a file of the layer, or copy the file
        --- exit status 1
    "#]]);
}

#[test]
fn several_secrets_in_a_public_layer() {
    let manifest = HELLO.replace("my-account", "public");
    let manifest = manifest.replace("\"registry\"", "\"registry\"\nallow_public = true");
    let project = Project::hello().manifest(&manifest);
    let project = project
        .file("layers/hello/.aws/.env", "")
        .file("layers/hello/conf/.env", "");
    let project = project.file("layers/hello/conf/.netrc", "");
    project.fail(&["plan"]).check(expect![[r#"
        --- stderr
        error: layer `hello` is public, and `layers/hello/conf/.env` looks like a file of environment variables, `layers/hello/conf/.netrc` looks like a file of passwords
        hint: remove it and revoke the secret; to silence a false alarm, use `allow_secrets`
        --- exit status 1
    "#]]);
}

#[test]
fn a_uv_that_is_not_there() {
    let project = Project::hello().file("layers/hello/requirements.txt", "idna\n");
    project
        .variable("LLS_UV", "/nonexistent/uv")
        .fail(&["lock"])
        .check(expect![[r#"
            --- stderr
            error: cannot lock layer `hello`
              caused by: cannot run `/nonexistent/uv`
              caused by: No such file or directory
            hint: set LLS_UV to the path of uv, or unset it
            --- exit status 1
        "#]]);
}

#[test]
fn a_plan_file_that_is_something_else() {
    let project = Project::hello().file("plan.json", "{}");
    project.fail(&["apply", "plan.json"]).check(expect![[r#"
        --- stderr
        error: `plan.json` is not a saved plan, or not a whole one
          caused by: missing field `format_version` at line 1 column 2
        hint: make it again with `lls plan --out FILE`
        --- exit status 1
    "#]]);
    let run = project.fail(&["plan", "--out", "layers.toml"]);
    run.check(expect![[r#"
        --- stderr
        error: `layers.toml` already exists and is not a saved plan
        hint: choose another name, or remove the file
        --- exit status 1
    "#]]);
}

/// Whoever may read a project, and no more, can plan what is built already.
#[test]
fn a_project_that_may_only_be_read() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    let folders =
        ["", ".lls", ".lls/archives", "registry/hello"].map(|folder| project.path(folder));
    let _sealed = folders.each_ref().map(|folder| Sealed::new(folder));
    expect![[r#"
        No changes. 1 layer matches layers.toml.
        --- exit status 0
    "#]]
    .assert_eq(&run_without_privileges(&project, &["plan"]).to_string());
    project.write("layers/hello/hello.py", "");
    let run = run_without_privileges(&project, &["plan"]);
    let error = "error: cannot write to `./.lls/archives`\n  caused by: Permission denied";
    let hint = "\nhint: check the permissions of the file and of its folders\n";
    assert!(
        run.stderr.starts_with(error) && run.stderr.ends_with(hint),
        "{run}"
    );
}

/// Git sees nothing of the caches, and all of a registry that stands beside them.
#[test]
fn caches_are_kept_out_of_git() {
    let project = Project::hello();
    project.edit_manifest("\"registry\"", "\".lls/registry\"");
    project.succeed(&["apply"]);
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(arguments).current_dir(project.path(""));
        let output = command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    let files = git(&["ls-files", "--others", "--exclude-standard", ".lls"]);
    assert!(
        files
            .lines()
            .all(|file| file.starts_with(".lls/registry/hello/")),
        "{files}"
    );
    assert!(
        files.contains("/1.zip\n") && files.contains("/1.json\n"),
        "{files}"
    );
}
