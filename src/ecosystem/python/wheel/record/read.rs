//! Reads `RECORD`: what a wheel says of the files in it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::MAX_RECORD_ROWS;
use crate::archive::EntryPath;
use crate::ecosystem::python::wheel::error::{WheelError, shortened};

/// What a `RECORD` says of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// `sha256=` and the URL-safe base64 of the hash; empty for `RECORD` itself, and where the line is no sound CSV.
    pub hash: String,
    /// Its size in bytes; empty where the hash is.
    pub size: String,
}

/// The usual length of a line in bytes: a hash, and a path that is about as long.
const USUAL_LINE: usize = 96;

/// Parses a `RECORD`: CSV with a path below the root, a hash and a size in each line (PEP 376, PEP 427).
pub fn parse_record(bytes: &[u8]) -> Result<HashMap<EntryPath, Recorded>, WheelError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut files = HashMap::with_capacity(bytes.len() / USUAL_LINE);
    let mut line = csv::StringRecord::new();
    while reader.read_record(&mut line)? {
        let (path, recorded) = parse_line(&line)?;
        match files.entry(path) {
            Entry::Vacant(entry) => drop(entry.insert(recorded)),
            Entry::Occupied(entry) if *entry.get() == recorded => {}
            Entry::Occupied(entry) => return Err(WheelError::RecordTwice(entry.key().to_string())),
        }
        if files.len() > MAX_RECORD_ROWS {
            return Err(WheelError::RecordTooLong);
        }
    }
    Ok(files)
}

fn parse_line(line: &csv::StringRecord) -> Result<(EntryPath, Recorded), WheelError> {
    // maturin does not quote paths with commas: such a line has more fields, of which the last two are hash and size.
    let commas = line.len().checked_sub(3).ok_or_else(|| no_row(line))?;
    let (hash, size) = (&line[commas + 1], &line[commas + 2]);
    let is_hash = hash.contains('=') || hash.is_empty() && commas == 0;
    if !is_hash || !size.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(no_row(line));
    }
    if commas > 0 {
        let fields: Vec<_> = line.iter().take(commas + 1).collect();
        // Named, but not described: so a layer gets a line that can be read.
        return Ok((record_path(&fields.join(","))?, Recorded::default()));
    }
    let recorded = Recorded {
        hash: hash.to_owned(),
        size: size.to_owned(),
    };
    Ok((record_path(&line[0])?, recorded))
}

fn record_path(path: &str) -> Result<EntryPath, WheelError> {
    path.parse().map_err(|reason| WheelError::RecordPath {
        path: shortened(path),
        reason,
    })
}

fn no_row(line: &csv::StringRecord) -> WheelError {
    let fields: Vec<_> = line.iter().collect();
    let number = line.position().map_or(0, csv::Position::record) + 1;
    WheelError::RecordRow(number, shortened(&fields.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_an_unquoted_comma_is_named_but_not_described() {
        let read = parse_record(b"p/a, b.txt,sha256=x,1\n").unwrap();
        let path: EntryPath = "p/a, b.txt".parse().unwrap();
        assert_eq!(read[&path].hash, "");
        assert!(parse_record(b"p/a, b.txt,,\n").is_err());
    }
}
