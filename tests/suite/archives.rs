//! Small ZIP archives for tests: stored entries, right CRCs, nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A ZIP of one file.
pub fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let size = content.len() as u32;
    declaring(name, content, size)
}

/// A ZIP of one file whose central directory says that it unpacks to `size` bytes.
pub fn declaring(name: &str, content: &[u8], size: u32) -> Vec<u8> {
    let mut shared = vec![20, 0, 0, 0, 0, 0, 0, 0, 33, 0];
    shared.extend(crc32(content).to_le_bytes());
    shared.extend((content.len() as u32).to_le_bytes());
    shared.extend(size.to_le_bytes());
    shared.extend((name.len() as u16).to_le_bytes());
    shared.extend([0, 0]);
    let mut zip = [b"PK\x03\x04", &shared[..], name.as_bytes(), content].concat();
    let start = zip.len() as u32;
    zip.extend(b"PK\x01\x02\x14\x00");
    zip.extend(&shared);
    zip.extend([0; 14]);
    zip.extend(name.as_bytes());
    let length = zip.len() as u32 - start;
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(length.to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// A ZIP without entries.
pub fn empty() -> Vec<u8> {
    [&b"PK\x05\x06"[..], &[0; 18]].concat()
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

/// Bytes that do not compress, the same ones each time.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13; // Marsaglia's xorshift
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    let mut bytes = words.take(length.div_ceil(8)).collect::<Vec<_>>().concat();
    bytes.truncate(length);
    bytes
}
