//! How long a child may take, how much memory, and how much it may print: what it reads or runs may have no end.

use std::io;
use std::process::ExitStatus;
use std::process::Output;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The most memory that a child may take, in bytes: for uv, a page with 100,000 files takes a tenth of it.
pub const MOST_MEMORY: u64 = 2 << 30;

/// The most bytes that code of a layer may print to a stream while it is imported.
pub(super) const MOST_IMPORT_OUTPUT: u64 = 4 << 20;

/// How often it is looked at. In this time no server sends much more than may be taken.
const INTERVAL: Duration = Duration::from_millis(100);

/// What a child took too much of. It has been ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// Time: it had so long.
    Time(Duration),
    /// Memory.
    Memory,
    /// Output.
    Output,
}

/// Why a child has not come to its end.
#[derive(Debug)]
pub enum Unfinished {
    /// It could not be started, or watched.
    Failed(io::Error),
    /// It took too much.
    Exceeded(Exceeded),
}

impl From<io::Error> for Unfinished {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// What a child prints to two streams, at most `most` bytes to each, until it exits and both are closed.
pub(super) async fn output(
    exit: impl Future<Output = Result<ExitStatus, Unfinished>>,
    stdout: Option<impl AsyncRead + Unpin>,
    stderr: Option<impl AsyncRead + Unpin>,
    most: u64,
) -> Result<Output, Unfinished> {
    let (status, stdout, stderr) = tokio::try_join!(exit, read(stdout, most), read(stderr, most))?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

async fn read(stream: Option<impl AsyncRead + Unpin>, most: u64) -> Result<Vec<u8>, Unfinished> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(most + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > most {
        Err(Unfinished::Exceeded(Exceeded::Output))
    } else {
        Ok(bytes)
    }
}

/// Waits until a process takes more memory than it may.
pub(super) async fn too_large(process: Option<u32>) {
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
    use crate::process::{Launcher, Purpose};

    #[tokio::test]
    async fn what_does_not_end_is_ended() {
        let launcher = Launcher::new(std::env::vars_os());
        let child = |name: &str| {
            let program = launcher.find(name).unwrap();
            launcher.child(&program, Purpose::InstallUv).unwrap()
        };
        let short = Duration::from_millis(5);
        let mut sleeping = child("sh");
        sleeping.arg("-c").arg("exec sleep 600");
        let outcome = sleeping.output_within(short).await;
        let late = |why| matches!(why, Unfinished::Exceeded(Exceeded::Time(time)) if time == short);
        assert!(late(outcome.unwrap_err()));
        let mut printing = launcher
            .child(&launcher.find("sh").unwrap(), Purpose::Import)
            .unwrap();
        printing.arg("-c").arg("while :; do echo y; done");
        let outcome = printing.output_within(Duration::from_mins(10)).await;
        let too_much = |why| matches!(why, Unfinished::Exceeded(Exceeded::Output));
        assert!(too_much(outcome.unwrap_err()));
        // What is left running holds neither the streams nor the run.
        let mut leaving = launcher
            .child(&launcher.find("sh").unwrap(), Purpose::Import)
            .unwrap();
        leaving.arg("-c").arg("sleep 600 & echo done");
        let outcome = leaving.output_within(Duration::from_mins(1)).await;
        assert_eq!(outcome.unwrap().stdout, b"done\n");
        let outcome = child("true").output_within(Duration::from_mins(1)).await;
        assert!(outcome.unwrap().status.success());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_told() {
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let memory = memory(std::process::id()).unwrap();
        assert!(memory > block.len() as u64, "{memory}");
    }
}
