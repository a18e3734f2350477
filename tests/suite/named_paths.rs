//! Paths on the command line: they may be anywhere, but no link that a repository holds takes them out of it.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::project::{HELLO, Project, Run};

const SECRET: &str = "a-secret-beside-the-repository";

/// A layer that no manifest has; no credentials, so AWS is not reached.
const ONE_OFF: [&str; 7] = [
    "publish",
    "--layer=evil",
    "--runtimes=python3.12",
    "--version=v1.0.0",
    "--my-account",
    "--region=us-east-1",
    "--quiet",
];

/// A folder with a project, its `alias`, a folder `sibling`, and one `outside`, to which links of the project lead.
struct Workspace {
    folder: tempfile::TempDir,
    project: Project,
}

impl Workspace {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let project = Project::inside(folder.path())
            .manifest(HELLO)
            .file(".git/HEAD", "ref: refs/heads/main\n")
            .file("layers/hello/own.py", "x = 1\n");
        for name in ["sibling", "outside"] {
            std::fs::create_dir(path(name)).unwrap();
        }
        std::fs::write(path("outside/own.py"), SECRET).unwrap();
        symlink(project.path(""), path("alias")).unwrap();
        symlink("../outside", project.path("reports")).unwrap();
        symlink("../../outside", project.path("layers/evil")).unwrap();
        Self { folder, project }
    }

    /// The project as the folder `sibling` names it.
    fn named_by_sibling(&self) -> String {
        let name = self.project.path("");
        format!("../{}", name.file_name().unwrap().display())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `lls` in one of its folders; in the project itself where that is `.`.
    fn run(&self, folder: &str, arguments: &[&str]) -> Run {
        let mut command = self.project.command(arguments);
        if folder != "." {
            command.current_dir(self.path(folder));
        }
        self.project.finish(command)
    }

    #[track_caller]
    fn assert_untouched(&self, run: &Run) {
        assert_eq!(run.status, 1, "{run}");
        run.assert_stderr(&["outside the repository"]);
        assert!(!run.to_string().contains(SECRET), "{run}");
        assert_eq!(names(&self.path("outside")), ["own.py"], "{run}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn no_link_leads_elsewhere_however_the_repository_is_named() {
    let workspace = Workspace::new();
    let sibling = workspace.named_by_sibling();
    for (folder, repository) in [
        (".", "."),
        ("sibling", sibling.as_str()),
        ("sibling", "../alias"),
    ] {
        let manifest = format!("{repository}/layers.toml");
        let to = |name: &str| format!("{repository}/reports/{name}");
        let report = format!("markdown={}", to("plan.md"));
        for arguments in [
            &["plan", "-m", &manifest, "--report", &report][..],
            &["plan", "-m", &manifest, "--out", &to("plan.json")],
            &["build", "-m", &manifest, "--output-dir", &to("zips")],
            &["apply", "-m", &manifest, "--yes", &to("own.py")],
        ] {
            workspace.assert_untouched(&workspace.run(folder, arguments));
        }
        for end in ["", "/."] {
            let path = format!("{repository}/layers/evil{end}");
            let mut command = workspace.project.command(&ONE_OFF);
            command.args(["--layer-path", &path]);
            if folder != "." {
                command.current_dir(workspace.path(folder));
            }
            workspace.assert_untouched(&workspace.project.finish(command));
        }
    }
}

#[test]
fn the_command_line_may_name_places_outside() {
    let workspace = Workspace::new();
    let outside = workspace.path("outside");
    for (folder, repository) in [
        (".", "."),
        ("sibling", workspace.named_by_sibling().as_str()),
    ] {
        let manifest = format!("{repository}/layers.toml");
        for arguments in [
            &["plan", "--report", "json=../outside/report.json"][..],
            &["plan", "--out", "../outside/plan.json"],
            &["build", "--output-dir", "../outside/zips"],
            &["apply", "--yes", "../outside/plan.json"],
        ] {
            let run = workspace.run(folder, &[arguments, &["-m", &manifest]].concat());
            assert_eq!(run.status, 0, "{arguments:?}: {run}");
        }
        let written = ["own.py", "plan.json", "report.json", "zips"];
        assert_eq!(names(&outside), written);
        for name in ["plan.json", "report.json"] {
            std::fs::remove_file(outside.join(name)).unwrap();
        }
        std::fs::remove_dir_all(outside.join("zips")).unwrap();
    }
}
