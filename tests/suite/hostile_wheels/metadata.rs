//! Wheels that are sound archives, but whose metadata are not those of a wheel of `p 1.0`.

use super::forge::{Forge, deflate, stored};
use super::{Case, INFO, METADATA, RECORD, WHEEL, adding, forged};

/// A wheel whose file of metadata (1 `METADATA`, 2 `WHEEL`, 3 `RECORD`) has another text.
fn with(index: usize, text: impl AsRef<[u8]>) -> Vec<u8> {
    forged(|forge| {
        let name = forge.entries[index].central.name.clone();
        forge.entries[index] = stored(name, text);
    })
}

fn without(index: usize) -> Vec<u8> {
    forged(|forge| drop(forge.entries.remove(index)))
}

/// A wheel whose folder of metadata has another name.
fn info(folder: &str) -> Vec<u8> {
    let entries = [("METADATA", METADATA), ("WHEEL", WHEEL), ("RECORD", "")];
    let entries = entries.map(|(file, text)| stored(format!("{folder}/{file}"), text));
    Forge {
        entries: entries.into(),
        ..Forge::default()
    }
    .bytes()
}

fn record(line: &str) -> Vec<u8> {
    with(3, format!("{RECORD}{line}\n"))
}

pub fn cases() -> Vec<Case> {
    [folders(), texts(), records(), contents()].concat()
}

#[rustfmt::skip]
fn folders() -> Vec<Case> {
    vec![
        ("no entries", Forge::default().bytes()),
        ("no .dist-info", info("p")),
        ("two .dist-info", adding([stored("q-1.0.dist-info/METADATA", "")])),
        ("two spellings of .dist-info", adding([stored("p-1.0.0.dist-info/METADATA", "")])),
        (".dist-info of another package", info("q-1.0.dist-info")),
        (".dist-info of another version", info("p-1.0.1.dist-info")),
        (".dist-info of a later build of the version", info("p-1.0.post1.dist-info")),
        (".dist-info of another epoch", info("p-1!1.0.dist-info")),
        (".dist-info without a version", info("p.dist-info")),
        (".dist-info without a name", info(".dist-info")),
        (".data of another package", adding([stored("q-1.0.data/purelib/evil", "")])),
        (".data of another version", adding([stored("p-1.0.0.data/purelib/evil", "")])),
        (".data with an unknown folder", adding([stored("p-1.0.data/evil/x", "")])),
        (".data with a file", adding([stored("p-1.0.data/evil", "")])),
        ("no METADATA", without(1)),
        ("no WHEEL", without(2)),
        ("no RECORD", without(3)),
    ]
}

#[rustfmt::skip]
fn texts() -> Vec<Case> {
    vec![
        ("METADATA of another package", with(1, METADATA.replace("Name: p", "Name: q"))),
        ("METADATA of another version", with(1, METADATA.replace("1.0\n", "2.0\n"))),
        ("METADATA without a name", with(1, METADATA.replace("Name", "Title"))),
        ("METADATA with a name in its text", with(1, METADATA.replace("Name", "\nName"))),
        ("METADATA with two versions", with(1, format!("{METADATA}Version: 2.0\n"))),
        ("empty METADATA", with(1, "")),
        ("WHEEL of version 2", with(2, WHEEL.replace("1.0", "2.0"))),
        ("WHEEL of version 10", with(2, WHEEL.replace("1.0", "10.0"))),
        ("WHEEL of no version", with(2, WHEEL.replace("1.0", "one"))),
        ("WHEEL of a version in words", with(2, WHEEL.replace("1.0", "1.x"))),
        ("WHEEL without a version", with(2, WHEEL.replace("Wheel-Version", "Version"))),
        ("WHEEL with two versions", with(2, format!("Wheel-Version: 2.0\n{WHEEL}"))),
        ("binary WHEEL", with(2, [0, 159, 146, 150])),
        ("WHEEL of an endless version", with(2, WHEEL.replace("1.0", &"9".repeat(1 << 20)))),
        ("METADATA of an endless name", with(1, METADATA.replace("Name: p", &"Name: p".repeat(1 << 17)))),
        ("METADATA of an endless version", with(1, METADATA.replace("1.0", &"9".repeat(1 << 20)))),
    ]
}

