//! Archives that different readers would read differently, or that would cost their reader dearly.

use super::forge::{Entry, Fields, Forge, Zip64, deflate, deflated, extra, stored};
use super::{Case, adding, first, forged, sound};

pub fn cases() -> Vec<Case> {
    [
        flags(),
        headers(),
        zip64_fields(),
        descriptors(),
        places(),
        ends(),
        zip64(),
        bombs(),
    ]
    .concat()
}

fn both(edit: impl Fn(&mut super::forge::Fields)) -> Vec<u8> {
    first(|entry| *entry = entry.clone().both(edit))
}

#[rustfmt::skip]
fn flags() -> Vec<Case> {
    let flag = |bit: u16| both(|fields| fields.flags |= 1 << bit);
    let method = |method: u16| both(|fields| fields.method = method);
    vec![
        ("encrypted", flag(0)),
        ("strongly encrypted", flag(6)),
        ("masked headers", flag(13)),
        ("encrypted in the local header only", first(|entry| entry.local.flags |= 1)),
        ("enhanced deflate", flag(4)),
        ("patch", flag(5)),
        ("unused flag", flag(9)),
        ("reserved flag", flag(15)),
        ("shrunk", method(1)),
        ("imploded", method(6)),
        ("deflate64", method(9)),
        ("bzip2", method(12)),
        ("LZMA", method(14)),
        ("Zstandard", method(93)),
        ("AES", method(99)),
        ("unknown method", method(0xffff)),
    ]
}

#[rustfmt::skip]
fn headers() -> Vec<Case> {
    vec![
        ("other name", first(|entry| entry.local.name[0] = b'q')),
        ("shorter name", first(|entry| entry.local.name.truncate(12))),
        ("other method", first(|entry| entry.local.method = 0)),
        ("other flags", first(|entry| entry.local.flags = 2)),
        ("other checksum", first(|entry| entry.local.crc32 ^= 1)),
        ("no checksum", first(|entry| entry.local.crc32 = 0)),
        ("other compressed size", first(|entry| entry.local.compressed -= 1)),
        ("other size", first(|entry| entry.local.size += 1)),
        ("stored with two sizes", adding([stored("evil", "evil").both(|fields| fields.size = 5)])),
        ("folder with two sizes", adding([stored("evil/", "").both(|fields| fields.size = 5)])),
        ("no local header", first(|entry| entry.signature = *b"PK\x03\x05")),
        ("local header beyond the end", first(|entry| entry.offset = Some(u32::MAX - 1))),
        ("local header in the directory", forged(|forge| forge.entries[3].offset = Some(forge.bytes().len() as u32 - 50))),
        ("local header one byte off", first(|entry| entry.offset = Some(1))),
        ("on another disk", first(|entry| entry.disk = 1)),
        ("extra field that is too long", both(|fields| fields.extra = vec![0x55, 0x54, 9, 0, 1])),
        ("extra field that is too short", both(|fields| fields.extra = vec![0x55, 0x54, 0])),
        ("extra field that is cut off locally", first(|entry| entry.local.extra = vec![0])),
        ("extra field of three bytes", first(|entry| entry.central.extra = vec![0; 3])),
    ]
}

