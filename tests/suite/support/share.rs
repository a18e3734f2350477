//! The share of many similar rounds that a run of the tests takes: a fifth, chosen by a seed, or all with `LLS_TEST_ALL`.

use std::io::Write as _;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// One round of so many is taken.
const ONE_OF: usize = 5;

/// The seed: `LLS_TEST_SEED`, or another one for each run, which is printed so that the run can be repeated.
static SEED: LazyLock<u64> = LazyLock::new(|| {
    let seed = match std::env::var("LLS_TEST_SEED") {
        Ok(seed) => seed.parse().expect("LLS_TEST_SEED is a number"),
        Err(_) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.expect("it is after 1970").as_secs()
        }
    };
    // Past the capture of the test harness.
    let note = format!(
        "LLS_TEST_SEED={seed} runs the same share of kills and races, LLS_TEST_ALL=1 all\n"
    );
    std::io::stdout().write_all(note.as_bytes()).unwrap();
    seed
});

/// The rounds to run of those that are numbered from 0 to `all`: one of each five that follow one another, so that they
/// are spread over the whole.
pub fn rounds(all: usize) -> Vec<usize> {
    if std::env::var_os("LLS_TEST_ALL").is_some_and(|value| !value.is_empty()) {
        return (0..all).collect();
    }
    share(all, *SEED)
}

fn share(all: usize, seed: u64) -> Vec<usize> {
    let starts = (0..all).step_by(ONE_OF);
    starts
        .map(|start| {
            let among = ONE_OF.min(all - start) as u64;
            start + (mixed(seed.wrapping_add(start as u64)) % among) as usize
        })
        .collect()
}

/// A number whose bits all depend on all bits of another one (the finalizer of SplitMix64).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Every round is in the share of some seed.
#[test]
fn no_round_is_left_out_for_ever() {
    let taken: std::collections::BTreeSet<_> = (0..200).flat_map(|seed| share(12, seed)).collect();
    assert!(taken.into_iter().eq(0..12));
    assert_eq!(share(12, 1).len(), 3);
}
