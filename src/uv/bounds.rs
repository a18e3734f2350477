//! How long a search by uv may take, and how much memory: uv reads pages without end, has no bound on the time of one that
//! comes slowly, and ponders 100,000 versions that do not suit for minutes.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::UvError;

/// The most memory that a run of uv may take, in bytes: a page with 100,000 files takes a tenth of it.
pub(super) const MOST_MEMORY: u64 = 2 << 30;

/// How often it is looked at. In this time no server sends much more than may be taken.
const INTERVAL: Duration = Duration::from_millis(100);

/// Runs uv to its end, or ends it. `None` where it could not be started.
pub(super) async fn bounded_output(
    command: &mut Command,
    longest: Duration,
) -> std::io::Result<Result<Output, UvError>> {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let process = child.id();
    tokio::select! {
        output = child.wait_with_output() => output.map(Ok),
        () = tokio::time::sleep(longest) => Ok(Err(UvError::Late(longest))),
        () = too_large(process) => Ok(Err(UvError::Memory)),
    }
}

/// Waits until a process takes more memory than it may.
async fn too_large(process: Option<u32>) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        interval.tick().await;
        let memory = process.and_then(memory).unwrap_or_default();
        if memory > MOST_MEMORY {
            return;
        }
    }
}

/// How much memory a process takes, in bytes, where the system tells (`proc_pid_status(5)` of Linux).
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_end_is_ended() {
        let short = Duration::from_millis(5);
        let mut command = Command::new("sleep");
        let outcome = bounded_output(command.arg("600"), short).await;
        assert!(matches!(outcome.unwrap(), Err(UvError::Late(_))));
        let outcome = bounded_output(&mut Command::new("true"), Duration::from_mins(1)).await;
        assert!(outcome.unwrap().unwrap().status.success());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_told() {
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let memory = memory(std::process::id()).unwrap();
        assert!(memory > block.len() as u64, "{memory}");
    }
}
