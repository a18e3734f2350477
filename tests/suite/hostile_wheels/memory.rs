//! Bombs cost their reader little memory: a child reads them all, and tells its peak.

use std::process::Command;

use super::{ALL, verdict};

/// The test binary itself has a few megabytes; the largest bomb would take 16 EiB.
const LIMIT: u64 = 160 << 20;

#[test]
fn bombs_cost_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    for (index, (_, bytes)) in ALL.iter().enumerate() {
        std::fs::write(folder.path().join(index.to_string()), bytes).unwrap();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "hostile_wheels::memory::read_bombs",
        ])
        .env("BOMBS", folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let peak = text
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak * 1024 < LIMIT, "the reader took {peak} kB");
}

#[test]
fn read_bombs() {
    // Only as a child of the test above.
    let Some(folder) = std::env::var_os("BOMBS") else {
        return;
    };
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(verdict(&bytes).is_err());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    println!("\n{peak}");
}
