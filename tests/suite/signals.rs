//! SIGTERM and Ctrl-C end a command within bounds, whatever its threads compute or wait for.

use std::fs::File;
use std::io::{PipeReader, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::project::Project;

/// How soon a command must have ended: about a second, and what a busy machine adds.
const BOUND: Duration = Duration::from_secs(4);

/// What a pipe takes before writing to it blocks.
const PIPE: usize = 64 * 1024;

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.unwrap().success());
}

/// Waits until `is_so`.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for the end, which must come soon.
fn end_soon(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    let mut ended = None;
    wait_until("it does not end", || {
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    ended.unwrap()
}

/// Whether a process is in a system call on the file descriptor `fd`, where it waits.
pub fn waits_on(child: &Child, fd: u64) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    tasks.flatten().any(|task| {
        let call = std::fs::read_to_string(task.path().join("syscall")).unwrap_or_default();
        let mut words = call.split(' ');
        let write = if cfg!(target_arch = "x86_64") {
            "1"
        } else {
            "64"
        };
        words.next() == Some(write) && words.next() == Some(&format!("{fd:#x}"))
    })
}

/// A pipe into which no more than `room` bytes fit.
pub fn pipe_with_room(room: usize) -> (PipeReader, std::io::PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'-'; PIPE - room]).unwrap();
    (reader, writer)
}

fn temporary_files(project: &Project) -> usize {
    let files = walkdir::WalkDir::new(project.path(""))
        .into_iter()
        .flatten();
    let is_temporary = |name: &str| name.starts_with(".tmp-");
    files
        .filter(|file| file.file_name().to_str().is_some_and(is_temporary))
        .count()
}

/// A project with more bytes than are hashed in many seconds. They take no room on the disk.
fn enormous() -> Project {
    let project = Project::hello();
    for number in 0..200 {
        // One layer may not have more.
        let path = format!("layers/huge-{number}/huge-file");
        project.write(&path, "");
        project.extend_manifest(&format!(
            "[layers.huge-{number}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n"
        ));
        let file = File::options()
            .write(true)
            .open(project.path(&path))
            .unwrap();
        file.set_len(240 << 20).unwrap();
        assert!(file.metadata().unwrap().blocks() < 1000, "it takes room");
    }
    project
}

#[test]
fn hashing_enormous_files_is_interrupted() {
    for (command, name) in [("plan", "TERM"), ("build", "INT"), ("apply", "TERM")] {
        let project = enormous();
        let mut arguments = vec![command];
        arguments.extend((command == "apply").then_some("--yes"));
        let mut lls = project.command(&arguments);
        let mut child = lls
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let files = format!("/proc/{}/fd", child.id());
        wait_until("it reads none of them", || {
            let files = std::fs::read_dir(&files).unwrap().flatten();
            let mut open = files.filter_map(|file| std::fs::read_link(file.path()).ok());
            open.any(|path| path.to_string_lossy().contains("/huge-"))
        });
        signal(&child, name);
        let status = end_soon(&mut child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(status.code(), Some(1), "{command}: {status}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "error: interrupted: no registry was changed\n");
        assert_eq!(output.stdout, b"");
        assert_eq!(temporary_files(&project), 0);
    }
}

/// With `--format json` stdout carries one document, also where the command had no time to say so itself.
#[test]
fn an_interruption_is_a_document_where_one_is_asked_for() {
    let project = enormous();
    let mut lls = project.command(&["plan", "--format", "json"]);
    let mut child = lls
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(200));
    wait_until("it hears no signals", || hears_signals(&child));
    signal(&child, "TERM");
    end_soon(&mut child);
    let output = child.wait_with_output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = "interrupted: no registry was changed";
    assert_eq!(document["failures"][0], message, "{document}");
}

/// Whether SIGTERM does not just kill it.
fn hears_signals(child: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
    caught & (1 << 14) != 0
}

/// Nothing can be printed, neither a result nor why it ends.
#[test]
fn a_command_that_cannot_print_is_interrupted() {
    let project = Project::hello();
    let (_stdout_reader, stdout) = pipe_with_room(0);
    let (_stderr_reader, stderr) = pipe_with_room(0);
    let mut lls = project.command(&["plan"]);
    let mut child = lls.stdout(stdout).stderr(stderr).spawn().unwrap();
    wait_until("it does not wait", || {
        waits_on(&child, 1) || waits_on(&child, 2)
    });
    signal(&child, "TERM");
    assert_eq!(end_soon(&mut child).code(), Some(1));
}

/// A signal that comes before changes keeps them from being begun, though the command goes on where it was blocked.
#[test]
fn what_was_interrupted_before_changes_begins_none() {
    let project = Project::hello();
    let (mut reader, stdout) = pipe_with_room(0);
    let mut lls = project.command(&["apply", "--yes"]);
    let mut child = lls.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    drop(lls); // and with it the other end of the pipe
    wait_until("it does not print its plan", || waits_on(&child, 1));
    signal(&child, "TERM");
    thread::sleep(Duration::from_millis(200)); // within the time that it may take to end
    let mut printed = String::new();
    reader.read_to_string(&mut printed).unwrap();
    assert!(printed.contains("1 layer to create"), "{printed}");
    assert_eq!(end_soon(&mut child).code(), Some(1));
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "Built hello, 229 B\nerror: interrupted: no registry was changed\n"
    );
    assert!(!project.path("registry").exists());
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}

/// Changes were made, and nobody reads what was done: the first signal lets that be, the second ends it.
#[test]
fn a_second_signal_ends_whatever_is_blocked_after_changes() {
    let project = Project::hello();
    let plan = project.succeed(&["plan"]).stdout.len();
    let (_reader, stdout) = pipe_with_room(plan + 10);
    let mut lls = project.command(&["apply", "--yes"]);
    let mut child = lls.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("nothing is published", || {
        project.path("registry/hello/1.json").exists()
    });
    wait_until("it does not print what was done", || waits_on(&child, 1));
    signal(&child, "INT");
    thread::sleep(Duration::from_millis(1500));
    assert!(
        child.try_wait().unwrap().is_none(),
        "the first signal is waited out"
    );
    signal(&child, "INT");
    assert_eq!(end_soon(&mut child).code(), Some(1));
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("error: interrupted again, while changes were being made\n"),
        "{said}"
    );
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}
