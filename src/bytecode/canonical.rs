//! Writes marshalled code so that it depends on what the code is, and on nothing else.
//!
//! CPython marks an object for references if something else in the interpreter happens to hold it, marks text that
//! happens to be interned, and writes sets in the order of their hashes, which differ from run to run. Here an object is
//! referred to if an equal one was written before, text is marked by what it says, and sets are sorted.

use super::BytecodeVersion;
use super::marshal::{FLAG_REF, Id, MarshalError, Value, Values, text_head};

/// The size of a reference in bytes. What takes no more is written again.
const REFERENCE: usize = 5;

/// Marshalled code, in its one form.
///
/// # Errors
/// If `marshalled` is not code of this version.
pub fn canonical(marshalled: &[u8], version: BytecodeVersion) -> Result<Vec<u8>, MarshalError> {
    let (values, root) = Values::read(marshalled, version)?;
    let mut counts = vec![0; values.all.len()];
    count(&values, root, &mut counts);
    let mut writer = Writer {
        values: &values,
        counts: &counts,
        written: vec![None; values.all.len()],
        references: 0,
        bytes: Vec::with_capacity(marshalled.len()),
    };
    writer.write(root);
    Ok(writer.bytes)
}

/// The members of a set, sorted by their bytes where everything in them is written out.
fn in_order(values: &Values<'_>, members: &[Id]) -> Vec<Id> {
    let written_out = |id: &Id| {
        let mut writer = Writer {
            values,
            counts: &[],
            written: Vec::new(),
            references: 0,
            bytes: Vec::new(),
        };
        writer.write(*id);
        writer.bytes
    };
    let mut members = members.to_vec();
    members.sort_by_cached_key(written_out);
    members
}

/// Counts how often each value is written or referred to.
fn count(values: &Values<'_>, id: Id, counts: &mut [u32]) {
    counts[id] = counts[id].saturating_add(1);
    if counts[id] == 1 || values.sizes[id] <= REFERENCE {
        for part in values.parts(id) {
            count(values, part, counts);
        }
    }
}

struct Writer<'v> {
    values: &'v Values<'v>,
    /// How often each value occurs; without it nothing is referred to.
    counts: &'v [u32],
    /// The number by which each value that was written is referred to.
    written: Vec<Option<u32>>,
    references: u32,
    bytes: Vec<u8>,
}

impl Writer<'_> {
    fn write(&mut self, id: Id) {
        if let Some(reference) = self.written.get(id).copied().flatten() {
            self.bytes.push(b'r');
            self.bytes.extend(reference.to_le_bytes());
            return;
        }
        let is_repeated = self.counts.get(id).is_some_and(|count| *count > 1);
        let flag = if is_repeated && self.values.sizes[id] > REFERENCE {
            self.written[id] = Some(self.references);
            self.references += 1;
            FLAG_REF
        } else {
            0
        };
        let values = self.values;
        match &values.all[id] {
            Value::Plain(kind, rest) => self.head(*kind | flag, rest),
            Value::Text(text) => {
                let head = text_head(text);
                self.head(head[0] | flag, &head[1..]);
                self.bytes.extend(*text);
            }
            Value::Tuple(parts) => {
                match u8::try_from(parts.len()) {
                    Ok(count) => self.head(b')' | flag, &[count]),
                    Err(_) => self.head(b'(' | flag, &(parts.len() as u32).to_le_bytes()),
                }
                self.parts(parts);
            }
            Value::FrozenSet(parts) => {
                self.head(b'>' | flag, &(parts.len() as u32).to_le_bytes());
                self.parts(&in_order(values, parts));
            }
            Value::Slice(parts) => {
                self.head(b':' | flag, &[]);
                self.parts(parts);
            }
            Value::Code {
                numbers,
                objects,
                line,
                tables,
            } => {
                self.head(b'c' | flag, numbers);
                self.parts(objects);
                self.bytes.extend(*line);
                self.parts(tables);
            }
        }
    }

    fn head(&mut self, kind: u8, rest: &[u8]) {
        self.bytes.push(kind);
        self.bytes.extend(rest);
    }

    fn parts(&mut self, parts: &[Id]) {
        for part in parts {
            self.write(*part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::PythonVersion;

    fn version(minor: u8) -> BytecodeVersion {
        BytecodeVersion::of(PythonVersion { major: 3, minor }).unwrap()
    }

    fn form(marshalled: &[u8]) -> Vec<u8> {
        canonical(marshalled, version(12)).unwrap()
    }

    #[test]
    fn references_follow_from_what_is_written() {
        // ("hello", "hello"), without and with a reference, and with marks that nothing refers to.
        let expected = b")\x02\xfa\x06hello!r\0\0\0\0";
        for written in [
            &b")\x02z\x06hello!z\x06hello!"[..],
            b")\x02\xfa\x06hello!r\0\0\0\0",
            b"\xa9\x02\xe1\x06\0\0\0hello!r\x01\0\0\0",
            b"(\x02\0\0\0u\x06\0\0\0hello!\xfa\x06hello!",
        ] {
            assert_eq!(form(written), expected, "{written:?}");
        }
    }

    #[test]
    fn text_is_interned_if_it_looks_like_a_name() {
        assert_eq!(form(b"z\x04name"), b"Z\x04name");
        assert_eq!(form(b"Z\x04a-b!"), b"z\x04a-b!");
        assert_eq!(form(b"t\x02\0\0\0\xc3\xa4"), b"u\x02\0\0\0\xc3\xa4");
    }

    #[test]
    fn sets_are_sorted() {
        let expected = b">\x03\0\0\0)\x01z\x01-Ni\x01\0\0\0";
        for written in [
            &b">\x03\0\0\0Ni\x01\0\0\0)\x01z\x01-"[..],
            b">\x03\0\0\0i\x01\0\0\0)\x01z\x01-N",
        ] {
            assert_eq!(form(written), expected, "{written:?}");
        }
    }

    #[test]
    fn equal_numbers_of_unlike_types_stay_apart() {
        let numbers = b")\x04i\x01\0\0\0g\0\0\0\0\0\0\xf0?Tg\0\0\0\0\0\0\0\x80";
        assert_eq!(form(numbers), numbers);
    }

    #[test]
    fn what_is_not_code_is_refused() {
        for (bytes, expected) in [
            (&b""[..], MarshalError::Length),
            (b"NN", MarshalError::Length),
            (b"(\xff\xff\xff\xff", MarshalError::Length),
            (b"l\0\0\0\x80", MarshalError::Length),
            (b"r\0\0\0\0", MarshalError::Reference),
            (b"\xa9\x01r\0\0\0\0", MarshalError::Reference),
            (b"[\0\0\0\0", MarshalError::Kind('[')),
            (&b")\x01".repeat(600), MarshalError::Bounds),
        ] {
            assert_eq!(canonical(bytes, version(12)), Err(expected), "{bytes:?}");
        }
        // Tuples that hold the next one twice.
        let mut doubling = b"\xa9\x02".repeat(60);
        doubling.extend(b"NN");
        doubling.extend((1..60_u8).rev().flat_map(|index| [b'r', index, 0, 0, 0]));
        let refused = canonical(&doubling, version(12));
        assert_eq!(refused, Err(MarshalError::Bounds));
    }
}
