//! The two headers of an entry and their extra fields, each believed only as far as it can be read in one way.
//!
//! Field layouts: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.5.3 and 4.6.9.

use super::ArchiveError;
use super::bytes::Cursor;
use crate::archive::{EntryPath, ListingEntry};

const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
const ZIP64: u16 = 0x0001;
/// A size or an offset that the ZIP64 field tells (4.4.8, 4.4.9, 4.4.16), and the bytes of one that it holds.
const LEFT_OUT: u64 = u32::MAX as u64;
const VALUE: usize = 8;
const UNICODE_PATH: u16 = 0x7075;
/// PKWARE Unix, `ASi` Unix and libarchive's header of attributes: each can say that a file is a link or a device.
const TYPES: [u16; 3] = [0x000d, 0x756e, 0x6c78];

/// What both headers of an entry say.
pub(super) struct Header<'a> {
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub compressed: u64,
    pub size: u64,
    pub name: &'a [u8],
    /// Whether there is a ZIP64 field; the data descriptor is wider then (4.3.9.1).
    pub zip64: bool,
    extra: &'a [u8],
}

/// What only the central directory says.
pub(super) struct CentralHeader<'a> {
    pub header: Header<'a>,
    /// The system whose attributes these are.
    pub system: u8,
    pub disk: u32,
    pub attributes: u32,
    /// Where the local header is.
    pub offset: u64,
}

impl<'a> CentralHeader<'a> {
    /// Reads the next header of a central directory; `None` where it is damaged.
    pub fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        cursor.expect(CENTRAL)?;
        let [_, system] = cursor.u16()?.to_le_bytes();
        let mut header = Header::read_shared(cursor)?;
        let (name, extra) = (cursor.u16()?, cursor.u16()?);
        let (comment, disk, _internal) = (cursor.u16()?, cursor.u16()?.into(), cursor.u16()?);
        let (attributes, offset) = (cursor.u32()?, cursor.u32()?.into());
        header.name = cursor.take(name.into())?;
        header.extra = cursor.take(extra.into())?;
        cursor.take(comment.into())?;
        Some(Self {
            header,
            system,
            disk,
            attributes,
            offset,
        })
    }

    /// Applies the extra fields.
    pub fn resolve(&mut self, path: &EntryPath) -> Result<(), ArchiveError> {
        let mut rest = self.header.resolve(path, Some(&mut self.offset))?;
        if self.disk == u32::from(u16::MAX) {
            self.disk = rest.u32().unwrap_or(self.disk);
        }
        check_end(path, rest)
    }
}

