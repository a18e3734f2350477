//! The key that notes of caches are believed under: where it is kept, and what happens where that cannot be.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use expect_test::expect;

use crate::support::project::{Project, Run};

const KEY: &str = "note-key";

/// Whether a run built the layer `hello`, and did not find it built.
fn builds(run: &Run) -> bool {
    run.stderr.contains("Built hello")
}

#[test]
fn the_key_is_kept_in_the_users_state_folder() {
    for (variable, folder) in [("HOME", ".local/state/lls"), ("XDG_STATE_HOME", "lls")] {
        let home = tempfile::tempdir().unwrap();
        let project = Project::hello()
            .variable("LLS_STATE_DIR", "")
            .variable(variable, home.path());
        assert!(builds(&project.succeed(&["build"])));
        assert!(!builds(&project.succeed(&["build"])));
        let key = home.path().join(folder).join(KEY);
        let mode = key.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        project.succeed(&["cache", "--clear"]);
        assert!(key.exists(), "it is no cache");
    }
}

#[test]
fn processes_that_start_at_once_get_one_key() {
    let project = Project::hello().fresh_state();
    let start = || {
        let mut command = project.command(&["build"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    for mut build in [(); 8].map(|()| start()) {
        assert!(build.wait().unwrap().success());
    }
    assert!(
        !builds(&project.succeed(&["build"])),
        "the last note is believed"
    );
    let names = fs::read_dir(project.state_folder()).unwrap();
    assert_eq!(names.count(), 1);
}

#[test]
fn a_key_in_the_repository_is_refused() {
    let project = Project::hello().file("sub/layers.toml", "");
    fs::create_dir(project.path(".git")).unwrap();
    fs::rename(project.path("layers.toml"), project.path("sub/layers.toml")).unwrap();
    fs::rename(project.path("layers"), project.path("sub/layers")).unwrap();
    symlink("state", project.path("link")).unwrap();
    fs::create_dir(project.path("state")).unwrap();
    for folder in ["state", "state/new", "link", "sub/../state", "."] {
        let named = project.path(folder);
        let run = project.finish({
            let mut command = project.command(&["-m", "sub/layers.toml", "plan"]);
            command.env("LLS_STATE_DIR", &named);
            command
        });
        let shown = run
            .to_string()
            .replace(&format!("[project]/{folder}"), "[state]");
        expect![[r#"
            --- stderr
            error: LLS_STATE_DIR is `[state]`, which is inside the repository `[project]`
            hint: use a folder that is outside the repository and not in any CI cache: anyone who can read or write its key can forge what `lls` trusts
            --- exit status 1
        "#]]
        .assert_eq(&shown);
    }
    assert_eq!(fs::read_dir(project.path("state")).unwrap().count(), 0);
}

/// Where the user keeps state in the repository, nothing is said and nothing is believed.
#[test]
fn a_folder_of_the_user_that_is_in_the_repository_gets_no_key() {
    let project = Project::hello().variable("LLS_STATE_DIR", "");
    let home = project.path("");
    let project = project.variable("XDG_STATE_HOME", home);
    for _ in 0..2 {
        assert!(builds(&project.succeed(&["build"])));
    }
    assert!(!project.path("lls").exists());
    let run = project.succeed(&["build", "--debug"]);
    run.assert_stderr(&["the state folder is in the repository"]);
}

#[test]
fn a_key_that_others_may_know_is_not_used_and_this_is_said() {
    let project = Project::hello().fresh_state();
    project.succeed(&["build"]);
    let key = project.state_folder().join(KEY);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let run = project.succeed(&["build"]);
    let warning = "warning: the key `[outside]/state/note-key` is not used: other users can read or write it: remove `[outside]/state/note-key`: lls makes a new one\n";
    assert!(run.stderr.starts_with(warning), "{run}");
    assert!(builds(&run));
    // What its own notes say is believed within the run: what was planned is not built twice.
    let run = project.succeed(&["apply", "--yes"]);
    assert_eq!(run.stderr.matches("Built hello").count(), 1, "{run}");
    fs::remove_file(&key).unwrap();
    assert!(builds(&project.succeed(&["build"])));
    assert!(!builds(&project.succeed(&["build"])));
    project.assert_converged();
}

#[test]
fn without_a_place_for_the_key_everything_works_and_nothing_stored_is_believed() {
    let project = Project::hello().variable("LLS_STATE_DIR", "/proc/none/lls");
    for _ in 0..2 {
        let run = project.succeed(&["build"]);
        assert_eq!(run.stderr, "Built hello, 229 B\n");
    }
    let run = project.succeed(&["build", "--debug"]);
    run.assert_stderr(&["notes in caches are not trusted", "/proc/none/lls"]);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

#[test]
fn no_output_shows_the_key() {
    use base64::Engine as _;
    let project = Project::hello().fresh_state();
    let mut said = String::new();
    for arguments in [
        &["plan", "--debug"][..],
        &["build", "--debug", "--format", "json", "--explain"],
        &["apply", "--yes", "--debug", "--format", "json"],
        &["cache", "--format", "json", "--debug"],
        &["plan", "--debug", "--report", "html=report.html"],
    ] {
        let run = project.succeed(arguments);
        said += &format!("{}{}", run.stdout, run.stderr);
    }
    said += &project.read("report.html");
    let key = project.note_key();
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&key);
    for form in [
        hex::encode(&key),
        hex::encode_upper(&key),
        base64,
        format!("{key:?}"),
    ] {
        assert!(!said.contains(&form), "{said}");
    }
    let kept = walkdir::WalkDir::new(project.path(""));
    for file in kept
        .into_iter()
        .map(Result::unwrap)
        .filter(|file| file.file_type().is_file())
    {
        let bytes = fs::read(file.path()).unwrap();
        let has_key = bytes.windows(key.len()).any(|part| part == key);
        assert!(!has_key, "{}", file.path().display());
    }
}
