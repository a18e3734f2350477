//! Signals and streams that close: what has begun is finished, nothing new is started, nothing wrong is left behind.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::signals::wait_until;
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

/// More layers than are worked on at a time.
const LAYERS: usize = 20;

/// A project with [`LAYERS`] layers in `api`.
fn many_layers(api: &LambdaApi) -> Project {
    let project = Project::hello_in(api);
    let mut manifest = "[targets.aws]\n\n[defaults]\nruntimes = [\"python3.12\"]\n".to_owned();
    for number in 10..10 + LAYERS {
        manifest += &format!("\n[layers.layer-{number}]\ndescription = \"v1.0.0\"\n");
        manifest += "permission = \"my-account\"\n";
        project.write(&format!("layers/layer-{number}/x.txt"), "x");
    }
    project.manifest(&manifest)
}

/// `lls` at work, with what it says on stderr.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command(arguments);
        let pipes = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr }
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.unwrap().success());
    }

    /// Waits until it says a line that begins so.
    fn wait_for(&mut self, beginning: &str) {
        let mut lines = self.stderr.by_ref().lines().map(Result::unwrap);
        assert!(
            lines.any(|line| line.starts_with(beginning)),
            "it never says `{beginning}`"
        );
    }

    /// Waits for its end: the exit status, stdout and the rest of stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let pipe = self.child.stdout.take();
        pipe.map(|mut pipe| pipe.read_to_string(&mut stdout));
        self.stderr.read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code(), stdout, stderr)
    }
}

/// Holds calls of `operation` back until the semaphore is closed.
fn hold(api: &LambdaApi, operation: &'static str) -> Arc<Semaphore> {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    api.inject(move |_, called| {
        (called == operation).then(|| Fault::HeldBefore(Arc::clone(&held)))
    });
    gate
}

/// Waits until `operation` is called.
fn wait_for_call(api: &LambdaApi, operation: &str) {
    while api.calls().iter().all(|call| call.operation != operation) {
        thread::sleep(Duration::from_millis(5));
    }
}

/// Applies again, and asserts that every layer then has one version.
fn assert_heals(api: &LambdaApi, project: &Project) {
    api.inject(|_, _| None);
    project.succeed(&["apply"]);
    project.assert_converged();
    for number in 10..10 + LAYERS {
        let layer = format!("layer-{number}");
        assert_eq!(api.versions("us-east-1", &layer).len(), 1, "{layer}");
    }
}

#[test]
fn what_has_begun_is_finished_and_the_rest_not_started() {
    for signal in ["INT", "TERM"] {
        let api = LambdaApi::start();
        let project = many_layers(&api);
        let gate = hold(&api, "PublishLayerVersion");
        let mut running = Running::start(&project, &["apply"]);
        wait_for_call(&api, "PublishLayerVersion");
        running.signal(signal);
        running.wait_for("Interrupted: finishing the current steps");
        gate.close();
        let (status, stdout, stderr) = running.end();
        assert_eq!(status, Some(1), "{stdout}{stderr}");

        let published = stdout.matches("published as :1\n").count();
        let not_started = stdout.matches("   not started\n").count();
        assert_eq!(published + not_started, LAYERS, "{stdout}");
        assert!(published > 0 && not_started > 0, "{stdout}");
        let count = format!("0 unchanged, {not_started} not started.\n");
        assert!(stdout.ends_with(&count), "{stdout}");
        let granted = stdout.matches("        granted account").count();
        assert_eq!(granted, published, "{stdout}");
        let calls = api.mutating_calls();
        assert_eq!(calls.len(), 2 * published, "{calls:?}");
        assert_heals(&api, &project);
    }
}

#[test]
fn an_interrupted_prune_deletes_nothing_more() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    for minor in 0..12 {
        project.write("layers/hello/hello.py", format!("VERSION = {minor}\n"));
        project.succeed(&["apply"]);
        project.edit_manifest(&format!("v1.{minor}.0"), &format!("v1.{}.0", minor + 1));
    }
    let gate = hold(&api, "DeleteLayerVersion");
    let arguments = ["prune", "--keep", "1", "--keep-days", "0", "--yes"];
    let mut running = Running::start(&project, &arguments);
    wait_for_call(&api, "DeleteLayerVersion");
    running.signal("TERM");
    running.wait_for("Interrupted: finishing the current steps");
    gate.close();
    let (status, stdout, stderr) = running.end();
    assert_eq!(status, Some(1), "{stderr}");
    let deleted = stdout.matches("  deleted in us-east-1\n").count();
    let not_started = stdout.matches("  not started in us-east-1\n").count();
    assert!(deleted > 0 && not_started > 0, "{stdout}");
    assert_eq!(deleted + not_started, 11, "{stdout}");
    assert_eq!(api.versions("us-east-1", "hello").len(), 1 + not_started);
}

