//! Every lock that can be read is written back as one that reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lls::ecosystem::python::lock::{Lock, LockError};

fuzz_target!(|text: &str| {
    match text.parse::<Lock>() {
        Ok(lock) => {
            let written = lock.to_string();
            let whole = Lock { is_whole: true, ..lock.clone() };
            assert_eq!(written.parse(), Ok(whole), "{written}");
            assert_eq!(written, lock.to_string());
        }
        Err(LockError::Line { line, .. } | LockError::Twice { line, .. }) => {
            assert!((2..=text.lines().count()).contains(&line));
        }
        Err(LockError::Conflict(line)) => assert!((1..=text.lines().count()).contains(&line)),
        Err(LockError::Head) => {}
    }
});
