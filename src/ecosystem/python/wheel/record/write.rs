//! Writes `RECORD`, so that it lists what is really there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Recorded;
use crate::archive::EntryPath;
use crate::digest::Sha256;
use crate::ecosystem::python::wheel::{WheelError, WheelLayout};
use crate::ecosystem::{Inventory, Placement};

/// A line of a `RECORD` that is to be written.
pub struct RecordRow {
    /// The file, relative to the package root, `/` between its parts.
    path: String,
    hash: String,
    size: String,
}

impl WheelLayout<'_> {
    /// The `RECORD` that must stand in the layer if of the wheel's placements only those that `stay` remain.
    ///
    /// Fails where a file that the wheel's `RECORD` forgets cannot be read.
    pub fn describing(
        &self,
        stay: impl Fn(&Placement<'_>) -> bool,
    ) -> Result<Inventory, WheelError> {
        let known = &self.recorded;
        let recorded = |placement: &Placement<'_>| {
            let recorded = known.get(&placement.entry.path);
            recorded.filter(|recorded| !recorded.hash.is_empty())
        };
        let left: Vec<_> = self.placements.iter().filter(|left| stay(left)).collect();
        let is_described = |left: &&Placement<'_>| left.moved.is_none() && recorded(left).is_some();
        let of_record = usize::from(known.contains_key(&self.inventory.path));
        if known.len() == left.len() + of_record && left.iter().all(is_described) {
            return Ok(Inventory::Untouched);
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
        rows.push(RecordRow::of_record(&self.inventory.path));
        Ok(Inventory::Rewritten(to_bytes(rows)?))
    }
}

impl RecordRow {
    /// The line of a file whose content has this hash and this size in bytes.
    pub fn of(path: &EntryPath, sha256: Sha256, size: u64) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(sha256.as_bytes());
        Self {
            path: path.clone().into(),
            hash: format!("sha256={hash}"),
            size: size.to_string(),
        }
    }

    /// The line of `RECORD` itself, which has neither hash nor size.
    pub fn of_record(path: &EntryPath) -> Self {
        Self {
            path: path.clone().into(),
            hash: String::new(),
            size: String::new(),
        }
    }
}

/// The lines as a file, in the order of their paths.
pub fn to_bytes(mut rows: Vec<RecordRow>) -> Result<Vec<u8>, csv::Error> {
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

    use super::super::parse_record;
    use super::*;

    /// Quotes, commas and spaces included, which CSV has its own ways for.
    fn any_files() -> impl Strategy<Value = BTreeMap<EntryPath, Vec<u8>>> {
        let path = "[ -~é\u{2100}数]{1,12}".prop_filter_map("no path", |text| text.parse().ok());
        proptest::collection::btree_map(path, any::<Vec<u8>>(), 0..8)
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
