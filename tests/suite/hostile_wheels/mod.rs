//! Wheels that no honest tool makes, each refused by name; and honest oddities, which are not.

mod archives;
mod built;
pub mod forge;
mod honest;
#[cfg(target_os = "linux")]
mod memory;
mod metadata;
mod names;

use std::sync::LazyLock;

use expect_test::expect_file;
use lls::ecosystem::python::wheel::WheelLayout;

use forge::{Entry, Forge, deflated, stored};

/// A hostile wheel and what it is called.
pub type Case = (&'static str, Vec<u8>);

/// The most bytes that a message may have: two paths of 4096 bytes, and some words.
const LONGEST_MESSAGE: usize = 9000;

const INFO: &str = "p-1.0.dist-info";
const METADATA: &str = "Metadata-Version: 2.1\nName: p\nVersion: 1.0\n";
const WHEEL: &str =
    "Wheel-Version: 1.0\nGenerator: forge\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
const RECORD: &str = "p/__init__.py,,\np-1.0.dist-info/METADATA,,\np-1.0.dist-info/WHEEL,,\np-1.0.dist-info/RECORD,,\n";

/// A wheel of `p 1.0` in which nothing is wrong; its entry 0 is a module.
fn sound() -> Forge {
    Forge {
        entries: vec![
            deflated("p/__init__.py", "x = 1\n".repeat(20)),
            stored(format!("{INFO}/METADATA"), METADATA),
            stored(format!("{INFO}/WHEEL"), WHEEL),
            stored(format!("{INFO}/RECORD"), RECORD),
        ],
        ..Forge::default()
    }
}

/// A sound wheel with more entries.
fn adding(entries: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    forged(|forge| forge.entries.extend(entries))
}

/// A sound wheel with a change.
fn forged(edit: impl FnOnce(&mut Forge)) -> Vec<u8> {
    let mut forge = sound();
    edit(&mut forge);
    forge.bytes()
}

/// A sound wheel with a change in its first entry.
fn first(edit: impl FnOnce(&mut Entry)) -> Vec<u8> {
    forged(|forge| edit(&mut forge.entries[0]))
}

/// What the reader says of a wheel of `p 1.0`, with everything below it.
fn verdict(bytes: &[u8]) -> Result<(), String> {
    match WheelLayout::read(bytes, &"p".parse().unwrap(), "1.0") {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Every hostile wheel, forged once.
static ALL: LazyLock<Vec<Case>> =
    LazyLock::new(|| [names::cases(), archives::cases(), metadata::cases()].concat());

#[test]
fn every_hostile_wheel_is_refused_by_its_rule() {
    let mut table = String::new();
    for (name, bytes) in ALL.iter() {
        let message = verdict(bytes).expect_err(name);
        assert!(message.len() < LONGEST_MESSAGE, "{name}");
        let message: String = message.chars().take(200).collect();
        table.push_str(&format!("{name}: {message}\n"));
    }
    expect_file!["refused.txt"].assert_eq(&table);
}

#[test]
fn every_part_of_a_sound_wheel_is_refused() {
    let bytes = sound().bytes();
    verdict(&bytes).unwrap();
    for length in 0..bytes.len() {
        assert!(verdict(&bytes[..length]).is_err(), "{length} bytes");
        assert!(
            verdict(&bytes[length + 1..]).is_err(),
            "without {length} bytes"
        );
    }
}

#[test]
fn no_changed_byte_makes_the_reader_panic() {
    let bytes = sound().bytes();
    for index in 0..bytes.len() {
        for value in [
            0,
            1,
            0x7f,
            0x80,
            0xff,
            bytes[index] ^ 1,
            bytes[index] ^ 0x20,
        ] {
            let mut changed = bytes.clone();
            changed[index] = value;
            if let Ok(entries) = lls::archive::read_entries(&changed) {
                entries.iter().for_each(|entry| drop(entry.verify()));
            }
            drop(verdict(&changed));
        }
    }
}

/// Streams are copied, not inflated, so what is in them shows only where they are read.
#[test]
fn a_lying_stream_is_noticed_where_it_is_read() {
    let lying = |text: &str| {
        first(|entry| {
            let stream = forge::deflate(text.as_bytes());
            let size = stream.len() as u32;
            *entry = entry.clone().both(|fields| fields.compressed = size);
            entry.data = stream;
        })
    };
    let line = "x = 1\n";
    let streams = [
        line.repeat(19),
        line.repeat(21),
        line.repeat(2000),
        "y = 1\n".repeat(20),
    ];
    for bytes in streams.map(|text| lying(&text)) {
        verdict(&bytes).unwrap();
        let entries = lls::archive::read_entries(&bytes).unwrap();
        let message = "the entry `p/__init__.py` does not unpack to the size and checksum that its header claims";
        assert_eq!(entries[0].verify().unwrap_err().to_string(), message);
        assert_eq!(entries[0].unpack().unwrap_err().to_string(), message);
        assert!(entries[1..].iter().all(|entry| entry.verify().is_ok()));
    }
}