#[test]
fn a_second_signal_stops_at_once() {
    let api = LambdaApi::start();
    let project = many_layers(&api);
    let gate = hold(&api, "AddLayerVersionPermission");
    let mut running = Running::start(&project, &["apply"]);
    wait_for_call(&api, "PublishLayerVersion");
    running.signal("INT");
    running.wait_for("Interrupted: finishing the current steps");
    running.signal("INT");
    let (status, stdout, stderr) = running.end();
    assert_eq!(status, Some(1));
    assert!(!stdout.contains("Applied:"), "{stdout}");
    let message = "error: interrupted again, while changes were being made\n\
                   hint: run the command again: it continues where this run stopped\n";
    assert!(stderr.ends_with(message), "{stderr}");
    gate.close();
    assert_heals(&api, &project);
}

/// Holds the lock of `hello` in the project's registry, as another process does, until it is dropped.
fn hold_lock(project: &Project) -> File {
    let path = project.path("registry/hello/.lock");
    let lock = File::options().write(true).open(path).unwrap();
    lock.lock().unwrap();
    lock
}

/// A project whose registry is a folder in which the lock of `hello` is held.
fn with_held_lock() -> (Project, File) {
    let project = Project::hello();
    project.write("registry/hello/.lock", "");
    let lock = hold_lock(&project);
    (project, lock)
}

#[test]
fn a_publish_that_waits_for_another_process_is_not_started() {
    for signal in ["INT", "TERM"] {
        let (project, lock) = with_held_lock();
        let mut running = Running::start(&project, &["apply"]);
        running.wait_for("Waiting for another process that holds registry/hello/.lock");
        running.signal(signal);
        let (status, stdout, stderr) = running.end();
        let message =
            "Interrupted: finishing the current steps; interrupt again to stop immediately\n";
        assert_eq!((status, stderr.as_str()), (Some(1), message), "{stdout}");
        assert!(stdout.contains("hello v1.0.0   not started\n"), "{stdout}");
        drop(lock);
        assert!(!project.path("registry/hello/1.json").exists());
        project.succeed(&["apply"]);
        project.assert_converged();
    }
}

#[test]
fn a_deletion_that_waits_for_another_process_is_not_started() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    let lock = hold_lock(&project);
    let mut running = Running::start(&project, &["delete", "hello:1", "--yes"]);
    running.wait_for("Waiting for another process");
    running.signal("INT");
    let (status, stdout, _) = running.end();
    assert_eq!(status, Some(1), "{stdout}");
    assert!(stdout.contains("not started"), "{stdout}");
    drop(lock);
    project.assert_converged();
}

