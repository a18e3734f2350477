//! Runs `lls` under watch: it must end in time, within a bound of memory and, where it is told to stop, soon.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

/// The most memory of its own that `lls` may have, in kilobytes. Files that it maps do not count.
const MEMORY: u64 = 600_000;
/// How soon a signal must be heard.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(3);

/// How long a command may run, and whether it is told to stop before.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// When it must be over.
    pub deadline: Duration,
    /// When it gets SIGTERM.
    pub stopped_after: Option<Duration>,
}

/// What a command came to.
pub struct Watched {
    /// Its exit status; `None` where it was killed.
    pub status: Option<i32>,
    /// What it printed as its result.
    pub stdout: Vec<u8>,
    /// What it said on the way.
    pub stderr: Vec<u8>,
    /// The bound that it broke.
    pub broke: Option<String>,
}

/// Runs a command to its end, or until it breaks a bound, and then kills it with all that it started.
pub fn watch(mut command: Command, bounds: Bounds) -> Watched {
    let streams = || tempfile::tempfile().expect("a temporary file can be made");
    let (stdout, stderr) = (streams(), streams());
    let copy = |file: &File| file.try_clone().expect("it is open");
    command.stdout(copy(&stdout)).stderr(copy(&stderr));
    let mut child = command.process_group(0).spawn().expect("lls can be run");
    let (status, broke) = wait(&mut child, bounds);
    Watched {
        status,
        stdout: content(stdout),
        stderr: content(stderr),
        broke,
    }
}

fn wait(child: &mut Child, bounds: Bounds) -> (Option<i32>, Option<String>) {
    let start = Instant::now();
    let mut stopped = None;
    loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            return (status.code(), None);
        }
        if let Some(broke) = broken(
            child,
            start.elapsed(),
            stopped.map(|at: Instant| at.elapsed()),
            bounds,
        ) {
            signal("KILL", child);
            let _ = child.wait();
            return (None, Some(broke));
        }
        if stopped.is_none()
            && bounds
                .stopped_after
                .is_some_and(|after| start.elapsed() >= after)
        {
            signal("TERM", child);
            stopped = Some(Instant::now());
        }
        thread::sleep(PAUSE);
    }
}

fn broken(
    child: &Child,
    ran: Duration,
    stopping: Option<Duration>,
    bounds: Bounds,
) -> Option<String> {
    if ran > bounds.deadline {
        return Some(format!("it runs longer than {:?}", bounds.deadline));
    }
    if stopping.is_some_and(|stopping| stopping > PATIENCE) {
        return Some(format!("it does not hear SIGTERM for {PATIENCE:?}"));
    }
    let memory = memory_of(child).filter(|kilobytes| *kilobytes > MEMORY)?;
    Some(format!("it takes {memory} kB of memory"))
}

/// The memory of a process that no file stands behind, where the system tells it.
fn memory_of(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Sends a signal: SIGTERM as a runner does to `lls`, SIGKILL to all that it started.
fn signal(name: &str, child: &Child) {
    let group = if name == "KILL" { "-" } else { "" };
    let kill = format!("kill -{name} {group}{}", child.id());
    // It may just have ended.
    let _ = Command::new("sh")
        .args(["-c", &kill])
        .stderr(std::process::Stdio::null())
        .status();
}

fn content(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind()
        .and_then(|()| file.read_to_end(&mut bytes))
        .expect("it can be read");
    bytes
}

#[test]
fn bounds_are_held() {
    let sleeping = |seconds: u64, stopped_after| {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; sleep 30 & sleep 30"]);
        let deadline = Duration::from_secs(seconds);
        let watched = watch(
            command,
            Bounds {
                deadline,
                stopped_after,
            },
        );
        watched.broke.unwrap()
    };
    assert_eq!(sleeping(1, None), "it runs longer than 1s");
    let term = Some(Duration::from_millis(200));
    assert_eq!(sleeping(20, term), "it does not hear SIGTERM for 3s");
    let mut command = Command::new("python3");
    command.args(["-c", "print('x', flush=True); x = b'x' * 10**9; input()"]);
    let deadline = Duration::from_secs(20);
    let watched = watch(
        command,
        Bounds {
            deadline,
            stopped_after: None,
        },
    );
    assert!(watched.broke.unwrap().ends_with("kB of memory"));
    assert_eq!(watched.stdout, b"x\n");
}
