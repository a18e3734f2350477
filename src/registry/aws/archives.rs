//! Parts of published archives, from the presigned addresses that Lambda gives: outside of the SDK.

use std::ops::Range;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::AwsRegistry;
use super::calls::Repeat;
use super::errors::{self, Outcome, missing};
use crate::http::{self, Get, HttpError};
use crate::registry::{ArchiveAddress, RegistryErrorKind};

impl AwsRegistry {
    /// The bytes of `range`; `None` where they cannot be had.
    pub(super) async fn read_range(
        &self,
        archive: &ArchiveAddress,
        range: &Range<u64>,
    ) -> Option<Vec<u8>> {
        if range.is_empty() {
            return Some(Vec::new());
        }
        let outcome = match archive.0.as_str() {
            "" => Err(missing("Location")),
            _ if self.is_s3_unreachable.load(Ordering::Relaxed) => {
                let before = "S3 was not reached before".to_owned();
                Err(RegistryErrorKind::Unreachable(before))
            }
            _ => self.download_range(archive, range).await,
        };
        // S3 is another service than Lambda: a network or a policy may keep callers from it who may plan and publish.
        outcome.unwrap_or_else(|kind| {
            let region = &self.region;
            tracing::debug!(%region, %kind, "a published archive cannot be read");
            None
        })
    }

    /// `None` where the server gives something else than the range.
    async fn download_range(
        &self,
        archive: &ArchiveAddress,
        range: &Range<u64>,
    ) -> Outcome<Option<Vec<u8>>> {
        let get = || async {
            self.get_range(archive, range)
                .await
                .map_err(|kind| (kind, None))
        };
        let sending = self.downloads.usual(Repeat::Once);
        self.downloads.repeated(sending, get).await
    }

    async fn get_range(
        &self,
        archive: &ArchiveAddress,
        range: &Range<u64>,
    ) -> Outcome<Option<Vec<u8>>> {
        let outcome = self.receive(archive, range).await;
        let is_unreachable = outcome.as_ref().is_err_and(HttpError::is_unreachable);
        self.is_s3_unreachable
            .store(is_unreachable, Ordering::Relaxed);
        let (region, ok) = (&self.region, outcome.is_ok());
        tracing::debug!(%region, ?range, ok, "a part of a published archive");
        match outcome {
            Ok(bytes) => Ok(Some(bytes)),
            Err(HttpError::OtherRange | HttpError::TooLarge { .. }) => Ok(None),
            Err(HttpError::Status(status)) if status.is_success() => Ok(None),
            Err(error) if error.may_pass() || error.is_unreachable() => {
                Err(RegistryErrorKind::Unreachable(errors::chain(&error)))
            }
            Err(error) => Err(RegistryErrorKind::Refused {
                code: errors::chain(&error),
                message: "the archive's address is not accepted".to_owned(),
            }),
        }
    }

    /// The bytes of the range, and no more. The address is signed: nothing else says who is asking.
    async fn receive(
        &self,
        archive: &ArchiveAddress,
        range: &Range<u64>,
    ) -> Result<Vec<u8>, HttpError> {
        let address = archive.0.parse().map_err(|_| HttpError::Scheme)?;
        let get = Get {
            address: &address,
            range: Some(range),
            most: range.end - range.start,
            until: Instant::now() + self.limits.timeout,
            authorize: &http::nobody,
        };
        self.http.bytes(get).await
    }
}
