//! A wheel that is accepted is read alike by other readers, stays inside its folder and its bounds, unpacks to what it
//! claims, and gets a `RECORD` that lists what is there.

#![no_main]

mod other_readers;
mod repair;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use lls::archive::{EntryPath, MAX_UNPACKED, ReadEntry, read_entries};
use lls::ecosystem::python::wheel::WheelLayout;
use lls::ecosystem::{Inventory, Placement};
use lls::layer::PackageName;

/// Larger entries are not unpacked here: it would only test the decompressor's speed.
const UNPACKED_HERE: u64 = 1 << 20;

static PACKAGE: LazyLock<PackageName> = LazyLock::new(|| "demo".parse().expect("a name"));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entries) = read_entries(bytes) {
        other_readers::check(bytes, &entries);
    }
    let Ok(wheel) = WheelLayout::read(bytes, &PACKAGE, "1.0") else {
        return;
    };
    let entries = || {
        let placed = wheel.placements.iter().map(|placement| &placement.entry);
        placed.chain([&wheel.inventory])
    };
    let claimed: u64 = entries().map(|entry| entry.size).sum();
    assert!(claimed <= MAX_UNPACKED);
    let mut seen = BTreeSet::new();
    for entry in entries() {
        assert!(seen.insert(&entry.path), "{} twice", entry.path);
        check_path(&entry.path);
        check_unpacking(entry);
    }
    for placement in &wheel.placements {
        check_path(placement.path());
    }
    if claimed > UNPACKED_HERE {
        return;
    }
    let all: BTreeSet<_> = wheel.placements.iter().map(Placement::path).collect();
    let some = all.iter().copied().step_by(2).collect();
    for kept in [&all, &some, &BTreeSet::new()] {
        check_record(&wheel, kept);
    }
});

// Nearly every changed byte breaks a checksum or a length. Three of four inputs get those set right again, so that
// what lies behind these checks is reached too.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    if !seed.is_multiple_of(4) {
        repair::repair(&mut data[..size], seed / 4);
    }
    size
});

fn check_path(path: &EntryPath) {
    let text = path.as_str();
    assert!(
        !text.starts_with('/') && !text.contains(['\\', '\0']),
        "{text:?}"
    );
    assert!(
        text.split('/').all(|part| !matches!(part, "" | "." | "..")),
        "{text:?}"
    );
}

fn check_unpacking(entry: &ReadEntry<'_>) {
    if entry.size > UNPACKED_HERE {
        return;
    }
    let unpacked = entry.unpack();
    assert_eq!(entry.verify().is_ok(), unpacked.is_ok());
    if let Ok(bytes) = unpacked {
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        assert_eq!((bytes.len() as u64, crc.sum()), (entry.size, entry.crc32));
    }
}

fn check_record(wheel: &WheelLayout<'_>, kept: &BTreeSet<&EntryPath>) {
    let Ok(record) = wheel.describing(|placement| kept.contains(placement.path())) else {
        return;
    };
    let bytes = match record {
        Inventory::Untouched => wheel.inventory.unpack().expect("it was read before"),
        Inventory::Rewritten(bytes) => bytes,
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes.as_slice());
    let rows: Vec<_> = reader
        .records()
        .map(|row| row.expect("a row")[0].to_owned())
        .collect();
    let listed: BTreeSet<_> = rows.iter().map(String::as_str).collect();
    for path in kept {
        assert!(listed.contains(path.as_str()), "{path} is not in RECORD");
    }
    let record_path = wheel.inventory.path.as_str();
    for path in listed {
        let is_there = path == record_path || kept.iter().any(|kept| kept.as_str() == path);
        assert!(is_there, "{path:?} is only in RECORD");
    }
}
