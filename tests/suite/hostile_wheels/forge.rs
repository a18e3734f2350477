//! Forges ZIP archives byte by byte: every field of every record can be set, and what is not set is right.

use std::io::Write as _;

/// An archive to be forged.
#[derive(Clone, Default)]
pub struct Forge {
    /// Bytes before the first entry; offsets count them.
    pub before: Vec<u8>,
    pub entries: Vec<Entry>,
    /// Bytes between the last entry and the central directory.
    pub before_directory: Vec<u8>,
    /// Bytes between the central directory and the end records.
    pub after_directory: Vec<u8>,
    pub zip64: Option<Zip64>,
    pub end: End,
    /// Bytes behind everything.
    pub after: Vec<u8>,
}

/// The fields that an entry has in both headers.
#[derive(Clone)]
pub struct Fields {
    pub version: u16,
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub compressed: u32,
    pub size: u32,
    pub name: Vec<u8>,
    pub extra: Vec<u8>,
}

/// An entry; `data` is its stream and `behind` what follows it, such as a data descriptor.
#[derive(Clone)]
pub struct Entry {
    pub local: Fields,
    pub central: Fields,
    pub made_by: u16,
    pub attributes: u32,
    pub disk: u16,
    pub offset: Option<u32>,
    pub signature: [u8; 4],
    pub data: Vec<u8>,
    pub behind: Vec<u8>,
    /// Whether the entry is in the central directory, and whether it is among the entries.
    pub listed: bool,
    pub present: bool,
}

/// The end record.
#[derive(Clone, Default)]
pub struct End {
    pub disk: u16,
    pub directory_disk: u16,
    pub here: Option<u16>,
    pub total: Option<u16>,
    pub size: Option<u32>,
    pub offset: Option<u32>,
    pub comment: Vec<u8>,
    pub comment_length: Option<u16>,
}

/// The ZIP64 end record and its locator.
#[derive(Clone, Default)]
pub struct Zip64 {
    pub length: Option<u64>,
    pub disk: u32,
    pub here: Option<u64>,
    pub total: Option<u64>,
    pub size: Option<u64>,
    pub offset: Option<u64>,
    pub locator_disk: u32,
    pub locator_offset: Option<u64>,
    pub disks: Option<u32>,
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An extra field.
pub fn extra(id: u16, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u16;
    [&id.to_le_bytes()[..], &length.to_le_bytes(), content].concat()
}

/// A stored file.
pub fn stored(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    let (name, content) = (name.as_ref(), content.as_ref());
    let fields = Fields {
        version: 20,
        flags: if name.is_ascii() { 0 } else { 1 << 11 },
        method: 0,
        crc32: crc32(content),
        compressed: content.len() as u32,
        size: content.len() as u32,
        name: name.to_vec(),
        extra: Vec::new(),
    };
    let folder = name.ends_with(b"/");
    Entry {
        local: fields.clone(),
        central: fields,
        made_by: 3 << 8 | 20,
        attributes: if folder { 0o040_755 } else { 0o100_644 } << 16,
        disk: 0,
        offset: None,
        signature: *b"PK\x03\x04",
        data: content.to_vec(),
        behind: Vec::new(),
        listed: true,
        present: true,
    }
}

/// A deflated file.
pub fn deflated(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    let stream = deflate(content.as_ref());
    let mut entry = stored(name, content).both(|fields| {
        fields.method = 8;
        fields.compressed = stream.len() as u32;
    });
    entry.data = stream;
    entry
}

impl Entry {
    /// Changes both headers alike.
    pub fn both(mut self, edit: impl Fn(&mut Fields)) -> Self {
        edit(&mut self.local);
        edit(&mut self.central);
        self
    }

    pub fn with(mut self, edit: impl FnOnce(&mut Self)) -> Self {
        edit(&mut self);
        self
    }

    pub fn mode(self, mode: u32) -> Self {
        self.with(|entry| entry.attributes = mode << 16)
    }

