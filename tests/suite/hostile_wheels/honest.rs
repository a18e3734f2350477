//! What looks odd but is honest: archives by other tools and real wheels, which must be read.

use std::process::Command;

use lls::archive::read_entries;

use super::archives::repeated;
use super::forge::{Entry, Fields, Zip64, extra, stored};
use super::{INFO, WHEEL, adding, first, forged, sound, verdict};
use crate::building::manifest;
use crate::support::project::Project;

#[test]
#[rustfmt::skip]
fn honest_oddities_are_read() {
    let descriptor = |signature, width| first(|entry| *entry = entry.clone().descriptor(signature, width));
    let both = |extra: Vec<u8>| first(|entry| *entry = entry.clone().both(|fields| fields.extra.clone_from(&extra)));
    let all = |fields: &mut Fields| (fields.size, fields.compressed) = (u32::MAX, u32::MAX);
    let narrow = |entry: &mut Entry| {
        entry.local.extra = repeated(&entry.local, 16);
        all(&mut entry.local);
    };
    // As zip.js writes it where ZIP64 is asked for: offset and disk are left to it too.
    let wide = |entry: &mut Entry| {
        let field = repeated(&entry.central, 24);
        entry.central.extra = extra(1, &[&field[4..], &[0; 4]].concat());
        all(&mut entry.central);
        (entry.offset, entry.disk) = (Some(u32::MAX), 0xffff);
    };
    let wheel = |from: &str, to: &str| forged(|forge| forge.entries[2] = stored(format!("{INFO}/WHEEL"), WHEEL.replace(from, to)));
    let path = [&[1][..], &super::forge::crc32(b"p/__init__.py").to_le_bytes(), b"p/__init__.py"].concat();
    let cases = [
        ("descriptor", descriptor(true, 4)),
        ("bare descriptor", descriptor(false, 4)),
        ("wide descriptor", descriptor(true, 8)),
        ("bare wide descriptor", descriptor(false, 8)),
        ("folders", adding([stored("p/", ""), stored("p-1.0.dist-info/", "")])),
        ("deflated folder", adding([stored("q/", "").both(|fields| (fields.method, fields.compressed) = (8, 2)).with(|entry| entry.data = vec![3, 0])])),
        ("folder deflated by level 0", adding([stored("q/", "").both(|fields| (fields.method, fields.compressed) = (8, 5)).with(|entry| entry.data = vec![1, 0, 0, 0xff, 0xff])])),
        ("folder made on MS-DOS", adding([stored("q/", "").with(|entry| (entry.made_by, entry.attributes) = (20, 0x10))])),
        ("UTF-8", adding([stored("p/é.txt", ""), stored("p/数据.txt", ""), stored("p/…", "")])),
        ("needless UTF-8 flag", first(|entry| *entry = entry.clone().both(|fields| fields.flags |= 1 << 11))),
        ("compressor's level", first(|entry| *entry = entry.clone().both(|fields| fields.flags |= 2))),
        ("timestamps", both(extra(0x5455, &[1, 0, 0, 0, 0]))),
        ("owner", both([extra(0x7875, &[1, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0]), extra(0x5455, &[0; 5])].concat())),
        ("the same Unicode path", both(extra(0x7075, &path))),
        ("ZIP64 in the local header", first(narrow)),
        ("needless ZIP64 in the local header", first(|entry| entry.local.extra = repeated(&entry.local, 16))),
        ("needless ZIP64 in both headers", both(repeated(&sound().entries[0].central, 16))),
        ("needless ZIP64 with the offset", first(|entry| entry.central.extra = repeated(&entry.central, 24))),
        ("needless ZIP64 beside other fields", first(|entry| entry.local.extra = [extra(0x5455, &[1, 0, 0, 0, 0]), repeated(&entry.local, 16)].concat())),
        ("needless ZIP64 of zeros before a descriptor", first(|entry| { *entry = entry.clone().descriptor(true, 8); (entry.local.size, entry.local.compressed) = (0, 0); })),
        ("ZIP64 in the central header", first(wide)),
        ("wide descriptor with ZIP64 in the central header", first(|entry| {
            *entry = entry.clone().descriptor(true, 8);
            entry.local.extra.clear();
            (entry.local.size, entry.local.compressed) = (0, 0);
            wide(entry);
        })),
        ("ZIP64 for everything", forged(|forge| {
            forge.zip64 = Some(Zip64::default());
            let end = &mut forge.end;
            (end.disk, end.directory_disk) = (0xffff, 0xffff);
            (end.here, end.total) = (Some(0xffff), Some(0xffff));
            (end.size, end.offset) = (Some(u32::MAX), Some(u32::MAX));
            wide(&mut forge.entries[0]);
            narrow(&mut forge.entries[1]);
        })),
        ("zeros after the archive", forged(|forge| forge.after = vec![0; 512])),
        ("zeros after the comment", forged(|forge| (forge.end.comment, forge.after) = (b"made by hand".to_vec(), vec![0; 9999]))),
        ("version of a later specification", first(|entry| *entry = entry.clone().both(|fields| fields.version = 255))),
        ("WHEEL without Root-Is-Purelib", wheel("Root-Is-Purelib: true\n", "")),
        ("WHEEL with an unclear Root-Is-Purelib", wheel("true", "maybe")),
        ("WHEEL of version 1", wheel("1.0", "1")),
        ("WHEEL of version 1.0.0", wheel("1.0", "1.0.0")),
        ("ZIP64 end record", forged(|forge| forge.zip64 = Some(Zip64::default()))),
        ("comment", forged(|forge| forge.end.comment = b"made by hand".to_vec())),
        ("no mode", first(|entry| entry.attributes = 0)),
        ("setuid, which is dropped", first(|entry| entry.attributes = 0o104_755 << 16)),
        (".data", adding(["purelib/q.py", "platlib/r.so", "data/share/s", "scripts/t", "headers/u.h"].map(|path| stored(format!("p-1.0.data/{path}"), "")))),
        (".pth", adding([stored("p.pth", "import os\n")])),
        ("signatures of RECORD", adding([stored("p-1.0.dist-info/RECORD.jws", "")])),
        ("archive inside", adding([stored("p/data.zip", sound().bytes())])),
        ("folders in two cases", adding([stored("q/a", ""), stored("Q/b", "")])),
        ("directory in another order", forged(|forge| {
            let offset = forge.bytes().windows(2).enumerate().filter(|(_, found)| found == b"PK").nth(3).unwrap().0;
            let mut listed = forge.entries[3].clone();
            (listed.present, listed.offset) = (false, Some(offset as u32));
            forge.entries[3].listed = false;
            forge.entries.insert(0, listed);
        })),
    ];
    for (name, bytes) in cases {
        assert_eq!(verdict(&bytes), Ok(()), "{name}");
    }
}

