//! How long a child may take, and how much memory: what it reads may have no end.

use std::time::Duration;

/// The most memory that a child may take, in bytes: for uv, a page with 100,000 files takes a tenth of it.
pub const MOST_MEMORY: u64 = 2 << 30;

/// How often it is looked at. In this time no server sends much more than may be taken.
const INTERVAL: Duration = Duration::from_millis(100);

/// What a child took too much of. It has been ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// Time: it had so long.
    Time(Duration),
    /// Memory.
    Memory,
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
        let outcome = sleeping.output_within(short).await.unwrap();
        assert_eq!(outcome.unwrap_err(), Exceeded::Time(short));
        let outcome = child("true").output_within(Duration::from_mins(1)).await;
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
