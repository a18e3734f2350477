//! `RECORD`: the list of installed files by which `importlib.metadata` knows a package.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::MAX_RECORD_ROWS;
use super::error::WheelError;
use super::layout::{Placement, WheelLayout};
use crate::archive::{EntryPath, ReadEntry};
use crate::digest::Sha256;

/// A `RECORD` that describes what is really there.
pub enum Record {
    /// The wheel's own does.
    Untouched,
    /// It does not; these are the bytes of one that does.
    Rewritten(Vec<u8>),
}

/// One line of a `RECORD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// The file, relative to the package root, `/` between its parts.
    pub path: String,
    /// `sha256=` and the URL-safe base64 of the hash; empty for `RECORD` itself.
    pub hash: String,
    /// Its size in bytes; empty for `RECORD` itself.
    pub size: String,
}

impl Record {
    /// What must stand in the layer if of the wheel's placements only those that `stay` remain.
    ///
    /// Fails where a file that the wheel's `RECORD` forgets cannot be read.
    pub fn describing(
        wheel: &WheelLayout<'_>,
        stay: impl Fn(&Placement<'_>) -> bool,
    ) -> Result<Self, WheelError> {
        let known = &wheel.rows;
        let mut rows = Vec::new();
        let mut moved = false;
        for placement in wheel.placements.iter().filter(|placement| stay(placement)) {
            moved |= placement.path != placement.entry.path;
            let row = match known.get(placement.entry.path.as_str()) {
                Some(row) if !row.hash.is_empty() => RecordRow {
                    path: placement.path.clone().into(),
                    ..row.clone()
                },
                _ => describe(&placement.path, &placement.entry)?,
            };
            rows.push(row);
        }
        let record_path = wheel.record_path().as_str();
        let same_files = known.len() == rows.len() + usize::from(known.contains_key(record_path))
            && rows
                .iter()
                .all(|row| known.get(row.path.as_str()) == Some(row));
        if same_files && !moved {
            return Ok(Self::Untouched);
        }
        rows.push(RecordRow::of_record(wheel.record_path()));
        Ok(Self::Rewritten(to_bytes(rows)?))
    }
}

/// Parses a `RECORD`: CSV with a path below the root, a hash and a size in each line (PEP 376, PEP 427).
pub fn parse_record(bytes: &[u8]) -> Result<HashMap<String, RecordRow>, WheelError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut rows = HashMap::new();
    for line in reader.records() {
        let line = line?;
        let row = parse_row(&line)?;
        if let Err(reason) = row.path.parse::<EntryPath>() {
            let path = row.path;
            return Err(WheelError::RecordPath { path, reason });
        }
        if let Some(other) = rows.insert(row.path.clone(), row.clone())
            && other != row
        {
            return Err(WheelError::RecordTwice(row.path));
        }
        if rows.len() > MAX_RECORD_ROWS {
            return Err(WheelError::RecordTooLong);
        }
    }
    Ok(rows)
}

fn parse_row(line: &csv::StringRecord) -> Result<RecordRow, WheelError> {
    let fields: Vec<_> = line.iter().collect();
    match fields.as_slice() {
        [path, hash, size]
            if (hash.is_empty() || hash.contains('='))
                && size.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Ok(RecordRow {
                path: (*path).to_owned(),
                hash: (*hash).to_owned(),
                size: (*size).to_owned(),
            })
        }
        _ => {
            let text: String = fields.join(",").chars().take(80).collect();
            let number = line.position().map_or(0, csv::Position::record) + 1;
            Err(WheelError::RecordRow(number, text))
        }
    }
}

fn describe(path: &EntryPath, entry: &ReadEntry<'_>) -> Result<RecordRow, WheelError> {
    Ok(RecordRow::of(path, entry.sha256()?, entry.size))
}

impl RecordRow {
    /// The line of a file whose content has this hash and this size in bytes.
    pub(super) fn of(path: &EntryPath, sha256: Sha256, size: u64) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(sha256.as_bytes());
        Self {
            path: path.clone().into(),
            hash: format!("sha256={hash}"),
            size: size.to_string(),
        }
    }

    /// The line of `RECORD` itself, which has neither hash nor size.
    pub(super) fn of_record(path: &EntryPath) -> Self {
        Self {
            path: path.clone().into(),
            hash: String::new(),
            size: String::new(),
        }
    }
}

/// The lines as a file, in the order of their paths.
pub(super) fn to_bytes(mut rows: Vec<RecordRow>) -> Result<Vec<u8>, csv::Error> {
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    for row in &rows {
        writer.write_record([&row.path, &row.hash, &row.size])?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}
