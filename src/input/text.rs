//! Texts from bytes: UTF-8, and a good guess at what else they may be.

use std::path::Path;

use super::InputError;

/// The mark that some editors write at the start of UTF-8 files (Unicode, "byte order mark").
const MARK: char = '\u{feff}';

/// The text of a file.
///
/// # Errors
/// If it is not UTF-8; the encoding that it seems to have is named.
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, InputError> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        InputError::NotUtf8 {
            path: path.to_owned(),
            line: 1 + bytes[..valid].iter().filter(|byte| **byte == b'\n').count(),
            encoding: encoding(bytes),
        }
    })
}

/// The text without the mark that it may begin with.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// What the bytes of a text that is no UTF-8 seem to be; empty for binary data.
fn encoding(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] | [_, 0, _, 0, ..] => "UTF-16, as PowerShell writes it",
        [0xfe, 0xff, ..] | [0, _, 0, _, ..] => "UTF-16",
        _ if !bytes.contains(&0) => "Latin-1 or Windows-1252",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_named() {
        let utf16 = |text: &str| -> Vec<u8> {
            let units = [0xfeff].into_iter().chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        };
        for (bytes, expected) in [
            (
                utf16("a\n"),
                "`r:1` is not UTF-8: it looks like UTF-16, as PowerShell writes it",
            ),
            (
                b"\xfe\xff\0a".to_vec(),
                "`r:1` is not UTF-8: it looks like UTF-16",
            ),
            (
                b"a\n# caf\xe9\n".to_vec(),
                "`r:2` is not UTF-8: it looks like Latin-1 or Windows-1252",
            ),
            (b"\x7fELF\0\xff".to_vec(), "`r:1` is not UTF-8"),
        ] {
            let error = decode(Path::new("r"), bytes).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let marked = decode(Path::new("r"), "\u{feff}a".into()).unwrap();
        assert_eq!(without_mark(&marked), "a");
    }
}