    /// Moves checksum and sizes into a data descriptor.
    pub fn descriptor(mut self, signature: bool, width: usize) -> Self {
        let central = self.central.clone();
        self = self.both(|fields| fields.flags |= 1 << 3);
        (self.local.crc32, self.local.compressed, self.local.size) = (0, 0, 0);
        if signature {
            self.behind.extend(b"PK\x07\x08");
        }
        self.behind.extend(central.crc32.to_le_bytes());
        for size in [central.compressed, central.size] {
            self.behind.extend(&u64::from(size).to_le_bytes()[..width]);
        }
        if width == 8 {
            self.local.compressed = u32::MAX;
            self.local.size = u32::MAX;
            self.local.extra.extend(extra(1, &[0; 16]));
        }
        self
    }

    /// The local header, the data, and what is behind them.
    pub fn local_bytes(&self) -> Vec<u8> {
        [
            &self.signature[..],
            &self.local.shared(),
            &(self.local.name.len() as u16).to_le_bytes(),
            &(self.local.extra.len() as u16).to_le_bytes(),
            &self.local.name,
            &self.local.extra,
            &self.data,
            &self.behind,
        ]
        .concat()
    }

    fn central_bytes(&self, offset: u32) -> Vec<u8> {
        [
            b"PK\x01\x02",
            &self.made_by.to_le_bytes()[..],
            &self.central.shared(),
            &(self.central.name.len() as u16).to_le_bytes(),
            &(self.central.extra.len() as u16).to_le_bytes(),
            &[0, 0],
            &self.disk.to_le_bytes(),
            &[0, 0],
            &self.attributes.to_le_bytes(),
            &self.offset.unwrap_or(offset).to_le_bytes(),
            &self.central.name,
            &self.central.extra,
        ]
        .concat()
    }
}

impl Fields {
    fn shared(&self) -> Vec<u8> {
        [
            &self.version.to_le_bytes()[..],
            &self.flags.to_le_bytes(),
            &self.method.to_le_bytes(),
            &[0, 0, 33, 0],
            &self.crc32.to_le_bytes(),
            &self.compressed.to_le_bytes(),
            &self.size.to_le_bytes(),
        ]
        .concat()
    }
}

impl Forge {
    /// The archive.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.before.clone();
        let mut directory = Vec::new();
        let mut count = 0u64;
        for entry in &self.entries {
            if entry.listed {
                directory.extend(entry.central_bytes(bytes.len() as u32));
                count += 1;
            }
            if entry.present {
                bytes.extend(entry.local_bytes());
            }
        }
        bytes.extend(&self.before_directory);
        let (offset, size) = (bytes.len() as u64, directory.len() as u64);
        bytes.extend(directory);
        bytes.extend(&self.after_directory);
        if let Some(zip64) = &self.zip64 {
            bytes.extend(zip64.bytes(bytes.len() as u64, count, size, offset));
        }
        bytes.extend(self.end.bytes(count, size, offset));
        bytes.extend(&self.after);
        bytes
    }
}

impl End {
    fn bytes(&self, count: u64, size: u64, offset: u64) -> Vec<u8> {
        let length = self.comment_length.unwrap_or(self.comment.len() as u16);
        [
            b"PK\x05\x06",
            &self.disk.to_le_bytes()[..],
            &self.directory_disk.to_le_bytes(),
            &self.here.unwrap_or(count as u16).to_le_bytes(),
            &self.total.unwrap_or(count as u16).to_le_bytes(),
            &self.size.unwrap_or(size as u32).to_le_bytes(),
            &self.offset.unwrap_or(offset as u32).to_le_bytes(),
            &length.to_le_bytes(),
            &self.comment,
        ]
        .concat()
    }
}

impl Zip64 {
    fn bytes(&self, place: u64, count: u64, size: u64, offset: u64) -> Vec<u8> {
        [
            b"PK\x06\x06",
            &self.length.unwrap_or(44).to_le_bytes()[..],
            &[45, 3, 45, 0],
            &self.disk.to_le_bytes(),
            &[0; 4],
            &self.here.unwrap_or(count).to_le_bytes(),
            &self.total.unwrap_or(count).to_le_bytes(),
            &self.size.unwrap_or(size).to_le_bytes(),
            &self.offset.unwrap_or(offset).to_le_bytes(),
            b"PK\x06\x07",
            &self.locator_disk.to_le_bytes(),
            &self.locator_offset.unwrap_or(place).to_le_bytes(),
            &self.disks.unwrap_or(1).to_le_bytes(),
        ]
        .concat()
    }
}
