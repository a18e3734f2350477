//! What can go wrong between a request and the last byte of its answer. No message names an address, a host or a text
//! that the server wrote: each of them may hold a secret, or be made to deceive.

use std::time::Duration;

use humantime::format_duration;
use reqwest::StatusCode;

/// The slowest server that is waited for, in bytes a second, on the average since its answer began: a server that sends
/// a byte just before each silence gets too long would otherwise be waited for until the end of the whole time.
pub(super) const SLOWEST: u64 = 16 * 1024;

/// Why nothing, or not all, was received.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The operating system's certificates could not be loaded.
    #[error("cannot set up secure connections")]
    Setup(#[source] reqwest::Error),
    /// The connection could not be made, or broke before the end that was announced.
    #[error(transparent)]
    Failed(reqwest::Error),
    /// The server answered, but not with what was asked for.
    #[error("HTTP status {0}")]
    Status(StatusCode),
    /// The server sends another part than was asked for.
    #[error("the server sends other bytes than were asked for")]
    OtherRange,
    /// There was no whole head of an answer in time.
    #[error("the server did not answer within {}", format_duration(*.0))]
    NoAnswer(Duration),
    /// Nothing came for as long as was waited.
    #[error("the server sent nothing for {}", format_duration(*.0))]
    Silent(Duration),
    /// Too little came.
    #[error("the server sends less than {} KiB a second", SLOWEST / 1024)]
    Slow,
    /// The time for all attempts is over.
    #[error("the download took too long")]
    Late,
    /// More came, or was announced, than may come.
    #[error("the server sends more than {most} bytes")]
    TooLarge {
        /// The most that may come.
        most: u64,
    },
    /// It is compressed, which was not asked for.
    #[error("the server sends it with the content encoding `{0}`, which was not asked for")]
    Encoded(String),
    /// The address is none of HTTP.
    #[error("its address is neither http nor https")]
    Scheme,
    /// A redirect without an address.
    #[error("the server redirects without saying where to")]
    NoLocation,
    /// A redirect to a file of this machine, or to something else that is not asked for by HTTP.
    #[error("the server redirects to an address that is neither http nor https")]
    RedirectScheme,
    /// A redirect that gives up encryption.
    #[error("the server redirects from https to http")]
    Unencrypted,
    /// A loop, or a long way.
    #[error("the server redirects more than {0} times")]
    TooManyRedirects(usize),
}

impl HttpError {
    /// A failure of the client, without the address.
    pub(super) fn failed(error: reqwest::Error) -> Self {
        Self::Failed(error.without_url())
    }

    /// The status that the server answered with, if it is that which is wrong.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status(status) => Some(*status),
            _ => None,
        }
    }

    /// Whether another attempt may succeed: the server is busy or broken (RFC 9110, 15.5.9 and 15.6; RFC 6585, 4), or
    /// the connection failed.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Status(status) => {
                let busy = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
                busy.contains(status) || status.is_server_error()
            }
            Self::Failed(error) => !error.is_builder(),
            Self::NoAnswer(_) | Self::Silent(_) | Self::Slow => true,
            _ => false,
        }
    }

    /// Whether the server could not be reached at all, or only so slowly that it is no use.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Failed(error) => error.is_connect() || error.is_timeout(),
            Self::NoAnswer(_) | Self::Silent(_) | Self::Slow | Self::Late => true,
            _ => false,
        }
    }
}