#[rustfmt::skip]
fn descriptors() -> Vec<Case> {
    let descriptor = |signature, width, edit: &dyn Fn(&mut Entry)| first(|entry| {
        *entry = entry.clone().descriptor(signature, width);
        edit(entry);
    });
    let flip = |index: usize| move |entry: &mut Entry| entry.behind[index] ^= 1;
    vec![
        ("descriptor with another checksum", descriptor(true, 4, &flip(4))),
        ("descriptor with another compressed size", descriptor(true, 4, &flip(8))),
        ("descriptor with another size", descriptor(true, 4, &flip(12))),
        ("bare descriptor with another checksum", descriptor(false, 4, &flip(0))),
        ("bare descriptor with another compressed size", descriptor(false, 4, &flip(4))),
        ("bare descriptor with another size", descriptor(false, 4, &flip(8))),
        ("wide descriptor with another checksum", descriptor(true, 8, &flip(4))),
        ("wide descriptor with another compressed size", descriptor(true, 8, &flip(15))),
        ("wide descriptor with another size", descriptor(true, 8, &flip(23))),
        ("bare wide descriptor with another size", descriptor(false, 8, &flip(12))),
        ("descriptor with another signature", descriptor(true, 4, &flip(0))),
        ("no descriptor", descriptor(true, 4, &|entry| entry.behind.clear())),
        ("descriptor that is cut off", descriptor(true, 4, &|entry| entry.behind.truncate(10))),
        ("descriptor that is not announced", first(|entry| entry.behind = entry.clone().descriptor(true, 4).behind)),
        ("wide descriptor without ZIP64", descriptor(true, 8, &|entry| { entry.local.extra.clear(); (entry.local.compressed, entry.local.size) = (0, 0); })),
        ("narrow descriptor with ZIP64", descriptor(true, 8, &|entry| drop(entry.behind.drain(12..20)))),
        ("narrow descriptor with ZIP64 in the central header", descriptor(true, 4, &|entry| entry.central.extra = repeated(&entry.central, 16))),
        ("bytes behind the descriptor", descriptor(true, 4, &|entry| entry.behind.extend(b"evil"))),
        ("other size before the descriptor", descriptor(true, 4, &|entry| entry.local.size = 7)),
        ("other checksum before the descriptor", descriptor(true, 4, &|entry| entry.local.crc32 = 7)),
    ]
}

#[rustfmt::skip]
fn places() -> Vec<Case> {
    vec![
        ("bytes before the archive", forged(|forge| forge.before = b"#!/bin/sh\n".to_vec())),
        ("archive moved", [&b"MZ"[..], &sound().bytes()].concat()),
        ("bytes after the archive", forged(|forge| forge.after = b"evil".to_vec())),
        ("newline after the archive", forged(|forge| forge.after = b"\n".to_vec())),
        ("zeros and bytes after the archive", forged(|forge| forge.after = [&[0; 512][..], b"evil"].concat())),
        ("archive after zeros", [sound().bytes(), vec![0; 512], sound().bytes()].concat()),
        ("end record in the comment before zeros", forged(|forge| { forge.end.comment = Forge::default().bytes(); forge.after = vec![0; 512]; })),
        ("much after the archive", forged(|forge| forge.after = vec![0; 70_000])),
        ("bytes between entries", first(|entry| entry.behind = b"evil".to_vec())),
        ("hidden entry", forged(|forge| forge.entries.insert(1, stored("evil", "").with(|entry| entry.listed = false)))),
        ("hidden first entry", forged(|forge| forge.entries.insert(0, stored("evil", "").with(|entry| entry.listed = false)))),
        ("hidden last entry", adding([stored("evil", "").with(|entry| entry.listed = false)])),
        ("bytes before the directory", forged(|forge| forge.before_directory = b"evil".to_vec())),
        ("bytes after the directory", forged(|forge| forge.after_directory = b"evil".to_vec())),
        ("digital signature", forged(|forge| forge.after_directory = b"PK\x05\x05\x04\0evil".to_vec())),
        ("two wheels in one", two_wheels()),
        ("entry inside another", nested()),
        ("entry over the next header", first(|entry| { entry.local.compressed += 30; entry.central.compressed += 30; })),
        ("quine", quine(30)),
        ("entry into the directory", last(|entry, rest| *entry = entry.clone().both(|fields| (fields.compressed, fields.size) = (fields.compressed + rest, fields.size + rest)))),
    ]
}

fn last(edit: impl FnOnce(&mut Entry, u32)) -> Vec<u8> {
    forged(|forge| edit(forge.entries.last_mut().unwrap(), 20))
}