/// Wheels by Python's `zipfile` in every way that it can write.
const SCRIPT: &str = r#"
import io, sys, zipfile

class Pipe(io.RawIOBase):
    def __init__(self, file): self.file = file
    def writable(self): return True
    def write(self, data): return self.file.write(data)

info = "p-1.0.dist-info/"
files = {
    "p/__init__.py": "x = 1\n" * 99,
    "p/é.txt": "é",
    info + "METADATA": "Metadata-Version: 2.1\nName: p\nVersion: 1.0\n",
    info + "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    info + "RECORD": "",
}
number = 0
for piped in (False, True):
    for zip64 in (False, True):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            with open(f"{sys.argv[1]}/{number}.whl", "wb") as file:
                with zipfile.ZipFile(Pipe(file) if piped else file, "w", method) as archive:
                    archive.writestr("p/", "")
                    for name, text in files.items():
                        with archive.open(name, "w", force_zip64=zip64) as entry:
                            entry.write(text.encode())
            number += 1
with zipfile.ZipFile(f"{sys.argv[1]}/0.whl", "a") as archive:
    archive.writestr("p/later.py", "")
    archive.comment = b"added to"
"#;

#[test]
fn what_python_writes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    for number in 0..8 {
        let bytes = std::fs::read(folder.path().join(format!("{number}.whl"))).unwrap();
        assert_eq!(verdict(&bytes), Ok(()), "{number}");
        for entry in read_entries(&bytes).unwrap() {
            entry.verify().unwrap();
        }
    }
}

/// Wheels by setuptools, flit, hatch, poetry, maturin and meson.
#[test]
fn real_wheels_are_read() {
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "prefix = \"python\""))
        .file(
            "layers/app/requirements.txt",
            "idna==3.10\nmarkupsafe==3.0.2\npg8000==1.31.2\npydantic-core==2.33.2\nnumpy==2.2.1\ntomlkit==0.13.2\n",
        );
    let run = project.succeed(&["build"]);
    assert!(!run.stderr.contains("error"), "{run}");
}
