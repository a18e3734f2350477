//! How many requests are sent, how long one may take, and how long to wait before it is sent again.

use std::time::Duration;

use aws_sdk_lambda::config::timeout::TimeoutConfig;

use crate::registry::RequestLimits;

/// The slowest upload that is waited for, in bytes a second.
const SLOWEST_UPLOAD: u64 = 256 * 1024;

/// A signature is good for five minutes (AWS Signature Version 4), so that no attempt may take longer.
const SIGNATURE_LIFETIME: Duration = Duration::from_mins(5);

/// The longest time that connecting may take.
const CONNECTING: Duration = Duration::from_secs(10);

/// The wait before a request is sent for the second time, before chance shortens it.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest wait that is not asked for by the server.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The limits of every attempt but a publish.
pub(super) fn timeouts(limits: RequestLimits) -> TimeoutConfig {
    attempts_of(limits, limits.timeout)
}

/// How long an attempt of a publish with `bytes` of archive may take, which are sent as base64.
pub(super) fn upload_time(limits: RequestLimits, bytes: u64) -> Duration {
    let upload = Duration::from_secs(bytes * 4 / 3 / SLOWEST_UPLOAD);
    (limits.timeout * 2 + upload).min(SIGNATURE_LIFETIME)
}

/// The limits of attempts that may take this `time`.
pub(super) fn attempts_of(limits: RequestLimits, time: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECTING.min(limits.timeout))
        .operation_attempt_timeout(time.min(SIGNATURE_LIFETIME))
        .build()
}

/// How long a call may take with all its repetitions, counted from its first attempt: enough to send it again where
/// an `attempt` took all the time that it has.
pub(super) fn deadline(attempt: Duration) -> Duration {
    attempt * 4
}

/// The wait after the attempt with this number, 0 for the first: doubled each time, then shortened to a part that
/// `chance`, from 0 to 1, decides ("full jitter"), so that those who failed together do not return together.
pub(super) fn pause(attempt: u32, chance: f64) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt));
    longest.min(LONGEST_PAUSE).mul_f64(chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_are_shortened_by_chance() {
        assert_eq!(pause(0, 1.0), FIRST_PAUSE);
        assert_eq!(pause(2, 1.0), FIRST_PAUSE * 4);
        assert_eq!(pause(2, 0.25), FIRST_PAUSE);
        assert_eq!(pause(u32::MAX, 1.0), LONGEST_PAUSE);
        assert_eq!(pause(9, 0.0), Duration::ZERO);
    }

    #[test]
    fn an_upload_has_time_for_its_size_within_a_signatures_life() {
        let time = |bytes| upload_time(RequestLimits::default(), bytes);
        assert_eq!(time(0), Duration::from_mins(1));
        assert_eq!(time(3 * SLOWEST_UPLOAD), Duration::from_secs(64));
        assert_eq!(time(u64::MAX / 4), SIGNATURE_LIFETIME);
    }

    #[test]
    fn an_attempt_that_hangs_leaves_time_for_another() {
        for bytes in [0, 16 << 20, 50 << 20] {
            let attempt = upload_time(RequestLimits::default(), bytes);
            assert!(attempt + LONGEST_PAUSE < deadline(attempt), "{bytes} bytes");
        }
    }
}