/// The end record's offset leads to one directory; Python's zipfile counts back from the record and finds another one.
fn two_wheels() -> Vec<u8> {
    let hidden = Forge {
        entries: vec![stored("hidden", "")],
        ..Forge::default()
    };
    let bytes = hidden.bytes();
    let place = |signature: &[u8]| bytes.windows(4).position(|found| found == signature);
    let (entries, rest) = bytes.split_at(place(b"PK\x01\x02").unwrap());
    let directory = &rest[..place(b"PK\x05\x06").unwrap() - entries.len()];
    let length = directory.len() as u16;
    forged(|forge| {
        forge.before_directory = entries.to_vec();
        forge.after_directory = [b"PK\x05\x05", &length.to_le_bytes()[..], directory].concat();
        forge.end.size = Some(length.into());
    })
}

/// A stored entry whose content is the header and content of another entry, which the directory lists as well.
fn nested() -> Vec<u8> {
    let inner = Forge {
        entries: vec![stored("evil", "evil")],
        ..Forge::default()
    };
    let bytes = &inner.bytes()[..30 + 4 + 4];
    let place = sound().bytes();
    let directory = place
        .windows(4)
        .position(|found| found == b"PK\x01\x02")
        .unwrap();
    let offset = directory as u32 + 30 + 5;
    let listed =
        stored("evil", "evil").with(|entry| (entry.present, entry.offset) = (false, Some(offset)));
    adding([stored("outer", bytes), listed])
}

