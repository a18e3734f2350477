//! How long a request may take.

use std::time::Duration;

use aws_sdk_lambda::config::timeout::TimeoutConfig;

/// The slowest upload that is waited for, in bytes a second.
const SLOWEST_UPLOAD: u64 = 256 * 1024;

/// A signature is good for five minutes (AWS Signature Version 4), so that no attempt may take longer.
const SIGNATURE_LIFETIME: Duration = Duration::from_mins(5);

/// The limits of every request but a publish.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(Duration::from_secs(30))
        .build()
}

/// The limits of a publish with `bytes` of archive, which are sent as base64.
pub(super) fn upload_timeouts(bytes: u64) -> TimeoutConfig {
    let upload = Duration::from_secs(60 + bytes * 4 / 3 / SLOWEST_UPLOAD);
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(upload.min(SIGNATURE_LIFETIME))
        .build()
}