impl<'a> Header<'a> {
    /// Reads the local header at `offset` of `entries`; the cursor stands at the data then.
    pub fn read_local(
        cursor: &mut Cursor<'a>,
        path: &EntryPath,
    ) -> Result<Header<'a>, ArchiveError> {
        let mut read = || {
            cursor.expect(LOCAL)?;
            let mut header = Self::read_shared(cursor)?;
            let (name, extra) = (cursor.u16()?, cursor.u16()?);
            header.name = cursor.take(name.into())?;
            header.extra = cursor.take(extra.into())?;
            Some(header)
        };
        let mut header = read().ok_or_else(|| ArchiveError::NoLocalHeader(path.clone()))?;
        let rest = header.resolve(path, None)?;
        check_end(path, rest)?;
        Ok(header)
    }

    /// What a listing says of an entry, for one whose local header has these flags.
    pub fn of_listed(listed: &'a ListingEntry, flags: u16) -> Self {
        Self {
            flags,
            method: listed.place.method,
            crc32: listed.crc32,
            compressed: listed.place.compressed,
            size: listed.size,
            name: listed.path.as_str().as_bytes(),
            zip64: false,
            extra: &[],
        }
    }

    /// Reads the fields that both headers have in the same order, but for the names that come later.
    fn read_shared(cursor: &mut Cursor<'a>) -> Option<Self> {
        let (_version, flags, method) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
        let _time_and_date = cursor.u32()?;
        Some(Self {
            flags,
            method,
            crc32: cursor.u32()?,
            compressed: cursor.u32()?.into(),
            size: cursor.u32()?.into(),
            name: &[],
            zip64: false,
            extra: &[],
        })
    }

    /// Applies the extra fields, in which ZIP64 has the values that are all ones, in this order (4.5.3). Returns what
    /// the ZIP64 field holds behind them.
    fn resolve(
        &mut self,
        path: &EntryPath,
        offset: Option<&mut u64>,
    ) -> Result<Cursor<'a>, ArchiveError> {
        let (zip64, unicode_path) = self.extra_fields(path)?;
        if unicode_path.is_some_and(|field| !self.is_named_by(field)) {
            return Err(ArchiveError::UnicodePath(path.clone()));
        }
        self.zip64 = zip64.is_some();
        let sizes = [&mut self.size, &mut self.compressed].into_iter();
        let (left_out, told): (Vec<_>, Vec<_>) =
            sizes.chain(offset).partition(|value| **value == LEFT_OUT);
        let mut field = Cursor(zip64.unwrap_or_default());
        if left_out.is_empty() {
            check_needless(path, zip64, &told)?;
            field = Cursor(&[]);
        }
        for value in left_out {
            *value = field
                .u64()
                .ok_or_else(|| ArchiveError::Zip64Field(path.clone()))?;
        }
        Ok(field)
    }

    /// The ZIP64 and the Unicode path field.
    #[expect(clippy::type_complexity, reason = "two fields, each a slice")]
    fn extra_fields(
        &self,
        path: &EntryPath,
    ) -> Result<(Option<&'a [u8]>, Option<&'a [u8]>), ArchiveError> {
        let damaged = || ArchiveError::Extra(path.clone());
        let (mut zip64, mut unicode_path) = (None, None);
        let mut cursor = Cursor(self.extra);
        while !cursor.0.is_empty() {
            let id = cursor.u16().ok_or_else(damaged)?;
            let length = cursor.u16().ok_or_else(damaged)?;
            let field = cursor.take(length.into()).ok_or_else(damaged)?;
            let known = match id {
                ZIP64 => &mut zip64,
                UNICODE_PATH => &mut unicode_path,
                id if TYPES.contains(&id) => {
                    return Err(ArchiveError::HiddenType(path.clone(), id));
                }
                _ => continue,
            };
            if known.replace(field).is_some() {
                return Err(damaged());
            }
        }
        Ok((zip64, unicode_path))
    }

    /// Whether a Unicode path field (version 1, CRC-32 of the name, name) repeats the name.
    fn is_named_by(&self, field: &[u8]) -> bool {
        let mut crc = flate2::Crc::new();
        crc.update(self.name);
        let mut cursor = Cursor(field);
        cursor.take(1) == Some(&[1]) && cursor.u32() == Some(crc.sum()) && cursor.0 == self.name
    }
}

/// Refuses a ZIP64 field that tells what the header leaves to nobody, unless it repeats the header's values from the
/// first on, so that every reader learns the same. Some writers add it to be safe (`docs/wheels.md`).
fn check_needless(
    path: &EntryPath,
    zip64: Option<&[u8]>,
    told: &[&mut u64],
) -> Result<(), ArchiveError> {
    let Some(field) = zip64 else {
        return Ok(());
    };
    let lengths = 2 * VALUE..=told.len() * VALUE;
    if !lengths.contains(&field.len()) || field.len() % VALUE != 0 {
        return Err(ArchiveError::Zip64Field(path.clone()));
    }
    let mut repeated = field.chunks(VALUE).zip(told);
    if repeated.all(|(value, told)| *value == told.to_le_bytes()) {
        Ok(())
    } else {
        Err(ArchiveError::Zip64Disagreement(path.clone()))
    }
}

/// Refuses bytes in a ZIP64 field behind the values that the header leaves to it.
fn check_end(path: &EntryPath, rest: Cursor<'_>) -> Result<(), ArchiveError> {
    if rest.0.is_empty() {
        Ok(())
    } else {
        Err(ArchiveError::Zip64Field(path.clone()))
    }
}
