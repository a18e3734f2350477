//! `RECORD`: the list of installed files by which `importlib.metadata` knows a package.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::MAX_RECORD_ROWS;
use super::error::{WheelError, shortened};
use super::layout::{Placement, WheelLayout};
use crate::archive::EntryPath;
use crate::digest::Sha256;

/// A `RECORD` that describes what is really there.
pub enum Record {
    /// The wheel's own does.
    Untouched,
    /// It does not; these are the bytes of one that does.
    Rewritten(Vec<u8>),
}

/// What a `RECORD` says of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// `sha256=` and the URL-safe base64 of the hash; empty for `RECORD` itself, and where the line is no sound CSV.
    pub hash: String,
    /// Its size in bytes; empty where the hash is.
    pub size: String,
}

/// A line of a `RECORD` that is to be written.
pub(super) struct RecordRow {
    /// The file, relative to the package root, `/` between its parts.
    path: String,
    hash: String,
    size: String,
}

impl Record {
    /// What must stand in the layer if of the wheel's placements only those that `stay` remain.
    ///
    /// Fails where a file that the wheel's `RECORD` forgets cannot be read.
    pub fn describing(
        wheel: &WheelLayout<'_>,
        stay: impl Fn(&Placement<'_>) -> bool,
    ) -> Result<Self, WheelError> {
        let known = &wheel.recorded;
        let recorded = |placement: &Placement<'_>| {
            let recorded = known.get(&placement.entry.path);
            recorded.filter(|recorded| !recorded.hash.is_empty())
        };
        let left: Vec<_> = wheel.placements.iter().filter(|left| stay(left)).collect();
        let is_described = |left: &&Placement<'_>| !left.is_moved() && recorded(left).is_some();
        let of_record = usize::from(known.contains_key(wheel.record_path()));
        if known.len() == left.len() + of_record && left.iter().all(is_described) {
            return Ok(Self::Untouched);
        }
        let mut rows = Vec::with_capacity(left.len() + 1);
        for placement in left {
            let (path, entry) = (placement.path(), &placement.entry);
            rows.push(match recorded(placement) {
                Some(Recorded { hash, size }) => RecordRow {
                    path: path.clone().into(),
                    hash: hash.clone(),
                    size: size.clone(),
                },
                None => RecordRow::of(path, entry.sha256()?, entry.size),
            });
        }
        rows.push(RecordRow::of_record(wheel.record_path()));
        Ok(Self::Rewritten(to_bytes(rows)?))
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Quotes, commas and spaces included, which CSV has its own ways for.
    fn any_files() -> impl Strategy<Value = BTreeMap<EntryPath, Vec<u8>>> {
        let path = "[ -~é\u{2100}数]{1,12}".prop_filter_map("no path", |text| text.parse().ok());
        proptest::collection::btree_map(path, any::<Vec<u8>>(), 0..8)
    }

    #[test]
    fn a_path_with_an_unquoted_comma_is_named_but_not_described() {
        let read = parse_record(b"p/a, b.txt,sha256=x,1\n").unwrap();
        let path: EntryPath = "p/a, b.txt".parse().unwrap();
        assert_eq!(read[&path].hash, "");
        assert!(parse_record(b"p/a, b.txt,,\n").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(files in any_files()) {
            let row = |(path, content): (_, &Vec<u8>)| {
                RecordRow::of(path, Sha256::of(content), content.len() as u64)
            };
            let bytes = to_bytes(files.iter().rev().map(row).collect()).unwrap();
            let read = parse_record(&bytes).unwrap();
            prop_assert_eq!(read.len(), files.len());
            for (path, content) in &files {
                let hash = URL_SAFE_NO_PAD.encode(Sha256::of(content).as_bytes());
                let recorded = &read[path];
                prop_assert_eq!(&recorded.hash, &format!("sha256={hash}"));
                prop_assert_eq!(&recorded.size, &content.len().to_string());
            }
            // Lines that say the same twice are honest; lines that contradict each other are not.
            let twice = [bytes.as_slice(), &bytes].concat();
            prop_assert_eq!(parse_record(&twice).unwrap(), read);
            if let Some(path) = files.keys().next() {
                let other = to_bytes(vec![RecordRow::of_record(path)]).unwrap();
                let contradicted = parse_record(&[bytes, other].concat());
                let is_refused = matches!(contradicted, Err(WheelError::RecordTwice(_)));
                prop_assert!(is_refused);
            }
        }
    }
}
