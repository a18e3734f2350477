//! Every lock that can be read is written back as one that reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lls::lock::{Lock, LockError};

fuzz_target!(|text: &str| {
    match text.parse::<Lock>() {
        Ok(lock) => {
            let written = lock.to_string();
            assert_eq!(written.parse().as_ref(), Ok(&lock), "{written}");
            assert_eq!(written, lock.to_string());
        }
        Err(LockError::Line { line, .. } | LockError::Twice { line, .. }) => {
            assert!((2..=text.lines().count()).contains(&line));
        }
        Err(LockError::Head) => {}
    }
});