#[test]
fn a_grant_that_waits_for_another_process_ends_with_the_second_signal() {
    let project = Project::hello();
    project.edit_manifest("permission = \"my-account\"\n", "permission = \"none\"\n");
    project.succeed(&["apply"]);
    project.edit_manifest("\"none\"", "\"my-account\"");
    let lock = hold_lock(&project);
    let mut running = Running::start(&project, &["apply"]);
    running.wait_for("Waiting for another process");
    running.signal("INT");
    running.wait_for("Interrupted: finishing the current steps");
    running.signal("TERM");
    let (status, _, stderr) = running.end();
    assert_eq!(status, Some(1));
    assert!(stderr.starts_with("error: interrupted again"), "{stderr}");
    drop(lock);
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn a_publish_that_waited_for_another_process_goes_on_after_it() {
    let (project, lock) = with_held_lock();
    let mut running = Running::start(&project, &["apply"]);
    running.wait_for("Waiting for another process");
    drop(lock);
    let (status, stdout, _) = running.end();
    assert_eq!(status, Some(0), "{stdout}");
    project.assert_converged();
}

#[test]
fn a_plan_is_interrupted_at_once() {
    for (operation, command) in [
        ("ListLayerVersions", "plan"),
        ("ListLayerVersions", "apply"),
        ("GetCallerIdentity", "plan"),
        ("ListLayers", "list"),
    ] {
        let api = LambdaApi::start();
        let project = Project::hello_in(&api);
        let gate = hold(&api, operation);
        let running = Running::start(&project, &[command]);
        wait_for_call(&api, operation);
        running.signal("INT");
        let (status, stdout, stderr) = running.end();
        assert_eq!((status, stdout.as_str()), (Some(1), ""));
        assert_eq!(stderr, "error: interrupted: no registry was changed\n");
        assert!(api.mutating_calls().is_empty());
        gate.close();
    }
}

#[test]
fn uv_ends_with_an_interrupted_lock() {
    let index = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    index.set_nonblocking(true).unwrap();
    let address = format!("http://{}/simple", index.local_addr().unwrap());
    let old = format!("# lls lock 1, made from inputs sha256:{}\n", "0".repeat(64));
    let project = Project::hello()
        .file("layers/hello/requirements.txt", "six\n")
        .file("layers/hello/requirements.lock", &old)
        .variable("UV_DEFAULT_INDEX", &address)
        .variable("UV_NO_CACHE", "1");
    for command in ["lock", "plan"] {
        let mut running = Running::start(&project, &[command]);
        let mut connection = loop {
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none(), "{}", running.end().2);
            match index.accept() {
                Ok((connection, _)) => break connection,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            thread::sleep(Duration::from_millis(5));
        };
        running.signal("TERM");
        let (status, stdout, stderr) = running.end();
        assert_eq!((status, stdout.as_str()), (Some(1), ""), "{stderr}");
        let message = "error: interrupted: no registry was changed\n";
        assert!(stderr.ends_with(message), "{stderr}");
        // The connection ends only with uv.
        connection.set_nonblocking(false).unwrap();
        let patience = Some(Duration::from_secs(10));
        connection.set_read_timeout(patience).unwrap();
        let mut request = Vec::new();
        let ended = connection.read_to_end(&mut request);
        let goes_on = ended.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        assert!(!goes_on, "uv goes on");
        assert!(request.starts_with(b"GET /simple/six/"));
        assert_eq!(project.read("layers/hello/requirements.lock"), old);
        let left = std::fs::read_dir(project.path("layers/hello")).unwrap();
        assert_eq!(left.count(), 3, "no temporary file is left");
    }
}

/// What uv has started, such as Git or the build of a package, ends with it.
#[test]
fn what_uv_has_started_ends_with_an_interrupted_lock() {
    for name in ["TERM", "INT"] {
        let script = "case \"$*\" in *compile*) sleep 600 & echo $! > started.new; mv started.new started; wait;; *) echo uv 0.9.0;; esac\n";
        let project = Project::app("six\n");
        let started = project.path("started").display().to_string();
        let project = project.uv_script(&script.replace("started", &started));
        let running = Running::start(&project, &["lock"]);
        wait_until("uv starts nothing", || project.path("started").exists());
        let process = PathBuf::from("/proc").join(project.read("started").trim());
        let is_running = || {
            // One that has ended and that nobody has waited for has no program any more.
            process.join("exe").read_link().is_ok()
        };
        assert!(is_running());
        running.signal(name);
        let (status, _, stderr) = running.end();
        assert_eq!(status, Some(1), "{stderr}");
        wait_until("it goes on", || !is_running());
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let project = Project::hello();
    for (arguments, status) in [(["apply", "-q"], 0), (["plan", "--detailed-exitcode"], 0)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = project.command(&arguments);
        let output = command.stdout(writer).stderr(Stdio::piped()).output();
        let output = output.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.code(), Some(status));
    }
    project.assert_converged();
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let project = Project::hello();
    let mut command = project.command(&["validate"]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: cannot write the result to stdout\n  \
         caused by: No space left on device\n\
         hint: free space where stdout is written to, and run the command again\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

/// A signal to the process group of `lls` can end a child that has just been started and is still in that group.
#[test]
fn the_end_of_a_child_by_the_same_signal_is_not_the_reason() {
    for signal in ["INT", "TERM"] {
        let script = format!("#!/bin/sh\nkill -s {signal} $PPID $$\n");
        let run = Project::app("alpha\n").uv_script(&script).fail(&["lock"]);
        assert_eq!(run.stderr, "error: interrupted: no registry was changed\n");
    }
}
