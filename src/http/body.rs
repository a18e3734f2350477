//! The bytes of an answer, as many and as fast as they may come.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::error::{HttpError, SLOWEST};

/// An answer whose head is fine.
pub struct Body {
    response: reqwest::Response,
    most: u64,
    received: u64,
    began: Instant,
    silence: Duration,
    until: Instant,
}

impl Body {
    /// Fails where more is announced than may come.
    pub(super) fn of(
        response: reqwest::Response,
        most: u64,
        silence: Duration,
        until: Instant,
    ) -> Result<Self, HttpError> {
        if response
            .content_length()
            .is_some_and(|length| length > most)
        {
            return Err(HttpError::TooLarge { most });
        }
        Ok(Self {
            response,
            most,
            received: 0,
            began: Instant::now(),
            silence,
            until,
        })
    }

    /// The next piece; `None` behind the last one.
    ///
    /// # Errors
    /// If nothing comes, too little, too much, or less than was announced.
    pub async fn next(&mut self) -> Result<Option<Bytes>, HttpError> {
        let (end, failure) = self.end_of_patience();
        let piece = match timeout_at(end, self.response.chunk()).await {
            Ok(piece) => piece.map_err(HttpError::failed)?,
            Err(_) => return Err(failure),
        };
        // Pieces that are always there already never let the timer speak.
        if Instant::now() >= self.until {
            return Err(HttpError::Late);
        }
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if self.received > self.most {
            Err(HttpError::TooLarge { most: self.most })
        } else {
            Ok(piece)
        }
    }

    /// When the next piece must be there, and what is wrong if it is not.
    fn end_of_patience(&self) -> (Instant, HttpError) {
        let earned = Duration::from_secs(self.received / SLOWEST);
        let ends = [
            (self.until, HttpError::Late),
            (self.began + 2 * self.silence + earned, HttpError::Slow),
            (
                Instant::now() + self.silence,
                HttpError::Silent(self.silence),
            ),
        ];
        let first = ends.into_iter().min_by_key(|(end, _)| *end);
        first.unwrap_or((self.until, HttpError::Late))
    }
}
