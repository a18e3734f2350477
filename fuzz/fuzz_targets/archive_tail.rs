//! The end of an archive, with any claim of how long the archive is.
//!
//! The first nine bytes of an input choose the claim: a kind and a number.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lls::archive::{MAX_TEXT, Tail, Text, read_tail, read_text};

fuzz_target!(|input: &[u8]| {
    let Some((head, bytes)) = input.split_at_checked(9) else {
        return;
    };
    let number = u64::from_le_bytes(head[1..].try_into().expect("eight bytes"));
    let size = bytes.len() as u64;
    match head[0] % 4 {
        0 => check(bytes, size),
        1 => check(bytes, size.saturating_add(number)),
        2 => check(bytes, number),
        _ => check(&bytes[(number % (size + 1)) as usize..], size),
    }
});

fn check(tail: &[u8], archive_size: u64) {
    match read_tail(tail, archive_size) {
        Tail::Whole { listing, .. } => {
            assert!(listing.0.is_sorted());
            let unpacked = listing.unpacked_size();
            for entry in &listing.0 {
                let path = entry.path.as_str();
                assert!(path.split('/').all(|part| !matches!(part, "" | "." | "..")));
                assert!(listing.get(&entry.path).is_some());
                assert!(unpacked >= entry.size);
                assert!(entry.place.start <= entry.place.end);
                let tail_start = archive_size - tail.len() as u64;
                let skipped = entry.place.start.checked_sub(tail_start);
                let bytes = skipped.and_then(|skipped| tail.get(skipped as usize..));
                if let Text::Lines(text) = read_text(bytes.unwrap_or_default(), entry) {
                    assert!(text.len() as u64 == entry.size && entry.size <= MAX_TEXT);
                }
            }
        }
        Tail::Partial {
            directory_offset, ..
        } => {
            // What is fetched next is more than what was at hand, and inside the archive.
            let start = archive_size - tail.len() as u64;
            assert!(directory_offset < start);
        }
        Tail::Foreign => {}
    }
}
