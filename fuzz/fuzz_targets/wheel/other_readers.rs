//! Two further ways in which ZIP archives are read, as simple as can be: both must find what `lls` found.

use lls::archive::ReadEntry;

/// A name and the bytes behind its local header.
type Found<'a> = (&'a [u8], &'a [u8]);

/// Checks that `entries`, as `lls` read them from `bytes`, are what other readers find.
pub fn check(bytes: &[u8], entries: &[ReadEntry<'_>]) {
    let ours: Vec<Found<'_>> = entries
        .iter()
        .map(|entry| (entry.path.as_str().as_bytes(), entry.compressed))
        .collect();
    let found = by_position(bytes).expect("the directory can be read from the end");
    assert_eq!(ours, found, "a reader from the end finds other files");
    if let Some(mut found) = by_stream(bytes) {
        let mut ours = ours;
        ours.sort_unstable();
        found.sort_unstable();
        assert_eq!(ours, found, "a reader from the start finds other files");
    }
}

/// As Python's `zipfile`: the last end record, and before it as many bytes of directory as it tells.
fn by_position(bytes: &[u8]) -> Option<Vec<Found<'_>>> {
    let end = bytes
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")?;
    let mut size = u64::from(u32_at(bytes, end + 12)?);
    let mut directory_end = end;
    if end >= 76 && bytes.get(end - 20..end - 16)? == b"PK\x06\x07" {
        directory_end = end - 76;
        size = u64_at(bytes, directory_end + 40)?;
    }
    let mut at = directory_end.checked_sub(usize::try_from(size).ok()?)?;
    let mut found = Vec::new();
    while at < directory_end {
        let (name, extra) = (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?);
        let comment = u16_at(bytes, at + 32)?;
        let start = at + 46;
        let name = bytes.get(start..start + name)?;
        let mut wide = bytes.get(start + name.len()..)?.get(..extra)?;
        while wide.get(..2).is_some_and(|id| id != [1, 0]) {
            wide = wide.get(4 + u16_at(wide, 2)?..)?;
        }
        let mut wide = wide.get(4..).unwrap_or_default().chunks_exact(8);
        let mut value = |at| match u32_at(bytes, at)? {
            u32::MAX => u64_at(wide.next()?, 0),
            value => Some(value.into()),
        };
        let _size = value(at + 24)?;
        let (compressed, header) = (value(at + 20)?, value(at + 42)? as usize);
        let data = header + 30 + u16_at(bytes, header + 26)? + u16_at(bytes, header + 28)?;
        if !name.ends_with(b"/") {
            found.push((name, bytes.get(data..)?.get(..compressed as usize)?));
        }
        at = start + name.len() + extra + comment;
    }
    Some(found)
}

/// From the first byte on, entry by entry; `None` where that needs the directory, or inflating.
fn by_stream(bytes: &[u8]) -> Option<Vec<Found<'_>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while bytes.get(at..at + 4)? == b"PK\x03\x04" {
        let compressed = u32_at(bytes, at + 18)?;
        if u16_at(bytes, at + 6)? & 8 != 0 || compressed == u32::MAX {
            return None;
        }
        let name = bytes.get(at + 30..)?.get(..u16_at(bytes, at + 26)?)?;
        let data = at + 30 + name.len() + u16_at(bytes, at + 28)?;
        let content = bytes.get(data..)?.get(..compressed as usize)?;
        if !name.ends_with(b"/") {
            found.push((name, content));
        }
        at = data + content.len();
    }
    Some(found)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*field).into())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*field))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*field))
}