#[rustfmt::skip]
fn records() -> Vec<Case> {
    let long: String = (0..65_536).map(|index| format!("{index},,\n")).collect();
    vec![
        ("RECORD with a parent", record("../../evil,,")),
        ("RECORD with a parent inside", record("p/../../evil,sha256=x,1")),
        ("RECORD with an absolute path", record("/etc/passwd,,")),
        ("RECORD with a drive", record("C:/evil,,")),
        ("RECORD with a backslash", record("..\\evil,,")),
        ("RECORD with an empty path", record(",,")),
        ("RECORD with an endless path", record(&format!("{},,", "e".repeat(1 << 20)))),
        ("RECORD with an endless field", record(&format!("evil,{0},{0}", "e".repeat(1 << 20)))),
        ("RECORD with a line break in a path", record("\"evil\nevil\",,")),
        ("RECORD with two fields", record("evil,")),
        ("RECORD with four fields", record("evil,,,")),
        ("RECORD with four fields and no hash", record("evil,evil,,1")),
        ("RECORD with four fields and a parent", record("../a,evil,sha256=x,1")),
        ("RECORD of text", with(3, "this is no list\n")),
        ("RECORD that is binary", with(3, b"\xff\xfe\x00,,\n")),
        ("RECORD with a size in words", record("evil,sha256=x,many")),
        ("RECORD with a hash of no kind", record("evil,abcdef,1")),
        ("RECORD with an open quote", record("\"evil,,")),
        ("RECORD with two hashes for a file", record("p/__init__.py,sha256=x,1")),
        ("RECORD with too many files", with(3, long)),
    ]
}

#[rustfmt::skip]
fn contents() -> Vec<Case> {
    let size = RECORD.len() as u32;
    let record = |edit: &dyn Fn(&mut super::Entry)| forged(|forge| edit(&mut forge.entries[3]));
    // The stream of RECORD as it is, longer, shorter, and of something else.
    let streaming = |text: &str, tail: &[u8]| {
        let stream = [&deflate(text.as_bytes())[..], tail].concat();
        forged(|forge| {
            let entry = forge.entries[3].clone().both(|fields| {
                (fields.method, fields.compressed, fields.size) = (8, stream.len() as u32, size);
            });
            forge.entries[3] = entry;
            forge.entries[3].data.clone_from(&stream);
        })
    };
    vec![
        ("RECORD with a wrong checksum", record(&|entry| *entry = entry.clone().both(|fields| fields.crc32 ^= 1))),
        ("RECORD with other bytes", record(&|entry| entry.data[0] ^= 1)),
        ("RECORD that unpacks to more", streaming(&RECORD.repeat(2), &[])),
        ("RECORD that unpacks to a thousand times more", streaming(&RECORD.repeat(1000), &[])),
        ("RECORD that unpacks to less", streaming(&RECORD[1..], &[])),
        ("RECORD with bytes behind its stream", streaming(RECORD, b"evil")),
        ("RECORD that is no stream", record(&|entry| *entry = entry.clone().both(|fields| fields.method = 8))),
        ("RECORD with a cut-off stream", record(&|entry| {
            let stream = deflate(RECORD.as_bytes());
            *entry = entry.clone().both(|fields| (fields.method, fields.compressed) = (8, stream.len() as u32 - 9));
            entry.data = stream[..stream.len() - 9].to_vec();
        })),
        ("METADATA beyond its limit", with(1, vec![b' '; (16 << 20) + 1])),
        ("entry of the metadata in another case", adding([stored(format!("{INFO}/record"), "")])),
    ]
}
