//! A file of an archive as text, as far as it is text and can be read.

use std::collections::{BTreeMap, BTreeSet};

use super::{EntryPath, Listing, ListingEntry, read_listed};

/// The most bytes that a text may have to be read.
pub const MAX_TEXT: u64 = 1 << 20;

/// The most bytes of texts that are unpacked of one archive at a time: what is compressed well takes few bytes to read.
const MAX_TEXTS: u64 = 16 << 20;

/// Deflate makes a text hardly larger; more is not asked for.
const MAX_COMPRESSED: u64 = MAX_TEXT + (64 << 10);

/// What files hold, as far as it was read.
pub type Texts = BTreeMap<EntryPath, Text>;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// This text.
    Lines(String),
    /// Bytes that are no text: no UTF-8, or a NUL among them.
    Binary,
    /// More than `MAX_TEXT` bytes; they were not looked at.
    TooLarge,
    /// Not known: more was to be read than is read of one archive.
    Skipped,
    /// Something that its headers or its checksum do not promise, or that could not be had.
    Unreadable,
}

impl Text {
    /// What these bytes are.
    pub fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Self::Lines(text),
            _ => Self::Binary,
        }
    }
}

/// Those of the files at `paths` that are to be read, as many as may be unpacked at a time, and what is known of the
/// others that are listed.
pub fn readable<'l>(
    listing: &'l Listing,
    paths: &BTreeSet<EntryPath>,
) -> (Vec<&'l ListingEntry>, Texts) {
    let mut room = MAX_TEXTS;
    let (mut readable, mut others) = (Vec::new(), Texts::new());
    for entry in paths.iter().filter_map(|path| listing.get(path)) {
        if entry.size > MAX_TEXT || entry.place.compressed > MAX_COMPRESSED {
            others.insert(entry.path.clone(), Text::TooLarge);
        } else if entry.place.end <= entry.place.start {
            others.insert(entry.path.clone(), Text::Unreadable);
        } else if let Some(rest) = room.checked_sub(entry.size) {
            room = rest;
            readable.push(entry);
        } else {
            others.insert(entry.path.clone(), Text::Skipped);
        }
    }
    (readable, others)
}

/// Reads the file whose local header starts at the first of `bytes`, which may go on behind it.
///
/// Nothing is believed: no more than `MAX_TEXT` bytes are unpacked, and these must have the listed checksum.
pub fn read_text(bytes: &[u8], listed: &ListingEntry) -> Text {
    if listed.size > MAX_TEXT {
        return Text::TooLarge;
    }
    match read_listed(bytes, listed).and_then(|entry| entry.unpack()) {
        Ok(bytes) => Text::of(bytes),
        Err(_) => Text::Unreadable,
    }
}
