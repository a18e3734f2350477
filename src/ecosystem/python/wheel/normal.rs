//! Wheels in one form: what was built twice from equal sources becomes equal bytes.
//!
//! Knows nothing of how a wheel was built; whatever is in it is believed no more than in any other.

use super::error::WheelError;
use super::layout::{WheelLayout, is_bytecode};
use super::record::{RecordRow, to_bytes};
use crate::archive::{ArchiveLayout, EntryPath, Mode, NewEntry, Stream, read_entries};
use crate::digest::Sha256;
use crate::layer::PackageName;

/// Files of `.dist-info` that say how a wheel came to be or was installed, or that sign the bytes that it had before
/// (PEP 376, PEP 427, PEP 610; `uv_*` are those of uv).
const PROVENANCE: [&str; 8] = [
    "INSTALLER",
    "RECORD.jws",
    "RECORD.p7s",
    "REQUESTED",
    "direct_url.json",
    "uv_build.json",
    "uv_cache.json",
    "RECORD",
];

/// Writes the wheel of `package` at `version` anew: entries sorted, without times, owners and byte code, with the modes
/// of the strict writer, deflated here, and a `RECORD` that describes them.
///
/// # Errors
/// If the wheel breaks a rule that every wheel of a layer must keep.
pub fn normalised(
    bytes: &[u8],
    package: &PackageName,
    version: &str,
) -> Result<Vec<u8>, WheelError> {
    let layout = WheelLayout::read(bytes, package, version)?;
    let is_left_out = |path: &EntryPath| {
        let file = path.as_str().strip_prefix(&layout.dist_info);
        let file = file.and_then(|file| file.strip_prefix('/'));
        is_bytecode(path.as_str()) || file.is_some_and(|file| PROVENANCE.contains(&file))
    };
    let (mut entries, mut rows) = (Vec::new(), Vec::new());
    for entry in read_entries(bytes)? {
        if is_left_out(&entry.path) {
            continue;
        }
        let content = entry.unpack()?;
        rows.push(RecordRow::of(&entry.path, Sha256::of(&content), entry.size));
        entries.push(NewEntry {
            path: entry.path,
            mode: entry.mode,
            stream: Stream::of(&content),
        });
    }
    let path = layout.inventory.path.clone();
    rows.push(RecordRow::of_record(&path));
    entries.push(NewEntry {
        path,
        mode: Mode::File,
        stream: Stream::of(&to_bytes(rows)?),
    });
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(ArchiveLayout::without_comment(&entries)?.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Compression;

    fn entry(
        path: &str,
        mode: Mode,
        content: &[u8],
        compression: Compression,
    ) -> NewEntry<'static> {
        let mut stream = Stream::of(content);
        if compression == Compression::Stored {
            stream.bytes = content.to_vec().into();
            stream.compression = compression;
        }
        NewEntry {
            path: path.parse().unwrap(),
            mode,
            stream,
        }
    }

    /// A wheel with its entries in the given order, some of them compressed in the given way.
    fn wheel(compression: Compression, extra: &[&str]) -> Vec<u8> {
        let file =
            |path: &str, content: &str| entry(path, Mode::File, content.as_bytes(), compression);
        let mut entries = vec![
            file(
                "p-1.dist-info/METADATA",
                "Metadata-Version: 2.1\nName: p\nVersion: 1\n",
            ),
            file("p-1.dist-info/RECORD", "p/__init__.py,,\n"),
            file(
                "p-1.dist-info/WHEEL",
                "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
            ),
            file("p/__init__.py", &"x = 1\n".repeat(100)),
            entry("p/run.sh", Mode::Executable, b"#!/bin/sh\n", compression),
        ];
        entries.extend(extra.iter().map(|path| file(path, "of no use")));
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        ArchiveLayout::without_comment(&entries).unwrap().to_bytes()
    }

    fn normal(bytes: &[u8]) -> Vec<u8> {
        normalised(bytes, &"p".parse().unwrap(), "1").unwrap()
    }

    #[test]
    fn only_content_and_modes_count() {
        let expected = normal(&wheel(Compression::Deflated, &[]));
        let provenance = [
            "p-1.dist-info/direct_url.json",
            "p/__pycache__/a.pyc",
            "p-1.dist-info/INSTALLER",
        ];
        assert_eq!(normal(&wheel(Compression::Stored, &provenance)), expected);
        assert_eq!(normal(&expected), expected);
        assert_ne!(
            normal(&wheel(Compression::Deflated, &["p/more.py"])),
            expected
        );
        let modes = read_entries(&expected).unwrap();
        let modes = modes.iter().filter(|entry| entry.mode == Mode::Executable);
        assert_eq!(modes.count(), 1);
    }

    #[test]
    fn the_record_describes_what_is_there() {
        let bytes = normal(&wheel(Compression::Stored, &["p-1.dist-info/REQUESTED"]));
        let layout = WheelLayout::read(&bytes, &"p".parse().unwrap(), "1").unwrap();
        let record = layout.describing(|_| true).unwrap();
        assert!(matches!(record, crate::ecosystem::Inventory::Untouched));
        assert_eq!(layout.placements.len(), 4);
    }
}
