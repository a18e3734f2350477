//! How commands end.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything is fine: 0.
    Success,
    /// Something failed or is blocked: 1.
    Failure,
    /// There are changes, and the caller asked to be told so: 2.
    Changes,
}

impl ExitStatus {
    /// Success, or failure.
    pub fn of(is_success: bool) -> Self {
        if is_success {
            Self::Success
        } else {
            Self::Failure
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Success => Self::SUCCESS,
            ExitStatus::Failure => Self::FAILURE,
            ExitStatus::Changes => Self::from(2),
        }
    }
}
