//! Links, pipes and leftovers in the folders of caches: nothing is written elsewhere, and nothing is waited for.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::{Project, Run};

/// A folder outside of the project, with a file that must stay as it is.
struct Outside(tempfile::TempDir);

impl Outside {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "precious").unwrap();
        fs::create_dir(folder.path().join("archives")).unwrap();
        fs::write(folder.path().join("archives/file"), "precious").unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    #[track_caller]
    fn assert_untouched(&self, run: &Run) {
        let files = walkdir::WalkDir::new(self.0.path()).sort_by_file_name();
        let files = files.into_iter().map(|entry| entry.unwrap().into_path());
        let names: Vec<_> = files
            .map(|path| {
                path.strip_prefix(self.0.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(names, ["", "archives", "archives/file", "file"], "{run}");
        for name in ["file", "archives/file"] {
            assert_eq!(
                fs::read_to_string(self.path(name)).unwrap(),
                "precious",
                "{run}"
            );
        }
    }
}

/// Runs `lls`, which must end soon.
fn run_soon(project: &Project, arguments: &[&str]) -> Run {
    let mut command = project.command(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: project.normalised(&output.stdout),
        stderr: project.normalised(&output.stderr),
        hidden: Vec::new(),
    }
}

fn make_pipe(path: &Path) {
    let status = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(status.success());
}

const COMMANDS: [&[&str]; 5] = [
    &["plan"],
    &["apply", "--yes"],
    &["build"],
    &["cache"],
    &["cache", "--clear"],
];

#[test]
fn a_folder_of_caches_that_is_a_link_is_refused() {
    for link in [".lls", ".lls/archives"] {
        for end in ["", "archives", "none"] {
            let (outside, project) = (Outside::new(), Project::hello());
            let path = project.path(link);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(outside.path(end), &path).unwrap();
            for command in COMMANDS {
                let run = run_soon(&project, command);
                outside.assert_untouched(&run);
                assert_eq!(run.status, 1, "{run}");
                let error = format!(
                    "error: `./{link}` is a symbolic link, and caches are kept in real folders only\n\
                     hint: remove the link, lls makes the folder; where Git tracks it, with `git rm ./{link}`\n"
                );
                assert_eq!(run.stderr, error);
            }
            assert!(!project.path("registry").exists());
            fs::remove_file(&path).unwrap();
            project.succeed(&["apply", "--yes"]);
            project.assert_converged();
        }
    }
}

/// The names of the files of a project's caches, after a build.
fn names(project: &Project) -> Vec<String> {
    let files = walkdir::WalkDir::new(project.path(".lls")).into_iter();
    let files = files
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file());
    let root = project.path("");
    let name = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(&root).unwrap();
        path.display().to_string()
    };
    let names: Vec<_> = files.map(name).collect();
    for name in [".lls/files", ".lls/.gitignore"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    assert_eq!(names.len(), 5, "and an archive with its notes: {names:?}");
    names
}

#[test]
fn a_file_of_a_cache_that_is_a_link_is_replaced_and_never_followed() {
    let project = Project::hello();
    project.succeed(&["build"]);
    for name in names(&project) {
        for end in ["file", "none", "/dev/zero"] {
            let outside = Outside::new();
            let end = outside.path(end);
            let path = project.path(&name);
            let before = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            symlink(&end, &path).unwrap();
            let run = run_soon(&project, &["build"]);
            assert_eq!(run.status, 0, "{name}: {run}");
            outside.assert_untouched(&run);
            // What nobody needs any more stays a link.
            fs::remove_file(&path).unwrap();
            fs::write(&path, before).unwrap();
        }
    }
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn what_links_lead_to_is_published_only_if_it_was_built_here() {
    let project = Project::hello();
    project.succeed(&["build"]);
    let archives = names(&project);
    let archive = archives.iter().find(|name| name.ends_with(".zip")).unwrap();
    let (outside, path) = (Outside::new(), project.path(archive));
    let sound = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    symlink(outside.path("file"), &path).unwrap();
    let run = run_soon(&project, &["apply", "--yes"]);
    outside.assert_untouched(&run);
    assert_eq!(run.status, 0, "{run}");
    assert!(!path.is_symlink() && fs::read(&path).unwrap() == sound);
    assert!(project.bytes("registry/hello/1.zip") == sound);
}

#[test]
fn pipes_and_folders_in_the_place_of_caches_are_not_waited_for() {
    let sample = Project::hello();
    sample.succeed(&["build"]);
    for name in names(&sample) {
        let project = Project::hello();
        project.succeed(&["build"]);
        let path = project.path(&name);
        fs::remove_file(&path).unwrap();
        make_pipe(&path);
        let run = run_soon(&project, &["apply", "--yes"]);
        assert_eq!(run.status, 0, "{name}: {run}");
        project.assert_converged();
    }
    for name in [".lls", ".lls/archives"] {
        let project = Project::hello();
        let path = project.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        make_pipe(&path);
        let run = run_soon(&project, &["build"]);
        assert_eq!(run.status, 1, "{name}: {run}");
        run.assert_stderr(&[
            "cannot create the folder",
            "hint: a file stands where a folder",
        ]);
    }
}

/// GitLab caches nothing outside of the project: then a repository can bring links in the way of the user's cache.
#[test]
fn a_link_in_the_repository_leads_no_wheel_out_of_it() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha/a.py", "")]),
    );
    for link in ["cache", "cache/lls", "cache/lls/wheels", "cache/lls/uv"] {
        let outside = Outside::new();
        let project = Project::app("alpha\n").environment(index.environment());
        let folder = project.path("cache/lls");
        let project = project.variable("LLS_CACHE_DIR", folder);
        let path = project.path(link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(outside.path(""), &path).unwrap();
        let run = run_soon(&project, &["build"]);
        assert_eq!(run.status, 1, "{run}");
        run.assert_stderr(&[&format!("`[project]/{link}` is a symbolic link")]);
        outside.assert_untouched(&run);
        fs::remove_file(&path).unwrap();
        project.succeed(&["build"]);
    }
}

/// The user's own links are the user's matter.
#[test]
fn the_users_cache_may_be_behind_a_link_of_the_user() {
    let outside = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let link = home.path().join("cache");
    symlink(outside.path(), &link).unwrap();
    let project = Project::hello().variable("LLS_CACHE_DIR", &link);
    project.succeed(&["build"]);
}

#[test]
fn what_killed_runs_left_long_ago_is_removed_by_the_next_build() {
    let project = Project::hello().cold_cache();
    let folders = [".lls", ".lls/archives", "cold-cache/wheels"];
    let old = SystemTime::now() - Duration::from_hours(25);
    for folder in folders {
        for (name, time) in [(".tmp-old", old), (".tmp-new", SystemTime::now())] {
            project.write(&format!("{folder}/{name}"), "x");
            let file = fs::File::options()
                .write(true)
                .open(project.path(&format!("{folder}/{name}")));
            file.unwrap().set_modified(time).unwrap();
        }
    }
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha/a.py", "")]),
    );
    let project = project
        .file("layers/hello/requirements.txt", "alpha\n")
        .environment(index.environment());
    project.succeed(&["build"]);
    for folder in folders {
        let left = |name: &str| project.path(&format!("{folder}/{name}")).exists();
        assert!(left(".tmp-new") && !left(".tmp-old"), "{folder}");
    }
}

#[test]
fn clearing_follows_no_link_of_a_repository() {
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("wheels/kept");
    std::fs::create_dir(outside.path().join("wheels")).unwrap();
    std::fs::write(&kept, "x").unwrap();
    let project = Project::hello();
    std::os::unix::fs::symlink(outside.path(), project.path("cache")).unwrap();
    let cache = project.path("cache");
    let project = project.variable("LLS_CACHE_DIR", cache);
    let run = project.fail(&["cache", "--clear"]);
    run.assert_stderr(&["cache` is a symbolic link, and caches are kept in real folders only"]);
    assert!(kept.exists());
}
