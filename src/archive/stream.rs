//! Compressed streams: copied from wheels as they are, or deflated here.

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression as Level, Crc};

use crate::digest::{Hasher, Sha256};

/// Level 6 of zlib; part of what freezes archive bytes.
const DEFLATE_LEVEL: u32 = 6;

/// How much is read at a time, in bytes.
const BUFFER: usize = 128 * 1024;

/// How an entry's bytes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are (method 0).
    Stored,
    /// Deflated (method 8).
    Deflated,
}

/// An entry's bytes, compressed or not, ready to be copied into an archive.
#[derive(Clone, Debug)]
pub struct Stream<'a> {
    /// The bytes as they stand in the archive.
    pub bytes: Cow<'a, [u8]>,
    /// How they are compressed.
    pub compression: Compression,
    /// CRC-32 of the uncompressed bytes.
    pub crc32: u32,
    /// Number of uncompressed bytes.
    pub size: u64,
}

impl Stream<'static> {
    /// Deflates `bytes`, where that makes them smaller.
    ///
    /// # Panics
    /// Never: memory can be written to.
    pub fn of(bytes: &[u8]) -> Self {
        let mut output = io::Cursor::new(Vec::new());
        let compressed =
            compress(io::Cursor::new(bytes), &mut output).expect("memory can be written to");
        let Compressed {
            compression,
            crc32,
            size,
            ..
        } = compressed;
        Self {
            bytes: output.into_inner().into(),
            compression,
            crc32,
            size,
        }
    }
}

/// What [`compress`] wrote.
#[derive(Clone, Copy, Debug)]
pub struct Compressed {
    /// How the bytes were compressed.
    pub compression: Compression,
    /// CRC-32 of the uncompressed bytes.
    pub crc32: u32,
    /// Number of uncompressed bytes.
    pub size: u64,
    /// Number of bytes that were written.
    pub compressed_size: u64,
    /// Hash over the uncompressed bytes.
    pub sha256: Sha256,
}

/// Deflates `input` into `output`, from where that stands to its end, or stores it where that takes no more room.
///
/// Takes a little memory however long the input is, which is read a second time where it is stored.
///
/// # Errors
/// If the input cannot be read or the output not be written.
pub fn compress(
    mut input: impl Read + Seek,
    output: &mut (impl Write + Seek + Truncate),
) -> io::Result<Compressed> {
    let start = output.stream_position()?;
    let mut encoder = DeflateEncoder::new(&mut *output, Level::new(DEFLATE_LEVEL));
    let digest = copy_digested(&mut input, &mut encoder)?;
    encoder.finish()?;
    let mut compressed_size = output.stream_position()? - start;
    let mut compression = Compression::Deflated;
    if compressed_size >= digest.size {
        input.seek(SeekFrom::Start(0))?;
        output.seek(SeekFrom::Start(start))?;
        output.truncate(start)?;
        if copy_digested(&mut input, output)? != digest {
            return Err(io::Error::other("it changed while it was read"));
        }
        compressed_size = digest.size;
        compression = Compression::Stored;
    }
    let Digest {
        crc32,
        size,
        sha256,
    } = digest;
    Ok(Compressed {
        compression,
        crc32,
        size,
        compressed_size,
        sha256,
    })
}

/// What identifies bytes that went by.
#[derive(PartialEq, Eq)]
struct Digest {
    crc32: u32,
    size: u64,
    sha256: Sha256,
}

/// Copies in full buffers, so that the compressor sees the same pieces wherever it runs.
fn copy_digested(input: &mut impl Read, output: &mut impl Write) -> io::Result<Digest> {
    let (mut crc, mut hasher, mut size) = (Crc::new(), Hasher::default(), 0);
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        buffer.clear();
        if input
            .by_ref()
            .take(BUFFER as u64)
            .read_to_end(&mut buffer)?
            == 0
        {
            return Ok(Digest {
                crc32: crc.sum(),
                size,
                sha256: hasher.finish(),
            });
        }
        crc.update(&buffer);
        hasher.update(&buffer);
        output.write_all(&buffer)?;
        size += buffer.len() as u64;
    }
}

/// Something that can be cut off at a length.
pub trait Truncate {
    /// Cuts off what stands behind `length` bytes.
    ///
    /// # Errors
    /// If the operating system refuses.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

impl Truncate for io::Cursor<Vec<u8>> {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.get_mut().truncate(length as usize);
        Ok(())
    }
}

impl Truncate for std::fs::File {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_shrink_is_stored() {
        let stored = Stream::of(b"ab");
        assert_eq!(
            (stored.compression, stored.bytes.as_ref()),
            (Compression::Stored, &b"ab"[..])
        );
        let deflated = Stream::of(&[7; 1000]);
        assert_eq!(
            (deflated.compression, deflated.size),
            (Compression::Deflated, 1000)
        );
        assert!(deflated.bytes.len() < 20);
        assert_eq!(Stream::of(b"").bytes.len(), 0);
    }
}
