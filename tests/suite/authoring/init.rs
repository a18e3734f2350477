//! `lls init`: in an empty folder, in a repository, and where something is there already.

use std::process::Command;

use expect_test::expect;

use crate::support::project::Project;

fn git(project: &Project, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(project.path("."));
    assert!(command.status().unwrap().success(), "git {arguments:?}");
}

#[test]
fn what_it_makes_can_be_published_at_once() {
    let project = Project::new().variable("PATH", "/nonexistent");
    project.succeed(&["init"]);
    project.succeed(&["plan"]);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
    assert!(project.path(".lls/registry/hello/1.zip").is_file());
}

#[test]
fn the_ci_file_is_for_the_host_of_the_repository() {
    let github = Project::new();
    git(&github, &["init", "-q", "-b", "main"]);
    git(
        &github,
        &["remote", "add", "origin", "git@github.com:acme/layers.git"],
    );
    github.run(&["init"]).check(expect![[r#"
        layers.toml                   created
        layers/hello/hello.py         created
        .github/workflows/layers.yml  created
        .gitignore                    created
        4 files created or extended.
        --- stderr
        The comment at the top of .github/workflows/layers.yml describes what else to set up.
        Next, run `lls plan` and `lls apply`. To add your own layer, run `lls add NAME`.
        --- exit status 0
    "#]]);
    let text = include_str!("../../../docs/ci/github-actions.yml");
    assert_eq!(github.read(".github/workflows/layers.yml"), text);
    // What Git would commit: neither the registry nor the caches.
    github.succeed(&["apply", "--yes"]);
    git(&github, &["add", "-A"]);
    let tracked = Command::new("git")
        .args(["ls-files"])
        .current_dir(github.path("."))
        .output();
    expect![[r#"
        .github/workflows/layers.yml
        .gitignore
        layers.toml
        layers/hello/hello.py
    "#]]
    .assert_eq(&String::from_utf8(tracked.unwrap().stdout).unwrap());

    let gitlab = Project::new();
    git(&gitlab, &["init", "-q", "-b", "main"]);
    git(
        &gitlab,
        &[
            "remote",
            "add",
            "origin",
            "https://gitlab.acme.example/layers.git",
        ],
    );
    gitlab.run(&["init"]).check(expect![[r#"
        layers.toml            created
        layers/hello/hello.py  created
        .gitlab-ci.yml         created
        .gitignore             created
        4 files created or extended.
        --- stderr
        The comment at the top of .gitlab-ci.yml describes what else to set up.
        Next, run `lls plan` and `lls apply`. To add your own layer, run `lls add NAME`.
        --- exit status 0
    "#]]);
    let text = include_str!("../../../docs/ci/gitlab-ci.yml");
    assert_eq!(gitlab.read(".gitlab-ci.yml"), text);
}

/// The branch whose pushes are applied.
fn branch_of(project: &Project) -> String {
    project.succeed(&["init", "--ci", "github"]);
    let text = project.read(".github/workflows/layers.yml");
    let file: serde_norway::Value = serde_norway::from_str(&text).unwrap();
    let branches = file["on"]["push"]["branches"].as_sequence().unwrap();
    assert_eq!(branches.len(), 1, "{text}");
    branches[0].as_str().unwrap().to_owned()
}

fn commit(project: &Project) {
    let author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let commit = ["commit", "-q", "--allow-empty", "-m", "a"];
    git(project, &[&author[..], &commit].concat());
}

#[test]
fn the_ci_file_is_for_the_default_branch() {
    let new = Project::new();
    git(&new, &["init", "-q", "-b", "release/2.x"]);
    assert_eq!(branch_of(&new), "release/2.x", "before the first commit");
    let text = new.read(".github/workflows/layers.yml");
    let is_main = |word: &str| word == "main";
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    assert!(!words.any(is_main), "{text}");

    let feature = Project::new();
    git(&feature, &["init", "-q", "-b", "master"]);
    commit(&feature);
    git(&feature, &["checkout", "-q", "-b", "add-layers"]);
    git(&feature, &["pack-refs", "--all"]);
    assert_eq!(branch_of(&feature), "master", "not the one checked out");

    let clone = Project::new();
    let from = new.path(".");
    commit(&new);
    git(&clone, &["clone", "-q", from.to_str().unwrap(), "main"]);
    git(&clone, &["-C", "main", "worktree", "add", "-q", "../side"]);
    let worktree = ["init", "--ci", "gitlab", "-m", "side/layers.toml"];
    clone.succeed(&worktree);
    let text = clone.read("side/.gitlab-ci.yml");
    assert!(text.contains(":ref:release/2.x` alone"), "{text}");

    let odd = Project::new();
    git(&odd, &["init", "-q", "-b", "c++"]);
    assert_eq!(branch_of(&odd), "main", "a pattern on GitHub");
}

#[test]
fn what_is_there_stays_as_it_is() {
    let project = Project::hello()
        .file(".gitignore", "*.pyc\r\nbuild")
        .file(".github/workflows/layers.yml", "mine\n")
        .file(".git/config", "");
    let manifest = project.read("layers.toml");
    project.run(&["init"]).check(expect![[r#"
        layers.toml                   already exists, unchanged
        .github/workflows/layers.yml  already exists, unchanged
        .gitignore                    extended
        1 file created or extended.
        --- stderr
        .github/workflows/layers.yml does not run `lls`. To generate jobs that you can copy into it, run `lls init --ci HOST` in an empty folder.
        --- exit status 0
    "#]]);
    assert_eq!(project.read("layers.toml"), manifest);
    assert_eq!(project.read(".github/workflows/layers.yml"), "mine\n");
    assert_eq!(
        project.read(".gitignore"),
        "*.pyc\r\nbuild\r\n# Caches of lls, and its local registry\r\n.lls/\r\n"
    );
    project.run(&["init"]).check(expect![[r#"
        layers.toml                   already exists, unchanged
        .github/workflows/layers.yml  already exists, unchanged
        .gitignore                    already exists, unchanged
        Nothing to do: everything already exists.
        --- stderr
        .github/workflows/layers.yml does not run `lls`. To generate jobs that you can copy into it, run `lls init --ci HOST` in an empty folder.
        --- exit status 0
    "#]]);
    project.run(&["init", "--format", "json"]).check(expect![[r#"
        {
          "format_version": "1.0",
          "files": [
            {
              "outcome": "kept",
              "path": "layers.toml"
            },
            {
              "outcome": "kept",
              "path": ".github/workflows/layers.yml"
            },
            {
              "outcome": "kept",
              "path": ".gitignore"
            }
          ]
        }
        --- stderr
        .github/workflows/layers.yml does not run `lls`. To generate jobs that you can copy into it, run `lls init --ci HOST` in an empty folder.
        --- exit status 0
    "#]]);
}

/// GitHub and GitLab look for their file at the top of the repository only.
#[test]
fn the_ci_file_of_a_subfolder_is_at_the_top_of_the_repository() {
    let project = Project::new().file("services/api/README", "");
    git(&project, &["init", "-q", "-b", "trunk"]);
    let from = |folder: &str, arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.current_dir(project.path(folder));
        project.finish(command)
    };
    from("services/api", &["init", "--ci", "github"]).check(expect![[r#"
        layers.toml                         created
        layers/hello/hello.py               created
        ../../.github/workflows/layers.yml  created
        .gitignore                          created
        4 files created or extended.
        --- stderr
        The comment at the top of ../../.github/workflows/layers.yml describes what else to set up.
        Next, run `lls plan` and `lls apply`. To add your own layer, run `lls add NAME`.
        --- exit status 0
    "#]]);
    let text = project.read(".github/workflows/layers.yml");
    assert!(
        text.contains("  LLS_MANIFEST: \"services/api/layers.toml\"\n"),
        "{text}"
    );
    assert!(text.contains("branches: [trunk]\n"), "{text}");
    // Another manifest of the same repository, named from elsewhere.
    from(
        "services",
        &["init", "--ci", "github", "-m", "web/layers.toml"],
    )
    .check(expect![[r#"
        web/layers.toml                  created
        web/layers/hello/hello.py        created
        ../.github/workflows/layers.yml  already exists, unchanged
        web/.gitignore                   created
        3 files created or extended.
        --- stderr
        ../.github/workflows/layers.yml does not work on services/web/layers.toml: copy its jobs, and set LLS_MANIFEST to that path in them.
        Next, run `lls plan` and `lls apply`. To add your own layer, run `lls add NAME`.
        --- exit status 0
    "#]]);
    let gitlab = from(
        "services",
        &["init", "--ci", "gitlab", "-m", "web/layers.toml"],
    );
    assert_eq!(gitlab.status, 0, "{gitlab}");
    let text = project.read(".gitlab-ci.yml");
    assert!(
        text.contains("  LLS_MANIFEST: \"services/web/layers.toml\"\n"),
        "{text}"
    );
    // With `.github` at the top, the host is known below it too.
    let found = from("services", &["init", "-m", "job/layers.toml"]);
    found.assert_stderr(&[
        "../.github/workflows/layers.yml does not work on services/job/layers.toml",
    ]);
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let project = Project::new().file("layers", "a file\n");
    project.run(&["init"]).check(expect![[r#"
        --- stderr
        error: cannot create the folder `layers/hello`
          caused by: Not a directory
        hint: a file stands where a folder has to be: remove it, or name another place
        --- exit status 1
    "#]]);
    let names = std::fs::read_dir(project.path(".")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["layers"]);
}

#[cfg(unix)]
#[test]
fn a_manifest_that_is_a_link_to_nothing_is_no_new_project() {
    let project = Project::new();
    std::os::unix::fs::symlink("missing.toml", project.path("layers.toml")).unwrap();
    let run = project.succeed(&["init", "--ci", "none"]);
    assert!(
        run.stdout
            .starts_with("layers.toml  already exists, unchanged"),
        "{run}"
    );
    assert!(!project.path("layers").exists(), "{run}");
}
