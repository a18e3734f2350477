//! Makes a damaged ZIP archive consistent again: offsets, lengths, checksums, and local headers that agree.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
const UNPACKED: u64 = 1 << 20;

/// Repairs the archive as far as its signatures can be found; each bit of `spared` leaves one kind of damage.
pub fn repair(bytes: &mut [u8], spared: u32) {
    let Some(end) = positions(bytes, END).last().copied() else {
        return;
    };
    let centrals = positions(&bytes[..end], CENTRAL);
    let first = centrals.first().copied().unwrap_or(end);
    let locals = positions(&bytes[..first], LOCAL);
    if !spared.is_multiple_of(8) {
        let count = centrals.len() as u64;
        for (at, width, value) in [
            (8, 2, count),
            (10, 2, count),
            (12, 4, (end - first) as u64),
            (16, 4, first as u64),
            (20, 2, bytes.len().saturating_sub(end + 22) as u64),
        ] {
            put(bytes, end + at, width, value);
        }
    }
    for (index, (&local, &central)) in locals.iter().zip(&centrals).enumerate() {
        let next = locals.get(index + 1).copied().unwrap_or(first);
        let end = centrals.get(index + 1).copied().unwrap_or(end);
        if !(spared >> 3).wrapping_add(index as u32).is_multiple_of(16) {
            repair_entry(bytes, local..next, central..end);
        }
    }
}

fn repair_entry(bytes: &mut [u8], local: std::ops::Range<usize>, central: std::ops::Range<usize>) {
    let (header, record) = (local.start, central.start);
    if local.len() < 30 || central.len() < 46 {
        return;
    }
    put(bytes, record + 42, 4, header as u64);
    // Version, flags, method and time stand 2 bytes later in the central record.
    bytes.copy_within(record + 6..record + 14, header + 4);
    let name = get(bytes, record + 28);
    put(bytes, header + 26, 2, name as u64);
    let data = header + 30 + name + get(bytes, header + 28);
    if 46 + name > central.len() || data > local.end {
        return;
    }
    bytes.copy_within(record + 46..record + 46 + name, header + 30);
    let has_descriptor = get(bytes, header + 6) & 8 != 0;
    let descriptor = local.end.saturating_sub(16);
    if has_descriptor && (descriptor < data || bytes[descriptor..descriptor + 4] != *DESCRIPTOR) {
        return;
    }
    let data_end = if has_descriptor {
        descriptor
    } else {
        local.end
    };
    let content = &bytes[data..data_end];
    let mut unpacked = Vec::new();
    if get(bytes, header + 8) == 8 {
        let _ = DeflateDecoder::new(content)
            .take(UNPACKED)
            .read_to_end(&mut unpacked);
    } else {
        unpacked.extend_from_slice(content);
    }
    let mut crc = flate2::Crc::new();
    crc.update(&unpacked);
    let compressed = content.len() as u64;
    let local_sums = if has_descriptor {
        descriptor + 4
    } else {
        header + 14
    };
    for start in [local_sums, record + 16] {
        put(bytes, start, 4, crc.sum().into());
        put(bytes, start + 4, 4, compressed);
        put(bytes, start + 8, 4, unpacked.len() as u64);
    }
}

/// Where `signature` occurs.
fn positions(bytes: &[u8], signature: &[u8]) -> Vec<usize> {
    bytes
        .windows(signature.len())
        .enumerate()
        .filter(|(_, window)| *window == signature)
        .map(|(index, _)| index)
        .collect()
}

fn get(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 2).map_or(0, |field| {
        usize::from(u16::from_le_bytes([field[0], field[1]]))
    })
}

/// Writes the lowest `width` bytes of `value`, if there is room.
fn put(bytes: &mut [u8], at: usize, width: usize, value: u64) {
    if let Some(field) = bytes.get_mut(at..at + width) {
        field.copy_from_slice(&value.to_le_bytes()[..width]);
    }
}