/// Fifield's overlap: the stream of each entry quotes the header of the next one, and all share one kernel.
fn quine(count: usize) -> Vec<u8> {
    let mut content = vec![0; 100_000];
    let mut entries = vec![deflated("file00", &content)];
    for index in 1..count {
        let next = &entries[0];
        let header = next.clone().with(|entry| entry.data.clear()).local_bytes();
        let length = header.len() as u16;
        let quoting = [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
        let stream = [quoting, header.clone(), next.data.clone()].concat();
        content.splice(0..0, header);
        let entry = stored(format!("file{index:02}"), &content).both(|fields| {
            (fields.method, fields.compressed) = (8, stream.len() as u32);
        });
        entries.insert(0, entry.with(|entry| entry.data = stream));
    }
    forged(|forge| {
        let sound = sound().bytes();
        let directory = sound.windows(4).position(|found| found == b"PK\x01\x02");
        let mut offset = directory.unwrap() as u32;
        for (index, mut entry) in entries.into_iter().enumerate() {
            entry.present = index == 0;
            entry.offset = Some(offset);
            offset += 30 + 6 + 5;
            forge.entries.push(entry);
        }
    })
}

#[rustfmt::skip]
fn ends() -> Vec<Case> {
    let end = |edit: &dyn Fn(&mut super::forge::End)| forged(|forge| edit(&mut forge.end));
    let other = Forge::default().bytes();
    vec![
        ("nothing", Vec::new()),
        ("no archive", b"no archive".to_vec()),
        ("no end record", sound().bytes()[..200].to_vec()),
        ("comment that is cut off", end(&|end| end.comment_length = Some(1))),
        ("comment that is longer than said", end(&|end| (end.comment, end.comment_length) = (b"evil".to_vec(), Some(0)))),
        ("end record in the comment", end(&|end| end.comment.clone_from(&other))),
        ("archive in the comment", end(&|end| end.comment = sound().bytes())),
        ("part of an end record in the comment", end(&|end| end.comment = b"PK\x05\x06".to_vec())),
        ("two archives", [sound().bytes(), sound().bytes()].concat()),
        ("end record twice", [sound().bytes(), other.clone()].concat()),
        ("fewer entries counted", end(&|end| (end.here, end.total) = (Some(3), Some(3)))),
        ("more entries counted", end(&|end| (end.here, end.total) = (Some(5), Some(5)))),
        ("no entries counted", end(&|end| (end.here, end.total) = (Some(0), Some(0)))),
        ("two counts", end(&|end| end.here = Some(3))),
        ("smaller directory", end(&|end| end.size = Some(100))),
        ("larger directory", end(&|end| end.size = Some(1000))),
        ("no directory", end(&|end| end.size = Some(0))),
        ("directory later", end(&|end| end.offset = Some(1000))),
        ("directory at the start", end(&|end| end.offset = Some(0))),
        ("directory without end", end(&|end| (end.size, end.offset) = (Some(u32::MAX), Some(u32::MAX)))),
        ("directory that is a part", forged(|forge| { let size = forge.bytes().len() as u32; forge.end.offset = Some(size - 22 - 62); forge.end.size = Some(62); })),
        ("on disk 1", end(&|end| end.disk = 1)),
        ("directory on disk 1", end(&|end| end.directory_disk = 1)),
        ("ZIP64 disk numbers", end(&|end| (end.disk, end.directory_disk) = (0xffff, 0xffff))),
    ]
}

#[rustfmt::skip]
fn zip64() -> Vec<Case> {
    let record = |edit: &dyn Fn(&mut Zip64)| forged(|forge| edit(forge.zip64.insert(Zip64::default())));
    let field = |length: usize, size: u32, compressed: u32| both(|fields| {
        let values = [fields.size.to_le_bytes(), [0; 4], fields.compressed.to_le_bytes(), [0; 4]].concat();
        fields.extra = extra(1, &values.repeat(2)[..length]);
        if size > 0 { fields.size = u32::MAX; }
        if compressed > 0 { fields.compressed = u32::MAX; }
    });
    vec![
        ("ZIP64 with another count", record(&|zip64| (zip64.here, zip64.total) = (Some(5), Some(5)))),
        ("ZIP64 with two counts", record(&|zip64| zip64.here = Some(5))),
        ("ZIP64 with another size", record(&|zip64| zip64.size = Some(1))),
        ("ZIP64 with another offset", record(&|zip64| zip64.offset = Some(0))),
        ("ZIP64 with an enormous offset", forged(|forge| { forge.end.offset = Some(u32::MAX); forge.zip64.insert(Zip64::default()).offset = Some(u64::MAX); })),
        ("ZIP64 with extensible data", record(&|zip64| zip64.length = Some(48))),
        ("ZIP64 with another disk", forged(|forge| (forge.zip64, forge.end.disk) = (Some(Zip64::default()), 1))),
        ("ZIP64 on disk 1", record(&|zip64| zip64.disk = 1)),
        ("ZIP64 locator of another place", record(&|zip64| zip64.locator_offset = Some(0))),
        ("ZIP64 locator beyond the end", record(&|zip64| zip64.locator_offset = Some(u64::MAX))),
        ("ZIP64 locator on disk 1", record(&|zip64| zip64.locator_disk = 1)),
        ("ZIP64 on two disks", record(&|zip64| zip64.disks = Some(2))),
        ("ZIP64 locator alone", forged(|forge| forge.after_directory = [&b"PK\x06\x07"[..], &[0; 12], &[1, 0, 0, 0]].concat())),
        ("ZIP64 record without a locator", forged(|forge| forge.after_directory = [&b"PK\x06\x06"[..], &[0; 52]].concat())),
        ("empty ZIP64 field", field(0, 0, 0)),
        ("ZIP64 field too short", field(8, 1, 1)),
        ("ZIP64 field too long", field(24, 1, 1)),
        ("ZIP64 field of odd length", field(9, 1, 0)),
        ("ZIP64 field missing", both(|fields| fields.size = u32::MAX)),
        ("two ZIP64 fields", both(|fields| { fields.size = u32::MAX; fields.extra = extra(1, &[0; 8]).repeat(2); })),
        ("ZIP64 size of another kind than the local one", first(|entry| { entry.central.extra = extra(1, &[0xff; 8]); entry.central.size = u32::MAX; })),
    ]
}

/// The first values that a ZIP64 field has, repeated from the header beside it: size, compressed size, and an offset of 0.
pub fn repeated(fields: &Fields, length: usize) -> Vec<u8> {
    let values = [fields.size, fields.compressed, 0].map(|value| u64::from(value).to_le_bytes());
    extra(1, &values.concat()[..length])
}

/// ZIP64 fields that nobody needs, and those of which readers learn different sizes.
#[rustfmt::skip]
fn zip64_fields() -> Vec<Case> {
    // The bytes of an extra field begin with its number and length.
    let (size, compressed, offset) = (4, 12, 20);
    let local = |length, edit: &dyn Fn(&mut Vec<u8>)| first(|entry| {
        entry.local.extra = repeated(&entry.local, length);
        edit(&mut entry.local.extra);
    });
    let central = |length, edit: &dyn Fn(&mut Vec<u8>)| first(|entry| {
        entry.central.extra = repeated(&entry.central, length);
        edit(&mut entry.central.extra);
    });
    let flip = |index: usize| move |field: &mut Vec<u8>| field[index] ^= 1;
    let same = |_: &mut Vec<u8>| ();
    let left_out = |edit: &dyn Fn(&mut Fields)| first(|entry| {
        entry.local.extra = repeated(&entry.local, 16);
        edit(&mut entry.local);
    });
    let all = |fields: &mut Fields| (fields.size, fields.compressed) = (u32::MAX, u32::MAX);
    vec![
        ("needless local ZIP64 with another size", local(16, &flip(size))),
        ("needless local ZIP64 with another high size", local(16, &flip(size + 7))),
        ("needless local ZIP64 with another compressed size", local(16, &flip(compressed))),
        ("needless local ZIP64 with another high compressed size", local(16, &flip(compressed + 7))),
        ("needless local ZIP64 with sizes in another order", local(16, &|field| field[size..].rotate_left(8))),
        ("needless local ZIP64 of nothing", local(16, &|field| field[size..].fill(0))),
        ("needless local ZIP64 of all ones", local(16, &|field| field[size..].fill(0xff))),
        ("needless local ZIP64 of one size", local(8, &same)),
        ("needless local ZIP64 that is truncated", local(15, &same)),
        ("needless local ZIP64 beyond the extra fields", local(16, &|field| field.truncate(12))),
        ("needless local ZIP64 with an offset", local(24, &same)),
        ("needless local ZIP64 twice", local(16, &|field| *field = field.repeat(2))),
        ("needless local ZIP64 twice, with another size", local(16, &|field| { field.extend_from_within(..); field[size] ^= 1; })),
        ("needless central ZIP64 with another size", central(16, &flip(size))),
        ("needless central ZIP64 with another compressed size", central(16, &flip(compressed))),
        ("needless central ZIP64 with another offset", central(24, &flip(offset))),
        ("needless central ZIP64 of one size", central(8, &same)),
        ("needless central ZIP64 that is truncated", central(23, &same)),
        ("needless central ZIP64 beyond the extra fields", central(16, &|field| field.truncate(12))),
        ("needless central ZIP64 twice", central(16, &|field| *field = field.repeat(2))),
        ("needless ZIP64 with one other size in both headers", both(|fields| { fields.extra = repeated(fields, 16); fields.extra[size] ^= 1; })),
        ("local ZIP64 with another size", left_out(&|fields| { all(fields); fields.extra[size] ^= 1; })),
        ("local ZIP64 with another compressed size", left_out(&|fields| { all(fields); fields.extra[compressed] ^= 1; })),
        ("local ZIP64 that is truncated", left_out(&|fields| { all(fields); fields.extra = repeated(fields, 15); })),
        ("local ZIP64 of both sizes for one", left_out(&|fields| fields.compressed = u32::MAX)),
        ("local ZIP64 for sizes of 0", left_out(&|fields| (fields.size, fields.compressed) = (0, 0))),
        ("central ZIP64 with another size", first(|entry| { entry.central.extra = repeated(&entry.central, 16); all(&mut entry.central); entry.central.extra[size] ^= 1; })),
        ("central ZIP64 with a disk that is not left to it", first(|entry| { let field = repeated(&entry.central, 24); all(&mut entry.central); entry.central.extra = extra(1, &[&field[4..20], &[0; 4]].concat()); })),
        ("central ZIP64 on disk 1", first(|entry| { let field = repeated(&entry.central, 24); all(&mut entry.central); entry.disk = 0xffff; entry.central.extra = extra(1, &[&field[4..20], &[1, 0, 0, 0]].concat()); })),
        ("disk left to no ZIP64", first(|entry| entry.disk = 0xffff)),
    ]
}

#[rustfmt::skip]
fn bombs() -> Vec<Case> {
    let claiming = |size: u32| move |fields: &mut super::forge::Fields| fields.size = size;
    let zeros = stored("zeros", vec![0; 30_000]).both(|fields| (fields.method, fields.size) = (8, 30_000_000));
    let many = |count: usize| adding((0..count).map(|index| stored(format!("{index:x}"), "")));
    vec![
        ("bomb by one size", adding([stored("evil", vec![0; 300_000]).both(|fields| { fields.method = 8; fields.size = 262_144_001; })])),
        ("bomb by all sizes", adding((0..9).map(|index| zeros.clone().both(|fields| fields.name = format!("{index}").into())))),
        ("bomb of 4 GiB in a few bytes", adding([deflated("evil", "evil").both(claiming(u32::MAX - 1))])),
        ("bomb of 16 EiB", adding([deflated("evil", "evil").both(|fields| { fields.size = u32::MAX; fields.extra = extra(1, &[0xff; 8]); })])),
        ("more than deflate can hold", adding([deflated("evil", "evil").both(claiming(1_000_000))])),
        ("something out of nothing", adding([deflated("evil", "").with(|entry| entry.data.clear()).both(|fields| (fields.compressed, fields.size) = (0, 1))])),
        ("compressed size beyond the end", adding([deflated("evil", "evil").both(|fields| fields.compressed = 1 << 30)])),
        ("too many entries", forged(|forge| { forge.zip64 = Some(Zip64::default()); forge.end.here = Some(0xffff); forge.end.total = Some(0xffff); forge.entries.extend((0..65_532).map(|index| stored(format!("{index:x}"), ""))); })),
        ("too many entries, counted modulo 65,536", many(65_540)),
        ("entries claimed by the billion", forged(|forge| { forge.zip64 = Some(Zip64 { here: Some(1 << 40), total: Some(1 << 40), ..Zip64::default() }); forge.end.here = Some(0xffff); forge.end.total = Some(0xffff); })),
        ("enormous directory", adding((0..5000).map(|index| stored(format!("{index:04000}"), "")))),
        ("folders in folders", adding((0..2000).map(|index| stored(format!("{}{index}", "a/".repeat(2040)), "")).chain([stored("a", "")]))),
        ("bomb as RECORD", forged(|forge| { let stream = deflate(&vec![b','; 17_000_000]); let size = 17_000_000; let record = forge.entries[3].clone().both(|fields| (fields.method, fields.compressed, fields.size) = (8, stream.len() as u32, size)); forge.entries[3] = record; forge.entries[3].data = stream; })),
        ("bomb in a small RECORD", forged(|forge| { let stream = deflate(&vec![b','; 17_000_000]); let record = forge.entries[3].clone().both(|fields| (fields.method, fields.compressed) = (8, stream.len() as u32)); forge.entries[3] = record; forge.entries[3].data = stream; })),
    ]
}
